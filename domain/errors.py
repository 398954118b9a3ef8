"""What can go wrong with a rollout, in words a person can act on.

    RolloutError                 code, message, resource, remedy, correlation id
    ├── TransientError           the same call may succeed later; perhaps with a time to come back
    │   ├── SourceBusyError      another version is being captured from the same image
    │   └── AccessDeniedError    401 or 403; a new role takes its time to arrive
    └── TerminalError            no repetition helps
        ├── MismatchError        what exists differs from what the profile wants
        ├── RulesBrokenError     the profile or the image breaks rules of Azure, all named at once
        ├── NumberTakenError     the version number belongs to another image
        └── RolloutCancelled     somebody asked the rollout to stop

Activities raise nothing else. An error crosses the durable wire as one line of JSON, its `str()`: the
Functions extension keeps nothing of a failure but its type and the first line of its message.
"""

import json
from typing import Any, ClassVar

WIRE_LIMIT = 4096
"""Longest error, in bytes, that is put on the durable wire."""

_FIELD_LIMIT = 1200


def _clip(text: str, limit: int = _FIELD_LIMIT) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


class RolloutError(Exception):
    """An error with a cause and a next step.

    code: ARM's own error code, or one of ours in the same style.
    message: what is wrong. resource: the ARM id at fault, or "". remedy: what to do next.
    """

    transient: ClassVar[bool] = False

    def __init__(
        self,
        code: str,
        message: str,
        *,
        resource: str = "",
        remedy: str = "",
        correlation_id: str = "",
        retry_after: float | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        self.code = code[:120]
        self.message = _clip(message)
        self.resource = resource[:400]
        self.remedy = _clip(remedy, 600)
        self.correlation_id = correlation_id[:100]
        self.retry_after = retry_after
        self.facts = facts or {}
        super().__init__(code)

    def __str__(self) -> str:
        return self.to_wire()

    def to_dict(self) -> dict[str, Any]:
        """The error as plain JSON; empty fields are left out."""
        fields: dict[str, Any] = {
            "kind": type(self).__name__,
            "code": self.code,
            "message": self.message,
            "resource": self.resource,
            "remedy": self.remedy,
            "transient": self.transient,
            "retryAfter": self.retry_after,
            "correlationId": self.correlation_id,
            "facts": self.facts,
        }
        return {name: value for name, value in fields.items() if value not in ("", None, {})}

    def to_wire(self) -> str:
        """One line of JSON, at most `WIRE_LIMIT` bytes."""
        fields = self.to_dict()
        if len(_dense(fields)) > WIRE_LIMIT:
            fields.pop("facts", None)
        # A character outside ASCII takes up to twelve bytes. What identifies the fault is cut last.
        for names in (("message", "remedy"), ("resource", "code", "correlationId")):
            room = _FIELD_LIMIT
            while len(_dense(fields)) > WIRE_LIMIT and room > 50:
                room //= 2
                fields |= {name: _clip(fields[name], room) for name in names if name in fields}
        return _dense(fields)


def _dense(fields: dict[str, Any]) -> str:
    return json.dumps(fields, separators=(",", ":"))


class TransientError(RolloutError):
    """The same call may succeed later. `retry_after`: seconds, where the server said when."""

    transient = True


class SourceBusyError(TransientError):
    """Azure captures one version at a time from one image; this one waits for its turn."""


class AccessDeniedError(TransientError):
    """401 or 403. `facts["action"]` names the missing action where Azure told it."""


class TerminalError(RolloutError):
    """No repetition helps."""


class MismatchError(TerminalError):
    """A resource exists and cannot be what the profile wants: the property, found, wanted."""

    @classmethod
    def of(cls, resource: str, field: str, found: Any, wanted: Any, remedy: str = "") -> "MismatchError":
        """The usual refusal of one property of `resource`."""
        return cls(
            "ResourceMismatch",
            f"{field} is {_shown(found)}, but the profile wants {_shown(wanted)}.",
            resource=resource,
            remedy=remedy or "Change the profile, or give it another name so that a new resource is created.",
            facts={"property": field, "found": _shown(found), "wanted": _shown(wanted)},
        )


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, default=str)


class RulesBrokenError(TerminalError):
    """The rules that the profile or the image breaks; `facts["violations"]` lists them."""


class NumberTakenError(TerminalError):
    """The version number is held by another image; `facts["number"]` is that number."""


class RolloutCancelled(TerminalError):  # noqa: N818 - it is what happened, not a fault
    """Somebody asked the rollout to stop."""


_KINDS: dict[str, type[RolloutError]] = {
    kind.__name__: kind
    for kind in (
        TransientError,
        SourceBusyError,
        AccessDeniedError,
        TerminalError,
        MismatchError,
        RulesBrokenError,
        NumberTakenError,
        RolloutCancelled,
    )
}


def from_wire(line: str) -> RolloutError:
    """The error that `to_wire` wrote; anything else becomes a terminal `InternalError` without its text."""
    try:
        fields = json.loads(line)
    except ValueError:
        fields = None
    if not isinstance(fields, dict) or "code" not in fields:
        return TerminalError(
            "InternalError",
            "A step failed in a way the pipeline does not know.",
            remedy="Look at the logs of the function app at the time of the failure, then start the rollout again.",
        )
    kind = _KINDS.get(str(fields.get("kind")), TransientError if fields.get("transient") else TerminalError)
    return kind(
        str(fields["code"]),
        str(fields.get("message", "")),
        resource=str(fields.get("resource", "")),
        remedy=str(fields.get("remedy", "")),
        correlation_id=str(fields.get("correlationId", "")),
        retry_after=fields.get("retryAfter"),
        facts=fields.get("facts"),
    )
