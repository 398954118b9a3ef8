"""Managed images: what an image is made of, and its defaults.

Disks and snapshots must exist where they lie in a subscription of this world. A source machine that is not there
is taken at its word: one whose name contains `win` runs Windows, any other Linux.
"""

from datetime import datetime

from local.armsim import timing
from local.armsim.body import Body, dig, section
from local.armsim.compute import contents, wires
from local.armsim.compute.contents import content_of, existing, machine_profile
from local.armsim.errors import cannot_change, entity_not_found, invalid_parameter, missing_parameter, not_allowed
from local.armsim.kinds import Look, Resource, ResourceType, Write, plain_view
from local.armsim.reading import choice, flag, integer, record, records, text
from local.armsim.rules import check_name
from local.armsim.world import World

_SOURCES = {"managedDisk": contents.DISK, "snapshot": contents.SNAPSHOT, "blobUri": ""}
_CACHING = ("None", "ReadOnly", "ReadWrite")


def _disk(write: Write, disk: Body, where: str) -> Body:
    kept: Body = {}
    given = [name for name in _SOURCES if disk.get(name) is not None]
    if len(given) != 1:
        raise invalid_parameter(f"Exactly one of managedDisk, snapshot and blobUri must be given for '{where}'.", where)
    size = integer(disk, "diskSizeGB")
    if given[0] == "blobUri":
        kept["blobUri"] = text(disk, "blobUri")
    else:
        wanted = text(disk, given[0], "id")
        if wanted is None:
            raise missing_parameter(f"{where}.{given[0]}.id")
        if write.existing is None:
            found = existing(write.world, wanted, f"{where}.{given[0]}.id", _SOURCES[given[0]])
            if found is not None:
                _check_source(write, found)
                size = size or found.properties["diskSizeGB"]
        kept[given[0]] = {"id": wanted}
    if size is not None:
        kept["diskSizeGB"] = size
    kept["caching"] = choice(disk, f"{where}.caching", _CACHING, "caching") or "None"
    kept["storageAccountType"] = text(disk, "storageAccountType") or "Standard_LRS"
    if "diskEncryptionSet" in disk:
        kept["diskEncryptionSet"] = disk["diskEncryptionSet"]
    return kept


def _check_source(write: Write, source: Resource) -> None:
    """A source is in the image's region, and ready (code of the latter *inferred*)."""
    if source.location != write.wanted["location"]:
        raise entity_not_found(source.id)
    if source.state != "Succeeded":
        raise not_allowed(f"The source '{source.id}' is not in the Succeeded state but '{source.state}'.")


def _from_profile(write: Write, profile: Body) -> Body:
    os_disk = record(profile, "osDisk")
    where = "storageProfile.osDisk"
    if not os_disk:
        raise missing_parameter(where)
    os_type = choice(os_disk, f"{where}.osType", ("Windows", "Linux"), "osType")
    if os_type is None:
        raise missing_parameter(f"{where}.osType")
    state = choice(os_disk, f"{where}.osState", ("Generalized", "Specialized"), "osState")
    disks = []
    for disk in records(profile, "dataDisks"):
        lun = integer(disk, "lun")
        if lun is None:
            raise missing_parameter("storageProfile.dataDisks.lun")
        disks.append({"lun": lun, **_disk(write, disk, "storageProfile.dataDisks")})
    if len({disk["lun"] for disk in disks}) != len(disks):
        raise invalid_parameter("Duplicated lun numbers in data disks.", "storageProfile.dataDisks")
    kept = {"osType": os_type, "osState": state or "Generalized", **_disk(write, os_disk, where)}
    return {"osDisk": kept, "dataDisks": disks}


def _from_machine(write: Write, machine_id: str) -> Body:
    """The disks of a machine, or those that one of its name would have."""
    found = existing(write.world, machine_id, "sourceVirtualMachine.id", contents.MACHINE)
    if found is not None:
        return _from_there(write, found)
    name, draws = machine_id.rpartition("/")[2], write.world.draws
    disk = f"{name}_OsDisk_1_{draws.text(32, 'disk', machine_id.lower())}"
    base = write.id.partition("/providers/")[0]
    return {
        "osDisk": {
            "osType": "Windows" if "win" in name.lower() else "Linux",
            "osState": "Generalized",
            "managedDisk": {"id": f"{base}/providers/Microsoft.Compute/disks/{disk}"},
            "caching": "ReadWrite",
            "storageAccountType": "Premium_LRS",
        },
        "dataDisks": [],
    }


def _generation(write: Write, machine_id: str | None) -> str:
    """What an image is that was sent without one: as it was, as its machine is, or generation 1."""
    if write.existing is not None:
        return str(write.existing.properties["hyperVGeneration"])
    machine = write.world.store.get(machine_id or "")
    found = content_of(write.world, machine).generation if machine is not None else None
    return found or "V1"


def _from_there(write: Write, machine: Resource) -> Body:
    _check_source(write, machine)
    content = content_of(write.world, machine)
    if content.os_state != "Generalized":
        raise not_allowed(
            f"The image cannot be created from Virtual Machine '{machine.id}', since it is not generalized."
        )
    profile = machine_profile(write.world, machine)
    os_disk = record(profile, "osDisk")
    return {
        "osDisk": {"osType": content.os_type, "osState": "Generalized", **_of_machine(os_disk)},
        "dataDisks": [{"lun": one["lun"], **_of_machine(one)} for one in records(profile, "dataDisks")],
    }


