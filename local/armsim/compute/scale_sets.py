"""Virtual machine scale sets: rules of a write, how long it takes, and what it does to the instances.

No public recording holds a PATCH of a scale set: it merges as RFC 7396 says, and which members may not change
(`_FIXED`) is *inferred*.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from local.armsim import timing
from local.armsim.body import Body, dig
from local.armsim.compute import fleets, rolling, wires
from local.armsim.compute import scale_set_models as models
from local.armsim.compute.fleets import Course, Fleet
from local.armsim.compute.identities import set_identity
from local.armsim.compute.image_references import (
    Image,
    applied,
    as_before,
    check_change,
    check_plan,
    record_of,
    resolve,
)
from local.armsim.compute.os_profiles import check_os_profile
from local.armsim.compute.scale_set_actions import ACTIONS
from local.armsim.compute.scale_set_networks import check_networks
from local.armsim.errors import cannot_change, missing_parameter
from local.armsim.kinds import Look, Resource, ResourceType, Write, plain_view, shows_etag
from local.armsim.operations import stamp
from local.armsim.reading import choice, flag, record
from local.armsim.rules import check_name
from local.armsim.secret_members import without_secrets
from local.armsim.world import World

NAME = "Microsoft.Compute/virtualMachineScaleSets"
_MODES = ("Uniform", "Flexible")
_OS_PROFILE = ("virtualMachineProfile", "osProfile")
_FIXED = (
    ("platformFaultDomainCount",),
    ("virtualMachineProfile", "priority"),
    (*_OS_PROFILE, "computerNamePrefix"),
    (*_OS_PROFILE, "adminUsername"),
)
_PROFILE = "properties.virtualMachineProfile"
_POLICY = "properties.upgradePolicy.rollingUpgradePolicy"
_INTERFACES = f"{_PROFILE}.networkProfile.networkInterfaceConfigurations[].properties"
_SINCE = {
    "properties.timeCreated": "2021-11-01",
    "properties.orchestrationMode": "2020-12-01",
    "properties.platformFaultDomainCount": "2020-12-01",
    "properties.doNotRunExtensionsOnOverprovisionedVMs": "2019-03-01",
    "properties.constrainedMaximumCapacity": "2023-09-01",
    **{f"{_POLICY}.{name}": first for name, first in rolling.SINCE.items()},
    f"{_PROFILE}.timeCreated": "2023-09-01",
    f"{_PROFILE}.osProfile.allowExtensionOperations": "2018-10-01",
    f"{_PROFILE}.osProfile.requireGuestProvisionSignal": "2018-10-01",
    f"{_PROFILE}.storageProfile.diskControllerType": "2022-08-01",
    f"{_PROFILE}.storageProfile.osDisk.diskSizeGB": "2018-06-01",
    f"{_PROFILE}.storageProfile.osDisk.osType": "2018-06-01",
    f"{_INTERFACES}.disableTcpStateTracking": "2022-03-01",
}


@dataclass(frozen=True, slots=True)
class Change:
    """What a write changes: the model, and by how many the capacity; `seconds` are its instances'."""

    model: bool
    by: int
    seconds: float


def _compose(write: Write) -> Body:
    check_name(write.route, 64)
    properties = models.merged(write)
    before = write.existing.properties if write.existing else {}
    mode = choice(properties, "orchestrationMode", _MODES, "orchestrationMode") or "Uniform"
    _check_fixed(write, {**properties, "orchestrationMode": mode})
    set_identity(write)
    profile = record(properties, "virtualMachineProfile")
    if mode == "Flexible" and not profile:
        if "sku" in write.wanted:
            write.wanted["sku"] = models.check_sku(write)
        return {**write.wanted, "properties": _base(write, without_secrets(properties), mode)}
    sku = write.wanted["sku"] = models.check_sku(write)
    image = _image(write, profile)
    if before:
        check_change(before, image)
    check_plan(write, image)
    models.check_capacity(properties, sku, image)
    check_os_profile(write, profile, image)
    models.check_security(profile, image)
    models.check_size(sku["name"], image)
    check_networks(write, profile)
    properties = without_secrets(properties)
    profile, old = properties["virtualMachineProfile"], record(before, "virtualMachineProfile")
    kept = _base(write, properties, mode)
    kept["upgradePolicy"] = models.upgrade_policy(properties, profile, image)
    made = models.with_defaults(write, profile, image, flexible=mode == "Flexible", before=old)
    made["timeCreated"] = old.get("timeCreated") or stamp(write.now)
    if made != old:
        made["timeCreated"] = stamp(write.now)
    kept["virtualMachineProfile"] = made
    return {**write.wanted, "sku": sku, "properties": kept}


