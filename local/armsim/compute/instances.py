"""Instances of a scale set, below it: list, GET, PUT, DELETE, instance view, and what can be asked of one.

They live in their scale set's `Fleet`, not in the store, so this type answers for itself. Those of a Flexible
scale set are only listed here; everything else is asked of their own type, `Microsoft.Compute/virtualMachines`.
"""

from dataclasses import replace

from local.armsim import timing
from local.armsim.answers import Answer
from local.armsim.body import Body
from local.armsim.compute import fleets, power, wires
from local.armsim.compute.fleets import Course, Fleet, Instance
from local.armsim.compute.image_references import applied, record_of
from local.armsim.compute.instance_networks import Sight
from local.armsim.compute.machine_views import INSTANCE as NAME
from local.armsim.compute.machine_views import fleet_instance_view, instance_body
from local.armsim.errors import (
    ArmError,
    concurrent_write,
    entity_not_found,
    invalid_parameter,
    resource_not_found,
    unsupported_verb,
)
from local.armsim.ids import key
from local.armsim.intake import fields
from local.armsim.kinds import Call, Resource, ResourceType, Write, shows_etag
from local.armsim.reading import flag, record
from local.armsim.timing import Spread
from local.armsim.world import World
from local.armsim.writing import outcome

_PROTECTIONS = ("protectFromScaleIn", "protectFromScaleSetActions")


def under_way(world: World, call: Call, about: str, seconds: float, *, monitor: bool) -> dict[str, str]:
    """Begin an operation about something within a scale set, and say so in headers."""
    lasts, error = outcome(call.fault, seconds)
    operation = world.operations.start(
        kind=f"{call.kind.name.partition('/')[2]} {call.route.action or call.method}",
        resource_id=about,
        type_name=call.kind.name,
        location=owner(world, call).location,
        wire=call.kind.wire,
        api_version=call.api_version,
        seconds=lasts,
        error=error,
    )
    url = f"{call.base_url}{operation.path}?{operation.query}"
    headers = {"Azure-AsyncOperation": url, "Azure-AsyncNotification": "Enabled", "x-ms-request-charge": "1"}
    if monitor:
        headers["Location"] = f"{call.base_url}{operation.monitor}"
    return headers | world.retry_after(10.0)


def owner(world: World, call: Call) -> Resource:
    """The scale set that the call's path lies in."""
    route = replace(call.route.parent, scope="resource", action="")
    found = world.store.get(route.id)
    if found is None:
        raise resource_not_found(route.label, route.group)
    return found


def _answer(world: World, call: Call) -> Answer:
    scale_set, name = owner(world, call), call.route.names[-1]
    fleet: Fleet = scale_set.live
    if call.route.scope == "collection":
        return _listed(world, call, scale_set)
    _check_name(call)
    found = fleet.present() if name == "*" else [fleet.instances[name]] if name in fleet.instances else []
    if not found and call.method == "DELETE":
        return Answer(204)
    if not found:
        raise entity_not_found()
    if call.method == "GET":
        return _read(world, call, scale_set, found[0])
    if call.method == "POST":
        answer = _act(world, call, scale_set, found)
    elif call.method in ("PUT", "PATCH", "DELETE") and not call.route.action:
        answer = _change(world, call, scale_set, found[0])
    else:
        raise unsupported_verb(call.method, call.kind.name)
    world.store.put(scale_set)
    return answer


def _check_name(call: Call) -> None:
    """Instances of a Flexible scale set have names; what is asked of one alone takes numbers (known reports).

    `*` stands for all in a POST, as az sends it (what comes of it is *inferred*).
    """
    name = call.route.names[-1]
    if not name.isdigit() and not (name == "*" and call.method == "POST"):
        raise invalid_parameter("Virtual Machine Scale Set VM instanceId must be a number.", "instanceId")


def _listed(world: World, call: Call, scale_set: Resource) -> Answer:
    if call.method != "GET":
        raise unsupported_verb(call.method, call.kind.name)
    if fleets.flexible(scale_set) and _views(call):
        raise ArmError(
            400,
            "BadRequest",
            "Operation 'VirtualMachineScaleSets.virtualMachines.GET' is not allowed on Virtual Machine Scale Set "
            f"'{scale_set.name}'.",
        )
    fleet: Fleet = scale_set.live
    found = sorted(fleet.instances.values(), key=lambda one: one.number)
    shown = [_body(world, call, scale_set, one, single=False) for one in found]
    return Answer(200, {"value": shown}, {"x-ms-request-charge": str(len(shown))}, scale_set.location)


