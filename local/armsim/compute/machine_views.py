"""Machines as ARM shows them: instances of Uniform and Flexible scale sets, and their instance views.

What an instance has is told by the model that it follows (`Fleet.model_of`) and by its own image.
"""

from datetime import datetime

from local.armsim.body import Body, dig, items
from local.armsim.compute import fleets
from local.armsim.compute.fleets import Fleet, Instance
from local.armsim.compute.scale_set_models import has_health
from local.armsim.kinds import Resource
from local.armsim.operations import stamp
from local.armsim.reading import record, records
from local.armsim.world import World

INSTANCE = "Microsoft.Compute/virtualMachineScaleSets/virtualMachines"
_OWN = ("securityProfile", "diagnosticsProfile", "licenseType", "priority", "evictionPolicy", "billingProfile")
_POWER = {"running": "VM running", "stopped": "VM stopped", "deallocated": "VM deallocated"}


_LONGEST_NAME = 80
"""Of a disk. The names of instances' disks are cut to fit."""


def disks(world: World, owner: Resource, prefix: str, storage: Body, image: Body) -> Body:
    """`storageProfile` of a machine: its disks with the names and ids that the service gives them."""
    managed = "/images/" in str(image.get("id", "")).lower() and "/galleries/" not in str(image.get("id", "")).lower()
    group = owner.id.rpartition("/providers/")[0]

    def named(disk: Body, stem: str) -> Body:
        if "vhd" in disk:
            return {"name": disk.get("name", stem), **disk}
        drawn = world.draws.text(32, "disk", owner.key, prefix, stem)
        name = disk.get("name") or f"{prefix}_{stem}_{drawn}"
        if "name" not in disk and len(name) > _LONGEST_NAME and prefix.startswith(f"{owner.name}_{owner.name}_"):
            # Recorded of OS disks; of data disks a reading.
            name = f"{owner.name[:20]}{prefix[len(owner.name) + 1 :][:21]}{stem.replace('OsDisk', 'OS_')}_{drawn}"
        disk_id = dig(disk, "managedDisk", "id") or f"{group}/providers/Microsoft.Compute/disks/{name}"
        return {**disk, "name": name, "managedDisk": {**record(disk, "managedDisk"), "id": disk_id}}

    data = []
    for number, disk in enumerate(items(storage, "dataDisks"), 2):
        from_gallery = disk["createOption"] == "FromImage" and not managed
        stem = f"lun_{disk['lun']}_{number}" if from_gallery else f"disk{number}"
        data.append({**named(disk, stem), "toBeDetached": False})
    os_disk = named(record(storage, "osDisk"), "disk1" if managed else "OsDisk_1")
    return {**storage, "imageReference": image, "osDisk": os_disk, "dataDisks": data}


def properties(world: World, scale_set: Resource, instance: Instance) -> Body:
    """What an instance of either mode shows below `properties`."""
    fleet: Fleet = scale_set.live
    model = fleet.model_of(instance)
    profile: Body = model.get("profile", {})
    single = fleets.flexible(scale_set)
    prefix = instance.id if single else f"{scale_set.name}_{scale_set.name}_{instance.id}"
    shown: Body = {
        "provisioningState": instance.state,
        "hardwareProfile": {"vmSize": dig(model, "sku", "name")},
        "vmId": world.draws.guid("instance", scale_set.key, scale_set.created, instance.id),
        "storageProfile": disks(world, scale_set, prefix, record(profile, "storageProfile"), instance.image),
    }
    os_profile = record(profile, "osProfile")
    if os_profile:
        start = os_profile.get("computerNamePrefix", scale_set.name)
        rest = {one: value for one, value in os_profile.items() if one != "computerNamePrefix"}
        drawn = world.draws.text(6, "computer", scale_set.key, instance.id).upper()
        tail = drawn if single else f"{instance.number:06d}"
        shown["osProfile"] = {"computerName": f"{start}{tail}", **rest}
    shown |= {name: profile[name] for name in _OWN if name in profile}
    shown["networkProfile"] = {"networkInterfaces": _interfaces(scale_set, instance, profile)}
    shown["timeCreated"] = stamp(instance.created)
    return shown


def _interfaces(scale_set: Resource, instance: Instance, profile: Body) -> list[Body]:
    single = fleets.flexible(scale_set)
    base = f"{scale_set.id}/virtualMachines/{instance.id}/networkInterfaces"
    if single:
        base = f"{scale_set.id.rpartition('/providers/')[0]}/providers/Microsoft.Network/networkInterfaces"
    configured = records(profile, "networkProfile", "networkInterfaceConfigurations")
    if single:
        return [{"id": f"{base}/{one['name']}-{instance.id[-8:]}"} for one in configured]
    return [{"id": f"{base}/{one['name']}"} for one in configured]


def instance_body(world: World, scale_set: Resource, instance: Instance, *, single: bool, api_version: str) -> Body:
    """An instance below its scale set; `single`: asked for alone."""
    fleet: Fleet = scale_set.live
    model = fleet.model_of(instance)
    sku: Body = model.get("sku", {})
    profile: Body = model.get("profile", {})
    shown: Body = {
        "latestModelApplied": instance.model == fleet.model,
        "modelDefinitionApplied": "VirtualMachineScaleSet",
        "networkProfileConfiguration": {
            "networkInterfaceConfigurations": items(profile, "networkProfile", "networkInterfaceConfigurations")
        },
        **properties(world, scale_set, instance),
    }
    if single and api_version >= "2024-07-01":
        shown["resilientVMDeletionStatus"] = "Disabled"
    if fleets.flexible(scale_set) and api_version >= "2025-11-01":
        shown["virtualMachineResourceId"] = fleets.machine_id(scale_set, instance)
    if instance.protection:
        shown["protectionPolicy"] = instance.protection
    body: Body = {
        "name": f"{scale_set.name}_{instance.id}" if instance.id.isdigit() else instance.id,
        "id": f"{scale_set.id}/virtualMachines/{instance.id}",
        "type": INSTANCE,
        "location": scale_set.location,
        "tags": scale_set.body.get("tags", {}),
        "instanceId": instance.id,
        "sku": {"name": sku.get("name"), "tier": sku.get("tier")},
        "properties": shown,
    }
    if api_version >= "2023-09-01":
        body["etag"] = scale_set.etag
    if instance.zone:
        body["zones"] = [instance.zone]
    extensions = records(profile, "extensionProfile", "extensions")
    if extensions:
        body["resources"] = [_extension(scale_set, instance, one) for one in extensions]
    return body


