"""What a source holds: OS, generation, state, disks and plan of an image, version, machine, disk or snapshot.

Read from the stored resource by the rules of versions and images. None stands for what the source does not
say, or for a source that is not simulated: rules let it pass.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.armsim.body import Body, dig
from local.armsim.errors import entity_not_found, invalid_parameter
from local.armsim.kinds import Look, Resource
from local.armsim.reading import records
from local.armsim.rules import provider_path
from local.armsim.world import World

IMAGE = "microsoft.compute/images"
VERSION = "microsoft.compute/galleries/images/versions"
MACHINE = "microsoft.compute/virtualmachines"
DISK = "microsoft.compute/disks"
SNAPSHOT = "microsoft.compute/snapshots"


@dataclass(frozen=True, slots=True)
class Disk:
    """One disk of a source. `sku`: its storage account type; `encryption_set`: the id, where it has one."""

    size: int | None = None
    caching: str | None = None
    lun: int | None = None
    sku: str | None = None
    encryption_set: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What a source holds. `unmanaged` and `ephemeral` are of a machine's disks."""

    os_type: str | None = None
    os_state: str | None = None
    generation: str | None = None
    os_disk: Disk = Disk()
    data_disks: tuple[Disk, ...] = ()
    plan: Body | None = None
    unmanaged: bool = False
    ephemeral: bool = False

    @property
    def disks(self) -> tuple[Disk, ...]:
        return (self.os_disk, *self.data_disks)


def held(world: World, resource_id: str) -> bool:
    """Whether the id lies in a subscription of this world, so that what it names can be looked for."""
    parts = resource_id.lower().split("/")
    return len(parts) > 2 and parts[2] in world.subscriptions


def existing(world: World, wanted: str, where: str, *types: str) -> Resource | None:
    """The resource of an id that must be of one of `types` and, in a subscription of this world, exist (recorded).

    None where it lies in another subscription. A machine that is not there is taken at its word.
    """
    if not wanted.lower().startswith("/subscriptions/") or provider_path(wanted) not in types:
        raise invalid_parameter(
            f"The value '{wanted}' of parameter '{where}' is invalid. Expect fully qualified resource Id that start "
            f"with '/subscriptions/{{subscriptionId}}' of type {' or '.join(types)}.",
            where,
        )
    found = world.store.get(wanted)
    if found is None and held(world, wanted) and types != (MACHINE,):
        raise entity_not_found(wanted)
    return found


def content_of(world: World, resource: Resource) -> Content:
    """What `resource` holds; nothing known for a type that is no source."""
    read = _READERS.get(resource.kind.name.lower())
    return read(world, resource) if read is not None else Content()


def _of_image(world: World, image: Resource) -> Content:
    profile = image.properties["storageProfile"]
    disk = profile["osDisk"]
    return Content(
        disk.get("osType"),
        disk.get("osState"),
        image.properties.get("hyperVGeneration", "V1"),
        _image_disk(disk),
        tuple(_image_disk(one) for one in records(profile, "dataDisks")),
    )


def _image_disk(disk: Body) -> Disk:
    return Disk(
        disk.get("diskSizeGB"),
        disk.get("caching"),
        disk.get("lun"),
        disk.get("storageAccountType"),
        dig(disk, "diskEncryptionSet", "id"),
    )


def _of_version(world: World, version: Resource) -> Content:
    definition = world.store.get(version.id.rpartition("/versions/")[0])
    wanted = definition.properties if definition is not None else {}
    storage = version.properties["storageProfile"]
    targets = records(version.properties, "publishingProfile", "targetRegions")
    encrypted = next((found for one in targets if (found := _set_of(dig(one, "encryption", "osDiskImage")))), None)
    os_image = dig(storage, "osDiskImage") or {}
    return Content(
        wanted.get("osType"),
        wanted.get("osState"),
        wanted.get("hyperVGeneration"),
        Disk(os_image.get("sizeInGB"), os_image.get("hostCaching"), encryption_set=encrypted),
        tuple(
            Disk(one.get("sizeInGB"), one.get("hostCaching"), one.get("lun"))
            for one in records(storage, "dataDiskImages")
        ),
        wanted.get("purchasePlan"),
    )


def _set_of(encryption: Any) -> str | None:
    found = dig(encryption, "diskEncryptionSetId")
    return found if isinstance(found, str) else None


def _of_machine(world: World, machine: Resource) -> Content:
    profile = machine_profile(world, machine)
    disk = dig(profile, "osDisk") or {}
    data = records(profile, "dataDisks")
    generation = "V2" if "diskControllerType" in profile else "V1"
    return Content(
        disk.get("osType"),
        "Generalized" if getattr(machine.live, "generalized", False) else "Specialized",
        generation if "imageReference" in profile else None,
        _machine_disk(disk),
        tuple(_machine_disk(one) for one in data),
        machine.body.get("plan"),
        unmanaged=any("vhd" in one for one in [disk, *data]),
        ephemeral=bool(dig(disk, "diffDiskSettings")),
    )


def machine_profile(world: World, machine: Resource) -> Body:
    """A machine's `storageProfile`; that of a scale set's instance is in its view only."""
    shown = machine.properties.get("storageProfile")
    if shown is None:
        newest = machine.kind.versions[1]
        shown = dig(machine.kind.view(machine, Look(world, newest)), "properties", "storageProfile")
    return shown if isinstance(shown, dict) else {}


def _machine_disk(disk: Body) -> Disk:
    managed = dig(disk, "managedDisk") or {}
    encryption_set = dig(managed, "diskEncryptionSet", "id")
    return Disk(
        disk.get("diskSizeGB"), disk.get("caching"), disk.get("lun"), managed.get("storageAccountType"), encryption_set
    )


def _of_disk(world: World, disk: Resource) -> Content:
    properties = disk.properties
    only = Disk(
        properties.get("diskSizeGB"),
        sku=dig(disk.body, "sku", "name"),
        encryption_set=dig(properties, "encryption", "diskEncryptionSetId"),
    )
    return Content(properties.get("osType"), None, properties.get("hyperVGeneration"), only)


_READERS: dict[str, Callable[[World, Resource], Content]] = {
    IMAGE: _of_image,
    VERSION: _of_version,
    MACHINE: _of_machine,
    DISK: _of_disk,
    SNAPSHOT: _of_disk,
}
