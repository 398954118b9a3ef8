"""What can be asked of a scale set beside GET and PUT: upgrades, power, deletion of instances, views."""

from collections.abc import Callable, Mapping
from functools import partial

from local.armsim import timing
from local.armsim.body import Body, dig
from local.armsim.compute import fleets, instance_networks, power, rolling
from local.armsim.compute.fleets import Course, Fleet, Instance
from local.armsim.compute.image_references import applied, record_of
from local.armsim.compute.machine_views import status
from local.armsim.compute.sizes import SIZES
from local.armsim.errors import ArmError, entity_not_found, invalid_parameter, missing_parameter
from local.armsim.kinds import Action, Done, Write
from local.armsim.operations import stamp
from local.armsim.reading import choice, record, records, texts
from local.armsim.timing import Spread


def chosen(action: Action, *, needed: bool) -> list[Instance]:
    """The instances that `instanceIds` names; `*` alone means all, as nothing does unless it is `needed`."""
    fleet: Fleet = action.resource.live
    ids = texts(action.sent, "instanceIds")
    if not ids and needed:
        raise missing_parameter("instanceIds")
    if not ids or ids == ["*"]:
        return fleet.present()
    if "*" in ids:
        raise invalid_parameter(
            'If "*" is an element in the instanceIds list then it must be the only element of the list.',
            "upgradePolicies.instanceIds",
        )
    found = []
    for one in ids:
        instance = fleet.instances.get(one)
        if instance is None or instance.state == "Deleting":
            raise invalid_parameter(
                f"The provided instanceId {one} is not an active Virtual Machine Scale Set VM instanceId.",
                "instanceIds",
            )
        found.append(instance)
    return found


def current_image(action: Action) -> Body:
    """The model's image reference, as an instance made now shows it."""
    scale_set = action.resource
    write = Write(action.world, scale_set.route, "POST", action.api_version, {}, scale_set.body, scale_set, action.now)
    return applied(write, record_of(scale_set.properties).get("imageReference") or {})


def _takes(action: Action, spread: Spread) -> float:
    """Seconds of this action, which differ from those of the one before it."""
    return spread.draw(action.world.draws, action.resource.key, action.world.count(f"{action.resource.key} actions"))


def _manual_upgrade(action: Action) -> Done:
    fleet: Fleet = action.resource.live
    behind = [one for one in chosen(action, needed=True) if one.model != fleet.model and not one.protected]
    if not behind:
        return Done(seconds=_takes(action, timing.MACHINE_START))
    seconds = _takes(action, timing.INSTANCE_UPGRADE)
    fleets.move(action.world, action.resource, behind, Course.of(action.fault, seconds, current_image(action)))
    return Done(seconds=seconds)


def _delete_instances(action: Action) -> Done:
    seconds = _takes(action, timing.MACHINE_DELETE)
    fleets.leave(action.world, action.resource, chosen(action, needed=True), Course.of(action.fault, seconds))
    return Done(seconds=seconds)


def _power(work: power.Work, action: Action) -> Done:
    machines = [one for one in chosen(action, needed=False) if not one.protected]
    seconds = power.begin(action.world, action.resource, work, machines, action.fault)
    if work.renews:
        image, fleet = current_image(action), action.resource.live
        for one in machines:
            one.then |= {"image": image, "model": fleet.model} if one.then else {}
    fleets.ring(action.world, action.resource)
    return Done(seconds=seconds)


def _maintenance(action: Action) -> Done:
    machines = chosen(action, needed=False)
    raise power.refuse_maintenance(f"{action.resource.name}_{machines[-1].id}" if machines else action.resource.name)


def _roll(action: Action) -> Done:
    """Start of an OS or an extension upgrade: the instances follow, batch by batch (recorded with Manual, too)."""
    fleet: Fleet = action.resource.live
    if fleet.rolling is not None and fleet.rolling.code == "RollingForward":
        # Inferred.
        raise ArmError(409, "OperationNotAllowed", "Rolling Upgrade is already in progress.")
    policy = {**rolling.DEFAULTS, **(dig(action.resource.properties, "upgradePolicy", "rollingUpgradePolicy") or {})}
    seconds = round(_takes(action, timing.ROLLING_BATCH), 1)
    lasts = 1.0 if rolling.too_unhealthy(fleet, policy) else rolling.lasts(fleet, policy, seconds)
    rolling.begin(action.world, action.resource, policy, Course.of(action.fault, seconds, current_image(action)))
    return Done(seconds=lasts)


def _latest_rolling(action: Action) -> Done:
    fleet: Fleet = action.resource.live
    if fleet.rolling is None:
        raise entity_not_found()
    return Done(body=rolling.shown(action.resource, fleet.rolling, action.api_version))


