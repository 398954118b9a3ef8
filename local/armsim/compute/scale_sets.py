"""Virtual machine scale sets: rules of a write, how long it takes, and what it does to the instances.

Uniform mode. A Flexible scale set is kept and shown, but has no instances here.
"""

from dataclasses import dataclass

from local.armsim import timing
from local.armsim.body import Body, dig
from local.armsim.compute import scale_set_models as models
from local.armsim.compute import wires
from local.armsim.compute.fleets import Fleet
from local.armsim.compute.image_references import Image, check_change, record_of, resolve
from local.armsim.compute.scale_set_actions import ACTIONS
from local.armsim.compute.scale_set_networks import check_networks
from local.armsim.errors import ArmError, cannot_change, missing_parameter
from local.armsim.kinds import Look, Resource, ResourceType, Write, plain_view, shows_etag
from local.armsim.operations import stamp
from local.armsim.reading import choice, record
from local.armsim.rules import invalid_name

NAME = "Microsoft.Compute/virtualMachineScaleSets"
_LONGEST_NAME = 64
_MODES = ("Uniform", "Flexible")


@dataclass(frozen=True, slots=True)
class Change:
    """What a write changes: the model, and by how many the capacity."""

    model: bool
    by: int


def _compose(write: Write) -> Body:
    if len(write.route.names[-1]) > _LONGEST_NAME:
        raise invalid_name("virtualMachineScaleSets", write.route.names[-1], f"at most {_LONGEST_NAME} characters")
    properties = models.merged(write)
    before = write.existing.properties if write.existing else {}
    mode = choice(properties, "orchestrationMode", _MODES, "orchestrationMode") or "Uniform"
    if before and before.get("orchestrationMode") != mode:
        raise cannot_change("orchestrationMode")
    sku = write.wanted["sku"] = models.check_sku(write)
    profile = record(properties, "virtualMachineProfile")
    reference = record(profile, "storageProfile", "imageReference")
    if mode == "Flexible" and not profile:
        return {**write.wanted, "sku": sku, "properties": {**_base(write, properties), "orchestrationMode": mode}}
    if not reference:
        raise missing_parameter("imageReference")
    changed = reference != record_of(before).get("imageReference")
    grows = write.existing is not None and sku["capacity"] > _capacity_before(write.existing)
    image = resolve(write, reference) if changed or grows or not before else _as_before(before, reference)
    if before and changed:
        check_change(before, image)
    _check_plan(write, image)
    models.check_capacity(properties, sku, image)
    models.check_os_profile(write, profile, image)
    check_networks(write, profile)
    kept = {**_base(write, properties), "orchestrationMode": mode}
    kept["virtualMachineProfile"] = models.with_defaults(profile, image)
    if mode == "Uniform":
        kept["upgradePolicy"] = models.upgrade_policy(properties, profile, image)
    return {**write.wanted, "sku": sku, "properties": kept}


def _capacity_before(existing: Resource) -> int:
    """Instances that the model asked for until now."""
    return int(existing.body["sku"]["capacity"])


def _as_before(before: Body, reference: Body) -> Image:
    """The image of an unchanged reference, which is looked up only to make new instances of it."""
    image_id = str(reference.get("id", "")).lower()
    gallery = "/galleries/" in image_id
    state = "Generalized" if dig(before, "virtualMachineProfile", "osProfile") else "Specialized"
    pinned = "/versions/" in image_id and not image_id.endswith("/latest")
    return Image(
        "gallery" if gallery else "other",
        str(dig(record_of(before), "osDisk", "osType")),
        state,
        by_definition=gallery and not pinned,
    )


def _base(write: Write, properties: Body) -> Body:
    before = write.existing.properties if write.existing else {}
    kept = {
        "singlePlacementGroup": True,
        "overprovision": True,
        "doNotRunExtensionsOnOverprovisionedVMs": False,
        "platformFaultDomainCount": 5,
        **{one: value for one, value in properties.items() if one != "provisioningState"},
    }
    kept["uniqueId"] = before.get("uniqueId") or write.world.draws.guid("scale set", write.id.lower(), write.now)
    kept["timeCreated"] = before.get("timeCreated") or stamp(write.now)
    return kept


