"""How instances follow a scale set's model: Automatic, Rolling, Manual, and who is left out."""

from typing import Any

from local.armsim import Fault
from tests.armsim.arm import (
    VMSS,
    Arm,
    image_patch,
    images_of,
    instances,
    make_scale_set,
    make_version,
    managed_image,
    second_version,
)

LATEST = f"{VMSS}/rollingUpgrades/latest"


def states(listed: list[dict[str, Any]]) -> list[str]:
    return [one["properties"]["provisioningState"] for one in listed]


async def next_thing(arm: Arm) -> None:
    """Let time pass until something happens by itself."""
    due = arm.sim.next_due()
    assert due is not None
    arm.clock.move_to(due)


async def protect(arm: Arm, number: int) -> None:
    policy = {"protectFromScaleSetActions": True}
    body = {"location": "southcentralus", "properties": {"protectionPolicy": policy}}
    shown = await arm.put(f"{VMSS}/virtualMachines/{number}", body)
    assert shown["properties"]["protectionPolicy"] == policy


async def test_automatic_moves_all_at_once_and_says_latest_model_before_the_disk_is_new(arm: Arm) -> None:
    await make_scale_set(arm)
    version = await second_version(arm)
    answer = await arm.send("PATCH", VMSS, image_patch(version))
    moving = await instances(arm)
    assert states(moving) == ["Updating", "Updating"]
    assert [one["properties"]["latestModelApplied"] for one in moving] == [True, True]
    assert images_of(moving) == ["1.0.0", "1.0.0"]
    await arm.finish(answer)
    assert (await arm.get(VMSS))["properties"]["provisioningState"] == "Succeeded"
    write, follow = arm.sim.operations[-2], arm.sim.operations[-1]
    assert write.ends is not None
    assert follow.ends is not None
    assert follow.ends >= write.ends, "no instance has followed before the write's operation has ended"
    arm.clock.move_to(follow.ends)
    moved = await instances(arm)
    assert (states(moved), images_of(moved)) == (["Succeeded"] * 2, ["1.0.1"] * 2)


async def test_manual_moves_nothing_until_it_is_told_to(arm: Arm) -> None:
    await make_scale_set(arm, mode="Manual")
    version = await second_version(arm)
    await arm.done(VMSS, image_patch(version), method="PATCH")
    arm.clock.advance(3600)
    behind = await instances(arm)
    assert images_of(behind) == ["1.0.0", "1.0.0"]
    assert [one["properties"]["latestModelApplied"] for one in behind] == [False, False]
    answer = await arm.send("POST", f"{VMSS}/manualupgrade", {"instanceIds": ["1"]})
    assert answer.status_code == 202
    assert "monitor=true" in answer.headers["Location"]
    assert states(await instances(arm)) == ["Succeeded", "Updating"]
    await arm.finish(answer)
    moved = await instances(arm)
    assert images_of(moved) == ["1.0.0", "1.0.1"]
    assert [one["properties"]["latestModelApplied"] for one in moved] == [False, True]
    await arm.finish(await arm.send("POST", f"{VMSS}/manualupgrade", {"instanceIds": ["*"]}))
    assert images_of(await instances(arm)) == ["1.0.1", "1.0.1"]


async def test_manual_upgrade_refuses_what_is_no_instance(arm: Arm) -> None:
    await make_scale_set(arm, mode="Manual")
    for ids, phrase in (
        (["7"], "is not an active Virtual Machine Scale Set VM instanceId"),
        (["*", "0"], "must be the only element"),
        ([], "is missing (null)"),
    ):
        refused = await arm.refused("POST", f"{VMSS}/manualupgrade", {"instanceIds": ids})
        assert (refused["status"], phrase in refused["message"]) == (400, True)


