"""Typed reading of bodies that strangers send: a wrong kind is Azure's 400, never an exception of ours.

Every function takes a body and a path of keys, and returns None (or an empty value) where nothing was sent.
"""

from datetime import UTC, datetime
from typing import Any

from local.armsim.body import Body
from local.armsim.errors import ArmError, bad_content, invalid_parameter


def _wrong(path: tuple[str, ...], kind: str, value: Any) -> ArmError:
    shown = type(value).__name__
    return bad_content(
        "The request content was invalid and could not be deserialized: "
        f"'Error converting value of type {shown} to type {kind}. Path '{'.'.join(path)}'.'."
    )


def _value(body: Any, path: tuple[str, ...]) -> Any:
    for depth, name in enumerate(path):
        if body is None:
            return None
        if not isinstance(body, dict):
            raise _wrong(path[:depth], "object", body)
        body = body.get(name)
    return body


def text(body: Any, *path: str) -> str | None:
    """The string at `path`."""
    value = _value(body, path)
    if value is not None and not isinstance(value, str):
        raise _wrong(path, "string", value)
    return value


def integer(body: Any, *path: str) -> int | None:
    """The number at `path`; text that holds one counts, as templates send it."""
    value = _value(body, path)
    if isinstance(value, str) and value.lstrip("-").isascii() and value.lstrip("-").isdigit():
        return int(value)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise _wrong(path, "integer", value)
    return value


def flag(body: Any, *path: str) -> bool | None:
    """The truth value at `path`; `"true"` and `"false"` count."""
    value = _value(body, path)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if value is not None and not isinstance(value, bool):
        raise _wrong(path, "boolean", value)
    return value


def record(body: Any, *path: str) -> Body:
    """The object at `path`, or an empty one."""
    value = _value(body, path)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _wrong(path, "object", value)
    return value


def records(body: Any, *path: str) -> list[Body]:
    """The list of objects at `path`, or an empty one."""
    value = _value(body, path)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise _wrong(path, "array of objects", value)
    return value


def texts(body: Any, *path: str) -> list[str]:
    """The list of strings at `path`, or an empty one."""
    value = _value(body, path)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _wrong(path, "array of strings", value)
    return value


def moment(body: Any, *path: str) -> datetime | None:
    """The time at `path`, in UTC; what is no time is refused."""
    value = text(body, *path)
    if value is None:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise bad_content(
            "The request content was invalid and could not be deserialized: 'Could not convert string to "
            f"DateTimeOffset: {value}. Path '{'.'.join(path)}'.'."
        ) from None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def choice(body: Any, name: str, allowed: tuple[str, ...], *path: str) -> str | None:
    """The value at `path`, in the spelling of `allowed`; the refusal names the property `name`."""
    value = text(body, *path)
    if value is None:
        return None
    for spelt in allowed:
        if spelt.lower() == value.lower():
            return spelt
    raise invalid_parameter(
        f"The value '{value}' of parameter '{name}' is not allowed. Unable to match the identifier name "
        f"'{value}' to a valid enumerator name. Allowed values are {', '.join(allowed)}.",
        name,
    )


def future(body: Any, now: datetime, name: str, *path: str) -> datetime | None:
    """The time at `path`, refused unless it lies ahead."""
    value = moment(body, *path)
    if value is not None and value <= now:
        raise invalid_parameter(f"The EndOfLifeDate must be set to a future date. Parameter: {name}.", name)
    return value