def _check_plan(write: Write, image: Image) -> None:
    """The purchase plan of the definition, where it has one, must be the scale set's."""
    if image.plan is None:
        return
    plan = record(write.wanted, "plan")
    pairs = (("name", "name"), ("publisher", "publisher"), ("product", "product"))
    if any(str(plan.get(ours)).lower() != str(image.plan.get(theirs)).lower() for ours, theirs in pairs):
        raise ArmError(
            400,
            "VMMarketplaceInvalidInput",
            f"The virtual machine scale set has a different plan [{plan}] than the parent gallery image plan "
            f"[{image.plan}].",
        )


def _seconds(write: Write) -> float:
    capacity = int(write.wanted["sku"]["capacity"])
    if write.existing is None:
        write.memo = Change(model=False, by=capacity)
        return _seconds_of_creation(write)
    fleet: Fleet = write.existing.live
    before = write.existing.properties.get("virtualMachineProfile")
    change = Change(before != write.properties.get("virtualMachineProfile"), capacity - len(fleet.instances))
    write.memo = change
    mode = dig(write.properties, "upgradePolicy", "mode")
    if change.model and mode == "Rolling" and fleet.instances:
        # The write's operation spans the rolling upgrade (its failure ends it as Failed).
        policy = write.properties["upgradePolicy"]["rollingUpgradePolicy"]
        return fleet.rolling_seconds(policy)
    if change.by or fleet.failed() or (change.model and mode == "Automatic" and fleet.instances):
        return timing.SCALE_SET_CAPACITY
    return timing.SCALE_SET_MODEL


def _begin(write: Write, resource: Resource) -> None:
    if resource.live is None:
        resource.live = Fleet()
    fleet: Fleet = resource.live
    if resource.properties["orchestrationMode"] == "Flexible":
        return
    change: Change = write.memo
    world, image = write.world, _applied(write)
    fails = write.fault is not None and write.fault.kind == "operation_fails"
    ends = write.fault is None or write.fault.kind != "never_ends"
    if change.model:
        fleet.model += 1
        fleet.turn += 1
        mode = dig(resource.properties, "upgradePolicy", "mode")
        if mode == "Automatic":
            last = fleet.move_all(world, image, fails=fails, ends=ends)
            if last is not None:
                world.operations.note(resource.id, "virtualMachineScaleSets instances", write.now, last)
        elif mode == "Rolling":
            policy = resource.properties["upgradePolicy"]["rollingUpgradePolicy"]
            fleet.roll(world, policy, image, fails=fails, ends=ends)
    elif write.existing:
        # Inferred: a write to a scale set with failed instances tries them again, model changed or not.
        fleet.move(world, fleet.failed(), image, timing.SCALE_SET_CAPACITY if ends else None, fails=fails)
    if change.by > 0:
        seconds = timing.SCALE_SET_CAPACITY if write.existing else _seconds_of_creation(write)
        fleet.grow(world, change.by, image, seconds if ends else None, fails=fails)
    elif change.by < 0:
        fleet.shrink(-change.by)


def _seconds_of_creation(write: Write) -> float:
    gallery = "/galleries/" in str(record_of(write.properties).get("imageReference")).lower()
    return timing.SCALE_SET_FROM_GALLERY if gallery else timing.SCALE_SET


def _applied(write: Write) -> Body:
    """The reference as an instance shows it: with the exact version that it got."""
    reference = record_of(write.properties).get("imageReference") or {}
    image_id = str(reference.get("id", ""))
    if "/galleries/" not in image_id.lower():
        return {**reference, "exactVersion": reference["version"]} if "version" in reference else reference
    pinned = "/versions/" in image_id.lower() and not image_id.lower().endswith("/latest")
    exact = image_id.rpartition("/")[2] if pinned else resolve(write, reference).exact
    return {**reference, "exactVersion": exact}


def _view(resource: Resource, look: Look) -> Body:
    shown = plain_view(resource, look)
    if shows_etag(resource, look.api_version):
        shown["etag"] = resource.etag
    if look.api_version < "2022-03-01":
        shown["properties"].pop("timeCreated", None)
    return shown


SCALE_SET = ResourceType(
    name=NAME,
    versions=("2016-03-30", "2026-04-01"),
    wire=wires.SCALE_SET,
    compose=_compose,
    seconds=_seconds,
    begin=_begin,
    view=_view,
    delete_seconds=timing.SCALE_SET_DELETE,
    references=models.references,
    etag="count",
    charged=True,
    busy="preempt",
    quota=(
        wires.bucket("CreateVMScaleSet", 375, 12),
        wires.bucket("GetVMScaleSet", 2400, 36),
        wires.bucket("DeleteVMScaleSet", 525, 12),
    ),
    actions=ACTIONS,
)