def _extension(scale_set: Resource, instance: Instance, model: Body) -> Body:
    return {
        "name": model["name"],
        "id": f"{scale_set.id}/virtualMachines/{instance.id}/extensions/{model['name']}",
        "type": "Microsoft.Compute/virtualMachines/extensions",
        "location": scale_set.location,
        "properties": {"provisioningState": instance.state, **model["properties"]},
    }


def status(code: str, when: datetime | None, display: str = "", **more: str) -> Body:
    """One status of an instance view; `ProvisioningState/succeeded` displays as `Provisioning succeeded`."""
    shown: Body = {"code": code, "level": "Info"}
    shown["displayStatus"] = display or f"Provisioning {code.partition('/')[2]}"
    shown.update(more)
    if when is not None:
        shown["time"] = stamp(when)
    return shown


_LINUX = {"ubuntu": "{0}.{1}", "centos": "{0}.{1}.1804", "debian": "", "rhel": "{0}.{1}", "sles": ""}


def system(world: World, reference: Body, *, windows: bool) -> tuple[str, str]:
    """Name and version of what a machine runs, told by its Marketplace image, through images made of it."""
    at: Body = reference
    for _ in range(4):
        if "offer" in at:
            break
        image_id = str(at.get("id"))
        if "exactVersion" in at and "/versions/" not in image_id.lower():
            image_id = f"{image_id}/versions/{at['exactVersion']}"
        found = world.store.get(image_id)
        storage = record(found.properties, "storageProfile") if found is not None else {}
        source = found and dig(found.properties, "sourceVirtualMachine", "id")
        at = dig(storage, "imageReference") or ({"id": source} if source else record(storage, "source"))
    if windows:
        return "Windows Server", "10.0." + (str(at.get("exactVersion") or "20348.0").rpartition(".")[0])
    offer = str(at.get("offer", "")).lower()
    name = next((one for one in _LINUX if one in offer), "ubuntu")
    parts = [*str(at.get("exactVersion") or "22.04.0").split("."), "0"]
    return name, _LINUX[name].format(*parts) or offer.rpartition("-")[2]


def instance_view(world: World, instance: Instance, computer: str, storage: Body) -> Body:
    """What the host and the agent say of a machine."""
    when = instance.changed or instance.created
    windows = dig(storage, "osDisk", "osType") == "Windows"
    statuses = [status(f"ProvisioningState/{instance.state.lower()}", when)]
    if instance.generalized:
        statuses.append(status("OSState/generalized", None, "VM generalized"))
    statuses.append(status(f"PowerState/{instance.power}", None, _POWER[instance.power]))
    disk_names = [one.get("name") for one in (record(storage, "osDisk"), *items(storage, "dataDisks"))]
    view: Body = {
        "disks": [
            {"name": one, "statuses": [status("ProvisioningState/succeeded", instance.created)]}
            for one in disk_names
            if one is not None
        ],
        "hyperVGeneration": "V2" if "diskControllerType" in storage else "V1",
        "statuses": statuses,
    }
    if instance.power != "running" or instance.state == "Creating":
        return view
    name, version = system(world, record(storage, "imageReference"), windows=windows)
    ready = status("ProvisioningState/succeeded", when, "Ready", message="Guest Agent is running")
    return {
        "computerName": computer,
        "osName": name,
        "osVersion": version,
        "vmAgent": {
            "vmAgentVersion": "2.7.41491.1095" if windows else "2.11.1.4",
            "statuses": [ready],
            "extensionHandlers": [],
        },
        **view,
    }


def fleet_instance_view(world: World, scale_set: Resource, instance: Instance) -> Body:
    """The instance view of a scale set's instance, with its health where something tells it."""
    fleet: Fleet = scale_set.live
    profile: Body = fleet.model_of(instance).get("profile", {})
    shown = properties(world, scale_set, instance)
    computer = str(dig(shown, "osProfile", "computerName") or instance.id)
    view = instance_view(world, instance, computer, shown["storageProfile"])
    domains = int(scale_set.properties.get("platformFaultDomainCount", 1))
    view |= {"platformUpdateDomain": instance.number % 5, "platformFaultDomain": instance.number % domains}
    view["extensions"] = [
        {
            "name": one["name"],
            "type": f"{one['properties']['publisher']}.{one['properties']['type']}",
            "typeHandlerVersion": one["properties"]["typeHandlerVersion"],
            "statuses": [status(f"ProvisioningState/{instance.state.lower()}", instance.changed)],
        }
        for one in records(profile, "extensionProfile", "extensions")
    ]
    if has_health(profile):
        well = instance.healthy and instance.power == "running" and instance.state != "Failed"
        code = "healthy" if well else "unhealthy"
        view["vmHealth"] = {"status": {"code": f"HealthState/{code}", "level": "Info", "displayStatus": code}}
    return view
