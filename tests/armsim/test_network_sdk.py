"""azure-mgmt-network, unchanged and synchronous, makes and reads what a scale set stands on."""

import asyncio
import ssl
import time
from typing import Any

import httpx
from azure.core.credentials import AccessToken
from azure.mgmt.network import NetworkManagementClient

from local.armsim import Endpoints, Simulator, serve
from tests.armsim.arm import AWAY


class Token:
    """A credential that has its token already."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken(self._token, int(time.time()) + 3600)


def make_and_read(ends: Endpoints, token: str) -> dict[str, Any]:
    """Each kind of network resource by its own operation group; what the client read at the end."""
    client = NetworkManagementClient(
        Token(token),
        ends.subscription_id,
        base_url=ends.arm_endpoint,
        credential_scopes=["https://management.azure.com/.default"],
        connection_verify=ends.ca_file,
        polling_interval=0.02,
    )
    ip: Any = {
        "location": AWAY,
        "sku": {"name": "Standard"},
        "properties": {"publicIPAllocationMethod": "Static", "dnsSettings": {"domainNameLabel": "shop"}},
    }
    made_ip = client.public_ip_addresses.begin_create_or_update("rg", "ip", ip).result()
    net: Any = {"location": AWAY, "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
    client.virtual_networks.begin_create_or_update("rg", "net", net).result()
    subnet: Any = {"properties": {"addressPrefix": "10.0.0.0/24", "defaultOutboundAccess": False}}
    client.subnets.begin_create_or_update("rg", "net", "sub", subnet).result()
    group: Any = {"location": AWAY}
    client.network_security_groups.begin_create_or_update("rg", "nsg", group).result()
    rule: Any = {
        "properties": {
            "protocol": "Tcp",
            "access": "Allow",
            "direction": "Inbound",
            "priority": 100,
            "sourceAddressPrefix": "*",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRange": "80",
        }
    }
    client.security_rules.begin_create_or_update("rg", "nsg", "web", rule).result()
    balancer: Any = {
        "location": AWAY,
        "sku": {"name": "Standard"},
        "properties": {
            "frontendIPConfigurations": [{"name": "front", "properties": {"publicIPAddress": {"id": made_ip.id}}}],
            "backendAddressPools": [{"name": "pool"}],
        },
    }
    made = client.load_balancers.begin_create_or_update("rg", "lb", balancer).result()
    nat: Any = {
        "properties": {
            "protocol": "Tcp",
            "backendPort": 22,
            "frontendPortRangeStart": 50000,
            "frontendPortRangeEnd": 50099,
            "frontendIPConfiguration": {"id": f"{made.id}/frontendIPConfigurations/front"},
            "backendAddressPool": {"id": f"{made.id}/backendAddressPools/pool"},
        }
    }
    client.inbound_nat_rules.begin_create_or_update("rg", "lb", "ssh", nat).result()
    tags: Any = {"tags": {"team": "web"}}
    client.virtual_networks.update_tags("rg", "net", tags)
    client.inbound_nat_rules.begin_delete("rg", "lb", "ssh").result()
    return {
        "ip": client.public_ip_addresses.get("rg", "ip").as_dict(),
        "net": client.virtual_networks.get("rg", "net").as_dict(),
        "nsg": client.network_security_groups.get("rg", "nsg").as_dict(),
        "lb": next(iter(client.load_balancers.list("rg"))).as_dict(),
    }


async def test_the_network_through_azure_mgmt_network() -> None:
    sim = Simulator(instant=True)
    async with serve(sim) as ends:
        group = f"/subscriptions/{ends.subscription_id}/resourceGroups/rg"
        await asyncio.to_thread(make_group, ends, sim.token(), group)
        read = await asyncio.to_thread(make_and_read, ends, sim.token())
    assert read["ip"]["properties"]["dnsSettings"]["fqdn"] == f"shop.{AWAY}.cloudapp.azure.com"
    assert read["ip"]["properties"]["ipConfiguration"]["id"].endswith("/frontendIPConfigurations/front")
    assert read["net"]["tags"] == {"team": "web"}
    assert [one["name"] for one in read["net"]["properties"]["subnets"]] == ["sub"]
    assert [one["name"] for one in read["nsg"]["properties"]["securityRules"]] == ["web"]
    assert read["lb"]["properties"]["inboundNatRules"] == []


def make_group(ends: Endpoints, token: str, group: str) -> None:
    trusted = ssl.create_default_context(cafile=ends.ca_file)
    with httpx.Client(base_url=ends.arm_endpoint, verify=trusted) as http:
        http.headers["Authorization"] = f"Bearer {token}"
        made = http.put(group, params={"api-version": "2024-11-01"}, json={"location": AWAY})
        assert made.status_code == 201
