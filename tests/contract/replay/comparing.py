"""The differences between a recorded answer and the simulator's."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.contract.replay.masks import numbered, same
from tests.contract.replay.recordings import Exchange, Json

_GROUP = re.compile(r"/resourceGroups/([^/]+)", re.IGNORECASE)
_VERSION = re.compile(r"\d+(\.\d+){2}")
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
_OURS = frozenset({"tags", "identity", "extensions", "extensionProfile", "enableVMAgentPlatformUpdates"})
"""Members that no service fills by itself: what is in them and was never asked for, a policy put there."""


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
    """Compares one exchange.

    `held`: headers that the recording holds anywhere. `asked`: all that requests said so far. `groups`: resource
    groups that the recording deals with; lists show others too. `catalogue`: the answer lists what the service has
    to offer, which differs from day to day; its shape is compared.
    """

    held: frozenset[str]
    asked: str
    groups: frozenset[str] = frozenset()
    catalogue: bool = False
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
        if not any((one.kind, one.what) == (kind, what) for one in self.found):
            self.found.append(Difference(kind, what, _short(expected), _short(got)))

    def _compare_headers(self, recorded: dict[str, str], got: dict[str, str]) -> None:
        for name in sorted(_SAID & self.held):
            if (name in recorded) != (name in got):
                self._note("header", name, recorded.get(name, "absent"), got.get(name, "absent"))
            elif name == "retry-after" and recorded.get(name) != got.get(name):
                self._note("retry-after", name, recorded[name], got[name])

    def _compare(self, recorded: Json, got: Json, path: str) -> None:
        if isinstance(recorded, dict) and isinstance(got, dict):
            self._compare_members(recorded, got, path)
        elif isinstance(recorded, list) and isinstance(got, list):
            self._compare_items(recorded, got, path)
        elif self.catalogue and type(recorded) is type(got):
            return
        elif path.endswith(".exactVersion") and recorded not in self.asked and _VERSION.fullmatch(str(got)):
            return  # the newest of a publisher's, which differs from day to day
        elif path.endswith(".instanceId") and isinstance(recorded, str) and isinstance(got, str):
            self.learnt(recorded, got)
        elif not same(recorded, got, self.asked):
            self._note("value", path, recorded, got)
        elif isinstance(recorded, str) and recorded != got:
            self.learnt(recorded, got)

    def _compare_members(self, recorded: Json, got: Json, path: str) -> None:
        compared = {"message": True, "code": path == ".error"}  # wording is free; that code was compared before
        for name in recorded.keys() - got.keys() - {"nextLink"}:  # how much a page holds is the service's affair
            if not self._by_policy(name, recorded[name], path):
                self._note("missing", f"{path}.{name}", recorded[name], "absent")
        for name in got.keys() - recorded.keys() if not self.catalogue else ():
            self._note("extra", f"{path}.{name}", "absent", got[name])
        for name in recorded.keys() & got.keys():
            if not compared.get(name, False):
                self._compare(recorded[name], got[name], f"{path}.{name}")

    def _compare_items(self, recorded: list[Json], got: list[Json], path: str) -> None:
        if self.catalogue:
            self._compare_catalogues(recorded, got, path)
            return
        for name, one, other in _paired([one for one in recorded if self._ours(one)], got):
            if other is None and self._by_policy(path.rpartition(".")[2], one, path):
                continue
            if one is None or other is None:
                self._note("extra" if one is None else "missing", f"{path}[{name}]", one, other)
            else:
                self._compare(one, other, f"{path}[{name}]")

    def _compare_catalogues(self, recorded: list[Json], got: list[Json], path: str) -> None:
        """What is on offer differs from day to day: any item of ours has the members that all recorded ones have."""
        if not all(isinstance(one, dict) for one in recorded) or not recorded:
            return
        if not got and path in ("", ".value"):
            self._note("missing", path, f"{len(recorded)} items", "none")
        always = set[str].intersection(*(set(one) for one in recorded))
        for one in got[:1]:
            self._compare({name: recorded[0][name] for name in always}, one, f"{path}[]")

    def _ours(self, item: Json) -> bool:
        """Whether an item of a list lies in none or in one of the groups that the recording deals with."""
        found = _GROUP.search(str(item.get("id"))) if isinstance(item, dict) else None
        return found is None or not self.groups or any(numbered(one).fullmatch(found[1]) for one in self.groups)

    def _by_policy(self, name: str, value: Json, path: str) -> bool:
        """Whether a member that is missing here was put there by a policy of the recorded subscription."""
        if path.endswith(".tags"):
            return name not in self.asked
        if name not in _OURS:
            return False
        inner = value.get("extensions", value) if isinstance(value, dict) else value
        if isinstance(inner, bool):
            return inner and f'"{name}"' not in self.asked
        names = [one.get("name", "") for one in inner] if isinstance(inner, list) else [*inner]
        return not any(f'"{one}"' in self.asked for one in names if one != "type")


def _paired(recorded: list[Json], got: list[Json]) -> Iterator[tuple[str, Json, Json]]:
    """Items of two lists side by side, None for none: by name or id where they have some, else by place.

    Of names that the service chose the first is taken for the first.
    """
    for label in ("name", "id"):
        theirs, ours = _by(label, recorded), _by(label, got)
        if len(theirs) == len(recorded) and len(ours) == len(got):
            for name in theirs:
                alike = (each for each in ours if each not in theirs and same(name, each, ""))
                other = name if name in ours else next(alike, "")
                yield name.rpartition("/")[2], theirs[name], ours.pop(other, None)
            for name, one in ours.items():
                yield name.rpartition("/")[2], None, one
            return
    for place in range(max(len(recorded), len(got))):
        yield (
            str(place),
            recorded[place] if place < len(recorded) else None,
            got[place] if place < len(got) else None,
        )


def _by(label: str, items: list[Json]) -> dict[str, Json]:
    return {str(one[label]).lower(): one for one in items if isinstance(one, dict) and label in one}


def _code(body: Json) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("code", "")) if isinstance(error, dict) else ""


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 90 else f"{text[:87]}…"
