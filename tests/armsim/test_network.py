"""Networks: parts as views of their parents, references both ways, what is in use, addresses."""

from typing import Any

import pytest

from tests.armsim.arm import AWAY, HOME, VMSS, Arm, load_balancer, make_network, make_scale_set

NET = "Microsoft.Network/virtualNetworks/net"
IP = "Microsoft.Network/publicIPAddresses/ip"
LB = "Microsoft.Network/loadBalancers/lb"
NSG = "Microsoft.Network/networkSecurityGroups/nsg"


def network(*prefixes: str) -> dict[str, Any]:
    subnets = [{"name": f"s{at}", "properties": {"addressPrefix": one}} for at, one in enumerate(prefixes)]
    return {"location": AWAY, "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": subnets}}


def public_ip(sku: str = "Standard", label: str = "") -> dict[str, Any]:
    properties: dict[str, Any] = {"publicIPAllocationMethod": "Static"}
    if label:
        properties["dnsSettings"] = {"domainNameLabel": label}
    return {"location": AWAY, "sku": {"name": sku}, "properties": properties}


def rule(port: int, priority: int = 1000) -> dict[str, Any]:
    return {
        "name": f"allow-{port}",
        "properties": {
            "protocol": "Tcp",
            "access": "Allow",
            "direction": "Inbound",
            "priority": priority,
            "sourceAddressPrefix": "*",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRange": str(port),
        },
    }


@pytest.mark.parametrize(
    ("path", "body", "retry_after"),
    [(IP, public_ip(), "1"), (NET, network("10.0.0.0/24"), "3"), (NSG, {"location": AWAY}, "1")],
)
async def test_network_writes_are_updating_and_say_when_to_poll(
    arm: Arm, path: str, body: dict[str, Any], retry_after: str
) -> None:
    answer = await arm.send("PUT", path, body)
    assert answer.status_code == 201
    assert answer.headers["Retry-After"] == retry_after
    assert answer.headers["Azure-AsyncNotification"] == "Enabled"
    assert answer.headers["x-ms-request-id"] in answer.headers["Azure-AsyncOperation"]
    assert answer.json()["properties"]["provisioningState"] == "Updating"
    assert answer.json()["etag"].startswith('W/"')
    running = await arm.poll(answer)
    assert (running.json(), running.headers["Retry-After"]) == ({"status": "InProgress"}, "10")
    assert await arm.finish(answer) == {"status": "Succeeded"}
    done = await arm.get(path)
    assert done["properties"]["provisioningState"] == "Succeeded"
    assert done["etag"] != answer.json()["etag"]


async def test_a_load_balancer_is_succeeded_in_the_put_itself(arm: Arm) -> None:
    await arm.done(IP, public_ip())
    answer = await arm.send("PUT", LB, load_balancer(arm))
    assert answer.status_code == 201
    assert "Retry-After" not in answer.headers
    assert answer.json()["properties"]["provisioningState"] == "Succeeded"
    assert (await arm.poll(answer)).json() == {"status": "Succeeded"}
    assert (await arm.get(LB)) == answer.json()


async def test_parts_of_a_load_balancer_refer_back(arm: Arm) -> None:
    await make_network(arm)
    body = await arm.get(LB)
    own = arm.id(LB)
    assert body["sku"] == {"name": "Standard", "tier": "Regional"}
    front = body["properties"]["frontendIPConfigurations"][0]
    assert front["id"] == f"{own}/frontendIPConfigurations/front"
    assert front["etag"] == body["etag"]
    assert front["type"] == "Microsoft.Network/loadBalancers/frontendIPConfigurations"
    assert front["properties"]["loadBalancingRules"] == [{"id": f"{own}/loadBalancingRules/rule"}]
    assert front["properties"]["outboundRules"] == [{"id": f"{own}/outboundRules/out"}]
    pool = body["properties"]["backendAddressPools"][0]["properties"]
    assert pool["loadBalancingRules"] == [{"id": f"{own}/loadBalancingRules/rule"}]
    probe = body["properties"]["probes"][0]["properties"]
    assert probe["loadBalancingRules"] == [{"id": f"{own}/loadBalancingRules/rule"}]
    written = body["properties"]["loadBalancingRules"][0]["properties"]
    assert (written["idleTimeoutInMinutes"], written["enableFloatingIP"]) == (4, False)
    assert body["properties"]["inboundNatPools"] == []
    assert (await arm.get(IP))["properties"]["ipConfiguration"]["id"] == f"{own}/frontendIPConfigurations/front"


async def test_what_get_shows_can_be_put_back_unchanged(arm: Arm) -> None:
    await make_network(arm)
    for path in (LB, NET, NSG, IP):
        shown = await arm.get(path)
        again = await arm.done(path, shown)
        assert _without_etags(again) == _without_etags(shown)


