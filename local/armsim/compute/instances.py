"""Instances of a Uniform scale set, as ARM shows them: list, GET, and the protection policy.

They live in their scale set's `Fleet`, not in the store, so this type answers for itself.
"""

from dataclasses import replace

from local.armsim import timing
from local.armsim.answers import Answer
from local.armsim.body import Body, dig
from local.armsim.compute import wires
from local.armsim.compute.fleets import Fleet, Instance
from local.armsim.errors import ArmError, entity_not_found, resource_not_found
from local.armsim.kinds import Call, Resource, ResourceType
from local.armsim.operations import stamp
from local.armsim.reading import flag, record
from local.armsim.world import World

NAME = "Microsoft.Compute/virtualMachineScaleSets/virtualMachines"


def _show(world: World, scale_set: Resource, fleet: Fleet, instance: Instance) -> Body:
    profile = scale_set.properties.get("virtualMachineProfile", {})
    name = f"{scale_set.name}_{instance.number}"
    size = scale_set.body["sku"]
    os_disk = dict(dig(profile, "storageProfile", "osDisk") or {})
    os_disk["name"] = f"{scale_set.name}_{name}_OsDisk_1_{world.draws.text(32, 'disk', scale_set.key, name)}"
    properties: Body = {
        "latestModelApplied": instance.model == fleet.model,
        "modelDefinitionApplied": "VirtualMachineScaleSet",
        "networkProfileConfiguration": {
            "networkInterfaceConfigurations": dig(profile, "networkProfile", "networkInterfaceConfigurations") or []
        },
        "provisioningState": instance.state,
        "hardwareProfile": {"vmSize": size["name"]},
        "vmId": world.draws.guid("instance", scale_set.key, instance.number),
        "storageProfile": {"imageReference": instance.image, "osDisk": os_disk, "dataDisks": []},
        "timeCreated": stamp(instance.created),
    }
    if instance.protection:
        properties["protectionPolicy"] = instance.protection
    os_profile = record(profile, "osProfile")
    if os_profile:
        prefix = os_profile.get("computerNamePrefix", scale_set.name)
        shown = {one: value for one, value in os_profile.items() if one != "computerNamePrefix"}
        properties["osProfile"] = {"computerName": f"{prefix}{instance.number:06d}", **shown}
    return {
        "name": name,
        "id": f"{scale_set.id}/virtualMachines/{instance.number}",
        "type": NAME,
        "location": scale_set.location,
        "tags": scale_set.body.get("tags", {}),
        "instanceId": str(instance.number),
        "sku": {"name": size["name"], "tier": size["tier"]},
        "properties": properties,
    }


def _custom(world: World, call: Call) -> Answer:
    route = call.route
    owner = replace(route.parent, scope="resource") if route.scope != "collection" else route.parent
    scale_set = world.store.get(owner.id)
    if scale_set is None:
        raise resource_not_found(owner.label, route.group)
    fleet: Fleet = scale_set.live
    if route.scope == "collection":
        if call.method != "GET":
            raise _unsupported(call)
        shown = [_show(world, scale_set, fleet, one) for _, one in sorted(fleet.instances.items())]
        return Answer(200, {"value": shown}, _quota("HighCostGetVMScaleSet", 1080, 30), scale_set.location)
    wanted = route.names[-1]
    instance = fleet.instances.get(int(wanted)) if wanted.isascii() and wanted.isdigit() and len(wanted) < 9 else None
    if instance is None:
        raise entity_not_found()
    match call.method, route.action:
        case "GET", "":
            shown_one = _show(world, scale_set, fleet, instance)
            return Answer(200, shown_one, _quota("GetVMScaleSet", 2400, 36), scale_set.location)
        case "GET", "instanceview":
            return Answer(200, _instance_view(world, instance))
        case (("PUT" | "PATCH"), ""):
            return _protect(world, call, scale_set, fleet, instance)
    raise _unsupported(call)


def _instance_view(world: World, instance: Instance) -> Body:
    state = instance.state.lower()
    codes = [f"ProvisioningState/{state}", "PowerState/running"]
    return {"statuses": [{"code": one, "level": "Info", "time": stamp(world.now())} for one in codes]}


def _protect(world: World, call: Call, scale_set: Resource, fleet: Fleet, instance: Instance) -> Answer:
    """PUT of an instance: its protection policy is what can be changed here."""
    policy = record(call.sent, "properties", "protectionPolicy")
    names = ("protectFromScaleIn", "protectFromScaleSetActions")
    instance.protection = {one: True for one in names if flag(policy, one)}

    operation = world.operations.start(
        kind="virtualMachineScaleSets/virtualMachines PUT",
        resource_id=f"{scale_set.id}/virtualMachines/{instance.number}",
        type_name=NAME,
        location=scale_set.location,
        wire=wires.SCALE_SET,
        api_version=call.api_version,
        seconds=timing.SCALE_SET_MODEL,
    )
    headers = {
        "Azure-AsyncOperation": f"{call.base_url}{operation.path}?{operation.query}",
        "Azure-AsyncNotification": "Enabled",
        **world.retry_after(10.0),
    }
    return Answer(200, _show(world, scale_set, fleet, instance), headers, scale_set.location)


def _quota(name: str, subscription: int, resource: int) -> dict[str, str]:
    return {"x-ms-ratelimit-remaining-resource": wires.bucket(name, subscription, resource)}


def _unsupported(call: Call) -> ArmError:
    return ArmError(
        405,
        "HttpMethodNotAllowed",
        f"The HTTP method '{call.method}' is not supported for type '{NAME}'.",
        gateway=True,
    )


INSTANCE = ResourceType(
    name=NAME,
    versions=("2016-03-30", "2026-04-01"),
    wire=wires.SCALE_SET,
    located=False,
    custom=_custom,
)
