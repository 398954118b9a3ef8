"""Faults that strike a write which was taken: what they do to its operation and to the resource. See `faults.py`."""

from dataclasses import replace

from local.armsim.body import Body, merge
from local.armsim.faults import Fault
from local.armsim.kinds import Call
from local.armsim.world import World
from local.armsim.writing import Writing


def theirs_of(call: Call, world: World, writing: Writing) -> Body:
    """The body that the one leaves who overtakes this write; checked by the rules like any other."""
    fault, existing = call.fault, world.store.get(call.route.id)
    if fault is None or fault.kind != "lost_update" or not _puts(call):
        return {}
    if existing is None:
        sent = merge(call.sent, fault.body or {})
        return writing.checked(replace(call, sent=sent)).wanted
    if not fault.body:
        return existing.body
    return writing.checked(replace(call, method="PATCH", sent=fault.body, if_match="")).wanted


def spoil(call: Call, fault: Fault, theirs: Body, world: World) -> None:
    """Faults that strike once a write was taken, and its answer composed."""
    struck = False
    for operation in world.operations.begun:
        match fault.kind:
            case "operation_fails" | "never_ends" | "unhealthy":
                struck = True
            case "region_fails" | "allocation_fails":
                struck = operation.error is not None
            case "operation_expires":
                operation.gone, struck = world.now() + world.lasts(fault.seconds), True
            case "stuck" if operation.created:
                operation.role, struck = "", True  # it ends, and nothing with it
    resource = world.store.get(call.route.id) if _puts(call) else None
    if resource is not None and fault.kind == "lost_update":
        resource.body, struck = theirs, True
        world.touch(resource)
    elif resource is not None and fault.kind == "not_found_after":
        resource.hidden, struck = world.now() + world.lasts(fault.seconds), True
    if resource is not None:
        world.store.put(resource)
    if struck:
        fault.strike(world)


def _puts(call: Call) -> bool:
    """Whether a call writes a resource that is kept by itself."""
    return call.method in ("PUT", "PATCH") and not call.kind.part_of and call.route.scope in ("resource", "group")
