"""A version's `storageProfile`: read from its one source when it is made, and kept as it is from then on."""

from dataclasses import dataclass, field

from local.armsim.body import Body, dig
from local.armsim.compute.fitting import check_fits
from local.armsim.compute.sources import Source, check_free, read_source, sent_ids
from local.armsim.errors import cannot_change, invalid_parameter, missing_parameter, not_allowed
from local.armsim.kinds import Resource, Write
from local.armsim.reading import choice, integer, record, records, text

_LABEL = "galleryImageVersion.properties.storageProfile"
_CACHING = ("None", "ReadOnly", "ReadWrite")


@dataclass(slots=True)
class Memo:
    """What a write's end wants of its beginning: the disks that the source has, and seconds by region to copy."""

    disks: Body = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    plan: dict[str, float] = field(default_factory=dict)


def compose_storage(write: Write) -> tuple[Body, set[int] | None, bool]:
    """The storage profile to keep, its data disks' LUNs (None: not known), and whether it is made of blobs."""
    sent = record(write.properties, "storageProfile")
    old_style = record(write.properties, "publishingProfile", "source", "managedImage")
    if old_style:
        # Where the source stood in 2018-06-01.
        sent = {**sent, "source": old_style}
    _check_disk_images(sent)
    if write.existing is not None:
        kept = _same_storage(write.existing, sent)
        write.memo = Memo()
        read = "osDiskImage" in kept
        return kept, {one["lun"] for one in records(kept, "dataDiskImages")} if read else None, False
    source = read_source(write, sent)
    definition = write.world.store.get(write.route.parent.id)
    assert definition is not None
    shallow = dig(write.properties, "publishingProfile", "replicationMode") == "Shallow"
    check_fits(write, source, definition, shallow=shallow)
    check_free(write, source)
    write.memo = Memo(_disks(source, definition, sent), list(source.ids))
    kept = {one: sent[one] for one in ("source", "osDiskImage", "dataDiskImages") if one in sent}
    known = source.content.os_type is not None or bool(kept.get("osDiskImage"))
    return kept, {one["lun"] for one in records(write.memo.disks, "dataDiskImages")} if known else None, source.blob


def _check_disk_images(sent: Body) -> None:
    luns = []
    for disk in records(sent, "dataDiskImages"):
        lun = integer(disk, "lun")
        if lun is None:
            raise missing_parameter(f"{_LABEL}.dataDiskImages.lun")
        luns.append(lun)
        choice(disk, f"{_LABEL}.dataDiskImages.hostCaching", _CACHING, "hostCaching")
    if len(set(luns)) != len(luns):
        raise invalid_parameter("Duplicated lun numbers in data disk images.", f"{_LABEL}.dataDiskImages")
    choice(sent, f"{_LABEL}.osDiskImage.hostCaching", _CACHING, "osDiskImage", "hostCaching")


def _disks(source: Source, definition: Resource, sent: Body) -> Body:
    """`osDiskImage` and `dataDiskImages` once the source was read: sizes, caching and, for disks, where from."""
    content, whole = source.content, "source" in sent
    usual = 127 if definition.properties["osType"] == "Windows" else 30
    os_sent = record(sent, "osDiskImage")
    found: Body = {
        "osDiskImage": {
            "sizeInGB": content.os_disk.size or usual,
            "hostCaching": text(os_sent, "hostCaching") or content.os_disk.caching or "None",
            "source": {} if whole else os_sent.get("source", {}),
        }
    }
    by_lun = {one["lun"]: one for one in records(sent, "dataDiskImages")}
    data = [
        {
            "lun": disk.lun,
            "sizeInGB": disk.size or 10,
            "hostCaching": by_lun.get(disk.lun, {}).get("hostCaching") or disk.caching or "None",
        }
        | ({} if whole else {"source": by_lun[disk.lun]["source"]})
        for disk in content.data_disks
    ]
    return found | ({"dataDiskImages": data} if data else {})


def _same_storage(existing: Resource, sent: Body) -> Body:
    """An update keeps its source and its disks; one that names others is refused."""
    before: Body = existing.properties["storageProfile"]
    for mine, old, name in zip(sent_ids(sent), sent_ids(before), ("source.id", "osDiskImage.source.id"), strict=True):
        if mine and sorted(one.lower() for one in mine) != sorted(one.lower() for one in old):
            raise cannot_change(f"{_LABEL}.{name}")
    luns = {integer(disk, "lun") for disk in records(sent, "dataDiskImages")}
    if "osDiskImage" in before and luns - {disk["lun"] for disk in records(before, "dataDiskImages")}:
        raise not_allowed(
            "Adding new Data Disks or changing the LUN of existing Data Disks is not allowed for a gallery image "
            "version that exists.",
            f"{_LABEL}.dataDiskImages",
        )
    return before
