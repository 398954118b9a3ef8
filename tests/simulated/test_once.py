"""One rollout an image: duplicates, tag edits, retries, repetitions, and a history that was purged."""

from pathlib import Path

from local.armsim import Fault
from tests.world import World, rollouts_file, world

COMPUTE = "Microsoft.Compute"


async def test_a_second_rollout_of_the_same_image_writes_nothing(tmp_path: Path) -> None:
    """Neither the event again, nor a POST, nor a new host that remembers nothing."""
    async with world(tmp_path) as w:
        first = await w.roll_out()
        before = len(w.sim.requests)
        await w.send(w.events[0])
        await w.settle()
        answer = await w.post(w.image_id())

        assert answer.status_code == 200
        assert answer.json()["id"] == first["id"]
        assert [one["id"] for one in await w.rollouts()] == [first["id"]]
        assert w.writes(before) == []


async def test_a_tag_edit_does_not_start_a_second_rollout(tmp_path: Path) -> None:
    """A PATCH of tags is an images/write event too."""
    async with world(tmp_path) as w:
        await w.roll_out()
        await w.put(w.image_id(), {"tags": {"owner": "somebody"}}, method="PATCH")
        await w.settle()

        assert len(w.events) == 2
        assert len(await w.rollouts()) == 1


async def test_after_histories_were_purged_nothing_is_written_and_nothing_moves_back(tmp_path: Path) -> None:
    """The gallery is the memory: an old image's tag is edited when nothing remembers its rollout."""
    async with world(tmp_path, rollouts_file(match={"name": "*"})) as w:
        await w.roll_out("first", "vm-1")
        await w.roll_out("second", "vm-2")
        assert w.model() == "1.0.1"
        for name in list(w.host.engine.instance_ids()):
            if not name.startswith("@"):
                await w.host.client.purge_orchestration(name)
        before = len(w.sim.requests)
        await w.put(w.image_id("first"), {"tags": {"owner": "somebody"}}, method="PATCH")
        await w.settle()

        shown = await w.only()
        assert (shown["status"], shown["outcome"], shown["version"]) == ("Completed", "Superseded", "1.0.0")
        assert [write for write in w.writes(before) if "/images/first" not in write] == []
        assert w.model() == "1.0.1"
        assert set((await w.instances()).values()) == {"1.0.1"}


async def test_a_failed_rollout_is_retried_by_post_only(tmp_path: Path) -> None:
    """An event acknowledges it and says how; POST starts the next attempt, which names the earlier one."""
    async with world(tmp_path) as w:
        w.sim.faults.add(
            Fault(
                kind="operation_fails",
                method="PUT",
                resource_type=f"{COMPUTE}/virtualMachineScaleSets",
                code="AllocationFailed",
                message="Allocation failed.",
            )
        )
        first = await w.roll_out()
        assert first["status"] == "Failed"
        assert first["error"]["code"] == "AllocationFailed"
        assert first["error"]["resource"] == w.scale_set_id()
        assert first["error"]["remedy"]
        await w.send(w.events[0])
        await w.settle()
        assert len(await w.rollouts()) == 1

        answer = await w.post(w.image_id())
        assert answer.status_code == 202
        await w.settle()
        second = await w.rollout(answer.json()["id"])
        assert second["status"] == "Completed", second["error"]
        assert (second["attempt"], second["earlier"]) == (2, first["id"])
        assert second["version"] == first["version"] == "1.0.0"
        assert set((await w.instances()).values()) == {"1.0.0"}


async def test_again_rolls_out_an_unchanged_image_under_a_new_number(tmp_path: Path) -> None:
    """Once a request, however often its retries run."""
    async with world(tmp_path) as w:
        await w.roll_out()
        answer = await w.post(w.image_id(), again=True)
        assert answer.status_code == 202
        await w.settle()

        shown = await w.rollout(answer.json()["id"])
        assert (shown["status"], shown["version"]) == ("Completed", "1.0.1")
        assert w.sim.resource(w.version_id("1.0.0"))
        assert set((await w.instances()).values()) == {"1.0.1"}


async def test_new_content_under_the_old_name_starts_a_new_rollout(tmp_path: Path) -> None:
    """The image is made again from another machine."""
    async with world(tmp_path) as w:
        await w.roll_out(source="vm-1")
        second = await w.roll_out(source="vm-2")

        assert second["version"] == "1.0.1"
        assert len(await w.rollouts()) == 2
        assert set((await w.instances()).values()) == {"1.0.1"}


async def test_a_dry_run_occupies_no_id_and_writes_nothing(tmp_path: Path) -> None:
    """It answers what would be created."""
    async with world(tmp_path, hold_events=lambda _: True) as w:
        image = await w.publish()
        await w.settle()
        before = len(w.sim.requests)
        answer = await w.post(image, dryRun=True)

        plan = answer.json()
        assert answer.status_code == 200, plan
        assert plan["dryRun"] is True
        assert plan["violations"] == []
        assert plan["version"] == "1.0.0"
        assert {step["action"] for step in plan["steps"]} == {"create"}
        assert w.writes(before) == []
        assert await w.rollouts() == []


async def _three_at_once(w: World) -> None:
    for number in (1, 2, 3):
        await w.publish(f"image-{number}", f"vm-{number}")
    await w.settle(120)


async def test_three_images_of_one_definition_in_the_same_second_get_three_numbers(tmp_path: Path) -> None:
    """Numbers come from one entity a definition; the scale set ends on the newest."""
    async with world(tmp_path, rollouts_file(match={"name": "*"})) as w:
        await _three_at_once(w)

        shown = await w.rollouts()
        assert sorted(one["version"] for one in shown) == ["1.0.0", "1.0.1", "1.0.2"]
        assert {one["status"] for one in shown} == {"Completed"}
        assert w.model() == "1.0.2"
        assert set((await w.instances()).values()) == {"1.0.2"}
