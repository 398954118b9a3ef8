"""Instances of scale sets: power, reimage, deletion, views, health, history, and faults that strike them."""

from typing import Any

import pytest

from local.armsim import Fault
from tests.armsim.arm import (
    AWAY,
    VMSS,
    Arm,
    image_patch,
    images_of,
    instances,
    load_balancer,
    make_scale_set,
    scale_set,
    second_version,
)

ONE = f"{VMSS}/virtualMachines/0"
HEALTH = {
    "name": "health",
    "properties": {
        "publisher": "Microsoft.ManagedServices",
        "type": "ApplicationHealthLinux",
        "typeHandlerVersion": "1.0",
        "protectedSettings": {"key": "hidden-value"},
    },
}


async def power_of(arm: Arm, instance: str = "0") -> str:
    view = await arm.get(f"{VMSS}/virtualMachines/{instance}/instanceView")
    return next(str(one["code"]) for one in view["statuses"] if one["code"].startswith("PowerState/"))


@pytest.mark.parametrize(
    ("action", "after"),
    [("powerOff", "stopped"), ("deallocate", "deallocated"), ("restart", "running"), ("redeploy", "running")],
)
async def test_power_changes_once_the_operation_has_ended(arm: Arm, action: str, after: str) -> None:
    await make_scale_set(arm)
    answer = await arm.send("POST", f"{VMSS}/{action}?skipShutdown=false", {"instanceIds": ["0"]})
    assert (answer.status_code, "monitor=true" in answer.headers["Location"]) == (202, True)
    assert (await arm.get(ONE))["properties"]["provisioningState"] == "Updating"
    assert await power_of(arm) == "PowerState/running"
    assert (await arm.finish(answer))["status"] == "Succeeded"
    assert (await arm.get(ONE))["properties"]["provisioningState"] == "Succeeded"
    assert (await power_of(arm), await power_of(arm, "1")) == (f"PowerState/{after}", "PowerState/running")
    await arm.finish(await arm.send("POST", f"{ONE}/start"))
    assert await power_of(arm) == "PowerState/running"


async def test_power_without_instance_ids_reaches_all(arm: Arm) -> None:
    await make_scale_set(arm)
    await arm.finish(await arm.send("POST", f"{VMSS}/deallocate"))
    assert [await power_of(arm, one) for one in ("0", "1")] == ["PowerState/deallocated"] * 2


async def test_reimage_brings_an_instance_to_the_model(arm: Arm) -> None:
    await make_scale_set(arm, mode="Manual")
    version = await second_version(arm)
    await arm.done(VMSS, image_patch(version), method="PATCH")
    await arm.finish(await arm.send("POST", f"{ONE}/reimage"))
    listed = await instances(arm)
    assert images_of(listed) == ["1.0.1", "1.0.0"]
    assert [one["properties"]["latestModelApplied"] for one in listed] == [True, False]


async def test_an_instance_shows_the_model_that_it_follows_not_the_newest(arm: Arm) -> None:
    await make_scale_set(arm, mode="Manual")
    await arm.done(VMSS, {"sku": {"name": "Standard_D4s_v5"}}, method="PATCH")
    old = await arm.get(ONE)
    assert (old["sku"]["name"], old["properties"]["hardwareProfile"]["vmSize"]) == ("Standard_D2s_v5",) * 2
    assert old["properties"]["latestModelApplied"] is False
    await arm.finish(await arm.send("POST", f"{VMSS}/manualupgrade", {"instanceIds": ["0"]}))
    assert (await arm.get(ONE))["sku"]["name"] == "Standard_D4s_v5"


async def test_a_deleted_instance_leaves_the_capacity_smaller(arm: Arm) -> None:
    await make_scale_set(arm, capacity=3)
    answer = await arm.send("DELETE", ONE)
    assert answer.status_code == 202
    assert (await arm.get(ONE))["properties"]["provisioningState"] == "Deleting"
    await arm.finish(answer)
    assert (await arm.refused("GET", ONE))["code"] == "NotFound"
    assert (await arm.get(VMSS))["sku"]["capacity"] == 2
    assert (await arm.send("DELETE", ONE)).status_code == 204


