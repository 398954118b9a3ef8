"""Long-running operations: what a write answers with, where to poll it, and what polls say.

The URL of an operation carries a signature, as Azure's do since 2023; it must come back verbatim. How polls
look differs by provider: see `kinds.Wire`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from local.armsim.body import Body
from local.armsim.errors import ArmError
from local.armsim.kinds import Wire

if TYPE_CHECKING:
    from local.armsim.world import World

_TICKS_AT_1970 = 621_355_968_000_000_000


@dataclass(slots=True)
class Operation:
    """One operation, under way or ended. `due` is None for one that never ends."""

    name: str
    kind: str
    resource_id: str
    type_name: str
    path: str
    query: str
    wire: Wire
    started: datetime
    due: datetime | None
    deletes: bool = False
    action: bool = False
    status: str = "InProgress"
    ended: datetime | None = None
    error: Body | None = None
    polls: int = 0
    retry_after: tuple[float | None, ...] = field(default=(None,))

    @property
    def monitor(self) -> str:
        """Path and query of the Location URL, which asks for the result instead of the state."""
        if self.wire.operations == "operationresults":
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
        self._notes: list[OperationRecord] = []

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
        finish: Callable[[Operation, datetime], None],
        error: Body | None = None,
        deletes: bool = False,
        action: bool = False,
    ) -> Operation:
        """Begin an operation that takes `seconds` of service time (None: for ever) and then calls `finish`.

        With `error` it ends Failed; `finish` is called all the same and reads the operation's status.
        """
        world = self._world
        now = world.now()
        name = world.draws.guid("operation", resource_id, kind, len(self._by_name))
        path, query = self._address(name, type_name, location, wire=wire, api_version=api_version, now=now)
        operation = Operation(name, kind, resource_id, type_name, path, query, wire, now, None, deletes, action)
        operation.retry_after = wire.delete_polls if deletes else wire.polls
        self._by_name[name] = operation

        def end(when: datetime) -> None:
            if operation.status != "InProgress":
                return
            operation.status, operation.ended = ("Failed" if error else "Succeeded"), when
            operation.error = error
            finish(operation, when)

        if seconds is not None:
            operation.due = world.agenda.after(world.lasts(seconds), end)
        return operation

    def preempt(self, operation: Operation, when: datetime) -> None:
        """End `operation` because a newer write took over."""
        if operation.status == "InProgress":
            operation.status, operation.ended, operation.due = "Canceled", when, when
            operation.error = {
                "code": "OperationPreempted",
                "message": "Operation execution has been preempted by a more recent operation.",
            }

    def find(self, name: str, path: str, query: str) -> tuple[Operation, bool]:
        """The operation of a poll, and whether it is its monitor URL; refuses what was not handed out."""
        operation = self._by_name.get(name)
        if operation is None:
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

    def _address(
        self, name: str, type_name: str, location: str, *, wire: Wire, api_version: str, now: datetime
    ) -> tuple[str, str]:
        world, namespace = self._world, type_name.split("/", 1)[0]
        subscription = f"/subscriptions/{world.subscription_id}"
        ticks = _TICKS_AT_1970 + int(now.timestamp() * 10_000_000)
        opaque = "&".join(f"{part}={world.draws.text(86, name, part)}" for part in "csh")
        shard = f"p={world.draws.guid('shard', location)}&" if wire.operations == "operations" and not wire.bare else ""
        query = f"{shard}api-version={api_version}&t={ticks}&{opaque}"
        if wire.operations == "operationresults":
            return f"{subscription}/operationresults/{name}", query
        return f"{subscription}/providers/{namespace}/locations/{location}/{wire.operations}/{name}", query


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
    if operation.error is not None:
        body["error"] = operation.error
    if not operation.wire.bare:
        body["name"] = operation.name
    return body
