"""A world as rows of plain JSON, and back: what is saved, exported, imported and kept as a snapshot.

A row is (collection, name, value). Nothing in it is secret, because the rules keep no password, custom data,
protected setting or secure parameter in the first place. Entries of the agenda are no rows: operations that are
under way, alarms and events say when they are due, and are put back on the agenda when they are loaded.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from local.armsim.ids import Routes
from local.armsim.kinds import Resource
from local.armsim.operations import Operation
from local.armsim.outbox import Outgoing

if TYPE_CHECKING:
    from local.armsim.simulator import Simulator

type Row = tuple[str, str, Any]

_TIMES = ("started", "due", "ended", "gone")


@dataclass(frozen=True, slots=True)
class Collection:
    """One kind of rows: the names there are, the value of one (None: gone), and what puts a value back."""

    names: Callable[[], Iterable[str]]
    value: Callable[[str], Any]
    load: Callable[[str, Any], None]


def collections(simulator: "Simulator") -> dict[str, Collection]:
    """All kinds of rows of a simulator, in an order in which they can be loaded."""
    world, outbox, faults, throttle = simulator.world, simulator.outbox, simulator.faults, simulator.throttle

    def resource(name: str) -> Any:
        found = world.store.get(name)
        return None if found is None else _resource(found)

    def operation(name: str) -> Any:
        found = world.operations.get(name)
        return None if found is None else _operation(found)

    def event(name: str) -> Any:
        found = outbox.waiting.get(name)
        return None if found is None else {"due": found.due.isoformat(), "event": found.event}

    return {
        "operation": Collection(
            lambda: [one.name for one in world.operations.all()],
            operation,
            lambda name, found: world.operations.put(_loaded_operation(simulator, found)),
        ),
        "resource": Collection(lambda: [one.key for one in world.store.all()], resource, _load_resource(simulator)),
        "count": Collection(lambda: list(world.counts), world.counts.get, world.counts.__setitem__),
        "document": Collection(lambda: list(world.documents), world.documents.get, world.documents.__setitem__),
        "bucket": Collection(throttle.names, throttle.level, throttle.restore),
        "faults": Collection(
            lambda: [""],
            lambda name: [one.to_json() for one in faults.all()],
            lambda name, found: faults.restore(found),
        ),
        "event": Collection(
            lambda: list(outbox.waiting),
            event,
            lambda name, found: outbox.put(Outgoing(name, datetime.fromisoformat(found["due"]), found["event"])),
        ),
    }


def rows(simulator: "Simulator") -> Iterator[Row]:
    """Everything."""
    for collection, kind in simulator.collections.items():
        for name in kind.names():
            yield collection, name, kind.value(name)


def clear(simulator: "Simulator") -> None:
    """Empty the world, and note that everything is gone."""
    world = simulator.world
    for collection, name, _ in list(rows(simulator)):
        world.changes.note(collection, name)
    world.store.clear()
    world.operations.clear()
    world.agenda.clear()
    world.counts.clear()
    world.documents.clear()
    simulator.outbox.clear()
    simulator.throttle.clear()
    simulator.faults.restore([])


def load(simulator: "Simulator", saved: Iterable[Row]) -> None:
    """Put `rows` into an empty world; KeyError or ValueError for what is none of ours."""
    waiting: dict[str, list[Row]] = {collection: [] for collection in simulator.collections}
    for row in saved:
        waiting[row[0]].append(row)
    for collection, kind in simulator.collections.items():
        for _, name, found in waiting[collection]:
            kind.load(name, found)
            simulator.world.changes.note(collection, name)


def text(found: Any) -> str:
    """A value as it is stored."""
    return json.dumps(found, default=_plain, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no plain value")


def _resource(resource: Resource) -> dict[str, Any]:
    return {
        "type": resource.kind.name,
        "id": resource.id,
        "body": resource.body,
        "created": resource.created.isoformat(),
        "state": resource.state,
        "etag": resource.etag,
        "writes": resource.writes,
        "operation": resource.operation.name if resource.operation else None,
        "alarm": resource.alarm.isoformat() if resource.alarm else None,
        "hidden": resource.hidden.isoformat() if resource.hidden else None,
        "ghosts": {one: until.isoformat() for one, until in resource.ghosts.items()},
        "live": asdict(resource.live) if resource.live is not None else None,
    }


def _load_resource(simulator: "Simulator") -> Callable[[str, Any], None]:
    world = simulator.world
    routes = Routes({name.lower(): name for name in world.kinds})

    def load_one(name: str, found: Any) -> None:
        kind = world.kinds[found["type"]]
        resource = Resource(
            kind,
            routes.parse(found["id"]),
            found["id"],
            name,
            found["body"],
            datetime.fromisoformat(found["created"]),
            state=found["state"],
            etag=found["etag"],
            writes=found["writes"],
            operation=world.operations.get(found["operation"]) if found["operation"] else None,
            hidden=_time(found["hidden"]),
            ghosts={one: datetime.fromisoformat(until) for one, until in found["ghosts"].items()},
        )
        if found["live"] is not None and kind.live is not None:
            resource.live = _reader(kind.live).validate_python(found["live"])
        world.store.put(resource)
        alarm = _time(found["alarm"])
        if alarm is not None:
            world.ring(resource, alarm)

    return load_one


@cache
def _reader(live: type) -> Any:
    """What reads `live` back into its class; only a world that is loaded pays for the import."""
    from pydantic import TypeAdapter

    return TypeAdapter(live)


def _operation(operation: Operation) -> dict[str, Any]:
    shown = {one.name: getattr(operation, one.name) for one in fields(operation) if one.name != "wire"}
    for one in _TIMES:
        shown[one] = shown[one].isoformat() if shown[one] else None
    return shown


def _loaded_operation(simulator: "Simulator", found: dict[str, Any]) -> Operation:
    times = {one: _time(found[one]) for one in _TIMES}
    return Operation(**{**found, **times, "wire": simulator.world.kinds[found["type_name"]].wire})


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