def _of_machine(disk: Body) -> Body:
    """A machine's disk as its image shows it: unmanaged ones by their blob (recorded)."""
    managed = record(disk, "managedDisk")
    kept: Body = {"diskSizeGB": disk["diskSizeGB"]} if "diskSizeGB" in disk else {}
    if "vhd" in disk:
        kept["blobUri"] = text(disk, "vhd", "uri")
    else:
        kept["managedDisk"] = {"id": managed.get("id")}
    kept["caching"] = disk.get("caching", "None")
    kept["storageAccountType"] = managed.get("storageAccountType", "Standard_LRS")
    return kept | ({"diskEncryptionSet": managed["diskEncryptionSet"]} if "diskEncryptionSet" in managed else {})


def _source(properties: Body) -> list[object]:
    """What an image is made of, for comparison: ids in lower case."""
    disks = [dig(properties, "storageProfile", "osDisk"), *records(properties, "storageProfile", "dataDisks")]
    ids = [
        (disk.get("lun"), dig(disk, "managedDisk", "id"), dig(disk, "snapshot", "id"), disk.get("blobUri"))
        for disk in disks
        if isinstance(disk, dict)
    ]
    return [str(dig(properties, "sourceVirtualMachine", "id")).lower(), str(ids).lower()]


def _compose(write: Write) -> Body:
    check_name(write.route, 80)
    properties = write.properties
    sent = record(write.sent, "properties")
    machine = text(properties, "sourceVirtualMachine", "id")
    profile = record(properties, "storageProfile")
    if write.existing is not None:
        before = text(write.existing.properties, "sourceVirtualMachine", "id")
        if not record(sent, "storageProfile") and (text(sent, "sourceVirtualMachine", "id") or before) == before:
            machine, profile = before, record(write.existing.properties, "storageProfile")
        elif machine is not None and not record(sent, "storageProfile"):
            profile = {}
    elif machine is not None and profile:
        raise invalid_parameter(
            "Parameters 'sourceVirtualMachine' and 'storageProfile' cannot be given together.", "image"
        )
    kept: Body = {}
    if machine is not None:
        kept["sourceVirtualMachine"] = {"id": machine}
        kept["storageProfile"] = profile or _from_machine(write, machine)
    else:
        kept["storageProfile"] = _from_profile(write, profile)
    resilient = flag(properties, "storageProfile", "zoneResilient")
    if resilient is not None:
        kept["storageProfile"]["zoneResilient"] = resilient
    generation = choice(properties, "hyperVGeneration", ("V1", "V2"), "hyperVGeneration")
    kept["hyperVGeneration"] = generation or _generation(write, machine)
    if write.existing is not None:
        _check_unchanged(write.existing, kept)
        _keep_sizes(write.existing, kept)
    return {**write.wanted, "properties": kept}


def _check_unchanged(existing: Resource, kept: Body) -> None:
    """Only tags of an image change; its content is fixed (*inferred*: no recording tries)."""
    if _source(existing.properties) != _source(kept):
        machine = "sourceVirtualMachine" in existing.properties
        raise cannot_change("sourceVirtualMachine.id" if machine else "storageProfile.osDisk")
    if existing.properties["hyperVGeneration"] != kept["hyperVGeneration"]:
        raise cannot_change("hyperVGeneration")


def _keep_sizes(existing: Resource, kept: Body) -> None:
    before = dig(existing.properties, "storageProfile", "osDisk", "diskSizeGB")
    if before is not None:
        section(kept, "storageProfile", "osDisk").setdefault("diskSizeGB", before)


def _end(world: World, resource: Resource, when: datetime) -> None:
    profile = section(resource.body, "properties", "storageProfile")
    os_disk = section(profile, "osDisk")
    os_disk.setdefault("diskSizeGB", 127 if os_disk.get("osType") == "Windows" else 30)
    for disk in records(profile, "dataDisks"):
        disk.setdefault("diskSizeGB", 10)


def _view(resource: Resource, look: Look) -> Body:
    shown = plain_view(resource, look)
    if resource.state != "Creating":
        return shown
    profile = resource.properties["storageProfile"]
    disks = [_unread(one) for one in profile["dataDisks"]]
    shown["properties"] = {
        **shown["properties"],
        "storageProfile": {**profile, "osDisk": _unread(profile["osDisk"]), "dataDisks": disks},
    }
    return shown


def _unread(disk: Body) -> Body:
    """A disk while its image is made: the size of a managed one does not show yet (recorded)."""
    return {one: value for one, value in disk.items() if one != "diskSizeGB" or "blobUri" in disk}


IMAGE = ResourceType(
    name="Microsoft.Compute/images",
    versions=("2016-04-30-preview", "2026-04-01"),
    wire=wires.IMAGE,
    compose=_compose,
    seconds=lambda write: write.takes(timing.IMAGE),
    end=_end,
    view=_view,
    delete_seconds=timing.IMAGE_DELETE,
)
