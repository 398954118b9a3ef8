"""Faults on request: which request to spoil, and how.

Tests and the control route add them. The gateway asks `FaultBook.take` for every request, in the order of
arrival; what a fault does lives where it happens: statuses, dropped and hanging connections in `gateway.py`,
failing and endless operations in `writing.py`, failing regions in the rules of versions.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

type FaultKind = Literal[
    "status",
    "drop_before",
    "drop_after",
    "operation_fails",
    "never_ends",
    "region_fails",
    "hang",
    "overtaken",
]

KINDS: tuple[str, ...] = get_args(FaultKind.__value__)

_ONLY_WRITES = frozenset({"operation_fails", "never_ends", "region_fails", "overtaken"})


@dataclass(slots=True)
class Fault:
    """One fault. Filters that are None match everything; all None, with `phase=None`, match every request.

    Kinds: `status` answers with status, code, message and optional Retry-After before any effect;
    `drop_before` and `drop_after` reset the connection with nothing done, or with the effect done;
    `operation_fails` lets the write's operation end Failed; `never_ends` leaves it InProgress;
    `region_fails` lets the replication to `region` fail; `hang` gives no answer; `overtaken` lets somebody
    else's write land just before this one. `operation_fails`, `never_ends`, `region_fails` and `overtaken`
    count writes only.

    `nth`: the first matching request to be hit, from 1; `count`: how many in a row (None: all from there).
    `phase`: `request` for all but polls of operations, `poll` for those alone, None for both. `retry_after`:
    seconds, sent as they are. `hits`: how often it struck.
    """

    kind: FaultKind
    method: str | None = None
    resource_type: str | None = None
    path_contains: str | None = None
    phase: Literal["request", "poll"] | None = "request"
    nth: int = 1
    count: int | None = 1
    status: int = 500
    code: str = ""
    message: str = ""
    retry_after: float | None = None
    region: str | None = None
    hits: int = 0
    seen: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of fault: {self.kind!r}; there are {', '.join(KINDS)}")
        if self.nth < 1:
            raise ValueError("nth counts from 1")
        if self.kind == "region_fails" and not self.region:
            raise ValueError("region_fails needs a region")

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "Fault":
        """A fault from the control route's JSON; ValueError names what is unknown."""
        known = {one.name for one in fields(cls)} - {"hits", "seen"}
        unknown = sorted(set(body) - known)
        if unknown or "kind" not in body:
            raise ValueError(f"unknown or missing: {', '.join(unknown) or 'kind'}; known: {', '.join(sorted(known))}")
        return cls(**body)

    def to_json(self) -> dict[str, Any]:
        """All fields, `hits` included."""
        return asdict(self)

    def matches(self, *, method: str, resource_type: str, path: str, is_poll: bool) -> bool:
        """Whether a request is one of those that this fault counts."""
        if self.phase is not None and (self.phase == "poll") != is_poll:
            return False
        if self.kind in _ONLY_WRITES and (is_poll or method not in ("PUT", "PATCH", "POST", "DELETE")):
            return False
        if self.method is not None and self.method.upper() != method:
            return False
        if self.resource_type is not None and self.resource_type.lower() != resource_type.lower():
            return False
        return self.path_contains is None or self.path_contains.lower() in path.lower()


class FaultBook:
    """The faults in force."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Put `fault` in force, and return it."""
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Drop all faults; requests that hang are let go when their client leaves."""
        self._faults.clear()

    def all(self) -> list[Fault]:
        """The faults in force, oldest first."""
        return list(self._faults)

    def take(self, *, method: str, resource_type: str, path: str, is_poll: bool) -> Fault | None:
        """The fault that hits this request, if one does; every fault that matches counts it."""
        hit: Fault | None = None
        for fault in self._faults:
            if not fault.matches(method=method, resource_type=resource_type, path=path, is_poll=is_poll):
                continue
            fault.seen += 1
            past = fault.seen - fault.nth
            if hit is None and past >= 0 and (fault.count is None or past < fault.count):
                fault.hits += 1
                hit = fault
        return hit
