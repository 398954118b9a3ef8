"""YAML as plain data, with the safe loader, and with equal keys refused. `wiring.rollouts_file` uses it."""

from typing import Any

import yaml


class Unreadable(ValueError):  # noqa: N818 - the text is, not we
    """The text is not YAML, or has a key twice; the message says where."""


class _UniqueKeys(yaml.SafeLoader):
    """The second of two equal keys would silently win; here it is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        problem=f"the key {key.value!r} occurs twice", problem_mark=key.start_mark
                    )
                seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def read_yaml(text: str) -> Any:
    """The one document in `text`; Unreadable where there is none, or more."""
    try:
        return yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a subclass of the safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unreadable(_said(error)) from None


def _said(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or "is not YAML")
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else problem
