"""Load balancers as the service completes them: parts in true types, NAT, instances behind pools, what must stay."""

from typing import Any

import pytest

from tests.armsim.arm import AWAY, VMSS, Arm, load_balancer, make_network, make_scale_set
from tests.armsim.test_network import IP, LB, NET, public_ip


async def test_values_that_templates_send_as_text_come_back_in_true_types(arm: Arm) -> None:
    await arm.done(IP, public_ip())
    body = load_balancer(arm)
    sent = body["properties"]["loadBalancingRules"][0]["properties"]
    sent |= {"frontendPort": "80", "enableFloatingIP": "true", "protocol": "TCP", "idleTimeoutInMinutes": "5"}
    body["properties"]["probes"][0]["properties"]["port"] = "80"
    shown = (await arm.done(LB, body))["properties"]
    rule = shown["loadBalancingRules"][0]["properties"]
    told = [rule[name] for name in ("frontendPort", "enableFloatingIP", "protocol", "idleTimeoutInMinutes")]
    assert told == [80, True, "Tcp", 5]
    assert rule["backendAddressPools"] == [rule["backendAddressPool"]]
    assert (shown["probes"][0]["properties"]["port"], shown["probes"][0]["properties"]["numberOfProbes"]) == (80, 2)
    sent["frontendPort"] = "http"
    refused = await arm.refused("PUT", LB, body)
    assert (refused["code"], refused["details"][0]["code"]) == ("InvalidRequestFormat", "InvalidJson")


async def test_basic_and_old_load_balancers_show_less(arm: Arm) -> None:
    await arm.done(IP, public_ip("Basic"))
    frontend = {"name": "front", "properties": {"publicIPAddress": {"id": arm.id(IP)}}}
    properties = {"frontendIPConfigurations": [frontend], "backendAddressPools": [{"name": "pool"}]}
    shown = (await arm.done(LB, {"location": AWAY, "properties": properties}))["properties"]
    assert "outboundRules" not in shown
    assert shown["inboundNatPools"] == []
    assert shown["backendAddressPools"][0]["properties"] == {"provisioningState": "Succeeded"}
    old = await arm.get(LB, version="2018-04-01")
    assert "type" not in old["properties"]["frontendIPConfigurations"][0]


async def test_a_pool_that_is_put_is_being_updated_and_a_nat_rule_is_there_at_once(arm: Arm) -> None:
    await make_network(arm)
    pool = f"{LB}/backendAddressPools/more"
    answer = await arm.send("PUT", pool, {"name": "more"})
    assert (answer.status_code, answer.json()["properties"]["provisioningState"]) == (201, "Updating")
    assert (await arm.poll(answer)).json() == {"status": "Succeeded"}
    assert (await arm.get(pool))["properties"]["provisioningState"] == "Succeeded"
    frontend = {"id": f"{arm.id(LB)}/frontendIPConfigurations/front"}
    rule = {"frontendIPConfiguration": frontend, "protocol": "Tcp", "frontendPort": 99, "backendPort": 99}
    made = await arm.put(f"{LB}/inboundNatRules/ssh", {"properties": rule})
    assert made["properties"]["provisioningState"] == "Succeeded"


async def test_a_pool_can_hold_addresses_of_a_network(arm: Arm) -> None:
    await make_network(arm)
    address = {"name": "a", "properties": {"ipAddress": "192.168.1.9", "virtualNetwork": {"id": arm.id(NET)}}}
    made = await arm.done(f"{LB}/backendAddressPools/more", {"properties": {"loadBalancerBackendAddresses": [address]}})
    shown = made["properties"]["loadBalancerBackendAddresses"][0]
    assert shown["id"] == f"{made['id']}/loadBalancerBackendAddresses/a"
    assert shown["type"].endswith("/backendAddressPools/loadBalancerBackendAddresses")
    assert shown["properties"]["ipAddress"] == "192.168.1.9"
    answer = await arm.send("DELETE", f"{LB}/backendAddressPools/more")
    assert (answer.status_code, "Location" in answer.headers) == (202, True)
    assert [one["name"] for one in (await arm.get(f"{LB}/backendAddressPools"))["value"]] == ["pool"]