def _check_fixed(write: Write, wanted: Body) -> None:
    if write.existing is None:
        return
    before = write.existing.properties
    if wanted["orchestrationMode"] != before["orchestrationMode"]:
        raise cannot_change("orchestrationMode")
    for path in _FIXED:
        if dig(before, *path) is not None and dig(wanted, *path) != dig(before, *path):
            raise cannot_change(".".join(path))
    if before.get("singlePlacementGroup") is False and flag(wanted, "singlePlacementGroup"):
        raise cannot_change("singlePlacementGroup")


def _image(write: Write, profile: Body) -> Image:
    """The image of the model: looked up where it is new, or new instances are to be made of it."""
    reference = record(profile, "storageProfile", "imageReference")
    if not reference:
        raise missing_parameter("imageReference")
    existing = write.existing
    old = record_of(existing.properties).get("imageReference") if existing else None
    if existing is None or reference != old:
        return resolve(write, reference)
    sku = write.wanted["sku"]
    if sku["capacity"] > _capacity(existing) or sku["name"] != existing.body["sku"]["name"]:
        return resolve(write, reference)
    return as_before(existing.properties, reference)


def _capacity(existing: Resource) -> int:
    """Instances that the model asked for until now."""
    return int(dig(existing.body, "sku", "capacity") or 0)


def _base(write: Write, properties: Body, mode: str) -> Body:
    before = write.existing.properties if write.existing else {}
    defaults: Body = {
        "singlePlacementGroup": True,
        "overprovision": True,
        "doNotRunExtensionsOnOverprovisionedVMs": False,
        "platformFaultDomainCount": 1 if models.is_spot(properties) else 5,
    }
    if mode == "Flexible":
        defaults = {"singlePlacementGroup": False, "platformFaultDomainCount": 1, "constrainedMaximumCapacity": False}
    sent = {one: value for one, value in properties.items() if one != "provisioningState"}
    kept = {**defaults, **sent, "orchestrationMode": mode}
    kept["uniqueId"] = before.get("uniqueId") or write.world.draws.guid("scale set", write.id.lower(), write.now)
    kept["timeCreated"] = before.get("timeCreated") or stamp(write.now)
    return kept


def _seconds(write: Write) -> float:
    """How long the write's operation takes; what it means for the instances goes into its memo."""
    capacity = int(dig(write.wanted, "sku", "capacity") or 0)
    if write.existing is None or not dig(write.properties, "virtualMachineProfile"):
        seconds = _creation(write, capacity)
        write.memo = Change(True, capacity, seconds)
        return seconds
    fleet: Fleet = write.existing.live
    before = record(write.existing.properties, "virtualMachineProfile")
    after = write.properties["virtualMachineProfile"]
    model = before != after or dig(write.existing.body, "sku", "name") != write.wanted["sku"]["name"]
    by = capacity - len(fleet.present())
    extended = model and _but_extensions(before) == _but_extensions(after)
    seconds = write.takes(timing.EXTENSION if extended else timing.SCALE_SET_CAPACITY)
    write.memo = Change(model, by, seconds)
    policy = write.properties["upgradePolicy"]
    if model and policy["mode"] == "Rolling" and fleet.present():
        # The write's operation spans the rolling upgrade (its failure ends it as Failed).
        batch = round(write.takes(timing.ROLLING_BATCH), 1)
        write.memo = Change(model, by, batch)
        rules = policy["rollingUpgradePolicy"]
        return batch if rolling.too_unhealthy(fleet, rules) else rolling.lasts(fleet, rules, batch)
    if by or fleet.failed() or (model and policy["mode"] == "Automatic" and fleet.present()):
        return seconds
    return write.takes(timing.SCALE_SET_MODEL)


def _but_extensions(profile: Body) -> Body:
    return {name: value for name, value in profile.items() if name not in ("extensionProfile", "timeCreated")}


