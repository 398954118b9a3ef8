"""Managed images: what an image is made of, its defaults, and the event that its writing sends.

Virtual machines, disks and snapshots are not simulated: their ids are checked for form only. What a source
virtual machine would tell is derived from its name: one that contains `win` runs Windows, others Linux.
"""

from datetime import datetime

from local.armsim import timing
from local.armsim.body import Body, dig, section
from local.armsim.compute import wires
from local.armsim.draws import Draws
from local.armsim.errors import cannot_change, invalid_parameter, missing_parameter
from local.armsim.kinds import Look, Resource, ResourceType, Write, plain_view
from local.armsim.reading import choice, flag, integer, record, records, text
from local.armsim.rules import provider_path
from local.armsim.world import World

_SOURCES = ("managedDisk", "snapshot", "blobUri")
_CACHING = ("None", "ReadOnly", "ReadWrite")


def _check_id(value: str, target: str, types: tuple[str, ...]) -> None:
    if not value.startswith("/subscriptions/") or provider_path(value) not in types:
        raise invalid_parameter(
            f"The value '{value}' of parameter '{target}' is invalid. Expect fully qualified resource Id that "
            f"start with '/subscriptions/{{subscriptionId}}' of type {' or '.join(types)}.",
            target,
        )


def _disk(disk: Body, where: str) -> Body:
    kept: Body = {}
    given = [name for name in _SOURCES if disk.get(name) is not None]
    if len(given) != 1:
        raise invalid_parameter(f"Exactly one of managedDisk, snapshot and blobUri must be given for '{where}'.", where)
    if given[0] == "blobUri":
        kept["blobUri"] = text(disk, "blobUri")
    else:
        wanted = text(disk, given[0], "id")
        if wanted is None:
            raise missing_parameter(f"{where}.{given[0]}.id")
        kinds = ("microsoft.compute/disks",) if given[0] == "managedDisk" else ("microsoft.compute/snapshots",)
        _check_id(wanted, f"{where}.{given[0]}.id", kinds)
        kept[given[0]] = {"id": wanted}
    size = integer(disk, "diskSizeGB")
    if size is not None:
        kept["diskSizeGB"] = size
    kept["caching"] = choice(disk, f"{where}.caching", _CACHING, "caching") or "None"
    kept["storageAccountType"] = text(disk, "storageAccountType") or "Standard_LRS"
    if "diskEncryptionSet" in disk:
        kept["diskEncryptionSet"] = disk["diskEncryptionSet"]
    return kept


def _from_profile(profile: Body) -> Body:
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
        disks.append({"lun": lun, **_disk(disk, "storageProfile.dataDisks")})
    if len({disk["lun"] for disk in disks}) != len(disks):
        raise invalid_parameter("Duplicated lun numbers in data disks.", "storageProfile.dataDisks")
    kept = {"osType": os_type, "osState": state or "Generalized", **_disk(os_disk, where)}
    return {"osDisk": kept, "dataDisks": disks}


def _from_machine(machine: str, subscription_and_group: str, draws: Draws) -> Body:
    name = machine.rpartition("/")[2]
    disk = f"{name}_OsDisk_1_{draws.text(32, 'disk', machine.lower())}"
    return {
        "osDisk": {
            "osType": "Windows" if "win" in name.lower() else "Linux",
            "osState": "Generalized",
            "managedDisk": {"id": f"{subscription_and_group}/providers/Microsoft.Compute/disks/{disk}"},
            "caching": "ReadWrite",
            "storageAccountType": "Premium_LRS",
        },
        "dataDisks": [],
    }


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
    properties = write.properties
    sent = record(write.sent, "properties")
    machine = text(properties, "sourceVirtualMachine", "id")
    profile = record(properties, "storageProfile")
    if write.existing is not None:
        if not record(sent, "storageProfile") and text(sent, "sourceVirtualMachine", "id") is None:
            machine = text(write.existing.properties, "sourceVirtualMachine", "id")
            profile = record(write.existing.properties, "storageProfile")
        elif machine is not None and not record(sent, "storageProfile"):
            profile = {}
    elif machine is not None and profile:
        raise invalid_parameter(
            "Parameters 'sourceVirtualMachine' and 'storageProfile' cannot be given together.", "image"
        )
    kept: Body = {}
    if machine is not None:
        _check_id(machine, "sourceVirtualMachine.id", ("microsoft.compute/virtualmachines",))
        kept["sourceVirtualMachine"] = {"id": machine}
        base = write.id.partition("/providers/")[0]
        kept["storageProfile"] = profile or _from_machine(machine, base, write.world.draws)
    else:
        kept["storageProfile"] = _from_profile(profile)
    resilient = flag(properties, "storageProfile", "zoneResilient")
    if resilient is not None:
        kept["storageProfile"]["zoneResilient"] = resilient
    generation = choice(properties, "hyperVGeneration", ("V1", "V2"), "hyperVGeneration")
    kept["hyperVGeneration"] = generation or "V1"
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
    bare = {name: value for name, value in profile["osDisk"].items() if name != "diskSizeGB"}
    shown["properties"] = {**shown["properties"], "storageProfile": {**profile, "osDisk": bare}}
    return shown


IMAGE = ResourceType(
    name="Microsoft.Compute/images",
    versions=("2016-04-30-preview", "2026-04-01"),
    wire=wires.IMAGE,
    compose=_compose,
    seconds=lambda write: timing.IMAGE,
    end=_end,
    view=_view,
    delete_seconds=timing.IMAGE_DELETE,
    quota=(
        "Microsoft.Compute/CreateImagesSubscriptionMaximum;59,Microsoft.Compute/CreateImagesResource;11",
        "Microsoft.Compute/GetImagesSubscriptionMaximum;359",
        "Microsoft.Compute/DeleteImagesSubscriptionMaximum;59",
    ),
)
