"""A small ARM client for the simulator in process: raw requests, and bodies that the tests have in common."""

from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from local.armsim import Simulator
from local.clock import ManualClock

HOME = "westcentralus"
AWAY = "southcentralus"
COMPUTE = "2024-07-01"
GALLERY = "2024-03-03"
NETWORK = "2024-05-01"
GROUPS = "2024-11-01"

type Json = dict[str, Any]


def api_version(path: str) -> str:
    """The version that the tests use for the type that `path` names."""
    if "/Microsoft.Network/" in path:
        return NETWORK
    if "/galleries" in path:
        return GALLERY
    return COMPUTE if "/providers/" in path else GROUPS


@dataclass
class Arm:
    """Requests with a valid token and a fitting api-version; time passes when a test says so."""

    sim: Simulator
    http: httpx.AsyncClient
    clock: ManualClock

    @property
    def subscription(self) -> str:
        return f"/subscriptions/{self.sim.subscription_id}"

    def id(self, path: str, group: str = "rg") -> str:
        """`Microsoft.Compute/images/i` → the whole id."""
        return f"{self.subscription}/resourceGroups/{group}/providers/{path}"

    async def send(
        self, method: str, path: str, body: Any = None, *, version: str = "", **headers: str
    ) -> httpx.Response:
        """One request; `path` is a whole path, or begins at the provider's namespace."""
        if not path.startswith("/"):
            path = self.id(path)
        joint = "&" if "?" in path else "?"
        url = f"{path}{joint}api-version={version or api_version(path)}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(method, url, json=body, headers=named)

    async def get(self, path: str, *, version: str = "") -> Json:
        answer = await self.send("GET", path, version=version)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def put(self, path: str, body: Any, *, version: str = "", **headers: str) -> Json:
        """A PUT that is accepted; the body of its answer."""
        answer = await self.send("PUT", path, body, version=version, **headers)
        assert answer.status_code in (200, 201), answer.text
        found: Json = answer.json()
        return found

    async def poll(self, answer: httpx.Response) -> httpx.Response:
        """One look at the operation that `answer` names."""
        return await self.http.get(answer.headers["Azure-AsyncOperation"])

    async def done(self, path: str, body: Any, *, method: str = "PUT", version: str = "") -> Json:
        """A write, and its operation to the end: the resource as GET shows it then."""
        answer = await self.send(method, path, body, version=version)
        assert answer.status_code in (200, 201), answer.text
        await self.finish(answer)
        return await self.get(path, version=version)

    async def finish(self, answer: httpx.Response) -> Json:
        """Let the operation of `answer` end, and return its last body."""
        if "Azure-AsyncOperation" not in answer.headers:
            return {}
        path = urlsplit(answer.headers["Azure-AsyncOperation"]).path
        name = path.rpartition("/")[2]
        operation = self.sim.world.operations.get(name)
        assert operation is not None
        assert operation.due is not None, "an operation that never ends"
        self.clock.move_to(operation.due)
        polled = (await self.poll(answer)).json()
        assert polled["status"] != "InProgress"
        found: Json = polled
        return found

    async def refused(self, method: str, path: str, body: Any = None, *, version: str = "", **headers: str) -> Json:
        """A request that is refused: `{"status", "code", "message", …}`."""
        answer = await self.send(method, path, body, version=version, **headers)
        assert answer.status_code >= 400, answer.text
        error: Json = answer.json()["error"]
        return {"status": answer.status_code, **error}


class HasIds(Protocol):
    """Whatever knows the ids of a group: the bodies below refer to things by them."""

    def id(self, path: str, /) -> str:
        """`Microsoft.Compute/images/i` → the whole id."""
        ...


def managed_image(arm: HasIds, *, os_type: str = "Linux", generation: str = "V1", location: str = HOME) -> Json:
    """A PUT body of a managed image made from a blob."""
    blob = "https://vhds.blob.core.windows.net/vhds/os.vhd"
    return {
        "location": location,
        "properties": {
            "hyperVGeneration": generation,
            "storageProfile": {
                "osDisk": {"osType": os_type, "osState": "Generalized", "blobUri": blob, "diskSizeGB": 64}
            },
        },
    }


def definition(*, os_type: str = "Linux", generation: str = "V1", sku: str = "sku", **more: Any) -> Json:
    """A PUT body of an image definition."""
    return {
        "location": HOME,
        "properties": {
            "osType": os_type,
            "osState": "Generalized",
            "hyperVGeneration": generation,
            "identifier": {"publisher": "publisher", "offer": "offer", "sku": sku},
            "features": [{"name": "SecurityType", "value": "Standard"}],
            **more,
        },
    }


def version_of(arm: HasIds, image: str = "i", regions: tuple[str, ...] = (HOME, AWAY), **publishing: Any) -> Json:
    """A PUT body of an image version."""
    return {
        "location": HOME,
        "properties": {
            "publishingProfile": {"targetRegions": [{"name": one} for one in regions], **publishing},
            "storageProfile": {"source": {"id": arm.id(f"Microsoft.Compute/images/{image}")}},
        },
    }


async def make_definition(arm: Arm) -> None:
    """Group, managed image `i`, gallery `g` and definition `d`."""
    await arm.put(f"{arm.subscription}/resourceGroups/rg", {"location": HOME})
    await arm.done("Microsoft.Compute/images/i", managed_image(arm))
    await arm.done("Microsoft.Compute/galleries/g", {"location": HOME})
    await arm.done("Microsoft.Compute/galleries/g/images/d", definition())


