"""The example rollout of the documentation: profile, image, and bodies of ARM that match it."""

from typing import Any

from domain import naming, network_names
from domain.images import ManagedImage
from domain.models import RolloutInput, StartedBy, StepRequest
from domain.profiles import Profile

SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
IMAGE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/myResourceGroup/providers/Microsoft.Compute/images/myImage"
Body = dict[str, Any]


def profile_data() -> Body:
    """The profile as a person writes it; fresh, to be changed at will."""
    return {
        "match": {"resourceGroup": "myResourceGroup", "name": "myImage"},
        "gallery": {"name": "myGallery", "resourceGroup": "myGalleryRG", "location": "West Central US"},
        "definition": {
            "name": "myImageDefinition",
            "publisher": "myPublisher",
            "offer": "myOffer",
            "sku": "mySKU",
        },
        "version": {
            "targetRegions": [
                {"name": "South Central US", "replicaCount": 1},
                {"name": "West Central US", "replicaCount": 2},
            ]
        },
        "scaleSet": {
            "name": "myScaleSet",
            "resourceGroup": "myVMSSRG",
            "location": "South Central US",
            "adminUsername": "azureuser",
            "adminPasswordSetting": "WEB_ADMIN_PASSWORD",
            "network": {
                "virtualNetwork": "myVnet",
                "subnet": "mySubnet",
                "publicIpAddress": "myPublicIPAddress",
                "loadBalancer": "myLoadBalancer",
            },
        },
    }


def changed(data: Body, path: str, value: Any) -> Body:
    """`data` with the item at a dotted path set; missing objects on the way are made, `3` is a list's index."""
    *way, last = path.split(".")
    here: Any = data
    for part in way:
        here = here[int(part)] if isinstance(here, list) else here.setdefault(part, {})
    if isinstance(here, list):
        here[int(last)] = value
    else:
        here[last] = value
    return data


def profile(**changes: Any) -> Profile:
    """The profile, with changes by path; `__` stands for the dot: `scaleSet__capacity=3`."""
    data = profile_data()
    for path, value in changes.items():
        changed(data, path.replace("__", "."), value)
    return Profile.model_validate(data)


def image_body(**changes: Any) -> Body:
    """The managed image as ARM sends it."""
    source = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/myResourceGroup/providers/Microsoft.Compute"
    body: Body = {
        "id": IMAGE,
        "name": "myImage",
        "location": "westcentralus",
        "tags": {},
        "properties": {
            "provisioningState": "Succeeded",
            "hyperVGeneration": "V1",
            "sourceVirtualMachine": {"id": f"{source}/virtualMachines/myVM"},
            "storageProfile": {
                "osDisk": {
                    "osType": "Windows",
                    "osState": "Generalized",
                    "diskSizeGB": 127,
                    "managedDisk": {"id": f"{source}/disks/myVM_OsDisk"},
                },
                "dataDisks": [],
                "zoneResilient": False,
            },
        },
    }
    for path, value in changes.items():
        changed(body, path.replace("__", "."), value)
    return body


def image(**changes: Any) -> ManagedImage:
    """The managed image as the pipeline reads it; changes by path of ARM's body."""
    return ManagedImage.from_arm(image_body(**changes))


def request(wanted: Profile | None = None, source: ManagedImage | None = None, again: str | None = None) -> StepRequest:
    """What every step of the example rollout takes."""
    read = source or image()
    rollout = RolloutInput(
        profile_name="web",
        profile=wanted or profile(),
        image=read.id,
        fingerprint=read.fingerprint,
        again=again,
        started_by=StartedBy(kind="http"),
    )
    return StepRequest(rollout=rollout, image=read, rollout_id="web-0123456789-1")


def resource(at: str, location: str, tags: Body | None = None, **properties: Any) -> Body:
    """A finished resource with the id `at`."""
    properties.setdefault("provisioningState", "Succeeded")
    return {
        "id": at,
        "name": at.rpartition("/")[2],
        "location": location,
        "tags": dict(tags or {}),
        "properties": properties,
    }


OURS = {naming.TAG_PROFILE: "web"}


def group_body(identifier: str) -> Body:
    """A resource group."""
    return resource(identifier, "southcentralus")


def gallery_body(asked: StepRequest) -> Body:
    """A gallery that matches."""
    return resource(asked.targets.gallery, "westcentralus", OURS)


