"""Encryption of a version's replicas with disk encryption sets: all target regions or none, disk by disk.

Disk encryption sets are not simulated: their ids are checked for form and subscription. Codes are *inferred*.
"""

from collections.abc import Iterable

from local.armsim import regions
from local.armsim.body import Body
from local.armsim.errors import cannot_change, invalid_parameter, missing_parameter
from local.armsim.kinds import Write
from local.armsim.reading import choice, integer, record, records, text
from local.armsim.rules import provider_path

_LABEL = "galleryImageVersion.properties.publishingProfile.targetRegions.encryption"
_CONFIDENTIAL = ("EncryptedVMGuestStateOnlyWithPmk", "EncryptedWithPmk", "EncryptedWithCmk", "NonPersistedTPM")
_OS = "OSDisk"


def shown_encryption(target: Body) -> Body:
    """A region's `encryption` as Azure shows it: an empty security profile where none was sent, LUNs first."""
    sent = record(target, "encryption")
    kept: Body = {}
    if "osDiskImage" in sent:
        os_disk = record(sent, "osDiskImage")
        choice(
            os_disk,
            f"{_LABEL}.osDiskImage.securityProfile.confidentialVMEncryptionType",
            _CONFIDENTIAL,
            "securityProfile",
            "confidentialVMEncryptionType",
        )
        kept["osDiskImage"] = {"securityProfile": {}, **os_disk}
    if "dataDiskImages" in sent:
        kept["dataDiskImages"] = []
        for one in records(sent, "dataDiskImages"):
            lun = integer(one, "lun")
            if lun is None:
                raise missing_parameter(f"{_LABEL}.dataDiskImages.lun")
            kept["dataDiskImages"].append({**one, "lun": lun})
    return kept


def check_encryption(write: Write, profile: Body, luns: set[int] | None, *, blob: bool) -> None:
    """The rules over all target regions of `profile`; `luns` are the image's data disks, None if not known."""
    targets = records(profile, "targetRegions")
    sets = {regions.short(one["name"]): _sets(record(one, "encryption")) for one in targets}
    for found in sets.values():
        _check_ids(write, found.values())
    for target in targets:
        _check_luns(target, luns)
    if not any(sets.values()):
        return
    if blob:
        raise invalid_parameter(
            "Encryption is not supported for source resource: a VHD in a storage account cannot be encrypted with a "
            "customer-managed key.",
            _LABEL,
        )
    for disk in sorted({disk for found in sets.values() for disk in found}):
        without = [region for region, found in sets.items() if disk not in found]
        if without:
            raise invalid_parameter(
                f"A disk encryption set is required for disk '{disk}' in target region '{without[0]}', as it is "
                "encrypted in another one.",
                _LABEL,
            )


def check_still_encrypted(before: Body, profile: Body) -> None:
    """A region that has a customer's key keeps it, for the same disks."""
    after = {one["name"]: _sets(record(one, "encryption")) for one in records(profile, "targetRegions")}
    for old in records(before, "targetRegions"):
        was, now = _sets(record(old, "encryption")), after.get(old["name"])
        if not was or now is None:
            continue
        new = sorted(set(now) - set(was))
        if new:
            raise invalid_parameter(f"Cannot specify new data disk image encryption {new[0]} for update.", _LABEL)
        if now != was:
            raise cannot_change(_LABEL)


def _sets(encryption: Body) -> dict[str, str]:
    """Disk encryption sets by disk: the OS disk, and data disks by their LUN."""
    found = {_OS: text(encryption, "osDiskImage", "diskEncryptionSetId")}
    for one in records(encryption, "dataDiskImages"):
        found[f"lun '{one.get('lun')}'"] = text(one, "diskEncryptionSetId")
    return {disk: one.lower() for disk, one in found.items() if one}


def _check_ids(write: Write, sets: Iterable[str]) -> None:
    for one in sets:
        if not one.startswith("/subscriptions/") or provider_path(one) != "microsoft.compute/diskencryptionsets":
            raise invalid_parameter(
                f"The disk encryption set id '{one}' of osDiskImage or dataDiskImages is invalid. Expect fully "
                "qualified resource Id that start with '/subscriptions/{subscriptionId}' of type "
                "Microsoft.Compute/diskEncryptionSets.",
                f"{_LABEL}.osDiskImage.diskEncryptionSetId",
            )
        if one.split("/")[2] != write.route.subscription.lower():
            raise invalid_parameter(
                f"The disk encryption set '{one}' must be in the same subscription as the gallery.", _LABEL
            )


def _check_luns(target: Body, luns: set[int] | None) -> None:
    region = target["name"]
    sent = [one["lun"] for one in records(target, "encryption", "dataDiskImages")]
    if len(set(sent)) != len(sent):
        raise invalid_parameter(
            f"Duplicate luns {sorted(sent)} in encryption.dataDiskImages of target region '{region}'.", _LABEL
        )
    unknown = sorted(set(sent) - luns) if luns is not None else []
    if unknown:
        raise invalid_parameter(
            f"An invalid lun '{unknown[0]}' in encryption.dataDiskImages of target region '{region}': the image has "
            "no such data disk.",
            _LABEL,
        )
