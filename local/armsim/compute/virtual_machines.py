"""Virtual machines: as sources of images and versions, and as the instances of Flexible scale sets.

A machine of its own keeps its whole body and an `Instance` as its live part. One that a Flexible scale set
made keeps what a client has written to it; everything else is shown from the scale set's fleet.
"""

from dataclasses import replace
from datetime import datetime

from local.armsim import timing
from local.armsim.answers import Answer
from local.armsim.body import Body, dig, merge
from local.armsim.compute import fleets, machine_disks, wires
from local.armsim.compute import scale_set_models as models
from local.armsim.compute.fleets import Instance
from local.armsim.compute.identities import set_identity
from local.armsim.compute.image_references import Image, applied, resolve
from local.armsim.compute.machine_actions import ACTIONS
from local.armsim.compute.machine_bodies import fleet_of, view
from local.armsim.compute.machine_storage import storage_profile
from local.armsim.compute.machine_views import disks
from local.armsim.compute.os_profiles import check_credentials, kept_os_profile
from local.armsim.errors import cannot_change, invalid_parameter, missing_parameter
from local.armsim.kinds import Call, Look, Resource, ResourceType, Write
from local.armsim.operations import stamp
from local.armsim.reading import choice, integer, record, records, text
from local.armsim.rules import check_name, provider_path
from local.armsim.secret_members import without_secrets
from local.armsim.world import World

NAME = fleets.MACHINE
_INTERFACE = "microsoft.network/networkinterfaces"
_FIXED = (
    ("storageProfile", "osDisk", "name"),
    ("osProfile", "adminUsername"),
    ("osProfile", "computerName"),
    ("virtualMachineScaleSet", "id"),
)

_OF_MEMBERS = ("licenseType", "diagnosticsProfile", "billingProfile", "extensions")
"""What a write changes of a machine that a scale set made; the rest is the scale set's."""


def _compose(write: Write) -> Body:
    composed = _composed(write)
    return {**composed, "properties": without_secrets(composed["properties"])}


def _composed(write: Write) -> Body:
    check_name(write.route, 64)
    set_identity(write)
    if "extensions" in write.properties:
        kept = [models.kept_extension(one) for one in records(write.properties, "extensions")]
        write.wanted = {**write.wanted, "properties": {**write.properties, "extensions": kept}}
    existing = write.existing
    if existing is not None and fleet_of(write.world, existing) is not None:
        own = {one: value for one, value in write.properties.items() if one in _OF_MEMBERS}
        return {**write.wanted, "properties": {**existing.properties, **own}}
    wanted = write.properties
    if existing is not None:
        wanted = merge(existing.properties, wanted) if write.method == "PUT" else wanted
        for path in _FIXED:
            if dig(existing.properties, *path) is not None and dig(wanted, *path) != dig(existing.properties, *path):
                raise cannot_change(".".join(path))
        return {**write.wanted, "properties": _changed(existing, write, wanted)}
    return {**write.wanted, "properties": _new(write, wanted)}


def _changed(existing: Resource, write: Write, wanted: Body) -> Body:
    """A machine with other disks: those that go away are shown as leaving until the write has ended (recorded)."""
    old = {one["lun"]: one for one in records(existing.properties, "storageProfile", "dataDisks")}
    storage = record(wanted, "storageProfile")
    sent = [{**old.get(integer(one, "lun"), {}), **one} for one in records(storage, "dataDisks")]
    system = str(dig(storage, "osDisk", "osType"))
    size = str(dig(wanted, "hardwareProfile", "vmSize"))
    image = Image("before", system, "", generation="V2" if "diskControllerType" in storage else "V1")
    profile = {"storageProfile": {**storage, "dataDisks": sent}}
    kept = {**wanted, "storageProfile": storage_profile(profile, image, size, {"deleteOption": "Detach"})}
    body = _numbered(write, kept)
    luns = {one["lun"] for one in body["storageProfile"]["dataDisks"]}
    leaving = [{**one, "toBeDetached": True} for lun, one in old.items() if lun not in luns]
    body["storageProfile"]["dataDisks"] = sorted(
        [*body["storageProfile"]["dataDisks"], *leaving], key=lambda one: int(one["lun"])
    )
    return body


def _end(world: World, machine: Resource, when: datetime) -> None:
    """Disks that were to be detached are, and new ones are there."""
    storage = record(machine.properties, "storageProfile")
    staying = [one for one in records(storage, "dataDisks") if not one.get("toBeDetached")]
    if "dataDisks" in storage and len(staying) != len(storage["dataDisks"]):
        properties = {**machine.properties, "storageProfile": {**storage, "dataDisks": staying}}
        machine.body = {**machine.body, "properties": properties}
    if machine.live is not None:
        machine_disks.make(world, machine, when)