async def test_nat_rules_of_the_pool_are_parts_that_can_be_put(arm: Arm) -> None:
    await make_network(arm)
    own = arm.id(LB)
    body = {
        "properties": {
            "protocol": "Tcp",
            "backendPort": 22,
            "frontendPortRangeStart": 50000,
            "frontendPortRangeEnd": 50119,
            "frontendIPConfiguration": {"id": f"{own}/frontendIPConfigurations/front"},
            "backendAddressPool": {"id": f"{own}/backendAddressPools/pool"},
        }
    }
    made = await arm.done(f"{LB}/inboundNatRules/ssh", body)
    assert made["properties"]["frontendPortRangeEnd"] == 50119
    whole = await arm.get(LB)
    assert whole["properties"]["inboundNatRules"] == [made]
    assert whole["properties"]["frontendIPConfigurations"][0]["properties"]["inboundNatRules"] == [{"id": made["id"]}]
    answer = await arm.send("DELETE", f"{LB}/inboundNatRules/ssh")
    assert answer.status_code == 202
    assert (await arm.get(LB))["properties"]["inboundNatRules"] == []
    assert (await arm.send("DELETE", f"{LB}/inboundNatRules/ssh")).status_code == 204
    assert (await arm.send("PUT", f"{LB}/probes/p", {})).status_code == 405
    assert len((await arm.get(f"{LB}/probes"))["value"]) == 1


async def test_a_load_balancer_refers_to_its_own_parts_only(arm: Arm) -> None:
    await arm.done(IP, public_ip())
    body = load_balancer(arm)
    body["properties"]["backendAddressPools"] = []
    refused = await arm.refused("PUT", LB, body)
    assert (refused["status"], refused["code"]) == (400, "InvalidResourceReference")
    assert refused["details"][0]["code"] == "NotFound"


async def test_a_rule_beside_an_outbound_rule_must_turn_snat_off(arm: Arm) -> None:
    await arm.done(IP, public_ip())
    body = load_balancer(arm)
    body["properties"]["loadBalancingRules"][0]["properties"]["disableOutboundSnat"] = False
    assert "must disable outbound SNAT" in (await arm.refused("PUT", LB, body))["message"]


async def test_the_public_ip_of_a_frontend_is_there_ready_alike_and_free(arm: Arm) -> None:
    assert (await arm.refused("PUT", LB, load_balancer(arm)))["code"] == "InvalidResourceReference"
    answer = await arm.send("PUT", IP, public_ip("Basic"))
    refused = await arm.refused("PUT", LB, load_balancer(arm))
    assert (refused["status"], refused["details"][0]["code"]) == (429, "ReferencedResourceNotProvisioned")
    await arm.finish(answer)
    assert (await arm.refused("PUT", LB, load_balancer(arm)))["code"] == "PublicIPAndLBSkuDoNotMatch"
    await arm.done(IP, public_ip())
    await arm.put(LB, load_balancer(arm))
    other = LB.replace("lb", "lb2")
    refused = await arm.refused("PUT", other, load_balancer(arm, name="lb2"))
    assert refused["code"] == "PublicIPAddressInUse"
    assert (await arm.refused("DELETE", IP))["code"] == "PublicIPAddressCannotBeDeleted"
    await arm.finish(await arm.send("DELETE", LB))
    assert (await arm.send("DELETE", IP)).status_code == 202


async def test_an_address_shows_once_it_is_made_and_stays(arm: Arm) -> None:
    answer = await arm.send("PUT", IP, public_ip(label="shop"))
    made = answer.json()
    assert "ipAddress" not in made["properties"]
    assert made["properties"]["dnsSettings"]["fqdn"] == f"shop.{AWAY}.cloudapp.azure.com"
    await arm.finish(answer)
    first = (await arm.get(IP))["properties"]["ipAddress"]
    again = await arm.done(IP, public_ip(label="shop"))
    assert again["properties"]["ipAddress"] == first
    refused = await arm.refused("PUT", IP.replace("/ip", "/ip2"), public_ip(label="shop"))
    assert refused["code"] == "DnsRecordInUse"
    assert (await arm.refused("PUT", IP, public_ip(label="Not Valid")))["code"] == "InvalidDomainNameLabel"


async def test_subnets_are_children_and_a_put_of_the_network_replaces_them(arm: Arm) -> None:
    await arm.done(NET, network("10.0.0.0/24"))
    made = await arm.done(f"{NET}/subnets/extra", {"properties": {"addressPrefix": "10.0.1.0/24"}})
    assert made["properties"]["privateLinkServiceNetworkPolicies"] == "Enabled"
    assert [one["name"] for one in (await arm.get(NET))["properties"]["subnets"]] == ["s0", "extra"]
    assert len((await arm.get(f"{NET}/subnets"))["value"]) == 2
    await arm.done(NET, network("10.0.0.0/24"))
    missing = await arm.refused("GET", f"{NET}/subnets/extra")
    assert (missing["code"], missing["message"]) == ("NotFound", f"Resource {arm.id(NET)}/subnets/extra not found.")


async def test_a_subnet_is_private_since_2025_07_unless_it_says_otherwise(arm: Arm) -> None:
    await arm.done(NET, network("10.0.0.0/24"))
    new = await arm.done(f"{NET}/subnets/new", {"properties": {"addressPrefix": "10.0.1.0/24"}}, version="2025-07-01")
    assert new["properties"]["defaultOutboundAccess"] is False
    whole = await arm.done(NET, await arm.get(NET), version="2025-07-01")
    assert "defaultOutboundAccess" not in whole["properties"]["subnets"][0]["properties"]


