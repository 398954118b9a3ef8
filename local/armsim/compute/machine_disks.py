"""The managed disks of machines of their own: resources like any other, made with the machine (recorded).

They stay when the machine goes, unless its `deleteOption` says `Delete`. Called by `virtual_machines.py`.
"""

from collections.abc import Iterator
from datetime import datetime

from local.armsim.body import Body, dig
from local.armsim.compute.disk_speeds import BYTES, performance
from local.armsim.ids import Route, key
from local.armsim.kinds import Resource
from local.armsim.operations import stamp
from local.armsim.reading import record, records, text
from local.armsim.world import World

_DISKS = "Microsoft.Compute/disks"


def _managed(machine: Resource) -> Iterator[Body]:
    """The managed disks of a machine, its OS disk first; those that live on its host alone are none."""
    storage = record(machine.properties, "storageProfile")
    for disk in (record(storage, "osDisk"), *records(storage, "dataDisks")):
        if text(disk, "managedDisk", "id") is not None and not disk.get("diffDiskSettings"):
            yield disk


def make(world: World, machine: Resource, when: datetime) -> None:
    """Make the disks of a machine that are not there yet."""
    route = machine.route
    for disk in _managed(machine):
        where = Route("resource", route.subscription, route.group, route.namespace, _DISKS, (str(disk["name"]),))
        if disk["createOption"] == "Attach" or world.store.get(disk["managedDisk"]["id"]) is not None:
            continue
        sku = str(disk["managedDisk"]["storageAccountType"])
        body: Body = {one: machine.body[one] for one in ("location", "tags", "zones") if one in machine.body}
        body["sku"] = {"name": sku, "tier": sku.partition("_")[0]}
        body["properties"] = _properties(world, machine, disk, sku, when)
        world.store.put(Resource(world.kinds[_DISKS], where, where.id, key(where.id), body, when, "Succeeded"))


def remove(world: World, machine: Resource) -> None:
    """Remove what goes with a machine that has gone."""
    for disk in _managed(machine):
        found = world.store.get(disk["managedDisk"]["id"])
        if found is not None and disk.get("deleteOption") == "Delete":
            world.store.remove(found)


def _properties(world: World, machine: Resource, disk: Body, sku: str, when: datetime) -> Body:
    size, system = disk.get("diskSizeGB") or 30, disk.get("osType")
    kept: Body = {"creationData": _creation(machine, disk), "diskSizeGB": size, **performance(sku, size)}
    if system is not None:
        kept["osType"] = system
        kept["hyperVGeneration"] = "V2" if "diskControllerType" in machine.properties["storageProfile"] else "V1"
        kept["supportsHibernation"] = False
        kept["supportedCapabilities"] = {"acceleratedNetwork": True, "architecture": "x64"}
        security = dig(machine.properties, "securityProfile", "securityType")
        if security is not None:
            kept["securityProfile"] = {"securityType": security}
    return kept | {
        "encryption": {"type": "EncryptionAtRestWithPlatformKey"},
        "networkAccessPolicy": "AllowAll",
        "publicNetworkAccess": "Enabled",
        "timeCreated": stamp(when),
        "diskSizeBytes": size * BYTES,
        "uniqueId": world.draws.guid("disk", key(disk["managedDisk"]["id"]), when),
    }


def _creation(machine: Resource, disk: Body) -> Body:
    """What a disk was made of: of an image, whichever it was."""
    made: Body = {"createOption": disk["createOption"]}
    image = record(machine.properties, "storageProfile", "imageReference")
    if disk["createOption"] != "FromImage" or not image:
        return made
    named, exact = text(image, "id"), image.get("exactVersion")
    if named is not None and "/galleries/" in named.lower():
        version = named if "/versions/" in named.lower() or exact is None else f"{named}/versions/{exact}"
        return made | {"galleryImageReference": {"id": version} | ({"lun": disk["lun"]} if "lun" in disk else {})}
    if named is not None:
        return made | {"imageReference": {"id": named}}
    place = f"/Subscriptions/{machine.route.subscription}/Providers/Microsoft.Compute/Locations/{machine.location}"
    offer = f"Publishers/{image['publisher']}/ArtifactTypes/VMImage/Offers/{image['offer']}/Skus/{image['sku']}"
    return made | {"imageReference": {"id": f"{place}/{offer}/Versions/{exact or image['version']}"}}
