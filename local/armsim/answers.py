"""Answers: status, body and the headers that say more than the body does.

The handler builds an `Answer`; `wire_headers` adds what every response of Azure's carries.
"""

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from local.armsim.body import Body
from local.armsim.draws import Draws


@dataclass(slots=True)
class Answer:
    """One response. `body` None: an empty one, or `text`, which is HTML."""

    status: int
    body: Body | None = None
    headers: dict[str, str] = field(default_factory=dict)
    region: str = "westus2"
    text: str = ""
    alone: bool = False
    """ARM gave it without asking the provider, whose limits it leaves alone."""


_ALWAYS: list[tuple[bytes, bytes]] = [
    (b"cache-control", b"no-cache"),
    (b"pragma", b"no-cache"),
    (b"expires", b"-1"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-cache", b"CONFIG_NOCACHE"),
]


def wire_headers(
    answer: Answer, *, count: int, draws: Draws, now: datetime, correlation: str, length: int
) -> list[tuple[bytes, bytes]]:
    """All headers of one response; `count` numbers the requests, for ids; `length` is the body's in bytes."""
    request_id = answer.headers.get("x-ms-request-id") or draws.guid("request", count)
    correlation = correlation or draws.guid("correlation", count)
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    headers = [
        *_ALWAYS,
        (b"date", format_datetime(now, usegmt=True).encode()),
        (b"content-length", str(length).encode()),
        (b"x-ms-request-id", request_id.encode()),
        (b"x-ms-correlation-request-id", correlation.encode("latin-1", "replace")),
        (b"x-ms-routing-request-id", f"{answer.region.upper()}:{moment}:{request_id}".encode()),
    ]
    if length:
        kind = b"text/html; charset=us-ascii" if answer.text else b"application/json; charset=utf-8"
        headers.append((b"content-type", kind))
    headers.extend(
        (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in answer.headers.items()
        if name != "x-ms-request-id"
    )
    return headers
