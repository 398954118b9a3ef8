"""Where a version's content comes from: exactly one source, which exists, is ready and is free.

What lies in a subscription of this world must exist, but for machines, which are taken at their word; of what
lies elsewhere only the id's form is checked. Statuses and codes are *inferred* but for "One and only one source
type" (recorded) and the generation's conflict (reported by users).
"""

from dataclasses import dataclass

from local.armsim.body import Body
from local.armsim.compute import contents
from local.armsim.compute.contents import Content, Disk, content_of, held
from local.armsim.errors import ArmError, conflict, invalid_parameter, missing_parameter
from local.armsim.kinds import Resource, Write
from local.armsim.reading import integer, record, records, text
from local.armsim.rules import provider_path
from local.armsim.world import World

_LABEL = "galleryImageVersion.properties.storageProfile"
_CAPTURES = "captures"


@dataclass(frozen=True, slots=True)
class Source:
    """A version's source: its ids in lower case, what it holds, and how messages name it."""

    ids: tuple[str, ...]
    content: Content
    name: str
    blob: bool = False


def _not_found(source_id: str, where: str) -> ArmError:
    return invalid_parameter(
        f"Source was not found: the source '{source_id}' is not found. Please make sure that the source exists "
        "and is in the same region as gallery image version.",
        where,
    )


def check_form(source_id: str, where: str) -> None:
    """An id must be a whole one."""
    if not source_id.lower().startswith("/subscriptions/") or "/providers/" not in source_id.lower():
        raise invalid_parameter(
            f"The value '{source_id}' of parameter '{where}' is invalid. Expect fully qualified resource Id that "
            "start with '/subscriptions/{subscriptionId}'.",
            where,
        )


def sent_ids(profile: Body) -> tuple[list[str], list[str]]:
    """Ids of whole sources and of disk sources (ids or URIs) in a `storageProfile`, as sent."""
    names = ("id", "virtualMachineId", "communityGalleryImageId")
    whole = [text(profile, "source", one) for one in names]
    images = [record(profile, "osDiskImage"), *records(profile, "dataDiskImages")]
    disks = [text(one, "source", "uri") or text(one, "source", "id") for one in images]
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
    return _whole(write, whole[0]) if whole else _disks(write, profile)


def _whole(write: Write, source_id: str) -> Source:
    where = f"{_LABEL}.source.id"
    if source_id.lower().startswith("/communitygalleries/"):
        return Source((source_id.lower(),), Content(), source_id)
    check_form(source_id, where)
    kind = provider_path(source_id)
    if kind not in (contents.IMAGE, contents.VERSION, contents.MACHINE):
        raise invalid_parameter(
            f"The source '{source_id}' must either be a managed image, virtual machine or another gallery image "
            "version.",
            where,
        )
    return Source((source_id.lower(),), _found(write, source_id, where), source_id)


def _found(write: Write, source_id: str, where: str) -> Content:
    """What the source holds: it exists in the version's region, and is ready."""
    found = write.world.store.get(source_id)
    if found is None and (provider_path(source_id) == contents.MACHINE or not held(write.world, source_id)):
        return Content()
    if found is None or found.location != write.wanted["location"]:
        raise _not_found(source_id, where)
    if found.state != "Succeeded":
        raise conflict(
            f"The source '{source_id}' is not ready: its provisioning state is '{found.state}', not 'Succeeded'.", where
        )
    return content_of(write.world, found)


def _disks(write: Write, profile: Body) -> Source:
    images = [("osDiskImage", record(profile, "osDiskImage"))]
    images += [("dataDiskImages", one) for one in records(profile, "dataDiskImages")]
    ids = [text(image, "source", "uri") or text(image, "source", "id") or "" for _, image in images]
    kinds = {one.lower() for one in ids if one}
    if len(kinds) < len([one for one in ids if one]):
        if any(one.lower().startswith("https://") for one in ids):
            raise invalid_parameter("OSDiskImage and DataDiskImage cannot point to same blob.", f"{_LABEL}.osDiskImage")
        raise invalid_parameter("Duplicated source ids in disk images.", f"{_LABEL}.dataDiskImages")
    found = [_disk(write, record(image, "source"), f"{_LABEL}.{where}.source") for where, image in images]
    luns = [integer(image, "lun") for _, image in images[1:]]
    data = tuple(
        Disk(one.os_disk.size, lun=lun, sku=one.os_disk.sku, encryption_set=one.os_disk.encryption_set)
        for one, lun in zip(found[1:], luns, strict=True)
    )
    os_disk = found[0]
    content = Content(os_disk.os_type, None, os_disk.generation, os_disk.os_disk, data)
    blob = any(text(image, "source", "uri") for _, image in images)
    return Source(tuple(one.lower() for one in ids if one), content, ids[0], blob)


def _disk(write: Write, source: Body, where: str) -> Content:
    if text(source, "uri") is not None:
        account = text(source, "storageAccountId") or text(source, "id")
        if account is None:
            raise missing_parameter(f"{where}.storageAccountId")
        check_form(account, f"{where}.storageAccountId")
        if provider_path(account) != "microsoft.storage/storageaccounts":
            raise invalid_parameter(f"The value '{account}' of parameter '{where}.storageAccountId' is invalid.", where)
        return Content()
    wanted = text(source, "id")
    if wanted is None:
        raise missing_parameter(f"{where}.id")
    check_form(wanted, f"{where}.id")
    if provider_path(wanted) not in (contents.DISK, contents.SNAPSHOT):
        raise invalid_parameter(f"The source '{wanted}' must be a managed disk or snapshot.", f"{where}.id")
    return _found(write, wanted, f"{where}.id")


def check_free(write: Write, source: Source) -> None:
    """One source is captured once at a time."""
    for one in source.ids:
        other = write.world.store.get(_captures(write.world).get(one, ""))
        if other is not None and other.state == "Creating":
            raise conflict(
                f"Too many requests on source '{one}': it is being captured for '{other.id}'. Retry later.",
                f"{_LABEL}.source.id",
            )


def capture(world: World, ids: list[str], version: Resource) -> None:
    """Note that `version` is being made from these."""
    _captures(world).update({one.lower(): version.id for one in ids})
    world.note_document(_CAPTURES)


def captured(world: World, ids: list[str]) -> None:
    """Note that the sources are free again."""
    for one in ids:
        _captures(world).pop(one.lower(), None)
    world.note_document(_CAPTURES)


def _captures(world: World) -> dict[str, str]:
    found: dict[str, str] = world.documents.setdefault(_CAPTURES, {})
    return found