def _new(write: Write, wanted: Body) -> Body:
    """A new machine: its image, its disks, who may log in."""
    size = text(wanted, "hardwareProfile", "vmSize")
    if size is None:
        raise missing_parameter("hardwareProfile.vmSize")
    image = _image(write, wanted)
    models.check_security(wanted, image)
    models.check_size(size, image)
    _check_interfaces(wanted)
    kept = {name: value for name, value in wanted.items() if name not in ("provisioningState", "extensions")}
    os_profile = record(wanted, "osProfile")
    if image.source == "disk" or image.os_state == "Specialized":
        if os_profile:
            raise invalid_parameter("Parameter 'osProfile' is not allowed.", "osProfile")
    else:
        if not os_profile:
            raise missing_parameter("osProfile")
        check_credentials(os_profile, image)
        kept["osProfile"] = {
            "computerName": write.route.names[-1],
            **kept_os_profile(os_profile, image, patched=True),
        }
    storage = storage_profile(wanted, image, size, {"deleteOption": "Detach", "caching": "ReadWrite"})
    reference = record(storage, "imageReference")
    if image.source != "disk":
        reference = applied(write, reference)
    kept["storageProfile"] = {**storage, "imageReference": reference}
    kept["vmId"] = write.world.draws.guid("machine", write.id.lower(), write.now)
    kept["timeCreated"] = stamp(write.now)
    return _numbered(write, kept)


def _numbered(write: Write, kept: Body) -> Body:
    """The body with names and ids for its disks, and interfaces by id alone."""
    storage = record(kept, "storageProfile")
    owner = write.existing or _stand_in(write)
    network = record(kept, "networkProfile")
    if "networkInterfaces" in network:
        bare = [
            {one: value for one, value in each.items() if value != {}} for each in records(network, "networkInterfaces")
        ]
        kept = {**kept, "networkProfile": {**network, "networkInterfaces": bare}}
    return {
        **kept,
        "storageProfile": disks(write.world, owner, write.route.names[-1], storage, record(storage, "imageReference")),
    }


def _stand_in(write: Write) -> Resource:
    """The machine that is about to be: what its disks are named by."""
    return Resource(MACHINE, write.route, write.route.id, write.route.id.lower(), {}, write.now)


def _image(write: Write, wanted: Body) -> Image:
    """What the machine starts from: an image, or a disk that is there already."""
    disk = record(wanted, "storageProfile", "osDisk")
    if (text(disk, "createOption") or "").lower() == "attach":
        system = choice(disk, "osDisk.osType", ("Linux", "Windows"), "osType")
        if system is None or text(disk, "managedDisk", "id") is None:
            raise missing_parameter("osDisk.osType" if system is None else "osDisk.managedDisk")
        return Image("disk", system, "Specialized")
    reference = record(wanted, "storageProfile", "imageReference")
    if not reference:
        raise missing_parameter("imageReference")
    return resolve(write, reference)


def _check_interfaces(wanted: Body) -> None:
    """Network interfaces are checked by the form of their ids; machines may have their own made, too."""
    interfaces = records(wanted, "networkProfile", "networkInterfaces")
    if not interfaces and not records(wanted, "networkProfile", "networkInterfaceConfigurations"):
        raise missing_parameter("networkProfile")
    for one in interfaces:
        if provider_path(text(one, "id") or "") != _INTERFACE:
            raise invalid_parameter(
                f"The value '{one.get('id')}' of parameter 'networkInterface.id' is invalid. Expect fully qualified "
                "resource Id of a network interface.",
                "networkProfile.networkInterfaces",
            )


def _seconds(write: Write) -> float:
    return write.takes(timing.MACHINE_UPDATE if write.existing else timing.MACHINE)


def _begin(write: Write, machine: Resource) -> None:
    if write.existing is None:
        machine.live = Instance(machine.name, 0, write.now, state="Succeeded")


def _tick(world: World, machine: Resource, when: datetime) -> None:
    instance: Instance | None = machine.live
    if instance is not None and instance.until is not None and instance.until <= when:
        instance.settle(when)
        world.store.put(machine)
    if instance is not None and instance.until is not None:
        world.ring(machine, instance.until)


def _removed(world: World, machine: Resource, when: datetime) -> None:
    """A Flexible scale set loses the instance, and has one less; disks go that are to go along."""
    machine_disks.remove(world, machine)
    found = fleet_of(world, machine)
    if found is not None:
        fleets.remove(world, *found)
        world.store.put(found[0])


def _with_instance_view(world: World, call: Call) -> Answer | None:
    """GET with `$expand=instanceView` shows no ETag header (recorded); everything else goes its usual way."""
    asked = call.method == "GET" and call.route.scope == "resource" and "instanceview" in call.query.lower()
    machine = world.store.get(call.route.id) if asked else None
    if machine is None:
        return None
    return Answer(200, view(machine, Look(world, call.api_version, frozenset({"instanceview"}))), {}, machine.location)


def _references(body: Body) -> list[tuple[str, str]]:
    """Its interfaces, and its disks where they are resources."""
    storage = record(body, "properties", "storageProfile")
    found = [one.get("id") for one in records(body, "properties", "networkProfile", "networkInterfaces")]
    found += [dig(one, "managedDisk", "id") for one in (record(storage, "osDisk"), *records(storage, "dataDisks"))]
    return [(str(one), "") for one in found if one]


MACHINE = ResourceType(
    name=NAME,
    versions=("2015-06-15", "2026-04-01"),
    wire=replace(wires.SCALE_SET, polls=(35.0, None), update_polls=(10.0,), delete_polls=(10.0,)),
    compose=_compose,
    seconds=_seconds,
    begin=_begin,
    end=_end,
    view=view,
    live=Instance,
    custom=_with_instance_view,
    tick=_tick,
    removed=_removed,
    delete_seconds=timing.MACHINE_DELETE,
    references=_references,
    etag="count",
    actions=ACTIONS,
)
