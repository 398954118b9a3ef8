"""The article's procedure as a plain script: one SDK call after another, each waited for with the SDK's own poller.

`python -m bench.peers.sequential --endpoint … --subscription … --image … [--polling-interval S]`. It makes what a
first rollout makes and knows nothing else: no look at what is there, no second attempt, no memory. Prints
`{"seconds"}` from its first request to its last answer, imports and sign-in left out.

--polling-interval: how long the SDK's pollers wait where ARM sends no Retry-After; their default is 30 seconds.
"""

import argparse
import json
import time
from typing import Any

from azure.core.rest import HttpRequest
from azure.identity import DefaultAzureCredential
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.core import ARMPipelineClient
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy
from azure.mgmt.network import NetworkManagementClient

SCOPE = "https://management.azure.com/.default"
IMAGE_REGION, SCALE_SET_REGION = "westcentralus", "southcentralus"
GALLERY_GROUP, SCALE_SET_GROUP = "myGalleryRG", "myVMSSRG"
GALLERY, DEFINITION, VERSION, SCALE_SET = "myGallery", "myImageDefinition", "1.0.0", "myScaleSet"
PASSWORD = "Bench-only-5b1d!"  # of machines that exist in the simulator alone


class Script:
    """The clients, and a method a step."""

    def __init__(self, endpoint: str, subscription: str, image: str, polling_interval: float) -> None:
        credential = DefaultAzureCredential()
        credential.get_token(SCOPE)
        options: dict[str, Any] = {
            "base_url": endpoint,
            "credential_scopes": [SCOPE],
            "polling_interval": polling_interval,
        }
        self.compute = ComputeManagementClient(credential, subscription, **options)
        self.network = NetworkManagementClient(credential, subscription, **options)
        self.plain: ARMPipelineClient[Any, Any] = ARMPipelineClient(
            endpoint, policies=[ARMChallengeAuthenticationPolicy(credential, SCOPE)]
        )
        self.image, self.base = image, f"/subscriptions/{subscription}/resourceGroups"
        self.endpoint = endpoint

    def run(self) -> None:
        """Every step, in the article's order."""
        self.group(GALLERY_GROUP, IMAGE_REGION)
        self.gallery()
        self.definition()
        self.version()
        self.group(SCALE_SET_GROUP, SCALE_SET_REGION)
        self.virtual_network()
        self.public_ip_address()
        self.security_group()
        self.load_balancer()
        self.scale_set()

    def group(self, name: str, location: str) -> None:
        """A resource group: the one thing that needs no operation, nor a client library of its own."""
        request = HttpRequest(
            "PUT", f"{self.endpoint}{self.base}/{name}?api-version=2025-04-01", json={"location": location}
        )
        self.plain.send_request(request).raise_for_status()

    def gallery(self) -> None:
        """The gallery."""
        body: Any = {
            "location": IMAGE_REGION,
            "properties": {"description": "Shared Image Gallery for my organization"},
        }
        self.compute.galleries.begin_create_or_update(GALLERY_GROUP, GALLERY, body).result()

    def definition(self) -> None:
        """The image definition: generalized Windows of generation 1."""
        properties = {
            "osType": "Windows",
            "osState": "Generalized",
            "hyperVGeneration": "V1",
            "architecture": "x64",
            "identifier": {"publisher": "myPublisher", "offer": "myOffer", "sku": "mySKU"},
            "features": [{"name": "SecurityType", "value": "Standard"}],
        }
        body: Any = {"location": IMAGE_REGION, "properties": properties}
        self.compute.gallery_images.begin_create_or_update(GALLERY_GROUP, GALLERY, DEFINITION, body).result()

    def version(self) -> None:
        """The image version, replicated to two regions."""
        targets = [
            {"name": "South Central US", "regionalReplicaCount": 1, "storageAccountType": "Standard_LRS"},
            {"name": "West Central US", "regionalReplicaCount": 2, "storageAccountType": "Standard_LRS"},
        ]
        properties = {
            "publishingProfile": {"targetRegions": targets, "replicationMode": "Full"},
            "storageProfile": {"source": {"id": self.image}},
            "safetyProfile": {"allowDeletionOfReplicatedLocations": False},
        }
        body: Any = {"location": IMAGE_REGION, "properties": properties}
        self.compute.gallery_image_versions.begin_create_or_update(
            GALLERY_GROUP, GALLERY, DEFINITION, VERSION, body
        ).result()

    def virtual_network(self) -> None:
        """The virtual network and its subnet."""
        subnet = {"name": "mySubnet", "properties": {"addressPrefix": "192.168.1.0/24", "defaultOutboundAccess": False}}
        properties = {"addressSpace": {"addressPrefixes": ["192.168.0.0/16"]}, "subnets": [subnet]}
        body: Any = {"location": SCALE_SET_REGION, "properties": properties}
        self.network.virtual_networks.begin_create_or_update(SCALE_SET_GROUP, "myVnet", body).result()

    def public_ip_address(self) -> None:
        """The public IP address."""
        properties = {"publicIPAllocationMethod": "Static", "dnsSettings": {"domainNameLabel": "myscaleset-bench"}}
        body: Any = {"location": SCALE_SET_REGION, "sku": {"name": "Standard"}, "properties": properties}
        self.network.public_ip_addresses.begin_create_or_update(SCALE_SET_GROUP, "myPublicIPAddress", body).result()

    def security_group(self) -> None:
        """The network security group, which admits the backend port."""
        properties = {
            "protocol": "Tcp",
            "direction": "Inbound",
            "access": "Allow",
            "priority": 1000,
            "sourceAddressPrefix": "*",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRange": "80",
        }
        rules = {"securityRules": [{"name": "port80", "properties": properties}]}
        body: Any = {"location": SCALE_SET_REGION, "properties": rules}
        self.network.network_security_groups.begin_create_or_update(SCALE_SET_GROUP, SCALE_SET, body).result()

    def load_balancer(self) -> None:
        """The load balancer: frontend, pool, probe, rule and outbound rule."""
        frontend = {"id": self._part("frontendIPConfigurations", "frontend")}
        pool = {"id": self._part("backendAddressPools", "pool")}
        address = {"id": self._network("publicIPAddresses", "myPublicIPAddress")}
        rule = {
            "protocol": "Tcp",
            "frontendPort": 80,
            "backendPort": 80,
            "frontendIPConfiguration": frontend,
            "backendAddressPool": pool,
            "probe": {"id": self._part("probes", "probe80")},
            "disableOutboundSnat": True,
        }
        outbound = {"protocol": "All", "frontendIPConfigurations": [frontend], "backendAddressPool": pool}
        probe = {"protocol": "Tcp", "port": 80, "intervalInSeconds": 15, "numberOfProbes": 2}
        properties = {
            "frontendIPConfigurations": [{"name": "frontend", "properties": {"publicIPAddress": address}}],
            "backendAddressPools": [{"name": "pool"}],
            "probes": [{"name": "probe80", "properties": probe}],
            "loadBalancingRules": [{"name": "rule80", "properties": rule}],
            "outboundRules": [{"name": "outbound", "properties": outbound}],
        }
        body: Any = {"location": SCALE_SET_REGION, "sku": {"name": "Standard"}, "properties": properties}
        self.network.load_balancers.begin_create_or_update(SCALE_SET_GROUP, "myLoadBalancer", body).result()

    def scale_set(self) -> None:
        """The scale set, on the version."""
        version = (
            f"{self.base}/{GALLERY_GROUP}/providers/Microsoft.Compute/galleries/{GALLERY}"
            f"/images/{DEFINITION}/versions/{VERSION}"
        )
        address = {
            "subnet": {"id": self._network("virtualNetworks", "myVnet/subnets/mySubnet")},
            "loadBalancerBackendAddressPools": [{"id": self._part("backendAddressPools", "pool")}],
        }
        interface = {
            "primary": True,
            "enableAcceleratedNetworking": True,
            "networkSecurityGroup": {"id": self._network("networkSecurityGroups", SCALE_SET)},
            "ipConfigurations": [{"name": SCALE_SET, "properties": address}],
        }
        machine = {
            "storageProfile": {
                "imageReference": {"id": version},
                "osDisk": {"createOption": "FromImage", "caching": "ReadWrite"},
            },
            "osProfile": {
                "computerNamePrefix": "myScaleSe",
                "adminUsername": "azureuser",
                "adminPassword": PASSWORD,
                "windowsConfiguration": {"provisionVMAgent": True},
            },
            "networkProfile": {
                "networkInterfaceConfigurations": [{"name": SCALE_SET, "properties": interface}],
            },
        }
        properties = {
            "orchestrationMode": "Uniform",
            "singlePlacementGroup": False,
            "upgradePolicy": {"mode": "Automatic"},
            "virtualMachineProfile": machine,
        }
        body: Any = {
            "location": SCALE_SET_REGION,
            "sku": {"name": "Standard_D2s_v5", "tier": "Standard", "capacity": 2},
            "properties": properties,
        }
        self.compute.virtual_machine_scale_sets.begin_create_or_update(SCALE_SET_GROUP, SCALE_SET, body).result()

    def _network(self, kind: str, name: str) -> str:
        return f"{self.base}/{SCALE_SET_GROUP}/providers/Microsoft.Network/{kind}/{name}"

    def _part(self, kind: str, name: str) -> str:
        return self._network("loadBalancers", f"myLoadBalancer/{kind}/{name}")


def main() -> None:
    """Run it once."""
    parser = argparse.ArgumentParser(prog="python -m bench.peers.sequential", description=__doc__)
    for name in ("endpoint", "subscription", "image"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--polling-interval", type=float, default=30.0)
    asked = parser.parse_args()
    script = Script(asked.endpoint, asked.subscription, asked.image, asked.polling_interval)
    began = time.perf_counter()
    script.run()
    print(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
