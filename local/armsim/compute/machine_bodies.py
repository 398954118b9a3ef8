"""How a virtual machine is shown, be it one of its own or an instance of a Flexible scale set."""

import re

from local.armsim.body import Body, dig, merge
from local.armsim.compute.extensions import OF_MACHINES
from local.armsim.compute.fleets import Fleet, Instance
from local.armsim.compute.machine_views import fleet_instance_view, instance_view, properties
from local.armsim.errors import entity_not_found
from local.armsim.kinds import Look, Resource, plain_view
from local.armsim.world import World


def fleet_of(world: World, machine: Resource) -> tuple[Resource, Instance] | None:
    """The scale set that made a machine, and the instance that it is; None for one of its own."""
    owner = world.store.get(str(dig(machine.properties, "virtualMachineScaleSet", "id")))
    if machine.live is not None or owner is None:
        return None
    fleet: Fleet = owner.live
    instance = fleet.instances.get(machine.name)
    return (owner, instance) if instance is not None else None


def instance_of(world: World, machine: Resource) -> tuple[Resource, Instance]:
    """What an action is about: the instance, and the resource that keeps it."""
    found = fleet_of(world, machine) or (machine, machine.live)
    if found[1] is None or found[1].state == "Deleting":
        raise entity_not_found()
    return found


def view(machine: Resource, look: Look) -> Body:
    shown = plain_view(machine, look)
    found = fleet_of(look.world, machine)
    instance: Instance | None = found[1] if found else machine.live
    if found is not None:
        shown["properties"] = merge(properties(look.world, *found), machine.properties)
        if machine.busy:
            shown["properties"]["provisioningState"] = machine.state
    elif instance is not None and instance.state != "Succeeded" and not machine.busy:
        shown["properties"]["provisioningState"] = instance.state
    if shown["properties"].pop("extensions", None):
        shown["resources"] = [OF_MACHINES.shown(machine, one) for one in OF_MACHINES.there(machine)]
    if instance is None:
        return shown
    if "instanceview" in look.expand:
        shown["properties"]["instanceView"] = seen(look.world, machine, shown["properties"])
    if instance.power == "deallocated":
        shown["properties"]["storageProfile"] = _idle(shown["properties"]["storageProfile"])
    if look.api_version >= "2024-03-01" and machine.etag:
        shown["etag"] = machine.etag
    if found is None:
        _as_recorded(machine, shown["properties"], look.api_version)
    return shown


def _as_recorded(machine: Resource, properties: Body, api_version: str) -> None:
    """Recorded: disks have what the service gives them once they are made; older api-versions show one member more."""
    if machine.state == "Creating":
        storage = properties["storageProfile"]
        unmade: Body = {"osDisk": _unmade(machine, storage["osDisk"])}
        if "dataDisks" in storage:
            unmade["dataDisks"] = [_unmade(machine, one) for one in storage["dataDisks"]]
        properties["storageProfile"] = {**storage, **unmade}
    for system in ("linuxConfiguration", "windowsConfiguration"):
        kept = dig(properties, "osProfile", system)
        if kept is not None and "2022-03-01" <= api_version < "2024-03-01":
            full = {"enableVMAgentPlatformUpdates": False, **kept}
            properties["osProfile"] = {**properties["osProfile"], system: full}


def _unmade(machine: Resource, disk: Body) -> Body:
    """A disk that is not there yet: without an id, and without the name that the service gives it."""
    if "managedDisk" not in disk or disk.get("createOption") == "Attach":
        return disk
    managed = {one: value for one, value in disk["managedDisk"].items() if one != "id"}
    given = re.fullmatch(rf"{re.escape(machine.name)}_\w+_[0-9a-f]{{32}}", disk["name"]) is not None
    return {one: value for one, value in disk.items() if one != "name" or not given} | {"managedDisk": managed}


def _idle(storage: Body) -> Body:
    """Disks of a deallocated machine, of which the host knows neither size nor storage type (recorded)."""

    def idle(disk: Body) -> Body:
        if "managedDisk" not in disk:
            return disk
        managed = {one: value for one, value in disk["managedDisk"].items() if one != "storageAccountType"}
        return {**{one: value for one, value in disk.items() if one != "diskSizeGB"}, "managedDisk": managed}

    return {**storage, "osDisk": idle(storage["osDisk"]), "dataDisks": [idle(one) for one in storage["dataDisks"]]}


def seen(world: World, machine: Resource, shown: Body) -> Body:
    owner, instance = instance_of(world, machine)
    if owner is not machine:
        return fleet_instance_view(world, owner, instance)
    computer = str(dig(shown, "osProfile", "computerName") or machine.name)
    return instance_view(world, instance, computer, shown["storageProfile"])
