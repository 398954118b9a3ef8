"""Control routes below `/_sim/`: faults, requests, operations and the world, as JSON and without a token.

For tests that talk to the simulator over the wire, and for people with curl; from this machine only.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from local.armsim import snapshot
from local.armsim.body import Body
from local.armsim.errors import ArmError
from local.armsim.faults import Fault
from local.armsim.intake import Incoming

if TYPE_CHECKING:
    from local.armsim.simulator import Simulator


def control(simulator: "Simulator", request: Incoming) -> tuple[int, Body]:
    """Status and body of one control request, or ArmError."""
    name = request.path.removeprefix("/_sim/").strip("/")
    function = _ROUTES.get((request.method, name))
    if function is None:
        raise ArmError(404, "NotFound", f"No control route {request.method} {request.path}.")
    try:
        sent = json.loads(request.body) if request.body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise ArmError(400, "InvalidRequestContent", str(error)) from None
    return function(simulator, sent if isinstance(sent, dict) else {"": sent})


def _add_fault(simulator: "Simulator", sent: Body) -> tuple[int, Body]:
    try:
        return 201, simulator.faults.add(Fault.from_json(sent)).to_json()
    except (ValueError, TypeError) as error:
        raise ArmError(400, "InvalidFault", str(error)) from None


def _faults(simulator: "Simulator", sent: Body) -> tuple[int, Body]:
    return 200, {"value": [one.to_json() for one in simulator.faults.all()]}


def _clear_faults(simulator: "Simulator", sent: Body) -> tuple[int, Body]:
    simulator.faults.clear()
    return _faults(simulator, sent)


def _records(name: str) -> Callable[["Simulator", Body], tuple[int, Body]]:
    def show(simulator: "Simulator", sent: Body) -> tuple[int, Body]:
        return 200, {"value": [_plain(asdict(one)) for one in getattr(simulator, name)]}

    return show


def _actions(simulator: "Simulator", sent: Body) -> tuple[int, Body]:
    """Every action that requests needed so far, with the scopes."""
    return 200, {"value": {name: sorted(scopes) for name, scopes in sorted(simulator.permissions.used.items())}}


def _world(simulator: "Simulator", sent: Body) -> tuple[int, Body]:
    """Everything that is saved, as `import` takes it."""
    return 200, {"rows": json.loads(snapshot.text(list(snapshot.rows(simulator))))}


def _import(simulator: "Simulator", sent: Body) -> tuple[int, Body]:
    """The world of a `GET /_sim/world` in place of this one; a world that is none leaves this one as it is."""
    try:
        rows = [(str(one), str(name), found) for one, name, found in sent["rows"]]
        _try(simulator.empty(), rows)
    except Exception as error:  # noqa: BLE001 - anything can be wrong with what is no exported world
        raise ArmError(400, "InvalidWorld", f"This is no exported world: {type(error).__name__}: {error}") from None
    snapshot.clear(simulator)
    snapshot.load(simulator, rows)
    return 200, {"resources": len(simulator.world.store.all())}


def _try(trial: "Simulator", rows: list[snapshot.Row]) -> None:
    """Load a world elsewhere, and look at all of it; raises what is wrong with it."""
    snapshot.load(trial, rows)
    for one in trial.world.store.all():
        if one.route.subscription.lower() not in trial.world.subscriptions:
            raise ValueError(f"{one.id} is in a subscription that is not here (the seed or --subscription differs)")
    trial.resources()
    list(snapshot.rows(trial))


def _snapshot(simulator: "Simulator", sent: Body) -> tuple[int, Body]:
    name = str(sent.get("name", ""))
    simulator.snapshots[name] = _world(simulator, {})[1]["rows"]
    return 201, {"name": name, "snapshots": sorted(simulator.snapshots)}


def _reset(simulator: "Simulator", sent: Body) -> tuple[int, Body]:
    """An empty world, or the one of the snapshot `to`."""
    wanted = sent.get("to")
    if wanted is not None and str(wanted) not in simulator.snapshots:
        raise ArmError(404, "NotFound", f"There is no snapshot '{wanted}'.")
    return _import(simulator, {"rows": simulator.snapshots[str(wanted)] if wanted is not None else []})


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    return {name: one.isoformat() if isinstance(one, datetime) else one for name, one in record.items()}


_ROUTES: Mapping[tuple[str, str], Callable[["Simulator", Body], tuple[int, Body]]] = {
    ("GET", "faults"): _faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "requests"): _records("requests"),
    ("GET", "operations"): _records("operations"),
    ("GET", "resources"): lambda simulator, sent: (200, {"value": simulator.resources()}),
    ("GET", "actions"): _actions,
    ("GET", "world"): _world,
    ("POST", "import"): _import,
    ("POST", "snapshot"): _snapshot,
    ("POST", "reset"): _reset,
}
