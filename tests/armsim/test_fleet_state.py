"""What a scale set's instances were doing goes on in a restored world."""

from pathlib import Path

from local.clock import ManualClock
from tests.armsim.arm import VMSS, image_patch, images_of, instances, make_scale_set, second_version
from tests.armsim.test_state import world


async def test_a_rolling_upgrade_goes_on_where_the_process_died(tmp_path: Path) -> None:
    clock = ManualClock()
    async with world(tmp_path / "world", clock) as arm:
        await make_scale_set(arm, mode="Rolling")
        version = await second_version(arm)
        answer = await arm.send("PATCH", VMSS, image_patch(version))
        due = arm.sim.next_due()
        assert due is not None
        clock.move_to(due)
        assert images_of(await instances(arm)) == ["1.0.1", "1.0.0"]
    async with world(tmp_path / "world", clock) as arm:
        assert images_of(await instances(arm)) == ["1.0.1", "1.0.0"]
        latest = (await arm.get(f"{VMSS}/rollingUpgrades/latest"))["properties"]
        assert latest["progress"]["inProgressInstanceCount"] == 1
        assert (await arm.finish(answer))["status"] == "Succeeded"
        assert images_of(await instances(arm)) == ["1.0.1", "1.0.1"]


async def test_machines_of_a_flexible_scale_set_are_its_own_again(tmp_path: Path) -> None:
    clock = ManualClock()
    async with world(tmp_path / "world", clock) as arm:
        await make_scale_set(arm)
        body = await arm.get(VMSS)
        body["properties"]["orchestrationMode"] = "Flexible"
        body["properties"]["singlePlacementGroup"] = False
        body["properties"]["virtualMachineProfile"]["osProfile"]["adminPassword"] = "Correct-Horse-9"
        await arm.send("PUT", VMSS.replace("vmss", "flex"), body)
    async with world(tmp_path / "world", clock) as arm:
        clock.advance(700)
        found = (await arm.get("Microsoft.Compute/virtualMachines"))["value"]
        assert [one["properties"]["provisioningState"] for one in found] == ["Succeeded"] * 2
        await arm.finish(await arm.send("POST", f"Microsoft.Compute/virtualMachines/{found[0]['name']}/deallocate"))
        view = await arm.get(f"Microsoft.Compute/virtualMachines/{found[0]['name']}/instanceView")
        assert view["statuses"][-1]["code"] == "PowerState/deallocated"
