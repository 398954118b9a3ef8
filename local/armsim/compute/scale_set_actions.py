"""What can be asked of a scale set beside GET and PUT: manual upgrade, rolling upgrades, instance view."""

from collections.abc import Callable, Mapping
from datetime import datetime

from local.armsim import timing
from local.armsim.body import Body, dig
from local.armsim.compute.fleets import Fleet, Instance
from local.armsim.errors import ArmError, entity_not_found, invalid_parameter, missing_parameter
from local.armsim.kinds import Action, Doing, Done, Resource
from local.armsim.operations import stamp
from local.armsim.reading import texts
from local.armsim.world import World


def chosen(action: Action) -> list[Instance]:
    """The instances that `instanceIds` names; `*` alone means all."""
    fleet: Fleet = action.resource.live
    ids = texts(action.sent, "instanceIds")
    if not ids:
        raise missing_parameter("instanceIds")
    if "*" in ids:
        if len(ids) > 1:
            raise invalid_parameter(
                'If "*" is an element in the instanceIds list then it must be the only element of the list.',
                "upgradePolicies.instanceIds",
            )
        return fleet.behind()
    found = []
    for one in ids:
        instance = fleet.instances.get(int(one)) if one.isascii() and one.isdigit() and len(one) < 9 else None
        if instance is None:
            raise invalid_parameter(
                f"The provided instanceId {one} is not an active Virtual Machine Scale Set VM instanceId.",
                "instanceIds",
            )
        found.append(instance)
    return found


def _manual_upgrade(action: Action) -> Done:
    fleet: Fleet = action.resource.live
    behind = [one for one in chosen(action) if one.model != fleet.model and not one.protected]
    if not behind:
        return Done(seconds=timing.SCALE_SET_MODEL)
    fleet.move(action.world, behind, applied(action), timing.INSTANCE_UPGRADE)
    return Done(seconds=timing.INSTANCE_UPGRADE)


def applied(action: Action) -> Body:
    """The model's image reference, as an instance will show it."""
    reference = dig(action.resource.properties, "virtualMachineProfile", "storageProfile", "imageReference") or {}
    image_id = str(reference.get("id", ""))
    exact = image_id.rpartition("/")[2] if "/versions/" in image_id.lower() else str(reference.get("version", ""))
    return {**reference, "exactVersion": exact} if exact else dict(reference)


def _delete_instances(action: Action) -> Done:
    doomed = chosen(action)
    for one in doomed:
        one.state = "Deleting"
    return Done(seconds=timing.SCALE_SET_CAPACITY, note={"numbers": [one.number for one in doomed]})


def _deleted_instances(world: World, resource: Resource, note: Body, when: datetime) -> None:
    fleet: Fleet = resource.live
    for number in note["numbers"]:
        fleet.instances.pop(number, None)
    resource.body = {**resource.body, "sku": {**resource.body["sku"], "capacity": len(fleet.instances)}}


def _latest_rolling(action: Action) -> Done:
    fleet: Fleet = action.resource.live
    rolling = fleet.rolling
    if rolling is None:
        raise entity_not_found()
    status: Body = {
        "code": rolling.code,
        "startTime": stamp(rolling.started),
        "lastAction": rolling.last_action,
        "lastActionTime": stamp(rolling.last_action_time or rolling.started),
    }
    pending = len(rolling.numbers) - rolling.done - rolling.failed - rolling.moving
    properties: Body = {
        "policy": rolling.policy,
        "runningStatus": status,
        "progress": {
            "successfulInstanceCount": rolling.done,
            "failedInstanceCount": rolling.failed,
            "inProgressInstanceCount": rolling.moving,
            "pendingInstanceCount": pending,
        },
    }
    if rolling.error is not None:
        properties["error"] = rolling.error
    return Done(
        body={
            "type": "Microsoft.Compute/virtualMachineScaleSets/rollingUpgrades",
            "location": action.resource.location,
            "properties": properties,
        }
    )


def _cancel_rolling(action: Action) -> Done:
    fleet: Fleet = action.resource.live
    if not fleet.cancel(action.now):
        raise ArmError(409, "OperationNotAllowed", "There is no ongoing Rolling Upgrade to cancel.")
    return Done(seconds=timing.SCALE_SET_MODEL)


def _instance_view(action: Action) -> Done:
    fleet: Fleet = action.resource.live
    counts: dict[str, int] = {}
    for one in fleet.instances.values():
        counts[one.state] = counts.get(one.state, 0) + 1
    summary = [{"code": f"ProvisioningState/{state.lower()}", "count": n} for state, n in counts.items()]
    state = action.resource.state
    return Done(
        body={
            "virtualMachine": {"statusesSummary": summary},
            "statuses": [
                {
                    "code": f"ProvisioningState/{state.lower()}",
                    "level": "Info",
                    "displayStatus": f"Provisioning {state.lower()}",
                    "time": stamp(action.now),
                }
            ],
        }
    )


ACTIONS: Mapping[tuple[str, str], Callable[[Action], Done] | Doing] = {
    ("POST", "manualupgrade"): _manual_upgrade,
    ("POST", "delete"): Doing(_delete_instances, _deleted_instances),
    ("POST", "rollingupgrades/cancel"): _cancel_rolling,
    ("GET", "rollingupgrades/latest"): _latest_rolling,
    ("GET", "instanceview"): _instance_view,
}