async def test_rolling_moves_one_batch_after_another_and_shows_its_progress(arm: Arm) -> None:
    await make_scale_set(arm, mode="Rolling")
    version = await second_version(arm)
    assert (await arm.send("GET", LATEST)).status_code == 404
    answer = await arm.send("PATCH", VMSS, image_patch(version))
    assert states(await instances(arm)) == ["Updating", "Succeeded"]
    running = (await arm.get(LATEST))["properties"]
    assert running["runningStatus"]["code"] == "RollingForward"
    assert running["progress"] == {
        "successfulInstanceCount": 0,
        "failedInstanceCount": 0,
        "inProgressInstanceCount": 1,
        "pendingInstanceCount": 1,
    }
    await next_thing(arm)
    half = await instances(arm)
    assert (states(half), images_of(half)) == (["Succeeded", "Updating"], ["1.0.1", "1.0.0"])
    assert (await arm.poll(answer)).json()["status"] == "InProgress"
    await next_thing(arm)
    assert (await arm.poll(answer)).json()["status"] == "Succeeded"
    assert images_of(await instances(arm)) == ["1.0.1", "1.0.1"]
    done = (await arm.get(LATEST))["properties"]
    assert (done["runningStatus"]["code"], done["progress"]["successfulInstanceCount"]) == ("Completed", 2)


async def test_rolling_waits_between_batches_as_its_policy_says(arm: Arm) -> None:
    await make_scale_set(arm, mode="Rolling", capacity=4)
    policy = {
        "upgradePolicy": {"rollingUpgradePolicy": {"maxBatchInstancePercent": 50, "pauseTimeBetweenBatches": "PT1M"}}
    }
    await arm.done(VMSS, {"properties": policy}, method="PATCH")
    version = await second_version(arm)
    answer = await arm.send("PATCH", VMSS, image_patch(version))
    assert states(await instances(arm)) == ["Updating", "Updating", "Succeeded", "Succeeded"]
    await next_thing(arm)
    assert states(await instances(arm)) == ["Succeeded"] * 4
    arm.clock.advance(59)
    assert states(await instances(arm)) == ["Succeeded"] * 4
    arm.clock.advance(1)
    assert states(await instances(arm)) == ["Succeeded", "Succeeded", "Updating", "Updating"]
    await arm.finish(answer)
    assert images_of(await instances(arm)) == ["1.0.1"] * 4


async def test_a_clock_that_leaps_over_a_rolling_upgrade_finds_it_done(arm: Arm) -> None:
    await make_scale_set(arm, mode="Rolling", capacity=5)
    version = await second_version(arm)
    await arm.put(VMSS, image_patch(version) | {"location": "southcentralus"})
    arm.clock.advance(24 * 3600)
    assert images_of(await instances(arm)) == ["1.0.1"] * 5


async def test_a_rolling_upgrade_that_fails_fails_the_write_and_stops(arm: Arm) -> None:
    await make_scale_set(arm, mode="Rolling")
    version = await second_version(arm)
    arm.sim.faults.add(Fault(kind="operation_fails", method="PATCH", code="RollingUpgradeFailed"))
    answer = await arm.send("PATCH", VMSS, image_patch(version))
    ended = await arm.finish(answer)
    assert (ended["status"], ended["error"]["code"]) == ("Failed", "RollingUpgradeFailed")
    assert (await arm.get(VMSS))["properties"]["provisioningState"] == "Failed"
    latest = (await arm.get(LATEST))["properties"]
    assert (latest["runningStatus"]["code"], latest["progress"]["failedInstanceCount"]) == ("Faulted", 1)
    listed = await instances(arm)
    assert (states(listed), images_of(listed)) == (["Failed", "Succeeded"], ["1.0.0", "1.0.0"])


async def test_a_rolling_upgrade_can_be_cancelled_once(arm: Arm) -> None:
    await make_scale_set(arm, mode="Rolling")
    version = await second_version(arm)
    await arm.send("PATCH", VMSS, image_patch(version))
    cancel = f"{VMSS}/rollingUpgrades/cancel"
    assert (await arm.send("POST", cancel)).status_code == 202
    refused = await arm.refused("POST", cancel)
    assert "There is no ongoing Rolling Upgrade to cancel" in refused["message"]
    arm.clock.advance(600)
    assert images_of(await instances(arm)) == ["1.0.1", "1.0.0"], "the batch under way ends, no other begins"
    assert (await arm.get(LATEST))["properties"]["runningStatus"]["code"] == "Cancelled"


