"""Where a version's content comes from: exactly one source, which exists, is ready and fits the definition."""

from dataclasses import dataclass

from local.armsim.body import Body, dig
from local.armsim.errors import ArmError, conflict, invalid_parameter
from local.armsim.kinds import Resource, Write
from local.armsim.reading import records, text
from local.armsim.rules import provider_path

_LABEL = "galleryImageVersion.properties.storageProfile"
_IMAGE = "microsoft.compute/images"
_VERSION = "microsoft.compute/galleries/images/versions"
_LARGEST = 2048  # GB that a full copy may have
_MACHINE = "microsoft.compute/virtualmachines"


@dataclass(frozen=True, slots=True)
class Source:
    """A version's source: `ids` in lower case, and the stored resource where it is simulated."""

    ids: tuple[str, ...]
    whole: bool
    resource: Resource | None = None


def _not_found(source_id: str) -> ArmError:
    """A source that is missing, or in another region (status and code *inferred*)."""
    return invalid_parameter(
        f"Source was not found: the source '{source_id}' is not found. Please make sure that the source exists "
        "and is in the same region as gallery image version.",
        f"{_LABEL}.source.id",
    )


def _check_form(source_id: str) -> None:
    if not source_id.lower().startswith("/subscriptions/") or "/providers/" not in source_id.lower():
        raise invalid_parameter(
            f"The value '{source_id}' of parameter '{_LABEL}.source.id' is invalid. Expect fully qualified "
            "resource Id that start with '/subscriptions/{subscriptionId}'.",
            f"{_LABEL}.source.id",
        )


def sent_ids(profile: Body) -> tuple[list[str], list[str]]:
    """Ids of whole sources and of disk sources in a `storageProfile`, as sent."""
    whole = [text(profile, "source", "id"), text(profile, "source", "virtualMachineId")]
    disks = [text(profile, "osDiskImage", "source", "id")]
    disks += [text(disk, "source", "id") for disk in records(profile, "dataDiskImages")]
    disks += [text(profile, "osDiskImage", "source", "uri")]
    return [one for one in whole if one], [one for one in disks if one]


def read_source(write: Write, profile: Body) -> Source:
    """The one source of a new version, as Azure checks it."""
    whole, disks = sent_ids(profile)
    if (len(whole) == 1) == bool(disks) or len(whole) > 1:
        raise invalid_parameter(
            "The gallery artifact version source can only be specified either directly under storageProfile or "
            "within individual OS or data disks. One and only one source type (user image, snapshot, disk, "
            "virtual machine) can be provided.",
            f"{_LABEL}.source.id",
        )
    if not whole:
        _check_disks(disks)
        return Source(tuple(one.lower() for one in disks), whole=False)
    source_id = whole[0]
    _check_form(source_id)
    kind = provider_path(source_id)
    if kind not in (_IMAGE, _VERSION, _MACHINE):
        raise invalid_parameter(
            f"The source '{source_id}' must either be a managed image, virtual machine or another gallery image "
            "version.",
            f"{_LABEL}.source.id",
        )
    if kind == _MACHINE:
        return Source((source_id.lower(),), whole=True)
    found = write.world.store.get(source_id)
    if found is None or found.location != write.wanted["location"]:
        raise _not_found(source_id)
    if found.state != "Succeeded":
        raise conflict(
            f"The source '{source_id}' is not ready: its provisioning state is '{found.state}', not 'Succeeded'.",
            f"{_LABEL}.source.id",
        )
    return Source((source_id.lower(),), whole=True, resource=found)


def _check_disks(disks: list[str]) -> None:
    for one in disks:
        if one.startswith("https://"):
            continue
        _check_form(one)
        if provider_path(one) not in ("microsoft.compute/disks", "microsoft.compute/snapshots"):
            raise invalid_parameter(
                f"The source '{one}' must be a managed disk or snapshot.", f"{_LABEL}.osDiskImage.source.id"
            )
    if len({one.lower() for one in disks}) != len(disks):
        raise invalid_parameter("Duplicated source ids in disk images.", f"{_LABEL}.dataDiskImages")


def check_fits(source: Source, definition: Resource, version_id: str, *, shallow: bool) -> None:
    """Generation, OS type, OS state and size of a managed image against its definition."""
    image = source.resource
    if image is None:
        return
    wanted = definition.properties
    if image.kind.name == "Microsoft.Compute/images":
        disk = dig(image.properties, "storageProfile", "osDisk") or {}
        size = disk.get("diskSizeGB")
        if isinstance(size, int) and size > _LARGEST and not shallow:
            raise invalid_parameter(
                f"The source resource size {size} exceeds the max size {_LARGEST} supported: '{image.id}'.",
                f"{_LABEL}.source.id",
            )
        found = {
            "hyperVGeneration": image.properties.get("hyperVGeneration", "V1"),
            "osType": disk.get("osType"),
            "osState": disk.get("osState"),
        }
    else:
        found = {one: wanted[one] for one in ("hyperVGeneration", "osType", "osState")}
    if found["hyperVGeneration"] != wanted["hyperVGeneration"]:
        raise conflict(
            f"The resource with id '{image.id}' has a different Hypervisor generation "
            f"['{found['hyperVGeneration']}'] than the parent gallery image Hypervisor generation "
            f"['{wanted['hyperVGeneration']}']. Source of '{version_id}'."
        )
    if found["osType"] != wanted["osType"]:
        raise conflict(
            f"The resource with id '{image.id}' has a different OS type ['{found['osType']}'] than the parent "
            f"gallery image OS type ['{wanted['osType']}']."
        )
    if found["osState"] != wanted["osState"]:
        raise conflict(
            f"The OS State in the parent gallery image '{definition.id}' is '{wanted['osState']}', which is not "
            f"'{found['osState']}' of the source '{image.id}'."
        )


def check_free(write: Write, source: Source) -> None:
    """One source is captured once at a time."""
    for one in source.ids:
        other = write.world.captures.get(one)
        if other is not None and other.state == "Creating" and write.world.store.get(other.id) is other:
            raise conflict(
                f"Too many requests on source '{one}': it is being captured for '{other.id}'. Retry later.",
                f"{_LABEL}.source.id",
            )
