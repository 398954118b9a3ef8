"""Disks of machines and of a scale set's model: their defaults, and the kinds of values that they take."""

from local.armsim.body import Body
from local.armsim.compute.disk_speeds import ACCOUNTS
from local.armsim.compute.image_references import Image
from local.armsim.compute.sizes import premium
from local.armsim.errors import invalid_parameter, missing_parameter
from local.armsim.reading import choice, integer, record, records, text
from local.armsim.rules import checked_name

_SPELT = ("FromImage", "Empty", "Attach", "Copy", "Restore")
_CACHING = ("None", "ReadOnly", "ReadWrite")
_LARGEST = 32767


def storage_profile(profile: Body, image: Image, size: str, more: Body) -> Body:
    """Disks with their defaults; `more` are those of the kind of machine."""
    storage = dict(record(profile, "storageProfile"))
    account = image.disk_type or ("Premium_LRS" if premium(size) else "Standard_LRS")
    disk = {**more, **_checked(record(storage, "osDisk"), "osDisk")}
    disk["createOption"] = choice(disk, "osDisk.createOption", _SPELT, "createOption") or "FromImage"
    disk["osType"] = image.os_type
    disk.setdefault("caching", "None")
    disk.setdefault("diskSizeGB", image.disk_size)
    if "vhd" not in disk:
        disk["managedDisk"] = _managed(disk, account)
    storage["osDisk"] = disk
    if "dataDisks" in storage:
        storage["dataDisks"] = [_data_disk(one, image, account, more) for one in records(storage, "dataDisks")]
        if len({one["lun"] for one in storage["dataDisks"]}) < len(storage["dataDisks"]):
            raise invalid_parameter("Two data disks have the same value of parameter 'dataDisk.lun'.", "dataDisk.lun")
    if image.generation == "V2":
        storage.setdefault("diskControllerType", "SCSI")
    return storage


def _checked(sent: Body, label: str) -> Body:
    """A disk whose members are of their kinds (ranges as documented)."""
    size, name = integer(sent, "diskSizeGB"), text(sent, "name")
    if size is not None and not 0 < size <= _LARGEST:
        raise invalid_parameter(f"The value '{size}' of parameter '{label}.diskSizeGB' is out of range.", label)
    if name is not None and not checked_name(r"[\w.-]{1,80}", name):
        raise invalid_parameter(f"The value '{name}' of parameter '{label}.name' is invalid.", f"{label}.name")
    text(sent, "managedDisk", "id")
    known = {"diskSizeGB": size, "caching": choice(sent, f"{label}.caching", _CACHING, "caching")}
    known["deleteOption"] = choice(sent, f"{label}.deleteOption", ("Delete", "Detach"), "deleteOption")
    return {**sent, **{one: value for one, value in known.items() if value is not None}}


def _managed(disk: Body, account: str) -> Body:
    kind = choice(disk, "managedDisk.storageAccountType", ACCOUNTS, "managedDisk", "storageAccountType")
    return {**record(disk, "managedDisk"), "storageAccountType": kind or account}


def _data_disk(sent: Body, image: Image, account: str, more: Body) -> Body:
    lun, sent = integer(sent, "lun"), _checked(sent, "dataDisk")
    if lun is None:
        raise missing_parameter("dataDisk.lun")
    option = choice(sent, "dataDisk.createOption", _SPELT, "createOption")
    if option is None:
        raise missing_parameter("dataDisk.createOption")
    kept = {
        **more,
        "caching": "None",
        **sent,
        "lun": lun,
        "createOption": option,
        "managedDisk": _managed(sent, account),
    }
    if option == "FromImage" and image.data_disks.get(lun):
        kept.setdefault("diskSizeGB", image.data_disks[lun])
    return kept
