"""The image that a scale set's model names: whether it exists where the scale set is, and whether it fits.

`resolve` finds what an `imageReference` means; `check_change` refuses the changes that Azure refuses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from local.armsim import regions
from local.armsim.body import Body, dig, items
from local.armsim.compute import marketplace
from local.armsim.compute.contents import held
from local.armsim.compute.replication import Replication
from local.armsim.errors import ArmError, invalid_parameter, linked_elsewhere
from local.armsim.kinds import Resource, Write
from local.armsim.reading import flag, record, records, text
from local.armsim.rules import checked_name, provider_path

_VERSIONS = "Microsoft.Compute/galleries/images/versions"
MARKETPLACE = ("publisher", "offer", "sku", "version")
_NUMBER = r"\d+(\.\d+){2,3}"
_UNLISTED = "1.0.0"
"""Newest version of what the catalogue does not list."""


@dataclass(frozen=True, slots=True)
class Image:
    """What a reference resolves to. `exact` is the version that an instance gets now."""

    source: str
    """`gallery`, `image` or `marketplace`."""
    os_type: str
    os_state: str
    exact: str = ""
    by_definition: bool = False
    plan: Body | None = None
    generation: str = ""
    """`V1` or `V2`; empty where it is not known."""
    size: int = 0
    """GB of its OS disk; 0 where it is not known."""
    disk_type: str = ""
    """Storage account type that a managed image gives its disks."""
    data_disks: Mapping[int, int] = field(default_factory=dict)
    """GB of its data disks, by LUN."""

    @property
    def disk_size(self) -> int:
        """GB of an OS disk made from it (recorded: 30 for Linux, 127 for Windows)."""
        return self.size or (127 if self.os_type == "Windows" else 30)


def applied(write: Write, reference: Body) -> Body:
    """`reference` as a machine shows it that is made from it now: with the exact version, where it has one."""
    try:
        exact = resolve(write, reference).exact
    except ArmError:
        return reference
    return {**reference, "exactVersion": exact} if exact else reference


def resolve(write: Write, reference: Body) -> Image:
    """The image of `reference` in the write's region, or Azure's refusal."""
    image_id = text(reference, "id")
    if image_id is None:
        return _marketplace(reference)
    kind = provider_path(image_id)
    if image_id.lower().startswith("/subscriptions/") and not held(write.world, image_id):
        raise linked_elsewhere(write.world.tenant_id, write.route.id, image_id.split("/")[2])
    if kind == "microsoft.compute/images":
        return _managed(write, image_id)
    if kind == "microsoft.compute/galleries/images/versions":
        if image_id.lower().endswith("/versions/latest"):
            return _latest(write, image_id.rpartition("/versions/")[0])
        return _version(write, image_id)
    if kind == "microsoft.compute/galleries/images":
        return _latest(write, image_id)
    raise invalid_parameter(
        f"The value '{image_id}' of parameter 'imageReference.id' is invalid. Expect fully qualified resource Id "
        "of an image or a gallery image.",
        "imageReference.id",
    )


def _marketplace(reference: Body) -> Image:
    if any(text(reference, one) is None for one in MARKETPLACE):
        raise invalid_parameter(
            "Required parameter 'imageReference' is missing (null): id, or publisher, offer, sku and version.",
            "imageReference",
        )
    publisher, offer, sku, version = (str(text(reference, one)) for one in MARKETPLACE)
    listed = marketplace.find(publisher, offer, sku)
    newest = listed.latest if listed else _UNLISTED
    exact = newest if version.lower() == "latest" else version
    # Any well-formed number is taken at its word: the catalogue lists two versions of the hundreds that there were.
    if not checked_name(_NUMBER, exact):
        raise ArmError(
            404,
            "PlatformImageNotFound",
            f"The platform image '{publisher}:{offer}:{sku}:{version}' is not available. Verify that all fields in the "
            "storage profile are correct. For more details about storage profile information, please refer to "
            "https://aka.ms/storageprofile",
            target="imageReference",
        )
    if listed is None:
        # Images that the catalogue does not list are taken, and told by their publisher's name.
        windows = "windows" in publisher.lower()
        return Image("marketplace", "Windows" if windows else "Linux", "Generalized", exact)
    return Image("marketplace", listed.os_type, "Generalized", exact, generation=listed.generation, size=listed.size)


def _managed(write: Write, image_id: str) -> Image:
    found = write.world.store.get(image_id)
    if found is None or found.location != write.wanted["location"]:
        raise ArmError(404, "NotFound", "The entity was not found in this Azure location.", target=image_id)
    if found.state != "Succeeded":
        raise ArmError(409, "OperationNotAllowed", f"The image '{image_id}' is not in the Succeeded state.")
    disk = dig(found.properties, "storageProfile", "osDisk") or {}
    return Image(
        "image",
        str(disk.get("osType", "Linux")),
        str(disk.get("osState", "Generalized")),
        generation=str(found.properties.get("hyperVGeneration", "V1")),
        size=int(disk.get("diskSizeGB") or 0),
        disk_type=str(disk.get("storageAccountType") or "Standard_LRS"),
        data_disks=_sizes(items(found.properties, "storageProfile", "dataDisks"), "diskSizeGB"),
    )


def _sizes(data_disks: list[Body], member: str) -> dict[int, int]:
    return {one["lun"]: one.get(member) or 0 for one in data_disks}


def _not_here(image_id: str, region: str) -> ArmError:
    """The one code for "no such version" and "no replica here"."""
    return ArmError(
        404,
        "GalleryImageNotFound",
        f"The gallery image {image_id} is not available in {region} region. Please contact image owner to "
        "replicate to this region, or change your requested region.",
        target="imageReference",
    )


def _version(write: Write, image_id: str) -> Image:
    region = write.wanted["location"]
    version = write.world.store.get(image_id)
    if version is None or version.state == "Deleting" or not _usable(write, version, region):
        raise _not_here(image_id, region)
    return _of(write, version)


def _usable(write: Write, version: Resource, region: str) -> bool:
    replication: Replication = version.live
    return replication.completed_in(region, write.now)


def _latest(write: Write, definition_id: str) -> Image:
    region = write.wanted["location"]
    definition = write.world.store.get(definition_id)
    if definition is None:
        raise _not_here(definition_id, region)
    versions = write.world.store.listed(definition.id, _VERSIONS)
    eligible = [one for one in versions if not _excluded(one, region)]
    if not eligible:
        raise ArmError(
            404,
            "GalleryImageNotFound",
            f'There is no latest image version exists for "{definition_id}".',
            target="imageReference",
        )
    usable = [one for one in eligible if _usable(write, one, region)]
    if not usable:
        raise _not_here(definition_id, region)
    newest = max(usable, key=lambda one: tuple(int(part) for part in one.name.split(".")))
    found = _of(write, newest)
    return replace(found, by_definition=True)


def _excluded(version: Resource, region: str) -> bool:
    """A region's own `excludeFromLatest` overrides the version's."""
    profile = version.properties["publishingProfile"]
    for target in records(profile, "targetRegions"):
        own = flag(target, "excludeFromLatest")
        if regions.short(target["name"]) == region and own is not None:
            return own
    return bool(profile.get("excludeFromLatest"))


def _of(write: Write, version: Resource) -> Image:
    definition = write.world.store.get(version.id.rpartition("/versions/")[0])
    assert definition is not None
    properties = definition.properties
    plan = properties.get("purchasePlan")
    size = dig(version.properties, "storageProfile", "osDiskImage", "sizeInGB")
    return Image(
        "gallery",
        properties["osType"],
        properties["osState"],
        version.name,
        plan=plan,
        generation=str(properties.get("hyperVGeneration", "V1")),
        size=int(size or 0),
        data_disks=_sizes(items(version.properties, "storageProfile", "dataDiskImages"), "sizeInGB"),
    )


def source_of(reference: Body) -> str:
    """`gallery`, `image`, `marketplace` or nothing, by form alone."""
    image_id = text(reference, "id")
    if image_id is None:
        return "marketplace" if text(reference, "publisher") else ""
    return "gallery" if "/galleries/" in image_id.lower() else "image"


def check_change(before: Body, image: Image) -> None:
    """What an update may not change: from Marketplace to a gallery, the OS type, the OS state."""
    storage = record_of(before)
    old = source_of(storage.get("imageReference") or {})
    if old == "marketplace" and image.source != "marketplace":
        raise invalid_parameter(
            "Image type of the virtual machine scale set may not be changed: it was made from a platform image.",
            "imageReference",
        )
    if dig(storage, "osDisk", "osType") not in (None, image.os_type):
        raise ArmError(
            409,
            "PropertyChangeNotAllowed",
            "Changing property 'osDisk.osType' is not allowed.",
            target="osDisk.osType",
        )
    specialized = dig(before, "virtualMachineProfile", "osProfile") is None
    if old and specialized != (image.os_state == "Specialized"):
        raise ArmError(
            409,
            "OperationNotAllowed",
            "Cannot update Virtual Machine Scale Set: the OS state of the new image differs from that of the old "
            "one, and a change between generalized and specialized is not possible.",
        )


def record_of(properties: Body) -> Body:
    """`virtualMachineProfile.storageProfile` of stored properties."""
    found = dig(properties, "virtualMachineProfile", "storageProfile")
    return found if isinstance(found, dict) else {}


def check_plan(write: Write, image: Image) -> None:
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


def as_before(before: Body, reference: Body) -> Image:
    """The image of an unchanged reference."""
    image_id = str(reference.get("id", "")).lower()
    source = source_of(reference)
    pinned = "/versions/" in image_id and not image_id.endswith("/latest")
    return Image(
        source,
        str(dig(record_of(before), "osDisk", "osType")),
        "Generalized" if dig(before, "virtualMachineProfile", "osProfile") else "Specialized",
        by_definition=source == "gallery" and not pinned,
        size=int(dig(record_of(before), "osDisk", "diskSizeGB") or 0),
    )