async def test_protected_instances_are_left_out(arm: Arm) -> None:
    await make_scale_set(arm)
    await protect(arm, 0)
    version = await second_version(arm)
    await arm.done(VMSS, image_patch(version), method="PATCH")
    arm.clock.advance(700)
    listed = await instances(arm)
    assert images_of(listed) == ["1.0.0", "1.0.1"]
    assert listed[0]["properties"]["latestModelApplied"] is False


async def test_a_newer_model_takes_over_from_one_still_rolling_out(arm: Arm) -> None:
    await make_scale_set(arm, mode="Rolling")
    second = await second_version(arm)
    await arm.done("Microsoft.Compute/images/i3", managed_image(arm))
    third = await make_version(arm, "1.0.2", "i3")
    first = await arm.send("PATCH", VMSS, image_patch(second))
    arm.clock.advance(10)
    answer = await arm.send("PATCH", VMSS, image_patch(third))
    assert answer.status_code == 200
    overtaken = (await arm.poll(first)).json()
    assert (overtaken["status"], overtaken["error"]["code"]) == ("Canceled", "OperationPreempted")
    await arm.finish(answer)
    assert images_of(await instances(arm)) == ["1.0.2", "1.0.2"]


async def test_an_upgrade_that_never_ends_leaves_instances_updating(arm: Arm) -> None:
    await make_scale_set(arm)
    version = await second_version(arm)
    arm.sim.faults.add(Fault(kind="never_ends", method="PATCH"))
    answer = await arm.send("PATCH", VMSS, image_patch(version))
    arm.clock.advance(24 * 3600)
    assert (await arm.poll(answer)).json()["status"] == "InProgress"
    assert (await arm.get(VMSS))["properties"]["provisioningState"] == "Updating"
    assert states(await instances(arm)) == ["Updating", "Updating"]


async def test_a_write_that_changes_no_model_moves_nothing(arm: Arm) -> None:
    version = await make_scale_set(arm)
    await arm.done(VMSS, image_patch(version), method="PATCH")
    assert states(await instances(arm)) == ["Succeeded", "Succeeded"]


async def test_instances_are_counted_shown_and_deleted(arm: Arm) -> None:
    await make_scale_set(arm, capacity=3)
    view = await arm.get(f"{VMSS}/instanceView")
    assert view["virtualMachine"]["statusesSummary"] == [{"code": "ProvisioningState/succeeded", "count": 3}]
    one = await arm.get(f"{VMSS}/virtualMachines/1")
    assert (one["instanceId"], one["properties"]["osProfile"]["computerName"]) == ("1", "vmss000001")
    assert (await arm.refused("GET", f"{VMSS}/virtualMachines/9"))["code"] == "NotFound"
    await arm.finish(await arm.send("POST", f"{VMSS}/delete", {"instanceIds": ["1"]}))
    assert [each["instanceId"] for each in await instances(arm)] == ["0", "2"]
    assert (await arm.get(VMSS))["sku"]["capacity"] == 2


async def test_a_write_to_a_scale_set_with_failed_instances_tries_them_again(arm: Arm) -> None:
    await make_scale_set(arm)
    version = await second_version(arm)
    arm.sim.faults.add(Fault(kind="operation_fails", method="PATCH"))
    await arm.finish(await arm.send("PATCH", VMSS, image_patch(version)))
    arm.clock.advance(700)
    assert states(await instances(arm)) == ["Failed", "Failed"]
    await arm.done(VMSS, image_patch(version), method="PATCH")
    arm.clock.advance(700)
    mended = await instances(arm)
    assert (states(mended), images_of(mended)) == (["Succeeded"] * 2, ["1.0.1"] * 2)