async def test_a_nat_pool_makes_a_rule_for_each_instance(arm: Arm) -> None:
    await make_scale_set(arm, capacity=2)
    body = await arm.get(LB)
    front = {"id": f"{arm.id(LB)}/frontendIPConfigurations/front"}
    pool = {"frontendPortRangeStart": 50000, "frontendPortRangeEnd": 50119, "backendPort": 22, "protocol": "Tcp"}
    body["properties"]["inboundNatPools"] = [{"name": "ssh", "properties": {**pool, "frontendIPConfiguration": front}}]
    await arm.done(LB, body)
    model = await arm.get(VMSS)
    (interface,) = model["properties"]["virtualMachineProfile"]["networkProfile"]["networkInterfaceConfigurations"]
    (config,) = interface["properties"]["ipConfigurations"]
    config["properties"]["loadBalancerInboundNatPools"] = [{"id": f"{arm.id(LB)}/inboundNatPools/ssh"}]
    await arm.done(VMSS, model)
    shown = (await arm.get(LB))["properties"]
    rules = {one["name"]: one["properties"] for one in shown["inboundNatRules"]}
    assert {name: one["frontendPort"] for name, one in rules.items()} == {"ssh.0": 50000, "ssh.1": 50001}
    assert "/virtualMachines/0/networkInterfaces/nic/" in rules["ssh.0"]["backendIPConfiguration"]["id"]
    assert len(shown["frontendIPConfigurations"][0]["properties"]["inboundNatRules"]) == 2
    again = await arm.done(LB, await arm.get(LB))
    assert [one["name"] for one in again["properties"]["inboundNatRules"]] == ["ssh.0", "ssh.1"]


async def test_a_nat_rule_of_a_pool_maps_ports_to_instances(arm: Arm) -> None:
    await make_scale_set(arm, capacity=2)
    own = arm.id(LB)
    rule = {
        "backendPort": 22,
        "frontendPortRangeStart": 50000,
        "frontendPortRangeEnd": 50119,
        "frontendIPConfiguration": {"id": f"{own}/frontendIPConfigurations/front"},
        "backendAddressPool": {"id": f"{own}/backendAddressPools/pool"},
    }
    made = await arm.done(f"{LB}/inboundNatRules/ssh", {"properties": rule})
    assert (made["properties"]["frontendPort"], made["properties"]["protocol"]) == (0, "Tcp")
    pool = (await arm.get(f"{LB}/backendAddressPools/pool"))["properties"]
    assert pool["inboundNatRules"] == [{"id": made["id"]}]
    mapped = [one["properties"]["inboundNatRulesPortMapping"] for one in pool["loadBalancerBackendAddresses"]]
    assert [one[0]["frontendPort"] for one in mapped] == [50000, 50001]


async def test_rules_that_clash_and_frontends_that_share_are_refused(arm: Arm) -> None:
    await arm.done(IP, public_ip())
    body = load_balancer(arm)
    rules = body["properties"]["loadBalancingRules"]
    rules.append({"name": "again", "properties": {**rules[0]["properties"], "frontendPort": 81}})
    assert (await arm.refused("PUT", LB, body))["code"] == "RulesUseSameBackendPortProtocolAndPool"
    rules.pop()
    frontends = body["properties"]["frontendIPConfigurations"]
    frontends.append({**frontends[0], "name": "other"})
    assert (await arm.refused("PUT", LB, body))["code"] == "PublicIPReferencedByMultipleIPConfigs"
    frontends.pop()
    wanted = rules[0]["properties"]["probe"]["id"]
    for wrong in (f"{arm.id(LB)}/backendAddressPools/pool", wanted + "2", arm.id(IP)):
        rules[0]["properties"]["probe"]["id"] = wrong
        assert (await arm.refused("PUT", LB, body))["code"] == "InvalidResourceReference"
    rules[0]["properties"]["probe"]["id"] = wanted
    frontends[0]["properties"]["publicIPAddress"]["id"] = arm.id(LB)
    assert (await arm.refused("PUT", LB, body))["code"] == "InvalidResourceReference"
    del rules[0]["properties"]["frontendIPConfiguration"]
    refused = await arm.refused("PUT", LB, body)
    assert refused["code"] == "InvalidRequestFormat"
    assert "frontendIPConfiguration" in refused["details"][0]["message"]


@pytest.mark.parametrize(
    ("collection", "code"),
    [
        ("backendAddressPools", "LoadBalancerInUseByVirtualMachineScaleSet"),
        ("loadBalancingRules", "CannotRemoveRuleUsedByProbeUsedByVMSS"),
    ],
)
async def test_what_a_scale_set_uses_stays(arm: Arm, collection: str, code: str) -> None:
    await make_scale_set(arm, mode="Rolling")
    body: dict[str, Any] = await arm.get(LB)
    body["properties"][collection] = []
    if collection == "backendAddressPools":
        body["properties"]["outboundRules"] = []
        for rule in body["properties"]["loadBalancingRules"]:
            del rule["properties"]["backendAddressPool"], rule["properties"]["backendAddressPools"]
    refused = await arm.refused("PUT", LB, body)
    assert refused["code"] == code
    assert arm.id(VMSS) in refused["message"]
    assert "child resources pool are in use" in (await arm.refused("DELETE", LB))["message"]
    assert (await arm.get(f"{LB}/networkInterfaces"))["value"] == []
