"""Whether a source fits the definition that a version is made in; codes as in `sources.py`."""

from local.armsim.body import Body
from local.armsim.compute import contents
from local.armsim.compute.sources import Source
from local.armsim.errors import conflict, invalid_parameter, not_allowed
from local.armsim.kinds import Resource, Write
from local.armsim.reading import record
from local.armsim.rules import provider_path

_WHERE = "galleryImageVersion.properties.storageProfile.source.id"
_LARGEST = {False: 2048, True: 32768}
"""GB that a disk may have, by whether the version is shallow."""


def check_fits(write: Write, source: Source, definition: Resource, *, shallow: bool) -> None:
    """Kind of disks, size, generation, OS type and state, plan and encryption, against the definition."""
    content, wanted = source.content, definition.properties
    _check_disks(source, shallow=shallow)
    if content.generation not in (None, wanted["hyperVGeneration"]):
        raise conflict(
            f"The resource with id '{source.name}' has a different Hypervisor generation ['{content.generation}'] than "
            f"the parent gallery image Hypervisor generation ['{wanted['hyperVGeneration']}'].",
            _WHERE,
        )
    if content.os_type not in (None, wanted["osType"]):
        raise conflict(
            f"The resource with id '{source.name}' has a different OS type ['{content.os_type}'] than the parent "
            f"gallery image OS type ['{wanted['osType']}'].",
            _WHERE,
        )
    if content.os_state not in (None, wanted["osState"]):
        raise conflict(
            f"The OS State in the parent gallery image '{definition.id}' is '{wanted['osState']}', which is not "
            f"'{content.os_state}' of the source '{source.name}'.",
            _WHERE,
        )
    if content.plan is not None and _plan(content.plan) != _plan(record(wanted, "purchasePlan")):
        raise conflict(
            f"The source '{source.name}' has a different plan {_plan(content.plan)} than the parent gallery image plan "
            f"{_plan(record(wanted, 'purchasePlan'))}.",
            _WHERE,
        )
    _check_encrypted(write, source)


def _check_disks(source: Source, *, shallow: bool) -> None:
    content = source.content
    if content.ephemeral:
        raise not_allowed(f"The source '{source.name}' cannot contain an ephemeral OS disk.", _WHERE)
    if content.unmanaged:
        raise not_allowed(f"The source '{source.name}' must be created from Managed Disks.", _WHERE)
    if any(disk.sku == "UltraSSD_LRS" for disk in content.disks):
        raise not_allowed(f"The source '{source.name}' has a disk that is stored in an UltraSSD account type.", _WHERE)
    size = max((disk.size for disk in content.disks if disk.size is not None), default=0)
    if size > _LARGEST[shallow]:
        raise invalid_parameter(
            f"The source resource size {size} exceeds the max size {_LARGEST[shallow]} supported: '{source.name}'.",
            _WHERE,
        )


def _plan(plan: Body) -> list[str]:
    return [str(plan.get(one, "")).lower() for one in ("name", "publisher", "product")]


def _check_encrypted(write: Write, source: Source) -> None:
    """A customer's key goes with no version to another one, and to no other subscription."""
    if not any(disk.encryption_set for disk in source.content.disks):
        return
    if source.ids[0].split("/")[2] != write.route.subscription.lower():
        raise invalid_parameter(
            f"Encrypted source '{source.name}' is in a different subscription than the gallery image version.",
            _WHERE,
        )
    if provider_path(source.ids[0]) == contents.VERSION:
        raise invalid_parameter(
            f"Encryption is not supported for source resource '{source.name}': a version that is encrypted with a "
            "customer-managed key cannot be the source of another one.",
            _WHERE,
        )