@pytest.mark.parametrize(
    ("prefixes", "code"),
    [
        (("192.168.0.0/24",), "NetcfgInvalidSubnet"),
        (("10.0.0.0/24", "10.0.0.128/25"), "NetcfgSubnetRangesOverlap"),
        (("10.0.0.1/24",), "InvalidAddressPrefixFormat"),
        (("ten",), "InvalidAddressPrefixFormat"),
    ],
)
async def test_prefixes_must_fit(arm: Arm, prefixes: tuple[str, ...], code: str) -> None:
    assert (await arm.refused("PUT", NET, network(*prefixes)))["code"] == code


async def test_two_writes_to_one_network_at_once_are_refused_with_the_operation(arm: Arm) -> None:
    await arm.put(NET, network("10.0.0.0/24"))
    refused = await arm.refused("PUT", f"{NET}/subnets/b", {"properties": {"addressPrefix": "10.0.1.0/24"}})
    assert (refused["status"], refused["code"]) == (409, "AnotherOperationInProgress")
    assert "/operations/" in refused["message"]


async def test_a_subnet_in_use_cannot_go(arm: Arm) -> None:
    await make_scale_set(arm)
    empty = {"location": AWAY, "properties": {"addressSpace": {"addressPrefixes": ["192.168.0.0/16"]}}}
    for refused in (
        await arm.refused("DELETE", f"{NET}/subnets/sub"),
        await arm.refused("DELETE", NET),
        await arm.refused("PUT", NET, empty),
    ):
        assert refused["code"] == "InUseSubnetCannotBeDeleted"
        assert arm.id(VMSS) in refused["message"]
    assert (await arm.refused("DELETE", LB))["code"] == "LoadBalancerInUseByVirtualMachineScaleSet"


async def test_an_nsg_has_six_rules_of_its_own_beside_those_sent(arm: Arm) -> None:
    body = await arm.done(NSG, {"location": AWAY, "properties": {"securityRules": [rule(80)]}})
    assert [one["name"] for one in body["properties"]["securityRules"]] == ["allow-80"]
    assert len(body["properties"]["defaultSecurityRules"]) == 6
    await arm.done(f"{NSG}/securityRules/allow-443", rule(443, 1001))
    whole = await arm.get(NSG)
    assert [one["name"] for one in whole["properties"]["securityRules"]] == ["allow-80", "allow-443"]


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([rule(80), rule(443)], "SecurityRuleConflict"),
        ([rule(80, 99)], "SecurityRuleInvalidPriority"),
        ([{"name": "r", "properties": {"protocol": "Tcp"}}], "InvalidRequestFormat"),
    ],
)
async def test_security_rules_that_clash_are_refused(arm: Arm, rules: list[dict[str, Any]], code: str) -> None:
    body = {"location": AWAY, "properties": {"securityRules": rules}}
    assert (await arm.refused("PUT", NSG, body))["code"] == code


async def test_network_names_follow_their_rule_and_locations_do_not_change(arm: Arm) -> None:
    assert (await arm.refused("PUT", "Microsoft.Network/publicIPAddresses/-ip", public_ip()))["status"] == 400
    for name in ("n", "n" * 65):
        refused = await arm.refused("PUT", f"Microsoft.Network/virtualNetworks/{name}", network("10.0.0.0/24"))
        assert refused["code"] == "InvalidResourceName"
    await arm.done(IP, public_ip())
    assert (await arm.refused("PUT", IP, {**public_ip(), "location": HOME}))["code"] == "InvalidResourceLocation"


async def test_tags_of_network_resources_change_by_patch_at_once_and_nothing_else_does(arm: Arm) -> None:
    before = await arm.done(IP, public_ip())
    patch = {"tags": {"a": "b"}, "properties": {"idleTimeoutInMinutes": 30}}
    answer = await arm.send("PATCH", IP, patch)
    assert answer.status_code == 200
    assert "Azure-AsyncOperation" not in answer.headers
    after = answer.json()
    assert after["tags"] == {"a": "b"}
    assert after["properties"] == before["properties"]
    assert after["etag"] != before["etag"]


async def test_bodies_follow_the_api_version(arm: Arm) -> None:
    await arm.done(IP, public_ip())
    assert "ddosSettings" in (await arm.get(IP, version="2024-05-01"))["properties"]
    assert "ddosSettings" not in (await arm.get(IP, version="2020-11-01"))["properties"]
    await arm.done(NET, network("10.0.0.0/24"))
    assert "privateEndpointVNetPolicies" in (await arm.get(NET, version="2024-05-01"))["properties"]
    assert "privateEndpointVNetPolicies" not in (await arm.get(NET, version="2022-07-01"))["properties"]


def _without_etags(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_etags(one) for name, one in value.items() if name != "etag"}
    return [_without_etags(one) for one in value] if isinstance(value, list) else value