async def test_the_scale_in_policy_says_who_goes(arm: Arm) -> None:
    await make_scale_set(arm, capacity=3)
    await arm.done(VMSS, {"properties": {"scaleInPolicy": {"rules": ["OldestVM"]}}}, method="PATCH")
    await arm.done(VMSS, {"sku": {"capacity": 2}}, method="PATCH")
    assert [one["instanceId"] for one in await instances(arm)] == ["1", "2"]


async def test_work_that_fails_leaves_its_instance_failed(arm: Arm) -> None:
    await make_scale_set(arm)
    arm.sim.faults.add(Fault(kind="operation_fails", method="POST"))
    ended = await arm.finish(await arm.send("POST", f"{ONE}/restart"))
    assert ended["status"] == "Failed"
    states = [one["properties"]["provisioningState"] for one in await instances(arm)]
    assert states == ["Failed", "Succeeded"]


async def test_allocation_that_fails_leaves_new_instances_failed(arm: Arm) -> None:
    await make_scale_set(arm)
    arm.sim.faults.add(Fault(kind="allocation_fails", method="PATCH"))
    ended = await arm.finish(await arm.send("PATCH", VMSS, {"sku": {"capacity": 3}}))
    assert ended["status"] == "Failed"
    states = [one["properties"]["provisioningState"] for one in await instances(arm)]
    assert states == ["Succeeded", "Succeeded", "Failed"]


async def test_maintenance_and_eviction_are_not_for_everyone(arm: Arm) -> None:
    await make_scale_set(arm)
    for path, phrase in (
        (f"{VMSS}/performMaintenance", "is not eligible"),
        (f"{ONE}/simulateEviction", "allowed only for Spot"),
    ):
        refused = await arm.refused("POST", path)
        assert (refused["status"], refused["code"]) == (409, "OperationNotAllowed")
        assert phrase in refused["message"]


async def test_spot_instances_take_any_price_and_go_by_their_policy(arm: Arm) -> None:
    body = scale_set(arm, await make_scale_set(arm), mode="Manual")
    body["properties"]["virtualMachineProfile"] |= {"priority": "Spot", "evictionPolicy": "Delete"}
    spot = VMSS.replace("vmss", "spot")
    made = (await arm.done(spot, body))["properties"]
    assert made["platformFaultDomainCount"] == 1
    assert made["virtualMachineProfile"]["billingProfile"] == {"maxPrice": -1.0}
    one = (await arm.get(f"{spot}/virtualMachines"))["value"][0]
    assert one["properties"]["billingProfile"] == {"maxPrice": -1.0}
    assert (await arm.send("POST", f"{spot}/virtualMachines/0/simulateEviction")).status_code == 204
    arm.clock.advance(600)
    assert [left["instanceId"] for left in (await arm.get(f"{spot}/virtualMachines"))["value"]] == ["1"]


async def test_truth_values_that_came_as_text_are_truth_values_again(arm: Arm) -> None:
    version = await make_scale_set(arm)
    body = scale_set(arm, version, mode="Manual")
    body["properties"] |= {"overprovision": "false", "automaticRepairsPolicy": {"enabled": "true"}}
    told: dict[str, Any] = {"publisher": "Publisher", "type": "Script", "typeHandlerVersion": "2.0"}
    told |= {"autoUpgradeMinorVersion": "True", "settings": {"enabled": "true"}}
    profile = body["properties"]["virtualMachineProfile"]
    profile["extensionProfile"] = {"extensions": [{"name": "script", "properties": told}]}
    shown = (await arm.done(VMSS.replace("vmss", "told"), body))["properties"]
    assert (shown["overprovision"], shown["automaticRepairsPolicy"]["enabled"]) == (False, True)
    extension = shown["virtualMachineProfile"]["extensionProfile"]["extensions"][0]["properties"]
    assert (extension["autoUpgradeMinorVersion"], extension["settings"]) == (True, {"enabled": "true"})


