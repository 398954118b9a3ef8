"""Control routes below `/_sim/`: faults, requests, operations and resources, as JSON and without a token.

For tests that talk to the simulator over the wire, and for people with curl.
"""

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from local.armsim.faults import Fault
from local.armsim.intake import Incoming

if TYPE_CHECKING:
    from local.armsim.simulator import Simulator


def control(simulator: "Simulator", request: Incoming) -> tuple[int, dict[str, Any]]:
    """Status and body of one control request."""
    name = request.path.removeprefix("/_sim/").strip("/")
    if name == "faults" and request.method in ("GET", "POST", "DELETE"):
        return _faults(simulator, request)
    if request.method == "GET" and name in ("requests", "operations"):
        found: list[Any] = list(simulator.requests if name == "requests" else simulator.operations)
        return 200, {"value": [_plain(asdict(one)) for one in found]}
    if request.method == "GET" and name == "resources":
        return 200, {"value": simulator.resources()}
    return 404, {"error": {"code": "NotFound", "message": f"No control route {request.method} {request.path}."}}


def _faults(simulator: "Simulator", request: Incoming) -> tuple[int, dict[str, Any]]:
    if request.method == "POST":
        try:
            body = json.loads(request.body)
            fault = Fault.from_json(body if isinstance(body, dict) else {})
        except (ValueError, TypeError) as error:
            return 400, {"error": {"code": "InvalidFault", "message": str(error)}}
        return 201, simulator.faults.add(fault).to_json()
    if request.method == "DELETE":
        simulator.faults.clear()
    return 200, {"value": [one.to_json() for one in simulator.faults.all()]}


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    return {name: one.isoformat() if isinstance(one, datetime) else one for name, one in record.items()}