async def make_version(arm: Arm, name: str = "1.0.0", image: str = "i") -> str:
    """A version of `d`, replicated; its id."""
    path = f"Microsoft.Compute/galleries/g/images/d/versions/{name}"
    made = await arm.done(path, version_of(arm, image))
    return str(made["id"])


async def make_network(arm: Arm, location: str = AWAY) -> None:
    """Public IP `ip`, network `net` with subnet `sub`, NSG `nsg` and load balancer `lb` with pool and probe."""
    network = "Microsoft.Network"
    await arm.done(
        f"{network}/publicIPAddresses/ip",
        {"location": location, "sku": {"name": "Standard"}, "properties": {"publicIPAllocationMethod": "Static"}},
    )
    subnet = {"name": "sub", "properties": {"addressPrefix": "192.168.1.0/24"}}
    space = {"addressPrefixes": ["192.168.0.0/16"]}
    await arm.done(
        f"{network}/virtualNetworks/net",
        {"location": location, "properties": {"addressSpace": space, "subnets": [subnet]}},
    )
    await arm.done(f"{network}/networkSecurityGroups/nsg", {"location": location})
    await arm.done(f"{network}/loadBalancers/lb", load_balancer(arm, location))


def load_balancer(arm: HasIds, location: str = AWAY, name: str = "lb", ip: str = "ip") -> Json:
    """A PUT body of a Standard load balancer with one of each part that a rollout uses."""
    own = arm.id(f"Microsoft.Network/loadBalancers/{name}")
    frontend = {"id": f"{own}/frontendIPConfigurations/front"}
    pool = {"id": f"{own}/backendAddressPools/pool"}
    public = {"id": arm.id(f"Microsoft.Network/publicIPAddresses/{ip}")}
    rule = {
        "protocol": "Tcp",
        "frontendPort": 80,
        "backendPort": 80,
        "disableOutboundSnat": True,
        "frontendIPConfiguration": frontend,
        "backendAddressPool": pool,
        "probe": {"id": f"{own}/probes/probe"},
    }
    outbound = {"protocol": "All", "frontendIPConfigurations": [frontend], "backendAddressPool": pool}
    return {
        "location": location,
        "sku": {"name": "Standard"},
        "properties": {
            "frontendIPConfigurations": [{"name": "front", "properties": {"publicIPAddress": public}}],
            "backendAddressPools": [{"name": "pool"}],
            "probes": [{"name": "probe", "properties": {"protocol": "Tcp", "port": 80}}],
            "loadBalancingRules": [{"name": "rule", "properties": rule}],
            "outboundRules": [{"name": "out", "properties": outbound}],
        },
    }


def scale_set(arm: HasIds, image_id: str, *, mode: str = "Automatic", capacity: int = 2, location: str = AWAY) -> Json:
    """A PUT body of a Uniform scale set on the network of `make_network`."""
    balancer = arm.id("Microsoft.Network/loadBalancers/lb")
    config = {
        "name": "config",
        "properties": {
            "subnet": {"id": arm.id("Microsoft.Network/virtualNetworks/net/subnets/sub")},
            "loadBalancerBackendAddressPools": [{"id": f"{balancer}/backendAddressPools/pool"}],
        },
    }
    group = {"id": arm.id("Microsoft.Network/networkSecurityGroups/nsg")}
    interface = {
        "name": "nic",
        "properties": {"primary": True, "networkSecurityGroup": group, "ipConfigurations": [config]},
    }
    network: Json = {"networkInterfaceConfigurations": [interface]}
    if mode == "Rolling":
        network["healthProbe"] = {"id": f"{balancer}/probes/probe"}
    return {
        "location": location,
        "sku": {"name": "Standard_D2s_v5", "capacity": capacity},
        "properties": {
            "orchestrationMode": "Uniform",
            "upgradePolicy": {"mode": mode},
            "virtualMachineProfile": {
                "osProfile": {
                    "computerNamePrefix": "vmss",
                    "adminUsername": "azureuser",
                    "adminPassword": "Correct-Horse-9",
                },
                "storageProfile": {"imageReference": {"id": image_id}},
                "networkProfile": network,
            },
        },
    }


def image_patch(image_id: str) -> Json:
    """A PATCH body that changes a scale set's image and nothing else."""
    reference = {"imageReference": {"id": image_id}}
    return {"properties": {"virtualMachineProfile": {"storageProfile": reference}}}


VMSS = "Microsoft.Compute/virtualMachineScaleSets/vmss"


async def make_scale_set(arm: Arm, *, mode: str = "Automatic", capacity: int = 2) -> str:
    """Everything up to scale set `vmss` on version 1.0.0; the version's id."""
    await make_definition(arm)
    version = await make_version(arm)
    await make_network(arm)
    await arm.done(VMSS, scale_set(arm, version, mode=mode, capacity=capacity))
    return version


async def second_version(arm: Arm) -> str:
    """Version 1.0.1 from another image; its id."""
    await arm.done("Microsoft.Compute/images/i2", managed_image(arm))
    return await make_version(arm, "1.0.1", "i2")


async def instances(arm: Arm) -> list[Json]:
    """The instances of `vmss`."""
    listed = await arm.get(f"{VMSS}/virtualMachines")
    found: list[Json] = listed["value"]
    return found


def images_of(listed: list[Json]) -> list[str]:
    """The version's number that each instance runs."""
    return [str(one["properties"]["storageProfile"]["imageReference"]["id"]).rpartition("/")[2] for one in listed]
