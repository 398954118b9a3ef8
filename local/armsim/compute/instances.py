"""Instances of a scale set, below it: list, GET, PUT, DELETE, instance view, and what can be asked of one.

They live in their scale set's `Fleet`, not in the store, so this type answers for itself. Those of a Flexible
scale set are listed here, too; their own type is `Microsoft.Compute/virtualMachines`.
"""

from dataclasses import replace

from local.armsim import timing
from local.armsim.answers import Answer
from local.armsim.body import Body
from local.armsim.compute import fleets, power, wires
from local.armsim.compute.fleets import Course, Fleet, Instance
from local.armsim.compute.image_references import applied, record_of
from local.armsim.compute.machine_views import INSTANCE as NAME
from local.armsim.compute.machine_views import fleet_instance_view, instance_body
from local.armsim.errors import ArmError, concurrent_write, entity_not_found, resource_not_found
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
    scale_set = owner(world, call)
    fleet: Fleet = scale_set.live
    if call.route.scope == "collection":
        if call.method != "GET":
            raise unsupported(call)
        found = sorted(fleet.instances.values(), key=lambda one: one.number)
        shown = [_body(world, call, scale_set, one, single=False) for one in found]
        return Answer(200, {"value": shown}, {"x-ms-request-charge": str(len(shown))}, scale_set.location)
    instance = fleet.instances.get(call.route.names[-1])
    if instance is None and call.method == "DELETE":
        return Answer(204)
    if instance is None:
        raise entity_not_found()
    match call.method, call.route.action:
        case "GET", "":
            headers = {"x-ms-request-charge": "1"}
            if shows_etag(scale_set, call.api_version):
                headers["ETag"] = scale_set.etag
            return Answer(200, _body(world, call, scale_set, instance), headers, scale_set.location)
        case "GET", "instanceview":
            return Answer(200, fleet_instance_view(world, scale_set, instance), region=scale_set.location)
        case (("PUT" | "PATCH" | "DELETE"), ""):
            answer = _change(world, call, scale_set, instance)
        case "POST", action:
            answer = _act(world, call, scale_set, instance, action)
        case _:
            raise unsupported(call)
    world.store.put(scale_set)
    return answer


def _body(world: World, call: Call, scale_set: Resource, instance: Instance, *, single: bool = True) -> Body:
    body = instance_body(world, scale_set, instance, single=single, api_version=call.api_version)
    if fields(call.query).get("$expand", "").lower() == "instanceview":
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


def _act(world: World, call: Call, scale_set: Resource, instance: Instance, action: str) -> Answer:
    about = f"{scale_set.id}/virtualMachines/{instance.id}"
    if instance.state == "Deleting":
        raise concurrent_write()
    if action == "performmaintenance":
        raise power.refuse_maintenance(instance.id)
    if action == "simulateeviction":
        return _evict(world, scale_set, instance)
    work = power.WORKS.get(action)
    if work is None:
        raise unsupported(call)
    seconds = power.begin(world, scale_set, work, [instance], call.fault)
    if work.renews and instance.then:
        fleet: Fleet = scale_set.live
        write = Write(world, scale_set.route, "POST", call.api_version, {}, scale_set.body, scale_set, world.now())
        image = applied(write, record_of(scale_set.properties).get("imageReference") or {})
        instance.then |= {"image": image, "model": fleet.model}
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


def unsupported(call: Call) -> ArmError:
    """A verb or an action that the type has not."""
    return ArmError(
        405,
        "HttpMethodNotAllowed",
        f"The HTTP method '{call.method}' is not supported for type '{call.kind.name}'.",
        gateway=True,
    )


INSTANCE = ResourceType(
    name=NAME,
    versions=("2016-03-30", "2026-04-01"),
    wire=wires.SCALE_SET,
    located=False,
    custom=_answer,
)