def _creation(write: Write, capacity: int) -> float:
    mode = write.properties["orchestrationMode"]
    reference = str(record_of(write.properties).get("imageReference")).lower()
    source = "gallery" if "/galleries/" in reference else ("image" if "/images/" in reference else "marketplace")
    return write.takes(timing.SCALE_SETS[mode, source] if capacity < 5 else timing.SCALE_SET_OF_FIVE)


def _begin(write: Write, scale_set: Resource) -> None:
    world, change = write.world, write.memo
    if scale_set.live is None:
        scale_set.live = Fleet()
    fleet: Fleet = scale_set.live
    if "virtualMachineProfile" not in scale_set.properties:
        return
    image = applied(write, record_of(scale_set.properties).get("imageReference") or {})
    course = Course.of(write.fault, change.seconds, image)
    if change.model:
        fleet.remember(scale_set)
    if change.model and write.existing is not None:
        _follow(write, scale_set, course)
    elif fleet.failed():
        # Inferred: a write to a scale set with failed instances tries them again, model changed or not.
        fleets.move(world, scale_set, fleet.failed(), course)
    if change.by > 0:
        fleets.grow(world, scale_set, change.by, Course.of(write.fault, change.seconds, image, grows=True))
    elif change.by < 0:
        fleets.shrink(world, scale_set, -change.by, change.seconds)


def _follow(write: Write, scale_set: Resource, course: Course) -> None:
    """A new model: in Rolling mode batch by batch; in Automatic all at once, none before the write has ended."""
    world = write.world
    fleet: Fleet = scale_set.live
    policy = scale_set.properties["upgradePolicy"]
    if policy["mode"] == "Rolling":
        rolling.begin(world, scale_set, policy["rollingUpgradePolicy"], course)
    elif policy["mode"] == "Automatic":
        for one in fleet.movable():
            seconds = timing.INSTANCE_UPGRADE.draw(world.draws, scale_set.key, scale_set.writes, one.id)
            fleets.move(world, scale_set, [one], replace(course, seconds=max(seconds, course.seconds)))
        last = max((one.until for one in fleet.instances.values() if one.until), default=None)
        if last is not None:
            world.operations.note(scale_set.id, "virtualMachineScaleSets instances", write.now, last)


def _failure(write: Write, scale_set: Resource) -> Body | None:
    """The operation's error where the region has no room for new instances."""
    fault = write.fault
    if fault is None or fault.kind != "allocation_fails" or write.memo.by <= 0:
        return None
    message = "Allocation failed. There is no capacity for the requested size in this region at the moment."
    return {"code": fault.code or "AllocationFailed", "message": fault.message or message}


def tick(world: World, scale_set: Resource, when: datetime) -> None:
    """Instances and batches move on."""
    fleets.settle(world, scale_set, when)
    rolling.step(world, scale_set, when)
    fleets.ring(world, scale_set)
    world.store.put(scale_set)


def _removed(world: World, scale_set: Resource, when: datetime) -> None:
    """The machines of a Flexible scale set go with it."""
    fleet: Fleet | None = scale_set.live
    for one in fleet.instances.values() if fleet is not None else ():
        machine = world.store.get(fleets.machine_id(scale_set, one))
        if machine is not None:
            world.store.remove(machine)


def _view(resource: Resource, look: Look) -> Body:
    shown = plain_view(resource, look)
    if shows_etag(resource, look.api_version):
        shown["etag"] = resource.etag
    if look.api_version < "2018-10-01" and "upgradePolicy" in shown["properties"]:
        policy = shown["properties"]["upgradePolicy"]
        automatic = bool(dig(policy, "automaticOSUpgradePolicy", "enableAutomaticOSUpgrade"))
        shown["properties"]["upgradePolicy"] = {**policy, "automaticOSUpgrade": automatic}
    return shown


SCALE_SET = ResourceType(
    name=NAME,
    versions=("2016-03-30", "2026-04-01"),
    wire=wires.SCALE_SET,
    compose=_compose,
    seconds=_seconds,
    begin=_begin,
    failure=_failure,
    view=_view,
    live=Fleet,
    tick=tick,
    since=_SINCE,
    removed=_removed,
    delete_seconds=timing.SCALE_SET_DELETE,
    references=models.references,
    etag="count",
    charged=True,
    busy="preempt",
    actions=ACTIONS,
)
