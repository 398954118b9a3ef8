"""Long-running operations: what a write answers with, where to poll it, and what polls say.

The URL of an operation carries a signature, as Azure's do since 2023; it must come back verbatim. How polls
look differs by provider: see `kinds.Wire`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from local.armsim.body import Body
from local.armsim.errors import ArmError
from local.armsim.ids import key
from local.armsim.wire import Wire

if TYPE_CHECKING:
    from local.armsim.world import World

_OFTEN, _KEPT = 1000, timedelta(days=7)
_TICKS_AT_1970 = 621_355_968_000_000_000


@dataclass(slots=True)
class Operation:
    """One operation, under way or ended: plain data, so that it outlives the process.

    `due` is None for one that never ends. `role` names what its end does (see `endings.py`); empty: nothing.
    """

    name: str
    kind: str
    resource_id: str
    type_name: str
    path: str
    query: str
    wire: Wire
    started: datetime
    due: datetime | None
    role: Literal["", "write", "delete", "action"] = ""
    method: str = ""
    api_version: str = ""
    created: bool = False
    action: str = ""
    note: Body = field(default_factory=dict)
    """What the action's `finish` wants to know."""
    output: Body | None = None
    """Result of an action, shown once it succeeded."""
    status: str = "InProgress"
    ended: datetime | None = None
    error: Body | None = None
    """Why it failed; while it runs, why it is going to."""
    gone: datetime | None = None
    """From when on its URL is no longer known."""
    polls: int = 0

    @property
    def retry_after(self) -> tuple[float | None, ...]:
        """Retry-After of its InProgress polls, in order."""
        if self.role == "delete":
            return self.wire.delete_polls
        return self.wire.polls if self.created else self.wire.update_polls or self.wire.polls

    @property
    def monitor(self) -> str:
        """Path and query of the Location URL, which asks for the result instead of the state."""
        if "/operationresults/" in self.path:
            return f"{self.path}?{self.query}"
        if self.wire.bare:
            return f"{self.path.replace('/operations/', '/operationResults/')}?{self.query}"
        return f"{self.path}?monitor=true&{self.query}"


@dataclass(frozen=True, slots=True)
class OperationRecord:
    """An operation as benchmarks and tests read it. `ends`: service time on the simulator's clock."""

    resource_id: str
    kind: str
    started: datetime
    ends: datetime | None
    status: str