async def test_instances_that_turn_unhealthy_stop_the_upgrade_and_fail_the_write(arm: Arm) -> None:
    await make_scale_set(arm, mode="Rolling")
    version = await second_version(arm)
    arm.sim.faults.add(Fault(kind="unhealthy", method="PATCH"))
    answer = await arm.send("PATCH", VMSS, image_patch(version))
    await next_thing(arm)
    ended = (await arm.poll(answer)).json()
    code = "MaxUnhealthyUpgradedInstancePercentExceededInRollingUpgrade"
    assert (ended["status"], ended["error"]["code"]) == ("Failed", code)
    latest = (await arm.get(LATEST))["properties"]
    assert (latest["runningStatus"]["code"], latest["error"]["code"]) == ("Faulted", code)
    assert images_of(await instances(arm)) == ["1.0.1", "1.0.0"]
    views = [await arm.get(f"{VMSS}/virtualMachines/{one}/instanceView") for one in (0, 1)]
    assert [one["vmHealth"]["status"]["code"] for one in views] == ["HealthState/unhealthy", "HealthState/healthy"]


async def test_no_batch_begins_while_too_many_are_unhealthy(arm: Arm) -> None:
    version = await make_scale_set(arm, mode="Rolling")
    second = await second_version(arm)
    arm.sim.faults.add(Fault(kind="unhealthy", method="PATCH"))
    await arm.finish(await arm.send("PATCH", VMSS, image_patch(second)))
    ended = await arm.finish(await arm.send("PATCH", VMSS, image_patch(version)))
    code = "MaxUnhealthyInstancePercentExceededBeforeRollingUpgrade"
    assert (ended["status"], ended["error"]["code"]) == ("Failed", code)
    assert images_of(await instances(arm)) == ["1.0.1", "1.0.0"]
    policy = {"upgradePolicy": {"rollingUpgradePolicy": {"maxUnhealthyInstancePercent": 50}}}
    body = image_patch(second)
    body["properties"] |= policy
    assert (await arm.finish(await arm.send("PATCH", VMSS, body)))["status"] == "Succeeded"
    assert images_of(await instances(arm)) == ["1.0.1", "1.0.1"]


async def test_an_os_upgrade_is_started_by_hand_and_goes_into_the_history(arm: Arm) -> None:
    await make_scale_set(arm, mode="Manual")
    version = await second_version(arm)
    await arm.done(VMSS, image_patch(version), method="PATCH")
    assert (await arm.get(f"{VMSS}/osUpgradeHistory")) == {"value": []}
    answer = await arm.send("POST", f"{VMSS}/osRollingUpgrade")
    assert answer.status_code == 202
    assert (await arm.get(LATEST))["properties"]["runningStatus"]["code"] == "RollingForward"
    assert (await arm.refused("POST", f"{VMSS}/osRollingUpgrade"))["status"] == 409
    assert (await arm.finish(answer))["status"] == "Succeeded"
    assert images_of(await instances(arm)) == ["1.0.1", "1.0.1"]
    past = (await arm.get(f"{VMSS}/osUpgradeHistory"))["value"]
    assert [one["properties"]["runningStatus"]["code"] for one in past] == ["Completed"]
    assert past[0]["properties"]["progress"]["successfulInstanceCount"] == 2


async def test_the_surge_of_a_policy_is_shown_to_those_who_know_it(arm: Arm) -> None:
    await make_scale_set(arm, mode="Rolling")
    await arm.finish(await arm.send("POST", f"{VMSS}/extensionRollingUpgrade"))
    for version, known in (("2020-06-01", False), ("2024-07-01", True)):
        for path, steps in ((LATEST, ("policy",)), (VMSS, ("upgradePolicy", "rollingUpgradePolicy"))):
            found = (await arm.get(path, version=version))["properties"]
            for step in steps:
                found = found[step]
            assert ("maxSurge" in found) is known