async def test_names_of_disks_are_cut_where_a_scale_sets_is_long(arm: Arm) -> None:
    body = scale_set(arm, await make_scale_set(arm), capacity=1)
    long = VMSS.replace("vmss", "scale-set-with-a-long-name")
    await arm.done(long, body)
    (one,) = (await arm.get(f"{long}/virtualMachines"))["value"]
    name = one["properties"]["storageProfile"]["osDisk"]["name"]
    assert name.startswith("scale-set-with-a-lonscale-set-with-a-longOS__1_")
    assert len(name) <= 80


async def test_zones_take_turns(arm: Arm) -> None:
    version = await make_scale_set(arm)
    body: dict[str, Any] = {"location": "southcentralus", "zones": ["1", "2"]}
    shown = await arm.get(VMSS)
    body |= {"sku": shown["sku"], "properties": shown["properties"]}
    body["properties"]["virtualMachineProfile"]["osProfile"]["adminPassword"] = "Correct-Horse-9"
    body["properties"]["virtualMachineProfile"]["storageProfile"]["imageReference"] = {"id": version}
    other = VMSS.replace("vmss", "zonal")
    await arm.done(other, body)
    listed = (await arm.get(f"{other}/virtualMachines"))["value"]
    assert [one["zones"] for one in listed] == [["1"], ["2"]]


async def test_an_extension_is_a_part_of_the_model_that_keeps_no_secret(arm: Arm) -> None:
    await make_scale_set(arm, mode="Manual")
    path = f"{VMSS}/extensions/health"
    assert (await arm.refused("GET", path))["code"] == "NotFound"
    answer = await arm.send("PUT", path, HEALTH)
    assert (answer.status_code, answer.json()["properties"]["provisioningState"]) == (201, "Creating")
    assert answer.json()["properties"]["settings"] == {}
    await arm.finish(answer)
    model = (await arm.get(VMSS))["properties"]["virtualMachineProfile"]
    assert "settings" not in model["extensionProfile"]["extensions"][0]["properties"]
    assert [one["name"] for one in model["extensionProfile"]["extensions"]] == ["health"]
    assert "hidden-value" not in str(arm.sim.resources()) + str(arm.sim.world.store.all())
    assert (await instances(arm))[0]["properties"]["latestModelApplied"] is False
    assert "vmHealth" not in await arm.get(f"{ONE}/instanceView")
    await arm.finish(await arm.send("POST", f"{VMSS}/manualupgrade", {"instanceIds": ["*"]}))
    view = await arm.get(f"{ONE}/instanceView")
    assert view["vmHealth"]["status"]["code"] == "HealthState/healthy"
    assert [one["name"] for one in view["extensions"]] == ["health"]
    removed = await arm.send("DELETE", path)
    assert removed.status_code == 202
    await arm.finish(removed)
    assert (await arm.send("GET", path)).status_code == 404
    assert (await arm.send("DELETE", path)).status_code == 204


async def test_sizes_of_a_scale_set_are_listed_with_their_capacity(arm: Arm) -> None:
    await make_scale_set(arm)
    sizes = (await arm.get(f"{VMSS}/skus"))["value"]
    found = {one["sku"]["name"]: one["capacity"] for one in sizes}
    assert found["Standard_D2s_v5"] == {"minimum": 0, "maximum": 100, "defaultCapacity": 1, "scaleType": "Automatic"}


async def test_repairs_are_suspended_and_resumed(arm: Arm) -> None:
    await make_scale_set(arm)
    await arm.done(VMSS, {"properties": {"automaticRepairsPolicy": {"enabled": True}}}, method="PATCH")
    for action, state in (("Suspend", "Suspended"), ("Resume", "Running")):
        body = {"serviceName": "AutomaticRepairs", "action": action}
        await arm.finish(await arm.send("POST", f"{VMSS}/setOrchestrationServiceState", body))
        view = await arm.get(f"{VMSS}/instanceView")
        assert view["orchestrationServices"] == [{"serviceName": "AutomaticRepairs", "serviceState": state}]


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
