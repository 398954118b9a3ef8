"""Reads rollouts.yaml: every problem at once, each with the path of the entry at fault. `wiring.app` calls it."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from domain.profiles import RolloutsFile

# The C loader parses a long file some ten times faster; both are safe ones.
_SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RolloutsFileError(ValueError):
    """The file cannot be used; `problems` says for each entry at fault where it is and what is wrong."""

    def __init__(self, name: str, problems: list[str]) -> None:
        super().__init__("\n".join([f"{name} cannot be used:", *(f"- {text}" for text in problems)]))
        self.problems = problems


def load_rollouts(file: Path) -> RolloutsFile:
    """The validated file; RolloutsFileError where it is not YAML or not what the pipeline understands."""
    return parse_rollouts(file.read_text(encoding="utf-8"), file.name)


def parse_rollouts(text: str, name: str = "rollouts.yaml") -> RolloutsFile:
    """The same from text; `name` is what errors call it."""
    try:
        data = yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a subclass of the safe loader
    except yaml.YAMLError as error:
        raise RolloutsFileError(name, [_syntax(error)]) from None
    try:
        return RolloutsFile.model_validate(data)
    except ValidationError as error:
        raise RolloutsFileError(name, [_problem(dict(detail)) for detail in error.errors()]) from None


class _UniqueKeys(_SafeLoader):  # type: ignore[misc, valid-type]
    """The second of two equal keys would silently win; here it is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode) and key_node.tag != "tag:yaml.org,2002:merge":
                if key_node.value in seen:
                    raise yaml.constructor.ConstructorError(
                        problem=f"the key {key_node.value!r} occurs twice", problem_mark=key_node.start_mark
                    )
                seen.add(key_node.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def _syntax(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "is not YAML"
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else str(problem)


def _problem(detail: dict[str, Any]) -> str:
    path = ".".join(str(part) for part in detail["loc"] if part != "[key]") or "(file)"
    return f"{path}: {detail['msg']}"
