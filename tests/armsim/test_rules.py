"""Every documented rule of galleries, by its number in Azure's troubleshooting lists: one row, one refusal.

E: the lists of 2018; G, F, V, M: galleries, definitions, versions, and machines made from them; O: reported by
users; R: limits and names. A row's phrase is what a program would look for in the message.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from local.armsim.kinds import Resource, ResourceType
from local.armsim.table import TABLE
from tests.armsim.arm import (
    AWAY,
    HOME,
    VMSS,
    Arm,
    Json,
    definition,
    make_definition,
    make_network,
    make_version,
    managed_image,
    scale_set,
    version_of,
)

G = "Microsoft.Compute/galleries/g"
D = f"{G}/images/d"
OLD = f"{D}/versions/1.0.0"
NEW = f"{D}/versions/2.0.0"
ELSEWHERE = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/rg/providers"
SETS = "Microsoft.Compute/diskEncryptionSets"


@dataclass(frozen=True)
class Row:
    """One rule: the request that breaks it, and the phrase of its refusal."""

    rule: str
    phrase: str
    path: str
    body: Callable[[Arm], Json] = lambda arm: {"location": HOME}
    method: str = "PUT"
    version: str = ""


def defined(**more: Any) -> Callable[[Arm], Json]:
    return lambda arm: definition(sku="other", **more)


def publishing(*regions: Any, **more: Any) -> Callable[[Arm], Json]:
    """A new version with these target regions, names or whole ones."""

    def body(arm: Arm) -> Json:
        wanted = version_of(arm, **more)
        if regions:
            targets = [{"name": one} if isinstance(one, str) else one for one in regions]
            wanted["properties"]["publishingProfile"]["targetRegions"] = targets
        return wanted

    return body


def source(name: str, kind: str = "images") -> Callable[[Arm], Json]:
    """A new version from a whole source; `name` may be a whole id."""

    def body(arm: Arm) -> Json:
        wanted = version_of(arm)
        found = name if name.startswith("/") or not kind else arm.id(f"Microsoft.Compute/{kind}/{name}")
        wanted["properties"]["storageProfile"] = {"source": {"id": found}}
        return wanted

    return body


def disks(os: str, *data: tuple[int, str], **more: Any) -> Callable[[Arm], Json]:
    """A new version from disks, by LUN; a source with a colon is a blob."""

    def image(arm: Arm, name: str) -> Json:
        if ":" in name:
            return {"source": {"uri": name, "storageAccountId": arm.id("Microsoft.Storage/storageAccounts/a")}}
        return {"source": {"id": name if name.startswith("/") else arm.id(f"Microsoft.Compute/disks/{name}")}}

    def body(arm: Arm) -> Json:
        wanted = version_of(arm, **more)
        wanted["properties"]["storageProfile"] = {
            "osDiskImage": image(arm, os),
            "dataDiskImages": [{"lun": lun, **image(arm, one)} for lun, one in data],
        }
        return wanted

    return body


def encrypted(*regions: Json, make: Callable[..., Callable[[Arm], Json]] = publishing) -> Callable[[Arm], Json]:
    """A new version whose regions are encrypted so; `set:a` stands for the id of a disk encryption set."""

    def filled(arm: Arm, value: Any) -> Any:
        if isinstance(value, dict):
            return {one: filled(arm, inner) for one, inner in value.items()}
        if isinstance(value, list):
            return [filled(arm, one) for one in value]
        return arm.id(f"{SETS}/{value[4:]}") if isinstance(value, str) and value.startswith("set:") else value

    def body(arm: Arm) -> Json:
        wanted = make()(arm)
        names = (HOME, AWAY)
        targets = [{"name": name, "encryption": filled(arm, one)} for name, one in zip(names, regions, strict=False)]
        wanted["properties"]["publishingProfile"]["targetRegions"] = targets
        return wanted

    return body


def key(name: str = "set:a", *luns: int) -> Json:
    data = [{"lun": lun, "diskEncryptionSetId": name} for lun in luns]
    return {"osDiskImage": {"diskEncryptionSetId": name}} | ({"dataDiskImages": data} if data else {})


def deployed(image: str, **changes: Any) -> Callable[[Arm], Json]:
    """A scale set from an image of gallery `g`; a change of None leaves its part of the model out."""

    def body(arm: Arm) -> Json:
        wanted = scale_set(arm, image if image.startswith("/") else arm.id(f"{G}/images/{image}"))
        profile = wanted["properties"]["virtualMachineProfile"]
        for name, value in changes.items():
            profile.pop(name)
            if value is not None:
                profile[name] = value
        return wanted

    return body


def disk_from(image: str, lun: int) -> Callable[[Arm], Json]:
    """A disk from a data disk of an image."""

    def body(arm: Arm) -> Json:
        reference = {"id": arm.id(f"{G}/images/{image}"), "lun": lun}
        creation = {"createOption": "FromImage", "galleryImageReference": reference}
        return {"location": HOME, "properties": {"creationData": creation}}

    return body


ROWS = (
    Row("G1", "Gallery name is invalid", "Microsoft.Compute/galleries/has-dash"),
    Row("G2", r"is invalid according to its validation rule: ^[^_\W]", "Microsoft.Compute/galleries/" + "g" * 81),
    Row("G3", "invalid trailing characters", "Microsoft.Compute/galleries/g."),
    Row("G4", "is not available for resource type 'Microsoft.Compute/galleries'", G, lambda arm: {"location": "mars"}),
    Row("G5", "Can not delete resource before nested resources are deleted", G, method="DELETE"),
    Row("G6", "is not unique within the subscription", "/other/Microsoft.Compute/galleries/G"),
    Row("G7", "cannot be created in location", G, lambda arm: {"location": AWAY}),
    Row(
        "F1",
        "Changing property 'galleryImage.properties.osType' is not allowed",
        D,
        lambda arm: definition(os_type="Windows"),
    ),
    Row("F2", "already exists in location", D, lambda arm: {**definition(), "location": AWAY}),
    Row("F3", "invalid trailing characters", f"{G}/images/d-", defined()),
    Row(
        "F4",
        "Asset name galleryImage.properties.identifier.sku is not valid",
        f"{G}/images/e",
        lambda arm: definition(sku="s" * 65),
    ),
    Row("F5", "Parent resource", "Microsoft.Compute/galleries/none/images/d", defined()),
    Row(
        "F6",
        "is not available for resource type 'Microsoft.Compute/galleries/images'",
        f"{G}/images/e",
        lambda arm: {**definition(), "location": "mars"},
    ),
    Row("F8", "Could not convert string to DateTimeOffset", f"{G}/images/e", defined(endOfLifeDate="soon")),
    Row("F9", "EndOfLifeDate must be set to a future date", f"{G}/images/e", defined(endOfLifeDate="2020-01-01")),
    Row(
        "F11",
        "minimum value of galleryImage.properties.recommended.vCPUs must not be greater than the maximum",
        f"{G}/images/e",
        defined(recommended={"vCPUs": {"min": 9, "max": 8}}),
    ),
    Row("F12", "already exists", f"{G}/images/e", lambda arm: definition(sku="SKU")),
    Row("F13", "Can not delete resource before nested resources are deleted", D, method="DELETE"),
    Row("F14", "Unable to match the identifier name", f"{G}/images/e", defined(osState="Frozen")),
    Row(
        "F16",
        "ZRS storage account type is not supported in this region",
        NEW,
        publishing(storageAccountType="Standard_ZRS"),
    ),
    Row(
        "E4",
        "is missing (null)",
        f"{G}/images/e",
        defined(identifier={"publisher": "p", "offer": "o"}),
    ),
    Row("E7", "is not ready", NEW, source("young")),
    Row("E15", "exceeding approved Microsoft.Compute/galleries quota", "Microsoft.Compute/galleries/full"),
    Row(
        "V1",
        "is not available for resource type 'Microsoft.Compute/galleries/images/versions'",
        NEW,
        lambda arm: {**version_of(arm), "location": "mars"},
    ),
    Row("V2", "Parent resource", f"{G}/images/none/versions/1.0.0", publishing()),
    Row("V3", "Error converting value", NEW, publishing(replicaCount="many")),
    Row("V4", "must contain the location of image version", NEW, publishing(AWAY)),
    Row("V5", "is out of range. The value must be between '1' and '100', inclusive", NEW, publishing(replicaCount=101)),
    Row("V6", "same region as gallery image version", NEW, source("away")),
    Row(
        "V7",
        "Changing property 'galleryImageVersion.properties.storageProfile.source.id' is not allowed",
        OLD,
        source("other"),
    ),
    Row("V8", "Duplicated lun numbers", NEW, disks("os", (1, "data"), (1, "more"))),
    Row("V9", "Duplicated source ids", NEW, disks("os", (1, "data"), (2, "data"))),
    Row("V10", "Expect fully qualified resource Id that start with '/subscriptions/", NEW, source("i", "")),
    Row(
        "V11",
        "must either be a managed image, virtual machine or another gallery image version",
        NEW,
        source("os", "disks"),
    ),
    Row("V12", "must be a managed disk or snapshot", NEW, lambda arm: disks(arm.id("Microsoft.Compute/images/i"))(arm)),
    Row("V13", "OS State in the parent gallery image", f"{G}/images/special/versions/1.0.0", publishing()),
    Row("V14", "different Hypervisor generation", NEW, source("second")),
    Row("V15", "different OS type", NEW, source("windows")),
    Row("V16", "cannot contain an ephemeral OS disk", NEW, source("ephemeral", "virtualMachines")),
    Row("V17", "stored in an UltraSSD account type", NEW, source("ultra", "virtualMachines")),
    Row("V18", "must be created from Managed Disks", NEW, source("unmanaged", "virtualMachines")),
    Row("V19", "Too many requests on source", NEW, source("busy")),
    Row(
        "V20",
        "must be in the same subscription as the gallery",
        NEW,
        encrypted(key(f"{ELSEWHERE}/{SETS}/a"), key(f"{ELSEWHERE}/{SETS}/a")),
    ),
    Row("V21", "is in a different subscription", NEW, source(f"{ELSEWHERE}/Microsoft.Compute/images/secret")),
    Row("V23", "Major(int).Minor(int).Patch(int)", f"{D}/versions/1.0", publishing()),
    Row("V24", "disk encryption set id 'a' of osDiskImage or dataDiskImages is invalid", NEW, encrypted(key("a"))),
    Row(
        "V25",
        "Cannot specify new data disk image encryption lun '0' for update",
        f"{D}/versions/3.0.0",
        encrypted(key("set:a", 0), make=lambda: source("two")),
    ),
    Row(
        "V26",
        "source can only be specified either directly under storageProfile or within individual OS or data disks",
        NEW,
        lambda arm: {"location": HOME, "properties": {"storageProfile": {}}},
    ),
    Row("V27", "Source was not found", NEW, disks("none")),
    Row("V28", "A disk encryption set is required for disk", NEW, encrypted(key(), {})),
    Row("V29", "An invalid lun '7' in encryption.dataDiskImages", NEW, encrypted(key("set:a", 7))),
    Row("V30", "Duplicate luns", NEW, encrypted(key("set:a", 0, 0), make=lambda: source("two"))),
    Row(
        "V31",
        "OSDiskImage and DataDiskImage cannot point to same blob",
        NEW,
        disks("https://b/o.vhd", (0, "https://b/o.vhd")),
    ),
    Row(
        "V32",
        "Duplicate regions are not allowed in target publishing regions",
        NEW,
        publishing(HOME, "West Central US"),
    ),
    Row("V33", "Adding new Data Disks or changing the LUN", f"{D}/versions/4.0.0", disks("os", (5, "data"))),
    Row("V34", "source resource size 2520 exceeds the max size 2048 supported", NEW, disks("huge")),
    Row("V35", "Operation 'Update Gallery Image Version' is not allowed", f"{D}/versions/5.0.0", publishing()),
    Row(
        "V36",
        "Encryption is not supported for source resource",
        NEW,
        encrypted(key(), key(), make=lambda: disks("https://b/o.vhd")),
    ),
    Row("V37", "blockDeletionBeforeEndOfLife", f"{D}/versions/6.0.0", method="DELETE"),
    Row("M1", "There is no latest image version exists for", VMSS, deployed("empty")),
    Row("M2", "/versions/9.9.9 is not available in southcentralus", VMSS, deployed("d/versions/9.9.9")),
    Row("M3", "/images/home is not available in southcentralus", VMSS, deployed("home")),
    Row(
        "M4",
        "is not authorized to access linked subscription",
        VMSS,
        deployed(f"{ELSEWHERE}/Microsoft.Compute/galleries/g/images/d"),
    ),
    Row("M5", "Parameter 'osProfile' is not allowed", VMSS, deployed("special")),
    Row("M6", "Required parameter 'osProfile' is missing (null)", VMSS, deployed("d", osProfile=None)),
    Row(
        "M9",
        "different plan ['p', 'q', 'r'] than the parent gallery image plan",
        NEW,
        source("planned", "virtualMachines"),
    ),
    Row(
        "M11",
        "The value of parameter imageReference is invalid",
        "Microsoft.Compute/disks/new",
        disk_from("d/versions/1.0.0", 7),
    ),
    Row(
        "O1",
        "Global storage account type does not match the storage account type in the existing TargetRegion",
        OLD,
        publishing(storageAccountType="Premium_LRS"),
    ),
    Row("R16", "Changing property", f"{D}/versions/3.0.0", source("two")),
    Row("R29", "storageAccountId", NEW, disks("https://b/o.vhd"), version="2021-10-01"),
)

SAME = {
    "E1": ("G1",),
    "E2": ("G6",),
    "E3": ("F3",),
    "E5": ("V23",),
    "E6": ("V6", "V27"),
    "E8": ("V4",),
    "E11": ("M2", "M3"),
    "E12": ("V15",),
    "M10": ("V15",),
    "O3": ("V19",),
    "R1": ("G1", "G2", "G3"),
    "R1b": ("G6",),
    "R2": ("F3",),
    "R2b": ("G2",),
    "R3": ("F4",),
    "R3b": ("F12",),
    "R4": ("V23",),
    "R5": ("V4", "V32"),
    "R6": ("V5",),
    "R7": ("F8", "F9"),
    "R8": ("F11",),
    "R9": ("F16", "O1"),
    "R10": ("F14",),
    "R11": ("F1", "V7", "V33"),
    "R12": ("V26",),
    "R13": ("E7", "V19"),
    "R14": ("V13", "V14", "V15", "V16", "V17", "V18", "M9"),
    "R15": ("V34",),
    "R17": ("G5", "F13", "V37"),
    "R19": ("E15",),
    "R26": ("M2", "M3"),
    "R27": ("M5", "M6"),
}
"""Rules that other rows hold."""

OF_OTHERS = {
    "E9": "replication under way shows in replicationStatus: tests/armsim/test_replication.py",
    "E10": "permissions: tests of the roles that are loaded",
    "E13": "permissions to assign roles are not simulated",
    "E14": "slow replication shows in replicationStatus: tests/armsim/test_replication.py",
    "F7": "only the CLI prints it",
    "F10": "only the CLI prints it",
    "F15": "only PowerShell prints it",
    "V22": "disk encryption sets are not simulated: their ids are checked for form",
    "M7": "tests/armsim/test_scale_sets.py",
    "M8": "disk encryption sets of machines are not simulated",
    "M12": "as E13 and E14",
    "O2": "tests/armsim/test_galleries.py: a parent sees a deleted child for a while",
    "O4": "only PowerShell prints it",
    "O5": "rolling upgrades: tests/armsim/test_upgrades.py",
    "O6": "gallery applications are not simulated",
    "R4b": "tests/armsim/test_scale_sets.py: a definition stands for its newest version by number",
    "R18": "nothing moves here: ARM's moveResources is not simulated",
    "R20": "advice, not a rule of the service",
    "R21": "tests/armsim/test_scale_sets.py",
    "R22": "tests/armsim/test_scale_sets.py",
    "R23": "tests/armsim/test_network.py",
    "R24": "tests/armsim/test_scale_sets.py",
    "R25": "tests/armsim/test_network.py",
    "R28": "permissions: tests of the roles that are loaded",
    "R30": "tests/armsim/test_scale_sets.py: a region's own excludeFromLatest",
    "R31": "allowed, not refused: tests/armsim/test_scale_sets.py",
}
"""Rules that other tests hold, or that nobody can hold here, and why."""

COUNTS = {"E": 15, "G": 7, "F": 16, "V": 37, "M": 12, "O": 6, "R": 31}


def test_every_documented_rule_has_a_row_or_a_reason() -> None:
    wanted = {f"{kind}{number}" for kind, count in COUNTS.items() for number in range(1, count + 1)}
    wanted |= {"R1b", "R2b", "R3b", "R4b"}
    rows = [row.rule for row in ROWS]
    assert sorted([*rows, *SAME, *OF_OTHERS]) == sorted(wanted)
    assert {one for covered in SAME.values() for one in covered} <= set(rows)


def plant(arm: Arm, path: str, body: Json, live: Any = None) -> None:
    """Put a resource into the world as it would be kept, without a request."""
    resource_id = path if path.startswith("/") else arm.id(path)
    parts = resource_id.partition("/providers/")[2].split("/")
    name = "/".join([parts[0], *parts[1::2]])
    route = arm.sim._gateway._routes.parse(resource_id)
    kind = TABLE.get(name) or ResourceType(name, ("2018-06-01", "2026-03-03"), TABLE["Microsoft.Compute/images"].wire)
    resource = Resource(kind, route, resource_id, resource_id.lower(), {"location": HOME, **body}, arm.clock.now())
    resource.state, resource.live = "Succeeded", live
    arm.sim.world.store.put(resource)


def plant_machine(arm: Arm, name: str, plan: Json | None = None, **disk: Any) -> None:
    os_disk = {"osType": "Linux", "managedDisk": {"id": arm.id("Microsoft.Compute/disks/os")}, **disk}
    body: Json = {"properties": {"storageProfile": {"osDisk": os_disk, "dataDisks": []}}}
    plant(arm, f"Microsoft.Compute/virtualMachines/{name}", body | ({"plan": plan} if plan else {}))


async def make_disk(arm: Arm, name: str, size: int = 64) -> None:
    creation = {"creationData": {"createOption": "Empty"}, "osType": "Linux", "hyperVGeneration": "V1"}
    body = {"location": HOME, "properties": {**creation, "diskSizeGB": size}}
    await arm.finish(await arm.send("PUT", f"Microsoft.Compute/disks/{name}", body))


@pytest.fixture
async def full(arm: Arm) -> Arm:
    """A world that holds what the rows need."""
    await make_definition(arm)
    await make_version(arm)
    await make_network(arm)
    for name, more in (("special", {"osState": "Specialized"}), ("empty", {}), ("home", {})):
        await arm.done(f"{G}/images/{name}", definition(sku=name, **more))
    await arm.done(f"{G}/images/home/versions/1.0.0", version_of(arm, regions=(HOME,)))
    for name, changes in (
        ("other", {}),
        ("busy", {}),
        ("away", {"location": AWAY}),
        ("second", {"generation": "V2"}),
        ("windows", {"os_type": "Windows"}),
    ):
        await arm.done(f"Microsoft.Compute/images/{name}", managed_image(arm, **changes))
    for name, size in (("os", 64), ("data", 64), ("more", 64), ("huge", 2520)):
        await make_disk(arm, name, size)
    two = managed_image(arm)
    blob = "https://vhds.blob.core.windows.net/vhds/data.vhd"
    two["properties"]["storageProfile"]["dataDisks"] = [{"lun": 0, "blobUri": blob}]
    await arm.done("Microsoft.Compute/images/two", two)
    return arm


async def _before(arm: Arm, row: Row) -> None:
    """What only some rows need."""
    match row.rule:
        case "M5":
            image = managed_image(arm)
            image["properties"]["storageProfile"]["osDisk"]["osState"] = "Specialized"
            await arm.done("Microsoft.Compute/images/special", image)
            await arm.done(f"{G}/images/special/versions/1.0.0", version_of(arm, "special"))
        case "E7":
            await arm.put("Microsoft.Compute/images/young", managed_image(arm))
        case "E15":
            for number in range(99):
                plant(arm, f"Microsoft.Compute/galleries/g{number}", {"properties": {}})
        case "G6":
            await arm.put(f"{arm.subscription}/resourceGroups/other", {"location": HOME})
        case "V16" | "V17" | "V18" | "M9":
            plant_machine(arm, "ephemeral", diffDiskSettings={"option": "Local"})
            plant_machine(arm, "ultra", managedDisk={"storageAccountType": "UltraSSD_LRS"})
            plant_machine(arm, "unmanaged", vhd={"uri": "https://b/o.vhd"})
            plant_machine(arm, "planned", plan={"name": "p", "publisher": "q", "product": "r"})
            for machine in arm.sim.world.store.listed(arm.subscription, "Microsoft.Compute/virtualMachines"):
                machine.live = Generalized()
        case "V19":
            await arm.put(f"{D}/versions/7.0.0", source("busy")(arm))
        case "V21":
            secret = managed_image(arm)["properties"]
            secret["storageProfile"]["osDisk"]["diskEncryptionSet"] = {"id": f"{ELSEWHERE}/{SETS}/a"}
            plant(arm, f"{ELSEWHERE}/Microsoft.Compute/images/secret", {"properties": secret})
        case "V25" | "R16":
            body = encrypted(key(), make=lambda: source("two"))(arm)
            await arm.done(f"{D}/versions/3.0.0", body)
        case "V33":
            await arm.done(f"{D}/versions/4.0.0", disks("os", (1, "data"))(arm))
        case "V35":
            await arm.done(f"{D}/versions/5.0.0", publishing()(arm))
            await arm.send("DELETE", f"{D}/versions/5.0.0")
        case "V37":
            await arm.done(f"{D}/versions/6.0.0", publishing()(arm), version="2026-03-03")


class Generalized:
    """What a generalized machine keeps beside its body."""

    generalized = True


@pytest.mark.parametrize("row", [pytest.param(row, id=row.rule) for row in ROWS])
async def test_what_breaks_a_rule_is_refused_in_the_words_that_azure_documents(full: Arm, row: Row) -> None:
    await _before(full, row)
    path = full.id(row.path.removeprefix("/other/"), "other") if row.path.startswith("/other/") else row.path
    body = row.body(full) if row.method != "DELETE" else None
    refused = await full.refused(row.method, path, body, version=row.version)
    assert row.phrase in refused["message"]
    assert 400 <= refused["status"] < 500
