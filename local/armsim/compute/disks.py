"""Managed disks and snapshots, as far as sources of images and versions need them: size, OS, generation, state.

Their PUT answers 202 with little more than was sent; its Location leads to the disk, which the operation shows as
its output too (recorded).
A copy must have a source that exists where it lies in a subscription of this world.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from local.armsim import timing
from local.armsim.body import Body, dig
from local.armsim.compute import contents, wires
from local.armsim.compute.contents import content_of, existing
from local.armsim.compute.disk_speeds import ACCOUNTS, BYTES, performance
from local.armsim.errors import (
    cannot_change,
    invalid_parameter,
    missing_parameter,
    not_allowed,
)
from local.armsim.kinds import Action, Doing, Done, Look, Resource, ResourceType, Write, plain_view
from local.armsim.operations import stamp
from local.armsim.reading import choice, integer, record, text
from local.armsim.rules import check_name, provider_path
from local.armsim.world import World

_DISKS, _SNAPSHOTS = "Microsoft.Compute/disks", "Microsoft.Compute/snapshots"
_SKUS = {
    _DISKS: ACCOUNTS,
    _SNAPSHOTS: ("Standard_LRS", "Premium_LRS", "Standard_ZRS"),
}
_OPTIONS = ("Empty", "Copy", "FromImage", "Import", "ImportSecure", "Upload", "Restore", "Attach")
_COPIES = (contents.DISK, contents.SNAPSHOT)
_BARE = "2023-01-02"
"""Copies were recorded with older api-versions only, in 2022: without name, type and with `isArmResource`."""


@dataclass(slots=True)
class Draft:
    """What the write that runs has sent: its members, and those of its properties."""

    method: str
    members: list[str]
    properties: list[str]


def _compose(write: Write) -> Body:
    check_name(write.route, 80)
    kind, wanted = write.route.type_name, write.properties
    creation, size, source = _creation(write) if write.existing is None else _same_creation(write)
    kept: Body = {"creationData": creation}
    os_type = choice(wanted, "osType", ("Windows", "Linux"), "osType") or source.os_type
    generation = choice(wanted, "hyperVGeneration", ("V1", "V2"), "hyperVGeneration") or source.generation
    for name, value in (("osType", os_type), ("hyperVGeneration", generation)):
        if value is not None:
            kept[name] = value
    kept["diskSizeGB"] = size
    if kind == _SNAPSHOTS:
        kept["incremental"] = bool(wanted.get("incremental", False))
    else:
        name = text(write.wanted, "sku", "name") or "Standard_LRS"
        kept |= performance(name, size, wanted, text(write.sent, "properties", "tier"))
    kept["encryption"] = record(wanted, "encryption") or {"type": "EncryptionAtRestWithPlatformKey"}
    kept["networkAccessPolicy"] = text(wanted, "networkAccessPolicy") or "AllowAll"
    kept["publicNetworkAccess"] = text(wanted, "publicNetworkAccess") or "Enabled"
    for name in ("purchasePlan", "supportedCapabilities", "securityProfile", "diskAccessId", "maxShares"):
        if name in wanted:
            kept[name] = wanted[name]
    before = write.existing.properties if write.existing else {}
    kept["timeCreated"] = before.get("timeCreated") or stamp(write.now)
    kept["diskSizeBytes"] = size * BYTES
    kept["uniqueId"] = before.get("uniqueId") or write.world.draws.guid("disk", write.id.lower(), write.now)
    sku = choice(write.wanted, "sku.name", _SKUS[kind], "sku", "name") or "Standard_LRS"
    return {**write.wanted, "sku": {"name": sku, "tier": sku.partition("_")[0]}, "properties": kept}


def _creation(write: Write) -> tuple[Body, int, contents.Content]:
    """What a new disk is made of: its creation data, its size in GB, and what the source says."""
    data = dict(record(write.properties, "creationData"))
    option = choice(data, "creationData.createOption", _OPTIONS, "createOption")
    if option is None:
        raise missing_parameter("creationData.createOption")
    data["createOption"] = option
    source, least = _source(write, data)
    size = integer(write.properties, "diskSizeGB") or least or (30 if option != "Empty" else None)
    if size is None:
        raise missing_parameter("disk.diskSizeGB")
    if least is not None and size < least:
        raise invalid_parameter(f"The disk size {size} is smaller than its source of {least} GB.", "disk.diskSizeGB")
    return data, size, source


def _source(write: Write, data: Body) -> tuple[contents.Content, int | None]:
    match data["createOption"]:
        case "Copy" | "Restore":
            wanted = text(data, "sourceResourceId") or text(data, "sourceUri")
            if wanted is None:
                raise missing_parameter("creationData.sourceResourceId")
            found = existing(write.world, wanted, "creationData.sourceResourceId", *_COPIES)
            if found is None:
                return contents.Content(), None
            data["sourceUniqueId"] = found.properties["uniqueId"]
            return content_of(write.world, found), found.properties["diskSizeGB"]
        case "FromImage":
            return _from_image(write, data)
        case "Import" | "ImportSecure":
            if text(data, "sourceUri") is None:
                raise missing_parameter("creationData.sourceUri")
    return contents.Content(), None


def _from_image(write: Write, data: Body) -> tuple[contents.Content, int | None]:
    """From a version of a gallery, or from a platform image, whose id is not looked up."""
    reference = record(data, "galleryImageReference")
    wanted = text(reference, "id")
    if wanted is None:
        if text(data, "imageReference", "id") is None:
            raise missing_parameter("creationData.imageReference.id")
        return contents.Content(), None
    found = existing(write.world, wanted, "creationData.galleryImageReference.id", contents.VERSION)
    if found is None:
        return contents.Content(), None
    content, lun = content_of(write.world, found), integer(reference, "lun")
    if lun is None:
        return content, content.os_disk.size
    for disk in content.data_disks:
        if disk.lun == lun:
            return contents.Content(), disk.size
    raise invalid_parameter(
        f"The value of parameter imageReference is invalid: the image has no data disk at lun '{lun}'.",
        "imageReference",
    )


def _same_creation(write: Write) -> tuple[Body, int, contents.Content]:
    """An update keeps what the disk was made of; it may grow."""
    assert write.existing is not None
    before = write.existing.properties
    sent = record(write.sent, "properties", "creationData")
    for name in ("createOption", "sourceResourceId"):
        if name in sent and str(sent[name]).lower() != str(before["creationData"].get(name)).lower():
            raise cannot_change(f"creationData.{name}")
    size = integer(write.properties, "diskSizeGB") or before["diskSizeGB"]
    if size < before["diskSizeGB"]:
        raise not_allowed(f"The disk '{write.existing.name}' cannot become smaller.", "disk.diskSizeGB")
    return before["creationData"], size, contents.Content(before.get("osType"), None, before.get("hyperVGeneration"))


def _holder(world: World, disk: Resource) -> str | None:
    """The machine that a disk is attached to."""
    users = world.store.users(disk.id)
    return next((one for one in users if provider_path(one) == contents.MACHINE), None)


def _begin(write: Write, disk: Resource) -> None:
    disk.live = Draft(write.method, [*write.sent], [*record(write.sent, "properties")])


def _end(world: World, disk: Resource, when: datetime) -> None:
    """A source that was sent as URI shows as resource once the copy is done (recorded)."""
    data = dict(disk.properties["creationData"])
    if str(data.get("sourceUri")).startswith("/subscriptions/"):
        data["sourceResourceId"] = data.pop("sourceUri")
        disk.body = {**disk.body, "properties": {**disk.properties, "creationData": data}}


def _view(disk: Resource, look: Look) -> Body:
    shown = plain_view(disk, look)
    properties: Body = shown["properties"]
    if disk.state in ("Creating", "Updating") and disk.live is not None:
        return _drafted(disk, shown, look.api_version)
    holder = _holder(look.world, disk)
    if holder is not None:
        shown["managedBy"] = holder
    properties.setdefault("diskState", "Attached" if holder is not None else "Unattached")
    return shown


def _drafted(disk: Resource, shown: Body, api_version: str) -> Body:
    """The answer to a write, which knows what was sent and little more (recorded)."""
    draft: Draft = disk.live
    taken = {*draft.properties, "creationData", "diskSizeGB"}
    copied = disk.kind.name == _SNAPSHOTS and dig(disk.properties, "creationData", "createOption") == "Copy"
    if disk.state == "Creating":
        taken = {*draft.properties} | ({"publicNetworkAccess", "osType", "hyperVGeneration"} if copied else set())
    elif draft.method == "PUT":
        taken |= {"diskSizeBytes", "tier"}
    properties = {one: value for one, value in disk.properties.items() if one in taken}
    shown = {**shown, "properties": {**properties, "provisioningState": "Updating"}}
    if draft.method == "PATCH":
        return shown
    shown["sku"] = {"name": shown["sku"]["name"]}
    absent = set() if "sku" in draft.members else {"sku"}
    if copied and disk.state == "Creating" and api_version < _BARE:
        shown["properties"]["isArmResource"] = True
        absent |= {"type", "name"}
    return {one: value for one, value in shown.items() if one not in absent}


def _check_delete(world: World, disk: Resource, now: datetime) -> None:
    holder = _holder(world, disk)
    if holder is not None:
        raise not_allowed(f"Disk {disk.name} is attached to VM {holder}.")


def _grant(action: Action) -> Done:
    """A URL to read the disk from. Nothing answers there."""
    if choice(action.sent, "access", ("None", "Read", "Write"), "access") is None:
        raise missing_parameter("access")
    draws, of = action.world.draws, (action.resource.key, action.now)
    host = f"md-{draws.text(12, 'disk host', *of)}.z1.blob.storage.azure.net"
    signed = f"sv=2018-03-28&sr=b&si={draws.guid('disk access', *of)}&sig={draws.text(43, 'disk sig', *of)}"
    url = f"https://{host}/{draws.text(12, 'disk path', *of)}/abcd?{signed}"
    return Done(seconds=action.takes(timing.DISK), output={"accessSAS": url})


def _accessed(*, granted: bool) -> Callable[[World, Resource, Body, datetime], None]:
    def finish(world: World, disk: Resource, note: Body, when: datetime) -> None:
        properties = {one: value for one, value in disk.properties.items() if one != "diskState"}
        state = {"diskState": "ActiveSAS"} if granted else {}
        disk.body = {**disk.body, "properties": properties | state}

    return finish


def _row(name: str) -> ResourceType:
    return ResourceType(
        name=name,
        versions=("2016-04-30-preview", "2026-03-02"),
        wire=wires.DISK,
        compose=_compose,
        seconds=lambda write: write.takes(timing.DISK),
        begin=_begin,
        end=_end,
        view=_view,
        live=Draft,
        since={"properties.publicNetworkAccess": "2021-04-01"},
        check_delete=_check_delete,
        delete_seconds=timing.DISK,
        references=_references,
        actions={
            ("POST", "begingetaccess"): Doing(_grant, _accessed(granted=True)),
            ("POST", "endgetaccess"): Doing(
                lambda action: Done(seconds=action.takes(timing.DISK)), _accessed(granted=False)
            ),
        },
    )


def _references(body: Body) -> list[tuple[str, str]]:
    data = body["properties"]["creationData"]
    ids = [data.get("sourceResourceId") or data.get("sourceUri"), dig(data, "galleryImageReference", "id")]
    return [(one, "") for one in ids if one]


DISK = _row(_DISKS)
SNAPSHOT = _row(_SNAPSHOTS)
