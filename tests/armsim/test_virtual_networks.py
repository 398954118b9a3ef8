"""Virtual networks, NSGs and public IPs as the service completes them: subnets, addresses, names, versions."""

from typing import Any

import pytest

from tests.armsim.arm import AWAY, HOME, VMSS, Arm, make_network, make_scale_set
from tests.armsim.test_network import IP, LB, NET, NSG, network, public_ip, rule


async def test_a_subnet_comes_back_completed(arm: Arm) -> None:
    await arm.done(NET, network("10.0.0.0/24"))
    table = arm.id("Microsoft.Network/routeTables/any")
    sent = {
        "addressPrefix": "10.0.1.0/24",
        "routeTable": {"id": table},
        "serviceEndpoints": [{"service": "Microsoft.Storage"}],
        "delegations": [{"name": "web", "properties": {"serviceName": "Microsoft.Web/serverFarms"}}],
        "PrivateEndpointNetworkPolicies": "enabled",
    }
    made = await arm.done(f"{NET}/subnets/sub", {"properties": sent})
    properties = made["properties"]
    assert properties["routeTable"] == {"id": table}
    assert properties["serviceEndpoints"][0]["locations"] == ["*"]
    assert properties["privateEndpointNetworkPolicies"] == "Enabled"
    delegation = properties["delegations"][0]
    assert delegation["id"] == f"{made['id']}/delegations/web"
    assert delegation["type"] == "Microsoft.Network/virtualNetworks/subnets/delegations"
    assert delegation["etag"] == made["etag"]
    assert delegation["properties"]["actions"] == ["Microsoft.Network/virtualNetworks/subnets/action"]
    assert await arm.done(f"{NET}/subnets/sub", made) == {**made, **await arm.get(f"{NET}/subnets/sub")}


async def test_a_delegation_is_done_at_once_and_says_what_its_service_may_do(arm: Arm) -> None:
    await arm.done(NET, network("10.0.0.0/24"))
    delegation = {"name": "db", "properties": {"serviceName": "Microsoft.DBforMySQL/flexibleServers"}}
    sent = {"addressPrefix": "10.0.1.0/24", "delegations": [delegation]}
    made = (await arm.put(f"{NET}/subnets/sub", {"properties": sent}))["properties"]
    shown = made["delegations"][0]["properties"]
    assert (made["provisioningState"], shown["provisioningState"]) == ("Updating", "Succeeded")
    assert shown["actions"] == ["Microsoft.Network/virtualNetworks/subnets/join/action"]


async def test_dhcp_options_hold_a_list_of_servers_even_where_none_was_sent(arm: Arm) -> None:
    body = network("10.0.0.0/24")
    assert "dhcpOptions" not in (await arm.done(NET, body))["properties"]
    body["properties"]["dhcpOptions"] = {}
    assert (await arm.done(NET, body))["properties"]["dhcpOptions"] == {"dnsServers": []}


async def test_an_old_client_does_not_undo_what_it_does_not_know(arm: Arm) -> None:
    sent = {"addressPrefix": "10.0.1.0/24", "defaultOutboundAccess": False}
    await arm.done(NET, network("10.0.0.0/24"))
    await arm.done(f"{NET}/subnets/sub", {"properties": sent})
    old = await arm.done(f"{NET}/subnets/other", {"properties": {"addressPrefix": "10.0.2.0/24"}}, version="2017-10-01")
    assert old["properties"] == {"provisioningState": "Succeeded", "addressPrefix": "10.0.2.0/24"}
    assert "type" not in old
    assert (await arm.get(f"{NET}/subnets/sub"))["properties"]["defaultOutboundAccess"] is False


async def test_references_are_checked_as_far_as_the_type_is_simulated(arm: Arm) -> None:
    body = network("10.0.0.0/24")
    properties = body["properties"]["subnets"][0]["properties"]
    properties["natGateway"] = {"id": "gateway"}
    refused = await arm.refused("PUT", NET, body)
    assert (refused["status"], refused["code"]) == (400, "LinkedInvalidPropertyId")
    properties["natGateway"] = {"id": arm.id("Microsoft.Network/natGateways/any")}
    properties["networkSecurityGroup"] = {"id": arm.id(NSG)}
    assert (await arm.refused("PUT", NET, body))["code"] == "InvalidResourceReference"
    await arm.done(NSG, {"location": HOME})
    assert (await arm.refused("PUT", NET, body))["code"] == "InvalidResourceReference"
    await arm.finish(await arm.send("DELETE", NSG))
    answer = await arm.send("PUT", NSG, {"location": AWAY})
    refused = await arm.refused("PUT", NET, body)
    assert (refused["status"], refused["details"][0]["code"]) == (429, "ReferencedResourceNotProvisioned")
    assert "PutNetworkSecurityGroupOperation" in refused["details"][0]["message"]
    await arm.finish(answer)
    await arm.done(NET, body)
    shown = await arm.get(NSG)
    assert shown["properties"]["subnets"] == [{"id": f"{arm.id(NET)}/subnets/s0"}]
    assert (await arm.refused("DELETE", NSG))["code"] == "InUseNetworkSecurityGroupCannotBeDeleted"