class Operations:
    """All operations of one world, by name."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._by_name: dict[str, Operation] = {}
        self._started = 0
        self._notes: list[OperationRecord] = []
        self.begun: list[Operation] = []
        """Those that the request under way has begun."""
        self.on_end: Callable[[Operation, datetime], None] = lambda operation, when: None
        """Told of every operation that has ended, well or not."""

    def note(self, resource_id: str, kind: str, started: datetime, ends: datetime) -> None:
        """Keep a record of work that no operation covers, such as instances that follow a model."""
        self._notes.append(OperationRecord(resource_id, kind, started, ends, "Scheduled"))

    def start(
        self,
        *,
        kind: str,
        resource_id: str,
        type_name: str,
        location: str,
        wire: Wire,
        api_version: str,
        seconds: float | None,
        role: Literal["", "write", "delete", "action"] = "",
        error: Body | None = None,
        method: str = "",
        created: bool = False,
        action: str = "",
        note: Body | None = None,
        output: Body | None = None,
        path: str = "",
        name: str = "",
    ) -> Operation:
        """Begin an operation that takes `seconds` of service time (None: for ever).

        With `error` it ends Failed. `path` replaces the usual one, `{}` in it stands for the operation's name;
        `name` replaces the GUID.
        """
        world = self._world
        now = world.now()
        turn = world.count(key(resource_id))
        name = name or world.draws.guid("operation", key(resource_id), turn)
        query = self._query(name, location, wire, api_version)
        usual = self._path(name, resource_id, type_name, location, wire)
        operation = Operation(
            name,
            kind,
            resource_id,
            type_name,
            path.format(name) if path else usual,
            query,
            wire,
            now,
            None,
            role,
            method=method,
            api_version=api_version,
            created=created,
            action=action,
            note=note or {},
            output=output,
            error=error,
        )
        if seconds is not None:
            operation.due = now + world.lasts(seconds)
        self.put(operation)
        self.begun.append(operation)
        self._started += 1
        if self._started % _OFTEN == 0:
            self._forget(now - _KEPT)
        return operation

    def _forget(self, before: datetime) -> None:
        """Drop operations that ended long ago, as Azure does."""
        for old in [one for one in self._by_name.values() if one.ended is not None and one.ended < before]:
            del self._by_name[old.name]
            self._world.changes.note("operation", old.name)

    def put(self, operation: Operation) -> None:
        """Keep an operation, and see to its end."""
        self._by_name[operation.name] = operation
        self._world.changes.note("operation", operation.name)
        if operation.due is not None and operation.status == "InProgress":
            self._world.agenda.at(operation.due, lambda when: self._end(operation, when))

    def end_now(self, operation: Operation) -> None:
        """End an operation before its time."""
        operation.due = self._world.now()
        self._end(operation, operation.due)

    def _end(self, operation: Operation, when: datetime) -> None:
        if operation.status != "InProgress" or self._by_name.get(operation.name) is not operation:
            return
        operation.status, operation.ended = ("Failed" if operation.error else "Succeeded"), when
        self._world.changes.note("operation", operation.name)
        self.on_end(operation, when)

    def clear(self) -> None:
        """Forget all of them."""
        self._by_name.clear()
        self._notes.clear()

    def all(self) -> list[Operation]:
        """Every operation, oldest first."""
        return list(self._by_name.values())

    def fail(self, operation: Operation, error: Body, when: datetime) -> None:
        """End an operation that cannot go on, before its time."""
        if operation.status == "InProgress":
            operation.error, operation.due = operation.error or error, when
            self._end(operation, when)

    def preempt(self, operation: Operation, when: datetime) -> None:
        """End `operation` because a newer write took over."""
        if operation.status == "InProgress":
            operation.status, operation.ended, operation.due = "Canceled", when, when
            self._world.changes.note("operation", operation.name)
            operation.error = {
                "code": "OperationPreempted",
                "message": "Operation execution has been preempted by a more recent operation.",
            }

    def find(self, name: str, path: str, query: str) -> tuple[Operation, bool]:
        """The operation of a poll, and whether it is its monitor URL; refuses what was not handed out."""
        operation = self._by_name.get(name)
        if operation is None or (operation.gone is not None and operation.gone <= self._world.now()):
            raise ArmError(404, "NotFound", f"Operation '{name}' not found.")
        if f"{path}?{query}" == f"{operation.path}?{operation.query}":
            return operation, False
        if f"{path}?{query}" == operation.monitor:
            return operation, True
        raise ArmError(
            400,
            "InvalidOperationUri",
            "The operation URI is not the one that the service returned; send it back unchanged.",
        )

    def get(self, name: str) -> Operation | None:
        """The operation of that name."""
        return self._by_name.get(name)

    def records(self) -> list[OperationRecord]:
        """Every operation so far, in the order of their start; then what `note` kept."""
        started = [
            OperationRecord(one.resource_id, one.kind, one.started, one.due, one.status)
            for one in self._by_name.values()
        ]
        return started + self._notes

    def _query(self, name: str, location: str, wire: Wire, api_version: str) -> str:
        world = self._world
        ticks = _TICKS_AT_1970 + int(world.now().timestamp() * 10_000_000)
        opaque = "&".join(f"{part}={world.draws.text(86, name, part)}" for part in "csh")
        shard = f"p={world.draws.guid('shard', location)}&" if wire.operations == "operations" and not wire.bare else ""
        return f"{shard}api-version={api_version}&t={ticks}&{opaque}"

    def _path(self, name: str, resource_id: str, type_name: str, location: str, wire: Wire) -> str:
        subscription = "/".join(resource_id.split("/")[:3])
        if wire.operations == "operationresults":
            return f"{subscription}/operationresults/{name}"
        namespace = type_name.split("/", 1)[0]
        return f"{subscription}/providers/{namespace}/locations/{location}/{wire.operations}/{name}"


def stamp(moment: datetime) -> str:
    """A time as operation bodies show it: seven fractional digits, offset `+00:00`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0+00:00"


def poll_body(operation: Operation) -> Body:
    """The body of a poll."""
    if operation.wire.bare:
        body: Body = {"status": operation.status}
    else:
        body = {"startTime": stamp(operation.started)}
        if operation.ended is not None:
            body["endTime"] = stamp(max(operation.ended, operation.started + timedelta(microseconds=1)))
        body["status"] = operation.status
    if operation.error is not None and operation.status != "InProgress":
        body["error"] = operation.error
    silent = operation.wire.operations == "capsOperations"  # recorded: only the monitor URL of `share` may say more
    if operation.output is not None and operation.status == "Succeeded" and not silent:
        body["properties"] = {"output": operation.output}
    if not operation.wire.bare:
        body["name"] = operation.name
    return body