def _cancel_rolling(action: Action) -> Done:
    if not rolling.cancel(action.resource.live, action.now):
        raise ArmError(409, "OperationNotAllowed", "There is no ongoing Rolling Upgrade to cancel.")
    return Done(seconds=0.1)


def _history(action: Action) -> Done:
    """`osUpgradeHistory`: the upgrades that have ended, newest first."""
    fleet: Fleet = action.resource.live
    past = [one for one in (fleet.rolling, *fleet.history) if one is not None and one.code != "RollingForward"]
    shown = []
    for one in past:
        running = {"code": {"Completed": "Completed", "Faulted": "Faulted"}.get(one.code, "Cancelled")}
        running |= {"startTime": stamp(one.started), "endTime": stamp(one.ended or one.last_action_time)}
        shown.append(
            {
                "properties": {
                    "runningStatus": running,
                    "progress": rolling.progress(one),
                    "startedBy": "User",
                    "targetImageReference": one.image,
                    **({"error": one.error} if one.error else {}),
                },
                "type": "Microsoft.Compute/virtualMachineScaleSets/rollingUpgrades",
                "location": action.resource.location,
            }
        )
    return Done(body={"value": shown})


def _instance_view(action: Action) -> Done:
    fleet: Fleet = action.resource.live
    scale_set = action.resource
    counts: dict[str, int] = {}
    for one in fleet.instances.values():
        counts[one.state.lower()] = counts.get(one.state.lower(), 0) + 1
    summary = [{"code": f"ProvisioningState/{state}", "count": count} for state, count in counts.items()]
    view: Body = {
        "virtualMachine": {"statusesSummary": summary},
        "statuses": [status(f"ProvisioningState/{scale_set.state.lower()}", action.now)],
    }
    names = [
        one["name"] for one in records(scale_set.properties, "virtualMachineProfile", "extensionProfile", "extensions")
    ]
    if names:
        view["extensions"] = [{"name": one, "statusesSummary": summary} for one in names]
    if record(scale_set.properties, "automaticRepairsPolicy").get("enabled"):
        state = "Suspended" if fleet.suspended else "Running"
        view["orchestrationServices"] = [{"serviceName": "AutomaticRepairs", "serviceState": state}]
    return Done(body=view)


def _orchestrate(action: Action) -> Done:
    asked = choice(action.sent, "action", ("Resume", "Suspend"), "action")
    if asked is None or choice(action.sent, "serviceName", ("AutomaticRepairs",), "serviceName") is None:
        raise missing_parameter("serviceName" if asked else "action")
    fleet: Fleet = action.resource.live
    fleet.suspended = asked == "Suspend"
    return Done(seconds=_takes(action, timing.INSTANCE_UPGRADE))  # recorded once: 42 s


def _convert(action: Action) -> Done:
    """Back into a single placement group, which takes at most 100 instances."""
    scale_set = action.resource
    if int(scale_set.body["sku"]["capacity"]) > 100:
        raise invalid_parameter("The virtual machine scale set holds more than 100 instances.", "capacity")
    scale_set.body = {**scale_set.body, "properties": {**scale_set.properties, "singlePlacementGroup": True}}
    return Done()


def _skus(action: Action) -> Done:
    """The sizes that the scale set can have (recorded: no more than 100 in a single placement group)."""
    most = 100 if action.resource.properties.get("singlePlacementGroup") else 1000
    capacity = {"minimum": 0, "maximum": most, "defaultCapacity": 1, "scaleType": "Automatic"}
    kind = action.resource.kind.name
    return Done(
        body={
            "value": [
                {"resourceType": kind, "sku": {"name": one.name, "tier": "Standard"}, "capacity": capacity}
                for one in SIZES.values()
            ]
        }
    )


ACTIONS: Mapping[tuple[str, str], Callable[[Action], Done]] = {
    **{("POST", name): partial(_power, work) for name, work in power.WORKS.items()},
    ("POST", "manualupgrade"): _manual_upgrade,
    ("POST", "delete"): _delete_instances,
    ("POST", "performmaintenance"): _maintenance,
    ("POST", "osrollingupgrade"): _roll,
    ("POST", "extensionrollingupgrade"): _roll,
    ("POST", "rollingupgrades/cancel"): _cancel_rolling,
    ("GET", "rollingupgrades/latest"): _latest_rolling,
    ("GET", "osupgradehistory"): _history,
    ("GET", "instanceview"): _instance_view,
    ("GET", "skus"): _skus,
    ("POST", "setorchestrationservicestate"): _orchestrate,
    ("POST", "converttosingleplacementgroup"): _convert,
    **instance_networks.ACTIONS,
}
