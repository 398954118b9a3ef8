"""YAML as plain data, with the safe loader, equal keys refused and growth limited. `wiring.rollouts_file` uses it."""

from typing import Any

import yaml

_LARGEST = 1024 * 1024
"""Characters of a text: some thousand profiles."""

_LONGEST = 10_000
"""Characters of one value: nothing that Azure takes is as long, and a number of a million digits takes an hour."""

_MOST = 200_000
"""Values, once every alias is written out: ten lines of them can stand for a billion."""


class Unreadable(ValueError):  # noqa: N818 - the text is, not we
    """The text is not YAML, has a key twice or is out of all proportion; the message says where."""


class _Strict(yaml.SafeLoader):
    """The second of two equal keys would silently win; here it is an error. So is a text that explodes."""

    def get_single_node(self) -> yaml.Node | None:
        node: yaml.Node | None = super().get_single_node()
        if node is not None:
            _weigh(node, {})
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise _problem(key, f"the key {key.value!r} occurs twice")
                seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def read_yaml(text: str) -> Any:
    """The one document in `text`; Unreadable where there is none, or more."""
    if len(text) > _LARGEST:
        raise Unreadable(f"is longer than {_LARGEST} characters")
    try:
        return yaml.load(text, Loader=_Strict)  # noqa: S506 - a subclass of the safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unreadable(_said(error)) from None


def _weigh(node: yaml.Node, weights: dict[int, int]) -> int:
    """How many values `node` stands for. weights: of the nodes that were weighed, 0 while one still is."""
    if id(node) in weights:
        if not weights[id(node)]:
            raise _problem(node, "holds itself")
        return weights[id(node)]
    weights[id(node)] = 0
    if isinstance(node, yaml.ScalarNode):
        weight = 1
        if len(node.value) > _LONGEST:
            raise _problem(node, f"is longer than {_LONGEST} characters")
    else:
        parts = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
        weight = 1 + sum(_weigh(part, weights) for part in parts)
        if weight > _MOST:
            raise _problem(node, f"stands for more than {_MOST} values")
    weights[id(node)] = weight
    return weight


def _problem(node: yaml.Node, problem: str) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(problem=problem, problem_mark=node.start_mark)


def _said(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or "is not YAML")
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else problem
