"""JSON bodies as the simulator handles them: the alias, and the few operations that every rule needs.

Used by the rules and views of every namespace. Bodies are plain dictionaries; nothing here copies more than
it changes, because every request of a benchmark passes through.
"""

from collections.abc import Mapping
from typing import Any

type Body = dict[str, Any]


def dig(body: Any, *keys: str) -> Any:
    """The value below `keys`, or None as soon as one of them is missing or not an object."""
    for key in keys:
        if not isinstance(body, dict):
            return None
        body = body.get(key)
    return body


def section(body: Body, *keys: str) -> Body:
    """The object below `keys`; made, with all that leads to it, where it is missing or no object."""
    for key in keys:
        inner = body.get(key)
        if not isinstance(inner, dict):
            inner = body[key] = {}
        body = inner
    return body


def part(body: Body, name: str) -> Body:
    """The object `name` of `body`, or an empty one; `body` stays as it is."""
    found = body.get(name)
    return found if isinstance(found, dict) else {}


def items(body: Any, *keys: str) -> list[Any]:
    """The list below `keys`, or an empty one."""
    found = dig(body, *keys)
    return found if isinstance(found, list) else []


def merge(old: Body, patch: Body) -> Body:
    """`patch` laid over `old` as a JSON merge patch (RFC 7396): objects merge, all else replaces, null removes.

    The PATCH that Azure's providers apply; neither argument is changed.
    """
    merged = dict(old)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            below = merged.get(key)
            merged[key] = merge(below if isinstance(below, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def without_nulls(value: Any) -> Any:
    """A copy of `value` without members that are null: Azure treats them as not sent."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    return value


def known_at(api_version: str, since: Mapping[str, str], body: Body) -> Body:
    """`body` without the members that `api_version` does not know yet; nothing shared is changed.

    `since`: dotted path → first api-version; `[]` after a name stands for every item of a list.
    """
    for path, first in since.items():
        if api_version < first:
            body = _without(body, path.split("."))
    return body


def _without(value: Any, path: list[str]) -> Any:
    name, many = path[0].removesuffix("[]"), path[0].endswith("[]")
    if not isinstance(value, dict) or name not in value:
        return value
    if len(path) == 1:
        return {key: inner for key, inner in value.items() if key != name}
    inner = value[name]
    if many and isinstance(inner, list):
        return {**value, name: [_without(one, path[1:]) for one in inner]}
    return {**value, name: _without(inner, path[1:])}
