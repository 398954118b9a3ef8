"""A world as rows of plain JSON, and back: what is saved, exported, imported and kept as a snapshot.

A row is (collection, name, value). Nothing in it is secret, because the rules keep no password, custom data,
protected setting or secure parameter in the first place. Entries of the agenda are no rows: operations that are
under way, alarms and events say when they are due, and are put back on the agenda when they are loaded.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from local.armsim.ids import Routes
from local.armsim.kinds import Resource
from local.armsim.operations import Operation
from local.armsim.outbox import Outgoing

if TYPE_CHECKING:
    from local.armsim.simulator import Simulator

type Row = tuple[str, str, Any]

_TIMES = ("started", "due", "ended", "gone")


def rows(simulator: "Simulator") -> Iterator[Row]:
    """Everything, in an order in which it can be loaded."""
    world = simulator.world
    names = {
        "operation": [one.name for one in world.operations.all()],
        "resource": [one.key for one in world.store.all()],
        "count": list(world.counts),
        "document": list(world.documents),
        "event": list(simulator.outbox.waiting),
        "faults": [""],
    }
    for collection, several in names.items():
        for name in several:
            yield collection, name, value(simulator, collection, name)


def value(simulator: "Simulator", collection: str, name: str) -> Any:
    """One row's value; None where there is no such thing any more."""
    world = simulator.world
    match collection:
        case "resource":
            found = world.store.get(name)
            return None if found is None else _resource(found)
        case "operation":
            operation = world.operations.get(name)
            return None if operation is None else _operation(operation)
        case "count":
            return world.counts.get(name)
        case "document":
            return world.documents.get(name)
        case "event":
            outgoing = simulator.outbox.waiting.get(name)
            return None if outgoing is None else {"due": outgoing.due.isoformat(), "event": outgoing.event}
        case _:
            return [one.to_json() for one in simulator.faults.all()]


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
    simulator.faults.restore([])


def load(simulator: "Simulator", saved: Iterable[Row]) -> None:
    """Put `rows` into an empty world; KeyError or ValueError for what is none of ours."""
    world = simulator.world
    readers: dict[str, Callable[[str, Any], None]] = {
        "resource": _load_resource(simulator),
        "operation": lambda name, found: world.operations.put(_loaded_operation(simulator, found)),
        "count": world.counts.__setitem__,
        "document": world.documents.__setitem__,
        "event": lambda name, found: simulator.outbox.put(
            Outgoing(name, datetime.fromisoformat(found["due"]), found["event"])
        ),
        "faults": lambda name, found: simulator.faults.restore(found),
    }
    waiting: dict[str, list[Row]] = {collection: [] for collection in readers}
    for row in saved:
        waiting[row[0]].append(row)
    for collection in ("operation", "resource", "count", "document", "faults", "event"):
        for _, name, found in waiting[collection]:
            readers[collection](name, found)
            world.changes.note(collection, name)


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
    # pydantic reads `live` back into its class; only a world that is loaded pays for its import.
    from pydantic import TypeAdapter

    world = simulator.world
    routes = Routes({name.lower(): name for name in world.kinds})
    adapters: dict[str, TypeAdapter[Any]] = {
        name: TypeAdapter(kind.live) for name, kind in world.kinds.items() if kind.live is not None
    }

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
        if found["live"] is not None:
            resource.live = adapters[kind.name].validate_python(found["live"])
        world.store.put(resource)
        alarm = _time(found["alarm"])
        if alarm is not None:
            world.ring(resource, alarm)

    return load_one


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
