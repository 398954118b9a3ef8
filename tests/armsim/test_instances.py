"""Instances of scale sets: power, reimage, deletion, views, health, history, and faults that strike them."""

from typing import Any

import pytest

from local.armsim import Fault
from tests.armsim.arm import (
    VMSS,
    Arm,
    image_patch,
    images_of,
    instances,
    make_scale_set,
    scale_set,
    second_version,
)
from tests.armsim.sets import HEALTH, ONE, power_of


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
