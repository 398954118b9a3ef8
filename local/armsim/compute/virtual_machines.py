"""Virtual machines: as sources of images and versions, and as the instances of Flexible scale sets.

A machine of its own keeps its whole body and an `Instance` as its live part. One that a Flexible scale set
made keeps what a client has written to it; everything else is shown from the scale set's fleet.
"""

import re
from dataclasses import replace
from datetime import datetime

from local.armsim import timing
from local.armsim.answers import Answer
from local.armsim.body import Body, dig, merge
from local.armsim.compute import fleets, machine_disks, power, wires
from local.armsim.compute import scale_set_models as models
from local.armsim.compute.extensions import OF_MACHINES
from local.armsim.compute.fleets import Course, Fleet, Instance
from local.armsim.compute.identities import set_identity
from local.armsim.compute.image_references import Image, applied, resolve
from local.armsim.compute.machine_storage import storage_profile
from local.armsim.compute.machine_views import disks, fleet_instance_view, instance_view, properties
from local.armsim.compute.os_profiles import check_credentials, kept_os_profile
from local.armsim.errors import ArmError, cannot_change, entity_not_found, invalid_parameter, missing_parameter
from local.armsim.kinds import Action, Call, Doing, Done, Look, Resource, ResourceType, Write, plain_view
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


def fleet_of(world: World, machine: Resource) -> tuple[Resource, Instance] | None:
    """The scale set that made a machine, and the instance that it is; None for one of its own."""
    owner = world.store.get(str(dig(machine.properties, "virtualMachineScaleSet", "id")))
    if machine.live is not None or owner is None:
        return None
    fleet: Fleet = owner.live
    instance = fleet.instances.get(machine.name)
    return (owner, instance) if instance is not None else None


def _instance(world: World, machine: Resource) -> tuple[Resource, Instance]:
    """What an action is about: the instance, and the resource that keeps it."""
    found = fleet_of(world, machine) or (machine, machine.live)
    if found[1] is None or found[1].state == "Deleting":
        raise entity_not_found()
    return found


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
    return Answer(200, _view(machine, Look(world, call.api_version, frozenset({"instanceview"}))), {}, machine.location)


def _view(machine: Resource, look: Look) -> Body:
    shown = plain_view(machine, look)
    found = fleet_of(look.world, machine)
    instance: Instance | None = found[1] if found else machine.live
    if found is not None:
        shown["properties"] = merge(properties(look.world, *found), machine.properties)
        if machine.busy:
            shown["properties"]["provisioningState"] = machine.state
    elif instance is not None and instance.state != "Succeeded" and not machine.busy:
        shown["properties"]["provisioningState"] = instance.state
    if shown["properties"].pop("extensions", None):
        shown["resources"] = [OF_MACHINES.shown(machine, one) for one in OF_MACHINES.there(machine)]
    if instance is None:
        return shown
    if "instanceview" in look.expand:
        shown["properties"]["instanceView"] = _seen(look.world, machine, shown["properties"])
    if instance.power == "deallocated":
        shown["properties"]["storageProfile"] = _idle(shown["properties"]["storageProfile"])
    if look.api_version >= "2024-03-01" and machine.etag:
        shown["etag"] = machine.etag
    if found is None:
        _as_recorded(machine, shown["properties"], look.api_version)
    return shown


def _as_recorded(machine: Resource, properties: Body, api_version: str) -> None:
    """Recorded: disks have what the service gives them once they are made; older api-versions show one member more."""
    if machine.state == "Creating":
        storage = properties["storageProfile"]
        unmade: Body = {"osDisk": _unmade(machine, storage["osDisk"])}
        if "dataDisks" in storage:
            unmade["dataDisks"] = [_unmade(machine, one) for one in storage["dataDisks"]]
        properties["storageProfile"] = {**storage, **unmade}
    for system in ("linuxConfiguration", "windowsConfiguration"):
        kept = dig(properties, "osProfile", system)
        if kept is not None and "2022-03-01" <= api_version < "2024-03-01":
            full = {"enableVMAgentPlatformUpdates": False, **kept}
            properties["osProfile"] = {**properties["osProfile"], system: full}


