"""What a test of the SDK's suites is given, and what several of them make first."""

from typing import Any

from tests.armsim.arm import AWAY, HOME, definition, load_balancer, managed_image, scale_set, version_of
from tests.contract.sdk.clients import Clients

type Json = Any
"""A request's body as a dict; the clients take one wherever they take a model."""

DEFAULT_POLLER: dict[str, Any] = {"polling_interval": 30}
"""What the clients do by default; the suites poll more often where the server does not say when."""


class Azure:
    """Clients of one simulator, and a resource group that is the test's own."""

    home, away = HOME, AWAY

    def __init__(self, clients: Clients, subscription_id: str, number: int) -> None:
        self.compute, self.network = clients.compute, clients.network
        self.resources, self.deployments = clients.resources, clients.deployments
        self.subscriptions = clients.subscriptions
        self.subscription_id = subscription_id
        self.number = number
        self.group = f"rg{number}"
        self.gallery = f"gallery{number}"

    def id(self, path: str) -> str:
        """`Microsoft.Compute/images/i` → the whole id in the test's group."""
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.group}/providers/{path}"


def make_gallery(azure: Azure) -> Any:
    """The test's gallery, with nothing in it."""
    body: Json = {"location": azure.home, "properties": {"description": "for tests"}}
    return azure.compute.galleries.begin_create_or_update(azure.group, azure.gallery, body).result()


def make_definition(azure: Azure) -> Any:
    """Definition `d` of the test's gallery."""
    body: Json = definition()
    return azure.compute.gallery_images.begin_create_or_update(azure.group, azure.gallery, "d", body).result()


def make_disk(azure: Azure, name: str = "os") -> Any:
    """A disk of 64 GiB with nothing on it."""
    data = {"creationData": {"createOption": "Empty"}, "diskSizeGB": 64, "osType": "Linux"}
    body: Json = {"location": azure.home, "sku": {"name": "Premium_LRS"}, "properties": data}
    return azure.compute.disks.begin_create_or_update(azure.group, name, body).result()


def make_image(azure: Azure, name: str = "i", location: str = HOME) -> Any:
    """A managed image of disk `os`."""
    make_disk(azure)
    body: Json = managed_image(azure, location=location)
    return azure.compute.images.begin_create_or_update(azure.group, name, body).result()


def make_version(azure: Azure, name: str = "1.0.0", regions: tuple[str, ...] = (HOME,)) -> Any:
    """A version of `d` from image `i`, which is made as well."""
    make_image(azure)
    body: Json = version_of(azure, regions=regions)
    versions = azure.compute.gallery_image_versions
    return versions.begin_create_or_update(azure.group, azure.gallery, "d", name, body).result()


def make_network(azure: Azure, location: str = AWAY) -> None:
    """Public IP `ip`, network `net` with subnet `sub`, NSG `nsg` and load balancer `lb`."""
    network, group = azure.network, azure.group
    ip: Json = {
        "location": location,
        "sku": {"name": "Standard"},
        "properties": {"publicIPAllocationMethod": "Static"},
    }
    network.public_ip_addresses.begin_create_or_update(group, "ip", ip).result()
    subnet = {"name": "sub", "properties": {"addressPrefix": "192.168.1.0/24"}}
    space = {"addressSpace": {"addressPrefixes": ["192.168.0.0/16"]}, "subnets": [subnet]}
    net: Json = {"location": location, "properties": space}
    network.virtual_networks.begin_create_or_update(group, "net", net).result()
    nsg: Json = {"location": location}
    network.network_security_groups.begin_create_or_update(group, "nsg", nsg).result()
    balancer: Json = load_balancer(azure, location)
    network.load_balancers.begin_create_or_update(group, "lb", balancer).result()


def make_scale_set(azure: Azure, mode: str = "Manual", capacity: int = 2) -> Any:
    """Scale set `vmss` on version 1.0.0 and the network of `make_network`."""
    make_gallery(azure)
    make_definition(azure)
    version = make_version(azure, regions=(azure.home, azure.away))
    make_network(azure)
    body: Json = scale_set(azure, version.id, mode=mode, capacity=capacity)
    sets = azure.compute.virtual_machine_scale_sets
    return sets.begin_create_or_update(azure.group, "vmss", body).result()
