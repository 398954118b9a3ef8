"""Flexible scale sets: their instances are virtual machines of their own."""

import re
from typing import Any

from tests.armsim.arm import (
    AWAY,
    VMSS,
    Arm,
    image_patch,
    make_definition,
    make_network,
    make_version,
    scale_set,
    second_version,
)

MACHINES = "Microsoft.Compute/virtualMachines"


async def make_flexible(arm: Arm, capacity: int = 2) -> str:
    """Scale set `vmss` in Flexible mode on version 1.0.0; the version's id."""
    await make_definition(arm)
    version = await make_version(arm)
    await make_network(arm)
    body = scale_set(arm, version, capacity=capacity)
    body["properties"]["orchestrationMode"] = "Flexible"
    del body["properties"]["upgradePolicy"]
    await arm.done(VMSS, body)
    return version


async def machines(arm: Arm) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await arm.get(MACHINES))["value"]
    return found


def exact(machine: dict[str, Any]) -> str:
    return str(machine["properties"]["storageProfile"]["imageReference"]["exactVersion"])


async def test_its_instances_are_machines_named_after_it(arm: Arm) -> None:
    version = await make_flexible(arm)
    shown = (await arm.get(VMSS))["properties"]
    assert (shown["singlePlacementGroup"], shown["platformFaultDomainCount"]) == (False, 1)
    assert shown["upgradePolicy"] == {"mode": "Manual"}
    found = await machines(arm)
    assert len(found) == 2
    for one in found:
        assert re.fullmatch(r"vmss_[0-9a-f]{8}", one["name"])
        assert one["properties"]["virtualMachineScaleSet"] == {"id": arm.id(VMSS)}
        assert one["properties"]["storageProfile"]["imageReference"] == {"id": version, "exactVersion": "1.0.0"}
        assert one["properties"]["provisioningState"] == "Succeeded"
        assert "Correct-Horse" not in str(one)
    listed = (await arm.get(f"{VMSS}/virtualMachines"))["value"]
    assert [one["instanceId"] for one in listed] == [one["name"] for one in found]


async def test_it_grows_and_shrinks_by_machines(arm: Arm) -> None:
    await make_flexible(arm)
    first = {one["name"] for one in await machines(arm)}
    await arm.done(VMSS, {"sku": {"capacity": 3}}, method="PATCH")
    grown = {one["name"] for one in await machines(arm)}
    assert (len(grown), first < grown) == (3, True)
    await arm.done(VMSS, {"sku": {"capacity": 1}}, method="PATCH")
    assert {one["name"] for one in await machines(arm)} < first


async def test_a_machine_that_is_deleted_leaves_its_scale_set(arm: Arm) -> None:
    await make_flexible(arm)
    name = (await machines(arm))[0]["name"]
    await arm.finish(await arm.send("DELETE", f"{MACHINES}/{name}"))
    assert (await arm.send("GET", f"{MACHINES}/{name}")).status_code == 404
    assert (await arm.get(VMSS))["sku"]["capacity"] == 1
    assert len((await arm.get(f"{VMSS}/virtualMachines"))["value"]) == 1


async def test_its_machines_go_with_it(arm: Arm) -> None:
    await make_flexible(arm)
    await arm.finish(await arm.send("DELETE", VMSS))
    assert await machines(arm) == []


async def test_its_machines_are_stopped_one_by_one_or_all(arm: Arm) -> None:
    await make_flexible(arm)
    one, other = [each["name"] for each in await machines(arm)]
    await arm.finish(await arm.send("POST", f"{MACHINES}/{one}/deallocate"))

    async def power(name: str) -> str:
        view = (await arm.get(f"{MACHINES}/{name}?$expand=instanceView"))["properties"]["instanceView"]
        return str(view["statuses"][-1]["code"])

    assert (await power(one), await power(other)) == ("PowerState/deallocated", "PowerState/running")
    await arm.finish(await arm.send("POST", f"{VMSS}/powerOff", {"instanceIds": [other]}))
    assert await power(other) == "PowerState/stopped"


async def test_manual_upgrade_takes_names_of_machines(arm: Arm) -> None:
    await make_flexible(arm)
    version = await second_version(arm)
    await arm.done(VMSS, image_patch(version), method="PATCH")
    one, other = await machines(arm)
    await arm.finish(await arm.send("POST", f"{VMSS}/manualupgrade", {"instanceIds": [one["name"]]}))
    assert [exact(each) for each in await machines(arm)] == ["1.0.1", "1.0.0"]
    assert exact(other) == "1.0.0"


async def test_tags_of_a_machine_are_its_own(arm: Arm) -> None:
    await make_flexible(arm)
    name = (await machines(arm))[0]["name"]
    changed = await arm.done(f"{MACHINES}/{name}", {"tags": {"a": "b"}}, method="PATCH")
    assert changed["tags"] == {"a": "b"}
    assert changed["properties"]["hardwareProfile"] == {"vmSize": "Standard_D2s_v5"}
    assert [one.get("tags", {}) for one in await machines(arm)] == [{"a": "b"}, {}]


async def test_a_machine_written_back_as_it_was_read_stays_its_scale_sets(arm: Arm) -> None:
    await make_flexible(arm)
    name = (await machines(arm))[0]["name"]
    await arm.done(f"{MACHINES}/{name}", await arm.get(f"{MACHINES}/{name}"))
    version = await second_version(arm)
    await arm.done(VMSS, image_patch(version), method="PATCH")
    await arm.finish(await arm.send("POST", f"{VMSS}/manualupgrade", {"instanceIds": ["*"]}))
    assert [exact(one) for one in await machines(arm)] == ["1.0.1", "1.0.1"]


async def test_without_a_profile_it_is_an_empty_frame(arm: Arm) -> None:
    body = {"location": AWAY, "properties": {"orchestrationMode": "Flexible", "platformFaultDomainCount": 1}}
    made = await arm.done(VMSS, body)
    assert "virtualMachineProfile" not in made["properties"]
    assert (await arm.get(f"{VMSS}/virtualMachines"))["value"] == []
    assert (await arm.get(f"{VMSS}/instanceView"))["virtualMachine"] == {"statusesSummary": []}
    await make_definition(arm)
    await make_network(arm)
    filled = scale_set(arm, await make_version(arm))
    filled["properties"]["orchestrationMode"] = "Flexible"
    await arm.done(VMSS, filled)
    assert len(await machines(arm)) == 2


async def test_its_machines_are_listed_below_it_but_asked_for_by_themselves(arm: Arm) -> None:
    await make_flexible(arm)
    listed = (await arm.get(f"{VMSS}/virtualMachines", version="2025-11-01"))["value"]
    for one, machine in zip(listed, await machines(arm), strict=True):
        assert one["properties"]["virtualMachineResourceId"] == machine["id"]
        for method, tail in (("GET", ""), ("GET", "/instanceView"), ("POST", "/restart"), ("DELETE", "")):
            refused = await arm.refused(method, one["id"] + tail, version="2024-07-01")
            assert (refused["status"], refused["code"], refused["target"]) == (400, "InvalidParameter", "instanceId")
            assert "must be a number" in refused["message"]
    refused = await arm.refused("GET", f"{VMSS}/virtualMachines?$expand=instanceView")
    assert (refused["code"], "is not allowed on" in refused["message"]) == ("BadRequest", True)
