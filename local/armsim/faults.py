"""Faults on request: which request to spoil, and how.

Tests, a file (`--faults`) and the control route add them. The gateway asks `FaultBook.take` for every request, in
the order of arrival; what a fault does lives where it happens: answers in `gateway.py`, connections in `app.py`,
operations in `writing.py` and `handler.py`, regions and instances in the rules of their types.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, get_args

from local.armsim.ids import key
from local.armsim.secret_members import without_secrets

if TYPE_CHECKING:
    from local.armsim.world import World

type FaultKind = Literal[
    "status",
    "conflict",
    "forbidden",
    "expired_token",
    "drop_before",
    "drop_after",
    "hang",
    "slow",
    "truncated",
    "exit_before",
    "exit_after",
    "operation_fails",
    "never_ends",
    "operation_expires",
    "stuck",
    "region_fails",
    "allocation_fails",
    "unhealthy",
    "overtaken",
    "lost_update",
    "not_found_after",
]
type Phase = Literal["request", "poll", "token"]

KINDS: tuple[str, ...] = get_args(FaultKind.__value__)
PHASES: tuple[str, ...] = get_args(Phase.__value__)

FAULTS_OF_WRITES = frozenset(KINDS[KINDS.index("operation_fails") :])
SILENT = frozenset({"drop_before", "drop_after", "hang", "exit_before", "exit_after"})
"""Kinds after which no answer comes."""
CONNECTIONS = SILENT | {"slow", "truncated"}
"""Kinds that strike the connection, or the process."""
BEFORE = frozenset({"drop_before", "hang", "exit_before"})
"""Those of them that leave the world as it was."""


@dataclass(slots=True)
class Fault:
    """One fault. Filters that are None match everything; all None, with `phase=None`, match every request.

    Kinds, answers: `status` (with `status`, `code`, `message`, perhaps `retry_after`; `html` in place of JSON, as a
    proxy before ARM answers), `conflict` (409), `forbidden` (403), `expired_token` (401), each before any effect.
    Connections: `drop_before` and `drop_after` reset them with nothing done, or with the effect done; `hang` gives
    no answer; `slow` gives it after `seconds`; `truncated` breaks off within the body; `exit_before` and
    `exit_after` end the simulator's process, before or after the effect was saved.
    Writes: `operation_fails` ends the operation Failed; `never_ends` leaves it InProgress; `operation_expires`
    forgets its URL after `seconds`; `stuck` lets it succeed and leaves a new resource Creating; `region_fails` fails
    the replication to `region`; `allocation_fails` fails a scale set's new instances; `unhealthy` lets instances
    turn unhealthy after an upgrade; `overtaken` lets somebody else's write land just before this one (so that its
    If-Match does not hold), `lost_update` right after it (the answer says success, the world has the other's:
    what was there, with `body` laid over it); `not_found_after` answers 404 for `seconds` after the write.

    Filters: `name` is the resource's last name and `client` the User-Agent or CommandName header, both with `*`;
    `phase` is `request` for all but polls of operations, `poll` for those alone, `token` for the token endpoints,
    None for all. `nth`: the first matching request to be hit, from 1; `count`: how often it strikes (None: each time
    from there); `probability` of each, drawn from the seed; `begins` and `lasts`: the window, in service seconds
    since the fault was added. `retry_after`: seconds, sent as they are. `seen` counts the requests that matched,
    `hits` those that were struck: a fault of writes waits for one on which it has an effect.
    """

    kind: FaultKind
    method: str | None = None
    resource_type: str | None = None
    name: str | None = None
    path_contains: str | None = None
    client: str | None = None
    phase: Phase | None = "request"
    nth: int = 1
    count: int | None = 1
    probability: float = 1.0
    begins: float = 0.0
    lasts: float | None = None
    status: int = 500
    code: str = ""
    message: str = ""
    retry_after: float | None = None
    html: bool = False
    seconds: float = 10.0
    region: str | None = None
    body: dict[str, Any] | None = None
    hits: int = 0
    seen: int = 0
    added: datetime | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of fault: {self.kind!r}; there are {', '.join(KINDS)}")
        if self.phase is not None and self.phase not in PHASES:
            raise ValueError(f"unknown phase: {self.phase!r}; there are {', '.join(PHASES)}")
        for names, kinds in _VALUES.items():
            for name in names.split():
                value = getattr(self, name)
                if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
                    raise ValueError(f"{name} has the wrong kind of value: {value!r}")
                if isinstance(value, int | float) and not 0 <= value < _MOST:
                    raise ValueError(f"{name} is out of range: {value!r}")
        if not 200 <= self.status <= 599:
            raise ValueError("status lies between 200 and 599")
        if self.body is not None:
            self.body = without_secrets(self.body)  # faults are saved and shown
        if self.nth < 1:
            raise ValueError("nth counts from 1")
        if not 0 <= self.probability <= 1:
            raise ValueError("probability lies between 0 and 1")
        if self.kind == "region_fails" and not self.region:
            raise ValueError("region_fails needs a region")

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "Fault":
        """A fault from a file's or the control route's JSON; ValueError names what is unknown."""
        known = {one.name for one in fields(cls)} - {"hits", "seen", "added"}
        unknown = sorted(map(str, set(body) - known))
        if unknown or "kind" not in body:
            raise ValueError(f"unknown or missing: {', '.join(unknown) or 'kind'}; known: {', '.join(sorted(known))}")
        return cls(**body)

    def strike(self, world: "World") -> None:
        """Note that it has had its effect."""
        self.hits += 1
        world.changes.note("faults", "")

    def to_json(self) -> dict[str, Any]:
        """All fields, `hits` included."""
        shown = asdict(self)
        shown["added"] = self.added.isoformat() if self.added else None
        return shown


_MOST = 1e9
_VALUES: dict[str, tuple[type, ...]] = {
    "method resource_type name path_contains client region": (str, NoneType),
    "code message": (str,),
    "nth status hits seen": (int,),
    "count": (int, NoneType),
    "probability begins seconds": (int, float),
    "lasts retry_after": (int, float, NoneType),
    "html": (bool,),
    "body": (dict, NoneType),
}
"""The fields of a fault, by the kinds of values that they take."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a fault looks at in a request. `path` holds the request's path and the id of what it is about."""

    method: str
    resource_type: str
    path: str
    phase: Phase
    client: str = ""
    resource_id: str = ""
    inner: bool = False
    """The simulator's own request, for a template deployment: there is no connection to spoil."""


