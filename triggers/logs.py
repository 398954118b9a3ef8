"""Structured log records of the triggers: a constant message, and fields from a fixed list.

The fields are keyword arguments, so that nothing else can ever be logged. They are part of the text too, as JSON,
because the Functions host keeps nothing of a record but its text.
"""

import logging

from domain.records import given, record

log = logging.getLogger("gallery_rollout.triggers")


def say(
    level: int,
    message: str,
    *,
    reason: str | None = None,
    rollout: str | None = None,
    profile: str | None = None,
    image: str | None = None,
    event: str | None = None,
    code: str | None = None,
    action: str | None = None,
    remedy: str | None = None,
    field: str | None = None,
    length: int | None = None,
    digest: str | None = None,
    deliveries: int | None = None,
    correlation: str | None = None,
    caller: str | None = None,
) -> None:
    """Log `message` and the fields that are given.

    length: of a message, in bytes. digest: the first 16 hexadecimal digits of its SHA-256. deliveries: how often
    the queue has delivered it. action: the permission that Azure missed. correlation: ARM's correlation id.
    caller: object id of who asked, where the platform knows.
    """
    fields = {
        "reason": reason,
        "rollout": rollout,
        "profile": profile,
        "image": image,
        "eventId": event,
        "code": code,
        "action": action,
        "remedy": remedy,
        "field": field,
        "length": length,
        "sha256": digest,
        "deliveries": deliveries,
        "correlationId": correlation,
        "caller": caller,
    }
    log.log(level, "%s", record(message, fields), extra={"fields": given(fields)})