def _unmade(machine: Resource, disk: Body) -> Body:
    """A disk that is not there yet: without an id, and without the name that the service gives it."""
    if "managedDisk" not in disk or disk.get("createOption") == "Attach":
        return disk
    managed = {one: value for one, value in disk["managedDisk"].items() if one != "id"}
    given = re.fullmatch(rf"{re.escape(machine.name)}_\w+_[0-9a-f]{{32}}", disk["name"]) is not None
    return {one: value for one, value in disk.items() if one != "name" or not given} | {"managedDisk": managed}


def _idle(storage: Body) -> Body:
    """Disks of a deallocated machine, of which the host knows neither size nor storage type (recorded)."""

    def idle(disk: Body) -> Body:
        if "managedDisk" not in disk:
            return disk
        managed = {one: value for one, value in disk["managedDisk"].items() if one != "storageAccountType"}
        return {**{one: value for one, value in disk.items() if one != "diskSizeGB"}, "managedDisk": managed}

    return {**storage, "osDisk": idle(storage["osDisk"]), "dataDisks": [idle(one) for one in storage["dataDisks"]]}


def _seen(world: World, machine: Resource, shown: Body) -> Body:
    owner, instance = _instance(world, machine)
    if owner is not machine:
        return fleet_instance_view(world, owner, instance)
    computer = str(dig(shown, "osProfile", "computerName") or machine.name)
    return instance_view(world, instance, computer, shown["storageProfile"])


def _instance_view(action: Action) -> Done:
    shown = _view(action.resource, Look(action.world, action.api_version))
    return Done(body=_seen(action.world, action.resource, shown["properties"]))


def _power(work: power.Work, action: Action) -> Done:
    owner, instance = _instance(action.world, action.resource)
    seconds = power.begin(action.world, owner, work, [instance], action.fault)
    _ring(action, owner, instance)
    return Done(seconds=seconds)


def _ring(action: Action, owner: Resource, instance: Instance) -> None:
    if owner is not action.resource:
        fleets.ring(action.world, owner)
        action.world.store.put(owner)
    elif instance.until is not None:
        action.world.ring(owner, instance.until)


def _generalize(action: Action) -> Done:
    """Mark a stopped machine as generalized, for good (recorded: at once, and without a body)."""
    instance: Instance | None = action.resource.live
    if instance is None or instance.power == "running":
        # Inferred.
        raise ArmError(
            409,
            "OperationNotAllowed",
            f"Operation 'generalize' is not allowed on VM '{action.resource.name}' since the VM is not stopped or "
            "deallocated.",
        )
    instance.generalized = True
    return Done()


def _run_command(action: Action) -> Done:
    """The command is not run; its output is empty."""
    if text(action.sent, "commandId") is None:
        raise missing_parameter("commandId")
    message = "Enable succeeded: \n[stdout]\n\n[stderr]\n"
    value = {"code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Provisioning succeeded"}
    return Done(seconds=action.takes(timing.RUN_COMMAND), output={"value": [{**value, "message": message}]})


def _maintenance(action: Action) -> Done:
    raise power.refuse_maintenance(action.resource.name)


def _evict(action: Action) -> Done:
    owner, instance = _instance(action.world, action.resource)
    if _view(action.resource, Look(action.world, action.api_version))["properties"].get("priority") != "Spot":
        raise power.refuse_eviction()
    course = Course(timing.MACHINE_DEALLOCATE.median)
    instance.start("Updating", action.now + action.world.lasts(course.seconds), course, power="deallocated")
    _ring(action, owner, instance)
    return Done()


def _start_of(work: power.Work) -> Doing:
    return Doing(lambda action: _power(work, action))


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
    view=_view,
    live=Instance,
    custom=_with_instance_view,
    tick=_tick,
    removed=_removed,
    delete_seconds=timing.MACHINE_DELETE,
    references=_references,
    etag="count",
    actions={
        **{("POST", name): _start_of(work) for name, work in power.WORKS.items()},
        ("POST", "generalize"): _generalize,
        ("POST", "runcommand"): _run_command,
        ("POST", "performmaintenance"): _maintenance,
        ("POST", "simulateeviction"): _evict,
        ("GET", "instanceview"): _instance_view,
    },
)
