"""Recordings as they lie in a folder: one JSON object a line, one line a request and its answer.

`i` index, `t` time (epoch seconds), `m` method, `u` URL, `req` request body, `s` status, `h` headers of the
answer (lower case), `b` its body. Lines without a time have nothing to do with each other: each is a recording.
"""

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_BESIDE = Path(__file__).parents[3].parent / "shared" / "recordings"

_TROUBLE = re.compile(
    r'"code\\*": *\\*"(\w*AllocationFailed|\w*(Internal|Server)\w*(Error|Timeout)|VM(Agent|Extension)\w+|\w*Quota\w*'
    r"|\w*LimitReached|\w*Throttled|SkuNotAvailable|RetryableError"
    r"|MissingSubscriptionRegistration|SubscriptionNotRegisteredForFeature)"
)
"""Error codes, at any depth and also in JSON inside of messages, that the same request does not get every day."""

type Json = Any


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded request and its answer."""

    index: int
    time: float
    method: str
    url: str
    sent: Json
    status: int
    headers: dict[str, str]
    body: Json

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def further(self) -> bool:
        """Whether this asks for a further page of a list."""
        return "skiptoken=" in self.url.lower()

    @property
    def code(self) -> str:
        """The error code that was answered; empty where there was none."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return str(error.get("code", "")) if isinstance(error, dict) else ""

    @property
    def fault(self) -> bool:
        """Whether the answer tells of a trouble of the day or of a limit of the recorded subscription or client."""
        if self.status >= 500 or self.status in (401, 403, 429):
            return True
        return (
            isinstance(self.body, dict) and "error" in self.body and _TROUBLE.search(json.dumps(self.body)) is not None
        )


@dataclass(frozen=True, slots=True)
class Recording:
    """Exchanges that belong together, in the order of their time. `lone`: one, whose history nobody recorded."""

    name: str
    exchanges: tuple[Exchange, ...]
    lone: bool = False

    @property
    def headers(self) -> frozenset[str]:
        """Every header that the recording holds anywhere; publishers drop some from whole recordings."""
        return frozenset(name for one in self.exchanges for name in one.headers)


def folder(named: str | None = None) -> Path:
    """The folder `named`, else the one of the environment, else `../shared/recordings` beside the project."""
    return Path(named or os.environ.get("ARMSIM_RECORDINGS") or _BESIDE)


NO_RECORDINGS = (
    f"recorded traffic of others is not part of this repository, and none lies in {folder()}; ARMSIM_RECORDINGS names "
    "another folder"
)
"""Why the tests that play recordings are skipped."""


def load(files: Iterable[Path]) -> list[Recording]:
    """The recordings of some files, in the files' order."""
    return [recording for file in files for recording in _load(file)]


def _load(file: Path) -> list[Recording]:
    with file.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    exchanges = [_exchange(number, row) for number, row in enumerate(rows)]
    _join_pages(exchanges)
    if all("t" not in row for row in rows):
        return [Recording(file.stem, (one,), lone=True) for one in exchanges]
    return [Recording(file.stem, _in_order(exchanges))]


def _in_order(exchanges: list[Exchange]) -> tuple[Exchange, ...]:
    """By time; where a file is sorted otherwise, what was missing comes first and writes before reads in a second."""
    times = [one.time for one in exchanges]
    if times == sorted(times):
        return tuple(exchanges)
    return tuple(sorted(exchanges, key=lambda one: (one.time, one.status != 404, one.method == "GET")))


def _join_pages(exchanges: list[Exchange]) -> None:
    """Put what further pages of a list show onto its first one; how much a page holds is the service's affair."""
    lists: dict[str, Json] = {}
    for one in exchanges:
        if isinstance(one.body, dict) and isinstance(one.body.get("value"), list):
            if one.further:
                lists.get(one.path, {}).get("value", []).extend(one.body["value"])
            else:
                lists[one.path] = one.body


def _exchange(number: int, row: dict[str, Json]) -> Exchange:
    body = _parsed(row.get("b"))
    return Exchange(
        index=row.get("i", number),
        time=float(row.get("t", 0.0)),
        method=row["m"],
        url=_true_url(row["u"], body),
        sent=_parsed(row.get("req")),
        status=row["s"],
        headers=row["h"],
        body=body,
    )


def _true_url(url: str, body: Json) -> str:
    """The URL with the resource's own name, where the publisher replaced a generated one in URLs only."""
    path, _, query = url.partition("?")
    own = str(body.get("id", "")) if isinstance(body, dict) else ""
    parent, _, name = own.rpartition("/")
    start = path.lower().find(f"{parent.lower()}/") if parent else -1
    if start < 0 or "/" in path[start + len(parent) + 1 :] or "0000" in path[start + len(parent) :]:
        return url
    return f"{path[: start + len(parent)]}/{name}?{query}"


def _parsed(body: Json) -> Json:
    """JSON that was recorded as text becomes what it says; nothing at all becomes None."""
    if not isinstance(body, str):
        return body
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body