async def test_a_network_says_which_addresses_are_free(arm: Arm) -> None:
    await make_network(arm)
    frontend = {
        "name": "inside",
        "properties": {"subnet": {"id": f"{arm.id(NET)}/subnets/sub"}, "privateIPAddress": "192.168.1.5"},
    }
    body = {"location": AWAY, "properties": {"frontendIPConfigurations": [frontend]}}
    await arm.done("Microsoft.Network/loadBalancers/inside", body)

    async def ask(address: str) -> Any:
        return await arm.get(f"{NET}/CheckIPAddressAvailability?ipAddress={address}")

    assert await ask("192.168.1.4") == {"available": True, "isPlatformReserved": False}
    taken = await ask("192.168.1.5")
    assert (taken["available"], taken["availableIPAddresses"][:2]) == (False, ["192.168.1.4", "192.168.1.6"])
    assert (await ask("192.168.1.3"))["isPlatformReserved"] is True
    assert (await arm.refused("GET", f"{NET}/checkIPAddressAvailability?ipAddress=x"))["status"] == 400
    used = (await arm.get(f"{NET}/usages"))["value"]
    assert [(one["currentValue"], one["limit"]) for one in used] == [(1, 251)]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("192.168.2.4", "PrivateIPAddressNotInSubnet"),
        ("192.168.1.1", "PrivateIPAddressInReservedRange"),
        ("192.168.1.4", "PrivateIPAddressIsAllocated"),
    ],
)
async def test_a_private_frontend_has_an_address_of_its_subnet(arm: Arm, address: str, code: str) -> None:
    await make_network(arm)
    properties: dict[str, Any] = {"subnet": {"id": f"{arm.id(NET)}/subnets/sub"}}
    body = {"location": AWAY, "properties": {"frontendIPConfigurations": [{"name": "f", "properties": properties}]}}
    made = await arm.done("Microsoft.Network/loadBalancers/one", body)
    shown = made["properties"]["frontendIPConfigurations"][0]["properties"]
    assert (shown["privateIPAddress"], shown["privateIPAddressVersion"]) == ("192.168.1.4", "IPv4")
    properties["privateIPAddress"] = address
    assert (await arm.refused("PUT", "Microsoft.Network/loadBalancers/two", body))["code"] == code
    assert (await arm.refused("DELETE", f"{NET}/subnets/sub"))["code"] == "InUseSubnetCannotBeDeleted"


async def test_subnets_and_pools_show_the_instances_of_scale_sets(arm: Arm) -> None:
    await make_scale_set(arm, capacity=2)
    wanted = [
        {"id": f"{arm.id(VMSS)}/virtualMachines/{at}/networkInterfaces/nic/ipConfigurations/config"} for at in (0, 1)
    ]
    assert (await arm.get(f"{NET}/subnets/sub"))["properties"]["ipConfigurations"] == wanted
    pool = (await arm.get(f"{LB}/backendAddressPools/pool"))["properties"]
    assert pool["backendIPConfigurations"] == wanted
    behind = [one["properties"]["networkInterfaceIPConfiguration"] for one in pool["loadBalancerBackendAddresses"]]
    assert behind == wanted
    interfaces = (await arm.get(NSG))["properties"]["networkInterfaces"]
    assert interfaces == [{"id": one["id"].partition("/ipConfigurations/")[0]} for one in wanted]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**public_ip("Basic"), "sku": {"tier": "Global"}}, "GlobalPublicIPAddressNotSupportedForBasicPublicIpAddress"),
        (
            {**public_ip(), "properties": {"publicIPAllocationMethod": "Dynamic"}},
            "StandardSkuPublicIPAddressesMustBeStatic",
        ),
        ({**public_ip(), "zones": ["1"]}, "ResourceAvailabilityZonesCannotBeModified"),
        (public_ip("Basic"), "PublicIPAddressSkuCannotBeDowngraded"),
    ],
)
async def test_what_a_public_ip_cannot_become(arm: Arm, body: dict[str, Any], code: str) -> None:
    await arm.done(IP, public_ip())
    assert (await arm.refused("PUT", IP, body))["code"] == code


async def test_a_dynamic_address_is_there_while_somebody_uses_it(arm: Arm) -> None:
    body = {"location": AWAY, "properties": {"idleTimeoutInMinutes": "10"}}
    made = await arm.done(IP, body)
    assert (made["sku"]["name"], made["properties"]["publicIPAllocationMethod"]) == ("Basic", "Dynamic")
    assert made["properties"]["idleTimeoutInMinutes"] == 10
    assert "ipAddress" not in made["properties"]
    frontend = {"name": "front", "properties": {"publicIPAddress": {"id": arm.id(IP)}}}
    await arm.done(LB, {"location": AWAY, "properties": {"frontendIPConfigurations": [frontend]}})
    assert (await arm.get(IP))["properties"]["ipAddress"].startswith("20.")