def _read(world: World, call: Call, scale_set: Resource, instance: Instance) -> Answer:
    """The instance, its instance view, or its networks."""
    if not call.route.action:
        headers = {"x-ms-request-charge": "1"}
        if shows_etag(scale_set, call.api_version):
            headers["ETag"] = scale_set.etag
        return Answer(200, _body(world, call, scale_set, instance), headers, scale_set.location)
    if call.route.action == "instanceview":
        return Answer(200, fleet_instance_view(world, scale_set, instance), region=scale_set.location)
    if call.route.action.partition("/")[0] == "extensions":
        return Answer(200, _extension(_body(world, call, scale_set, instance), call), region=scale_set.location)
    networks = Sight(world, scale_set, instance, call.api_version).below(call.route.action)
    if networks is None:
        raise unsupported_verb(call.method, call.kind.name)
    return Answer(200, networks, region=scale_set.location)


def _extension(body: Body, call: Call) -> Body:
    """The extensions of an instance, which are its model's, or the one that the path names."""
    found: list[Body] = body.get("resources", [])
    name = call.route.action.partition("/")[2]
    if not name:
        return {"value": found}
    for one in found:
        if one["name"].lower() == name:
            return one
    raise entity_not_found()


def _views(call: Call) -> bool:
    """Whether a GET wants instance views, too."""
    return fields(call.query).get("$expand", "").lower() == "instanceview"


def _body(world: World, call: Call, scale_set: Resource, instance: Instance, *, single: bool = True) -> Body:
    body = instance_body(world, scale_set, instance, single=single, api_version=call.api_version)
    if _views(call):
        body["properties"]["instanceView"] = fleet_instance_view(world, scale_set, instance)
    return body


def _takes(world: World, spread: Spread, about: str) -> float:
    return spread.draw(world.draws, key(about), world.count(f"{key(about)} work"))


def _change(world: World, call: Call, scale_set: Resource, instance: Instance) -> Answer:
    """PUT of an instance sets its protection policy, which is what can be changed here; DELETE removes it."""
    about = f"{scale_set.id}/virtualMachines/{instance.id}"
    if call.method == "DELETE":
        seconds = _takes(world, timing.MACHINE_DELETE, about)
        fleets.leave(world, scale_set, [instance], Course.of(call.fault, seconds))
        return Answer(202, None, under_way(world, call, about, seconds, monitor=True), scale_set.location)
    policy = record(call.sent, "properties", "protectionPolicy")
    instance.protection = {one: True for one in _PROTECTIONS if flag(policy, one)}
    headers = under_way(world, call, about, _takes(world, timing.SCALE_SET_MODEL, about), monitor=False)
    return Answer(200, _body(world, call, scale_set, instance), headers, scale_set.location)


def _act(world: World, call: Call, scale_set: Resource, machines: list[Instance]) -> Answer:
    about, action = f"{scale_set.id}/virtualMachines/{call.route.names[-1]}", call.route.action
    if any(one.state == "Deleting" for one in machines):
        raise concurrent_write()
    if action == "performmaintenance":
        raise power.refuse_maintenance(call.route.names[-1])
    if action == "simulateeviction" and len(machines) == 1:
        return _evict(world, scale_set, machines[0])
    work = power.WORKS.get(action)
    if work is None:
        raise unsupported_verb(call.method, call.kind.name)
    seconds = power.begin(world, scale_set, work, machines, call.fault)
    renewed = [one for one in machines if work.renews and one.then]
    if renewed:
        fleet: Fleet = scale_set.live
        write = Write(world, scale_set.route, "POST", call.api_version, {}, scale_set.body, scale_set, world.now())
        image = applied(write, record_of(scale_set.properties).get("imageReference") or {})
        for one in renewed:
            one.then |= {"image": image, "model": fleet.model}
    fleets.ring(world, scale_set)
    return Answer(202, None, under_way(world, call, about, seconds, monitor=True), scale_set.location)


def _evict(world: World, scale_set: Resource, instance: Instance) -> Answer:
    """A Spot instance goes as its eviction policy says."""
    fleet: Fleet = scale_set.live
    profile = fleet.model_of(instance).get("profile", {})
    if profile.get("priority") != "Spot":
        raise power.refuse_eviction()
    seconds = timing.MACHINE_DEALLOCATE.median
    if profile.get("evictionPolicy") == "Delete":
        fleets.leave(world, scale_set, [instance], Course(seconds))
    else:
        instance.start("Updating", world.now() + world.lasts(seconds), Course(seconds), power="deallocated")
        fleets.ring(world, scale_set)
    return Answer(204)


INSTANCE = ResourceType(
    name=NAME,
    versions=("2016-03-30", "2026-04-01"),
    wire=wires.SCALE_SET,
    located=False,
    custom=_answer,
)
