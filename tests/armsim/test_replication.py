"""Replication: each region at its own pace, failures by region, and the retry that takes up the failed ones."""

from typing import Any

from local.armsim import Fault
from tests.armsim.arm import AWAY, HOME, Arm, make_definition, version_of

VERSION = "Microsoft.Compute/galleries/g/images/d/versions/1.0.0"
THIRD = "westus2"


async def status(arm: Arm) -> dict[str, Any]:
    body = await arm.get(f"{VERSION}?$expand=ReplicationStatus")
    found: dict[str, Any] = body["properties"]["replicationStatus"]
    return found


async def by_region(arm: Arm) -> dict[str, tuple[str, int]]:
    return {one["region"]: (one["state"], one["progress"]) for one in (await status(arm))["summary"]}


async def test_regions_go_from_nothing_to_completed_at_different_rates(arm: Arm) -> None:
    await make_definition(arm)
    answer = await arm.send("PUT", VERSION, version_of(arm))
    assert await by_region(arm) == {HOME: ("Replicating", 0), AWAY: ("Replicating", 0)}
    seen: dict[str, list[int]] = {HOME: [], AWAY: []}
    done: list[str] = []
    while len(done) < 2:
        arm.clock.advance(15)
        for region, (state, progress) in (await by_region(arm)).items():
            assert (state == "Completed") == (progress == 100)
            seen[region].append(progress)
            if state == "Completed" and region not in done:
                done.append(region)
                assert (await status(arm))["aggregatedState"] == ("InProgress" if len(done) == 1 else "Completed")
    assert done == [HOME, AWAY]
    assert (await arm.poll(answer)).json()["status"] == "Succeeded"
    for rising in seen.values():
        assert rising == sorted(rising)
        assert len(set(rising)) > 20


async def test_status_shows_only_when_it_is_asked_for(arm: Arm) -> None:
    await make_definition(arm)
    body = await arm.put(VERSION, version_of(arm))
    assert "replicationStatus" not in body["properties"]
    assert "replicationStatus" not in (await arm.get(VERSION))["properties"]
    assert "replicationStatus" in (await arm.get(f"{VERSION}?%24expand=replicationstatus"))["properties"]


async def test_a_region_that_is_added_replicates_beside_those_that_are_done(arm: Arm) -> None:
    await make_definition(arm)
    await arm.done(VERSION, version_of(arm))
    answer = await arm.send("PUT", VERSION, version_of(arm, regions=(HOME, AWAY, THIRD)))
    assert answer.status_code == 200
    regions = await by_region(arm)
    assert (regions[HOME][0], regions[THIRD][0]) == ("Completed", "Replicating")
    arm.clock.advance(330)
    assert (await arm.poll(answer)).json()["status"] == "InProgress"
    assert (await arm.finish(answer))["status"] == "Succeeded"
    assert (await status(arm))["aggregatedState"] == "Completed"


async def test_a_region_that_fails_fails_the_version_and_says_which(arm: Arm) -> None:
    await make_definition(arm)
    arm.sim.faults.add(Fault(kind="region_fails", region="South Central US"))
    answer = await arm.send("PUT", VERSION, version_of(arm))
    ended = await arm.finish(answer)
    assert ended["status"] == "Failed"
    assert "Gallery replication jobs failed in one or more regions" in ended["error"]["message"]
    assert "{region:southcentralus, detail:" in ended["error"]["message"]
    assert (await arm.get(VERSION))["properties"]["provisioningState"] == "Failed"
    found = await status(arm)
    assert found["aggregatedState"] == "Failed"
    states = {one["region"]: one for one in found["summary"]}
    assert states[HOME]["state"] == "Completed"
    assert states[AWAY]["state"] == "Failed"
    assert states[AWAY]["details"]
    assert states[AWAY]["progress"] < 100


async def test_the_same_put_again_retries_the_failed_region_alone(arm: Arm) -> None:
    await make_definition(arm)
    arm.sim.faults.add(Fault(kind="region_fails", region=AWAY))
    await arm.finish(await arm.send("PUT", VERSION, version_of(arm)))
    answer = await arm.send("PUT", VERSION, version_of(arm))
    assert answer.status_code == 200
    regions = await by_region(arm)
    assert (regions[HOME][0], regions[AWAY][0]) == ("Completed", "Replicating")
    assert (await arm.finish(answer))["status"] == "Succeeded"
    assert (await status(arm))["aggregatedState"] == "Completed"
    assert (await arm.get(VERSION))["properties"]["provisioningState"] == "Succeeded"


async def test_a_fault_in_a_region_that_is_no_target_changes_nothing(arm: Arm) -> None:
    await make_definition(arm)
    fault = arm.sim.faults.add(Fault(kind="region_fails", region=THIRD, path_contains="/versions/"))
    ended = await arm.finish(await arm.send("PUT", VERSION, version_of(arm)))
    assert ended["status"] == "Succeeded"
    assert fault.hits == 0, "it waits for a write that it concerns"


async def test_many_regions_end_between_home_and_the_last(arm: Arm) -> None:
    await make_definition(arm)
    many = (HOME, AWAY, THIRD, "westeurope", "eastus", "eastus2")
    answer = await arm.send("PUT", VERSION, version_of(arm, regions=many))
    left = [6]
    while left[-1]:
        arm.clock.advance(5)
        states = [state for state, _ in (await by_region(arm)).values()]
        left.append(states.count("Replicating"))
    assert len(set(left)) > 3
    assert (await arm.poll(answer)).json()["status"] == "Succeeded"