async def test_a_label_that_may_be_used_again_has_a_hash_in_its_name(arm: Arm) -> None:
    def labelled(scope: str) -> dict[str, Any]:
        body = public_ip(label="shop")
        body["properties"]["dnsSettings"]["domainNameLabelScope"] = scope
        return body

    first = await arm.done(IP, labelled("TenantReuse"))
    name = first["properties"]["dnsSettings"]["fqdn"]
    assert name.startswith("shop.")
    assert name.endswith(f".{AWAY}.sysgen.cloudapp.azure.com")
    assert (await arm.refused("PUT", IP.replace("/ip", "/ip2"), labelled("TenantReuse")))["code"] == "DnsRecordInUse"
    other = await arm.done(IP.replace("/ip", "/ip2"), labelled("NoReuse"))
    assert other["properties"]["dnsSettings"]["fqdn"] != name
    await arm.finish(await arm.send("DELETE", IP))
    await arm.done(IP.replace("/ip", "/ip3"), labelled("TenantReuse"))


async def test_rules_of_an_nsg_come_back_in_true_types(arm: Arm) -> None:
    loose = rule(80)
    loose["properties"] |= {"protocol": "TCP", "destinationPortRange": 80, "priority": "1000", "access": "allow"}
    body = await arm.done(NSG, {"location": AWAY, "properties": {"securityRules": [loose]}})
    properties = body["properties"]["securityRules"][0]["properties"]
    told = {name: properties[name] for name in ("protocol", "destinationPortRange", "priority", "access")}
    assert told == {"protocol": "Tcp", "destinationPortRange": "80", "priority": 1000, "access": "Allow"}
    assert properties["destinationPortRanges"] == []
    old = await arm.get(f"{NSG}/securityRules/allow-80", version="2015-06-15")
    assert "destinationPortRanges" not in old["properties"]
    listed = await arm.get(f"{NSG}/defaultSecurityRules")
    assert [one["properties"]["priority"] for one in listed["value"]] == [65000, 65001, 65500] * 2
    assert (await arm.send("DELETE", f"{NSG}/defaultSecurityRules/DenyAllInBound")).status_code == 405


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"priority": 5000}, "SecurityRuleInvalidPriority"),
        ({"direction": "Sideways"}, "InvalidRequestFormat"),
        ({"sourceAddressPrefix": None}, "SecurityRuleParameterNotSpecified"),
    ],
)
async def test_a_security_rule_says_all_that_it_must(arm: Arm, changed: dict[str, Any], code: str) -> None:
    await arm.done(NSG, {"location": AWAY})
    body = rule(80)
    body["properties"] |= changed
    assert (await arm.refused("PUT", f"{NSG}/securityRules/r", body))["code"] == code


async def test_an_etag_guards_a_network_and_its_parts(arm: Arm) -> None:
    made = await arm.done(NET, network("10.0.0.0/24"))
    subnet = {"properties": {"addressPrefix": "10.0.1.0/24"}}
    refused = await arm.refused("PUT", f"{NET}/subnets/b", subnet, If_Match='W/"other"')
    assert refused["status"] == 412
    answer = await arm.send("PUT", f"{NET}/subnets/b", subnet, If_Match=made["etag"])
    assert answer.status_code == 201


async def test_an_interface_takes_an_address_and_shows_where_it_stands(arm: Arm) -> None:
    await make_network(arm)
    path = "Microsoft.Network/networkInterfaces/card"
    config = {
        "subnet": {"id": f"{arm.id(NET)}/subnets/sub"},
        "publicIPAddress": {"id": arm.id(IP.replace("/ip", "/ip2"))},
        "loadBalancerBackendAddressPools": [{"id": f"{arm.id(LB)}/backendAddressPools/pool"}],
    }
    guarded = {"networkSecurityGroup": {"id": arm.id(NSG)}, "ipConfigurations": [{"name": "c", "properties": config}]}
    body = {"location": AWAY, "properties": guarded}
    assert (await arm.refused("PUT", path, body))["code"] == "InvalidResourceReference"
    await arm.done(IP.replace("/ip", "/ip2"), public_ip())
    made = await arm.done(path, body)
    shown = made["properties"]["ipConfigurations"][0]
    assert (shown["properties"]["privateIPAddress"], shown["properties"]["primary"]) == ("192.168.1.4", True)
    here = {"id": shown["id"]}
    assert (await arm.get(f"{NET}/subnets/sub"))["properties"]["ipConfigurations"] == [here]
    assert (await arm.get(IP.replace("/ip", "/ip2")))["properties"]["ipConfiguration"] == here
    assert (await arm.get(f"{LB}/backendAddressPools/pool"))["properties"]["backendIPConfigurations"] == [here]
    assert (await arm.get(NSG))["properties"]["networkInterfaces"] == [{"id": made["id"]}]
    assert [one["id"] for one in (await arm.get(f"{LB}/networkInterfaces"))["value"]] == [made["id"]]
    assert (await arm.refused("PUT", f"{path}2", body))["code"] == "PublicIPAddressInUse"
    await arm.finish(await arm.send("DELETE", path))
    assert "networkInterfaces" not in (await arm.get(NSG))["properties"]