class FaultBook:
    """The faults in force."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Put `fault` in force, and return it."""
        fault.added = self._world.now()
        self._faults.append(fault)
        self._world.changes.note("faults", "")
        return fault

    def clear(self) -> None:
        """Drop all faults; requests that hang are let go when their client leaves."""
        self._faults.clear()
        self._world.changes.note("faults", "")

    def all(self) -> list[Fault]:
        """The faults in force, oldest first."""
        return list(self._faults)

    def restore(self, saved: Iterable[dict[str, Any]]) -> None:
        """Put back what `to_json` gave, counts included."""
        self._faults = []
        for one in saved:
            added = one["added"]
            fault = Fault(**{**one, "added": datetime.fromisoformat(added) if added else None})
            self._faults.append(fault)

    def take(self, asked: Asked) -> Fault | None:
        """The fault that hits this request, if one does; every fault that matches counts it."""
        hit: Fault | None = None
        for place, fault in enumerate(self._faults):
            if not self._matches(fault, asked):
                continue
            fault.seen += 1
            self._world.changes.note("faults", "")
            past = fault.seen - fault.nth
            if hit is not None or past < 0 or (fault.count is not None and fault.hits >= fault.count):
                continue
            if fault.probability < 1 and not self._drawn(place, fault, asked):
                continue
            if fault.kind not in FAULTS_OF_WRITES:
                fault.hits += 1
            hit = fault  # of a write, only where it has an effect: see `Fault.strike`
        return hit

    def _drawn(self, place: int, fault: Fault, asked: Asked) -> bool:
        rule = f"{place} {fault.kind} {asked.method} {asked.phase} {key(asked.resource_id)}"
        turn = self._world.count(f"fault {rule}")
        return self._world.draws.fraction("fault", rule, turn) < fault.probability

    def _matches(self, fault: Fault, asked: Asked) -> bool:
        """Whether a request is one of those that this fault counts."""
        writes = asked.phase == "request" and asked.method not in ("GET", "HEAD")
        kind, method = fault.resource_type, fault.method
        return (
            fault.phase in (None, asked.phase)
            and (writes or fault.kind not in FAULTS_OF_WRITES)
            and not (asked.inner and fault.kind in CONNECTIONS)
            and (method is None or method.upper() == asked.method)
            and (kind is None or kind.lower() == asked.resource_type.lower())
            and (fault.name is None or _like(asked.resource_id.rpartition("/")[2], fault.name))
            and (fault.client is None or _like(asked.client, fault.client))
            and (fault.path_contains is None or fault.path_contains.lower() in asked.path.lower())
            and self._in_window(fault)
        )

    def _in_window(self, fault: Fault) -> bool:
        if fault.added is None or (not fault.begins and fault.lasts is None):
            return True
        world = self._world
        age = world.now() - fault.added
        ends = timedelta.max if fault.lasts is None else world.lasts(fault.begins + fault.lasts)
        return world.lasts(fault.begins) <= age < ends


def _like(value: str, pattern: str) -> bool:
    return fnmatchcase(value.lower(), pattern.lower())
