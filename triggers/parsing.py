"""Untrusted text into a request for a rollout. The queue and the HTTP trigger both go through here first.

Three shapes are understood, one object or an array of one, as plain JSON or base64 of it: an Event Grid event in
the Event Grid schema or as CloudEvents 1.0, and the body of `POST /api/rollouts`. Of an event only its id, time,
correlation id and resource id survive: the claims of whoever wrote the image go no further than this module.

Reasons never quote what was sent, because they are logged.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from domain import resource_ids
from domain.models import StartedBy

LIMIT = 64 * 1024
"""Largest message or body, in bytes: what a Storage queue holds (learn.microsoft.com, storage queue limits)."""

IMAGE = "Microsoft.Compute/images"
WRITTEN = "Microsoft.Resources.ResourceWriteSuccess"
VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"

BODY_FIELDS = ("image", "profile", "again", "dryRun")

PROFILE = re.compile(r"[a-z][a-z0-9-]{0,31}")
_EVENT_TYPE = re.compile(r"[\w./-]{1,100}")
ID_LIMIT = 512
_TEXT_LIMIT = 200


@dataclass(frozen=True, slots=True)
class ImageRequested:
    """Look at this image. `image`: its ARM id, in ARM's own spelling of everything but the names.

    profile: the one that was asked for, or None. again: roll an unchanged image out once more. dry_run: only plan.
    """

    image: str
    started_by: StartedBy
    profile: str | None = None
    again: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Ignored:
    """A well-formed event that asks for nothing; `reason` says why, as the rest of a sentence."""

    reason: str
    event_id: str | None = None


class Rejected(Exception):  # noqa: N818 - it is an answer, not a fault
    """What was sent can never be understood: `field` at fault, and `reason`, as the rest of a sentence."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.field = field
        self.reason = reason


class TooLarge(Rejected):
    """It is larger than any message or body can be; nobody looked into it."""


def parse_message(content: str | bytes) -> ImageRequested | Ignored:
    """A queue message: an event or the body of a request. Raises Rejected and nothing else."""
    sent = _object(content)
    if "specversion" in sent or "eventType" in sent:
        return _event(sent)
    return _body(sent)


def parse_body(content: str | bytes) -> ImageRequested:
    """The body of `POST /api/rollouts`. Raises Rejected and nothing else."""
    return _body(_object(content))


def image_id(field: str, value: object) -> str:
    """The ARM id of a managed image; Rejected names `field` where it is none."""
    if not isinstance(value, str) or not value:
        raise Rejected(field, "is missing; it is the ARM id of a managed image")
    if len(value) > ID_LIMIT:
        raise Rejected(field, f"is longer than {ID_LIMIT} characters")
    try:
        parsed = resource_ids.parse(value)
    except ValueError as error:
        raise Rejected(field, str(error)) from None
    if parsed.type.lower() != IMAGE.lower():
        raise Rejected(field, f"is not the id of a managed image ({IMAGE})")
    return str(resource_ids.resource_id(parsed.subscription.lower(), parsed.group, IMAGE, parsed.name))


def _object(content: str | bytes) -> dict[str, Any]:
    """The one JSON object that was sent."""
    sent = _json(_text(content))
    if isinstance(sent, list):
        if len(sent) != 1:
            raise Rejected("body", f"holds {len(sent)} objects; exactly one is expected")
        sent = sent[0]
    if not isinstance(sent, dict):
        raise Rejected("body", "is not a JSON object")
    return sent


def _text(content: str | bytes) -> str:
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    if len(raw) > LIMIT:
        raise TooLarge("body", f"is larger than {LIMIT} bytes")
    try:
        text = raw.decode("utf-8-sig").strip()
        if text.startswith(("{", "[")):
            return text
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8-sig")
    except (UnicodeError, binascii.Error, ValueError):
        raise Rejected("body", "is neither JSON nor base64 of it") from None


def _json(text: str) -> object:
    try:
        sent = json.loads(text, object_pairs_hook=_with_each_name_once)
        json.dumps(sent, ensure_ascii=False).encode()  # half of a surrogate pair is JSON, but no text to answer with
    except UnicodeEncodeError:
        raise Rejected("body", "holds half of a surrogate pair, which is no character") from None
    except (ValueError, RecursionError):
        raise Rejected("body", "is not JSON") from None
    return sent


def _with_each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; readers disagree on which of two equal names counts, and so would Event Grid's filter and we."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Rejected("body", "holds a name twice in one object")
    return found


def _event(sent: dict[str, Any]) -> ImageRequested | Ignored:
    cloud = "specversion" in sent
    if cloud and sent["specversion"] != "1.0":
        raise Rejected("specversion", "is not 1.0")
    event_id = _short(sent, "id")
    kind = _short(sent, "type" if cloud else "eventType")
    if kind == VALIDATION:
        return Ignored("is a subscription validation, which a queue does not need to answer", event_id)
    if kind != WRITTEN:
        named = kind if _EVENT_TYPE.fullmatch(kind) else "another type"
        return Ignored(f"is an event of type {named}, not {WRITTEN}", event_id)
    data = sent.get("data")
    if not isinstance(data, dict):
        raise Rejected("data", "is not an object")
    if _short(data, "operationName", "data.operationName").lower() != f"{IMAGE}/write".lower():
        return Ignored(f"tells of another operation than {IMAGE}/write", event_id)
    if str(data.get("status") or "Succeeded").lower() != "succeeded":
        return Ignored("tells of an operation that did not succeed", event_id)
    field, resource = ("data.resourceUri", data["resourceUri"]) if data.get("resourceUri") else ("subject", None)
    correlation = data.get("correlationId")
    kept = isinstance(correlation, str) and len(correlation) <= _TEXT_LIMIT and correlation.isprintable()
    return ImageRequested(
        image=image_id(field, resource or sent.get("subject")),
        started_by=StartedBy(
            kind="event",
            event_id=event_id,
            event_time=_time(sent, "time" if cloud else "eventTime"),
            correlation_id=correlation if kept else None,
        ),
    )


def _short(holder: dict[str, Any], name: str, field: str = "") -> str:
    value = holder.get(name)
    if not isinstance(value, str) or not value:
        raise Rejected(field or name, "is missing or not a text")
    if len(value) > _TEXT_LIMIT:
        raise Rejected(field or name, f"is longer than {_TEXT_LIMIT} characters")
    if not value.isprintable():  # it is shown in terminals
        raise Rejected(field or name, "holds control characters")
    return value


def _time(sent: dict[str, Any], name: str) -> str:
    """RFC 3339 in UTC; Azure writes seven digits of a second, of which six are kept."""
    try:
        moment = datetime.fromisoformat(_short(sent, name))
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        raise Rejected(name, "is not a time of RFC 3339") from None


def _body(sent: dict[str, Any]) -> ImageRequested:
    unknown = next((name for name in sent if name not in BODY_FIELDS), None)
    if unknown is not None:
        raise Rejected(unknown[:60] or "body", f"is not a field; there are {', '.join(BODY_FIELDS)}")
    profile = sent.get("profile")
    if profile is not None and not (isinstance(profile, str) and PROFILE.fullmatch(profile)):
        raise Rejected("profile", "is not the name of a profile")
    return ImageRequested(
        image=image_id("image", sent.get("image")),
        started_by=StartedBy(kind="http"),
        profile=profile,
        again=_flag(sent, "again"),
        dry_run=_flag(sent, "dryRun"),
    )


def _flag(sent: dict[str, Any], name: str) -> bool:
    value = sent.get(name, False)
    if not isinstance(value, bool):
        raise Rejected(name, "is neither true nor false")
    return value
