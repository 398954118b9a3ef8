"""The differences between a recorded answer and the simulator's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.contract.replay.masks import same
from tests.contract.replay.recordings import Exchange, Json

_SAID = frozenset(
    {
        "azure-asyncoperation",
        "azure-asyncnotification",
        "cache-control",
        "content-type",
        "etag",
        "expires",
        "location",
        "pragma",
        "retry-after",
        "strict-transport-security",
        "www-authenticate",
        "x-content-type-options",
        "x-ms-correlation-request-id",
        "x-ms-failure-cause",
        "x-ms-ratelimit-remaining-resource",
        "x-ms-request-charge",
        "x-ms-request-id",
        "x-ms-routing-request-id",
    }
)
"""Headers that tell a client something. All others belong to the machinery of the day."""
_TEXT = frozenset({"message"})
"""Members whose wording is free."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as recorded. `kind`: status, code, header, retry-after, missing, extra or value."""

    kind: str
    what: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What the simulator answered."""

    status: int
    headers: dict[str, str]
    body: Json


@dataclass(slots=True)
class Comparison:
    """Compares one exchange. `held`: headers that the recording holds anywhere; `asked`: all that requests said."""

    held: frozenset[str]
    asked: str
    learnt: Callable[[str, str], None] = lambda recorded, got: None
    """Told of every pair of texts that differ and may."""
    found: list[Difference] = field(default_factory=list)

    def compare(self, recorded: Exchange, body: Json, got: Answered) -> list[Difference]:
        """All differences; `body` is the recorded one with its ids mapped."""
        if recorded.status != got.status:
            self._note("status", "", recorded.status, f"{got.status} {_code(got.body)}".strip())
            return self.found
        if recorded.code != _code(got.body):
            self._note("code", "", recorded.code or "none", _code(got.body) or "none")
        self._compare_headers(recorded.headers, got.headers)
        self._compare(body, got.body, "")
        return self.found

    def _note(self, kind: str, what: str, expected: Any, got: Any) -> None:
        self.found.append(Difference(kind, what, _short(expected), _short(got)))

    def _compare_headers(self, recorded: dict[str, str], got: dict[str, str]) -> None:
        for name in sorted(_SAID & self.held):
            if (name in recorded) != (name in got):
                self._note("header", name, recorded.get(name, "absent"), got.get(name, "absent"))
            elif name == "retry-after" and recorded.get(name) != got.get(name):
                self._note("retry-after", name, recorded[name], got[name])

    def _compare(self, recorded: Json, got: Json, path: str) -> None:
        if isinstance(recorded, dict) and isinstance(got, dict):
            for name in recorded.keys() - got.keys():
                self._note("missing", f"{path}.{name}", recorded[name], "absent")
            for name in got.keys() - recorded.keys():
                self._note("extra", f"{path}.{name}", "absent", got[name])
            for name in recorded.keys() & got.keys():
                if name not in _TEXT:
                    self._compare(recorded[name], got[name], f"{path}.{name}")
        elif isinstance(recorded, list) and isinstance(got, list):
            for name, one, other in _paired(recorded, got):
                self._compare_items(one, other, f"{path}[{name}]")
        elif not same(recorded, got, self.asked):
            self._note("value", path, recorded, got)
        elif isinstance(recorded, str) and recorded != got:
            self.learnt(recorded, got)

    def _compare_items(self, recorded: Json, got: Json, path: str) -> None:
        if recorded is None or got is None:
            self._note("extra" if recorded is None else "missing", path, recorded, got)
        else:
            self._compare(recorded, got, path)


def _paired(recorded: list[Json], got: list[Json]) -> Iterator[tuple[str, Json, Json]]:
    """Items of two lists side by side: by id or name where all have one, else by place; None where one is missing."""
    for label in ("id", "name"):
        if all(isinstance(one, dict) and isinstance(one.get(label), str) for one in (*recorded, *got)):
            ours = {one[label].lower(): one for one in got}
            theirs = {one[label].lower(): one for one in recorded}
            for name in theirs | ours:
                yield name.rpartition("/")[2], theirs.get(name), ours.get(name)
            return
    for place in range(max(len(recorded), len(got))):
        yield (
            str(place),
            recorded[place] if place < len(recorded) else None,
            got[place] if place < len(got) else None,
        )


def _code(body: Json) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("code", "")) if isinstance(error, dict) else ""


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 90 else f"{text[:87]}…"
