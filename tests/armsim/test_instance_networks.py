"""Interfaces and public addresses of the instances of a scale set, and what lies below an instance."""

from typing import Any

from tests.armsim.arm import (
    AWAY,
    VMSS,
    Arm,
    load_balancer,
    make_scale_set,
    scale_set,
)
from tests.armsim.sets import HEALTH, ONE, power_of


def with_public_ips(body: dict[str, Any]) -> dict[str, Any]:
    """A scale set's body whose instances have public addresses, spelt as az does, and a NAT pool."""
    profile = body["properties"]["virtualMachineProfile"]
    config = profile["networkProfile"]["networkInterfaceConfigurations"][0]["properties"]["ipConfigurations"][0]
    label = {"domainNameLabel": "web"}
    public = {"name": "public", "properties": {"idleTimeoutInMinutes": 10, "dnsSettings": label}}
    pool = config["properties"]["loadBalancerBackendAddressPools"][0]["id"]
    nat = {"id": pool.replace("/backendAddressPools/pool", "/inboundNatPools/ssh")}
    config["properties"] |= {"publicipaddressconfiguration": public, "loadBalancerInboundNatPools": [nat]}
    return body


async def make_public(arm: Arm) -> None:
    version = await make_scale_set(arm, capacity=0)
    balancer = load_balancer(arm)
    front = {"id": f"{arm.id('Microsoft.Network/loadBalancers/lb')}/frontendIPConfigurations/front"}
    ports = {"frontendPortRangeStart": 50000, "frontendPortRangeEnd": 50009, "backendPort": 22, "protocol": "Tcp"}
    balancer["properties"]["inboundNatPools"] = [
        {"name": "ssh", "properties": {"frontendIPConfiguration": front, **ports}}
    ]
    balancer["properties"]["outboundRules"] = []
    await arm.done("Microsoft.Network/loadBalancers/lb", balancer)
    await arm.done(VMSS, with_public_ips(scale_set(arm, version)))


async def test_instances_have_interfaces_with_addresses_of_their_subnet(arm: Arm) -> None:
    await make_public(arm)
    found = (await arm.get(f"{VMSS}/networkInterfaces", version="2018-10-01"))["value"]
    assert [one["id"] for one in found] == [arm.id(f"{VMSS}/virtualMachines/{at}/networkInterfaces/nic") for at in "01"]
    first = found[0]["properties"]
    assert (first["primary"], first["provisioningState"]) == (True, "Succeeded")
    assert first["virtualMachine"] == {"id": arm.id(f"{VMSS}/virtualMachines/0")}
    assert first["networkSecurityGroup"]["id"].endswith("/networkSecurityGroups/nsg")
    config = first["ipConfigurations"][0]
    assert config["id"] == f"{found[0]['id']}/ipConfigurations/config"
    assert config["properties"]["privateIPAddress"] == "192.168.1.4"
    assert found[1]["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"] == "192.168.1.5"
    assert config["properties"]["loadBalancerInboundNatRules"][0]["id"].endswith("/inboundNatRules/ssh.0")
    assert "publicIPAddressConfiguration" not in config["properties"]
    lb = (await arm.get("Microsoft.Network/loadBalancers/lb"))["properties"]
    assert config["properties"]["loadBalancerInboundNatRules"][0]["id"] == lb["inboundNatRules"][0]["id"]
    assert lb["inboundNatRules"][0]["properties"]["backendIPConfiguration"]["id"] == config["id"]