def definition_body(asked: StepRequest) -> Body:
    """An image definition that matches."""
    return resource(
        asked.targets.definition,
        "westcentralus",
        OURS,
        osType=asked.image.os_type,
        osState=asked.image.os_state,
        hyperVGeneration=asked.image.generation,
        architecture="x64",
        identifier={"publisher": "myPublisher", "offer": "myOffer", "sku": "mySKU"},
        features=[{"name": "SecurityType", "value": "Standard"}],
    )


def version_body(asked: StepRequest, number: str, fingerprint: str | None = None, **tags: str) -> Body:
    """A version of the request's image, or of another content where `fingerprint` says so."""
    return resource(
        f"{asked.targets.definition}/versions/{number}",
        "westcentralus",
        {**OURS, naming.TAG_FINGERPRINT: fingerprint or asked.image.fingerprint, **tags},
        storageProfile={"source": {"id": asked.image.id}},
        publishingProfile={
            "storageAccountType": "Standard_LRS",
            "excludeFromLatest": False,
            "targetRegions": [
                {"name": "South Central US", "regionalReplicaCount": 1},
                {"name": "West Central US", "regionalReplicaCount": 2},
            ],
        },
        safetyProfile={"blockDeletionBeforeEndOfLife": False},
    )


def scale_set_body(asked: StepRequest, number: str) -> Body:
    """A scale set that runs version `number` of the definition."""
    body = resource(
        asked.targets.scale_set,
        "southcentralus",
        OURS,
        orchestrationMode="Uniform",
        upgradePolicy={"mode": "Automatic"},
        virtualMachineProfile={
            "osProfile": {"windowsConfiguration": {}},
            "storageProfile": {
                "osDisk": {"osType": asked.image.os_type},
                "imageReference": {"id": f"{asked.targets.definition}/versions/{number}"},
            },
        },
    )
    body["sku"] = {"name": "Standard_D2s_v5", "capacity": 2}
    return body


def virtual_network_body(asked: StepRequest) -> Body:
    """A virtual network with the subnet."""
    subnet = {
        "name": asked.targets.subnet.rpartition("/")[2],
        "id": asked.targets.subnet,
        "properties": {"addressPrefix": "192.168.1.0/24", "provisioningState": "Succeeded"},
    }
    space = {"addressPrefixes": ["192.168.0.0/16"]}
    return resource(asked.targets.virtual_network, "southcentralus", OURS, addressSpace=space, subnets=[subnet])


def public_ip_body(asked: StepRequest) -> Body:
    """A public IP address that is free."""
    body = resource(asked.targets.public_ip_address, "southcentralus", OURS, publicIPAllocationMethod="Static")
    body["sku"] = {"name": "Standard", "tier": "Regional"}
    return body


def load_balancer_body(asked: StepRequest) -> Body:
    """A load balancer with our frontend, pool, and a probe and a rule for port 80."""
    targets = asked.targets

    def part(identifier: str, **properties: Any) -> Body:
        return {"id": identifier, "name": identifier.rpartition("/")[2], "properties": properties}

    body = resource(
        targets.load_balancer,
        "southcentralus",
        OURS,
        frontendIPConfigurations=[
            part(network_names.frontend_id(targets), publicIPAddress={"id": targets.public_ip_address})
        ],
        backendAddressPools=[part(network_names.pool_id(targets))],
        probes=[part(network_names.probe_id(targets, 80), protocol="Tcp", port=80)],
        loadBalancingRules=[
            part(
                network_names.rule_id(targets, 80),
                protocol="Tcp",
                frontendPort=80,
                backendPort=80,
                frontendIPConfiguration={"id": network_names.frontend_id(targets)},
                backendAddressPool={"id": network_names.pool_id(targets)},
                probe={"id": network_names.probe_id(targets, 80)},
            )
        ],
        inboundNatRules=[],
    )
    body["sku"] = {"name": "Standard"}
    return body


def security_rule(name: str, priority: int, port: str, access: str = "Allow", source: str = "*") -> Body:
    """An inbound TCP rule."""
    return {
        "name": name,
        "properties": {
            "priority": priority,
            "direction": "Inbound",
            "access": access,
            "protocol": "Tcp",
            "sourceAddressPrefix": source,
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRange": port,
        },
    }


def security_group_body(asked: StepRequest, *rules: Body) -> Body:
    """A security group, with one rule that admits port 80 unless others are given."""
    wanted = list(rules) or [security_rule("web", 1000, "80")]
    return resource(asked.targets.security_group, "southcentralus", OURS, securityRules=wanted)
