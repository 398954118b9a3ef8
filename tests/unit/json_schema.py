"""JSON Schema, as far as the API's description uses it: what of a value breaks a schema. A keyword that is not known
here is an error, so that nothing in a description goes unchecked. Tests of the description use it.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
SAYS_NOTHING = {"title", "description", "default", "format", "properties", "items", "additionalProperties"}
"""Annotations; and what `_inside` and `_format` look at."""


def broken(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str = "$") -> Iterator[str]:
    """Every way in which `value` breaks `schema`, each with its place. root: where references lead."""
    if "$ref" in schema:
        schema = resolve(schema["$ref"], root)
    for keyword, limit in schema.items():
        if keyword in ("anyOf", "allOf"):
            found = [list(broken(value, one, root, at)) for one in limit]
            if keyword == "allOf":
                yield from (fault for faults in found for fault in faults)
            elif all(found):
                yield f"{at}: none of {found}"
        elif keyword not in SAYS_NOTHING and not RULES[keyword](value, limit):
            yield f"{at}: {keyword} {limit!r} is broken by {value!r}"
    if not _format(value, schema.get("format")):
        yield f"{at}: {value!r} is no {schema['format']}"
    yield from _inside(value, schema, root, at)


def resolve(reference: str, root: dict[str, Any]) -> dict[str, Any]:
    """What a reference within the document leads to; KeyError where that is nothing."""
    found = root
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def _inside(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str) -> Iterator[str]:
    if isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            yield from broken(item, schema["items"], root, f"{at}[{number}]")
    if not isinstance(value, dict):
        return
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for name, item in value.items():
        if name in known:
            yield from broken(item, known[name], root, f"{at}.{name}")
        elif others is False:
            yield f"{at}: {name!r} is not expected"
        elif isinstance(others, dict):
            yield from broken(item, others, root, f"{at}.{name}")


def _typed(value: Any, kind: str) -> bool:
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _format(value: Any, kind: str | None) -> bool:
    if kind is None or not isinstance(value, str):
        return True
    if kind == "date-time":
        return value.endswith("Z") and datetime.fromisoformat(value).tzinfo is not None
    return bool(urlsplit(value).scheme) if kind == "uri" else {"uri-reference": True}[kind]


RULES: dict[str, Callable[[Any, Any], bool]] = {
    "type": _typed,
    "enum": lambda value, limit: value in limit,
    "const": lambda value, limit: value == limit,
    "required": lambda value, limit: not isinstance(value, dict) or set(limit) <= set(value),
    "pattern": lambda value, limit: not isinstance(value, str) or re.search(limit, value) is not None,
    "minimum": lambda value, limit: not isinstance(value, int) or value >= limit,
    "maximum": lambda value, limit: not isinstance(value, int) or value <= limit,
    "minLength": lambda value, limit: not isinstance(value, str) or len(value) >= limit,
    "maxLength": lambda value, limit: not isinstance(value, str) or len(value) <= limit,
}