async def test_what_lies_below_an_instance_is_what_its_lists_hold(arm: Arm) -> None:
    await make_public(arm)
    nics = f"{ONE}/networkInterfaces"
    listed = (await arm.get(nics))["value"]
    assert await arm.get(f"{nics}/NIC") == listed[0]
    configs = (await arm.get(f"{nics}/nic/ipConfigurations"))["value"]
    assert configs == listed[0]["properties"]["ipConfigurations"]
    assert await arm.get(f"{nics}/nic/ipConfigurations/config") == configs[0]
    addresses = (await arm.get(f"{nics}/nic/ipconfigurations/config/publicipaddresses"))["value"]
    assert [one["id"] for one in addresses] == [configs[0]["properties"]["publicIPAddress"]["id"]]
    assert await arm.get(f"{nics}/nic/ipconfigurations/config/publicipaddresses/public") == addresses[0]
    assert (await arm.get(f"{VMSS}/publicIPAddresses"))["value"][0] == addresses[0]
    for missing in (f"{nics}/none", f"{nics}/nic/ipConfigurations/none"):
        assert (await arm.refused("GET", missing))["code"] == "NotFound"
    assert (await arm.refused("GET", f"{nics}/nic/publicIPAddresses"))["status"] == 405
    assert (await arm.refused("PUT", f"{nics}/nic", {}))["status"] == 405


async def test_each_instance_has_a_public_address_and_name_of_its_own(arm: Arm) -> None:
    await make_public(arm)
    found = [one["properties"] for one in (await arm.get(f"{VMSS}/publicIPAddresses"))["value"]]
    assert len({one["ipAddress"] for one in found}) == 2
    assert [one["dnsSettings"]["fqdn"] for one in found] == [f"vm{at}.web.{AWAY}.cloudapp.azure.com" for at in "01"]
    assert [one["idleTimeoutInMinutes"] for one in found] == [10, 10]


async def test_an_address_stays_while_others_come_and_go(arm: Arm) -> None:
    await make_scale_set(arm, mode="Manual")

    async def addresses() -> dict[str, str]:
        found = (await arm.get(f"{VMSS}/networkInterfaces"))["value"]
        return {
            one["id"].split("/")[-3]: one["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"]
            for one in found
        }

    assert await addresses() == {"0": "192.168.1.4", "1": "192.168.1.5"}
    await arm.finish(await arm.send("DELETE", ONE))
    network = "Microsoft.Network/virtualNetworks/net"
    asked = f"{network}/checkIPAddressAvailability?ipAddress="
    assert (await arm.get(f"{asked}192.168.1.4"))["available"] is True
    assert (await arm.get(f"{asked}192.168.1.5"))["available"] is False
    await arm.done(VMSS, {"sku": {"capacity": 3}}, method="PATCH")
    await arm.done(VMSS, {"sku": {"name": "Standard_D4s_v5"}}, method="PATCH")
    await arm.finish(await arm.send("POST", f"{VMSS}/manualupgrade", {"instanceIds": ["*"]}))
    assert await addresses() == {"1": "192.168.1.5", "2": "192.168.1.4", "3": "192.168.1.6"}


async def test_a_star_stands_for_every_instance(arm: Arm) -> None:
    await make_scale_set(arm)
    await arm.finish(await arm.send("POST", f"{VMSS}/virtualMachines/%2A/deallocate"))
    assert [await power_of(arm, one) for one in ("0", "1")] == ["PowerState/deallocated"] * 2


async def test_an_instance_has_the_extensions_of_its_model(arm: Arm) -> None:
    await make_scale_set(arm)
    body = {"properties": {"virtualMachineProfile": {"extensionProfile": {"extensions": [HEALTH]}}}}
    await arm.done(VMSS, body, method="PATCH")
    listed = (await arm.get(f"{ONE}/extensions"))["value"]
    assert [one["name"] for one in listed] == ["health"]
    assert await arm.get(f"{ONE}/extensions/Health") == listed[0]
    assert (await arm.refused("GET", f"{ONE}/extensions/none"))["code"] == "NotFound"


async def test_an_interface_without_an_ip_configuration_is_refused(arm: Arm) -> None:
    version = await make_scale_set(arm)
    body = scale_set(arm, version)
    profile = body["properties"]["virtualMachineProfile"]["networkProfile"]
    profile["networkInterfaceConfigurations"][0]["properties"]["ipConfigurations"] = []
    refused = await arm.refused("PUT", VMSS.replace("vmss", "bare"), body)
    assert (refused["status"], "ipConfigurations" in refused["message"]) == (400, True)
