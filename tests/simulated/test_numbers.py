"""Version numbers, end to end: given once, never twice, whatever was deleted, purged or overtaken."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain import naming
from local.armsim import Fault
from tests.world import World, rollouts_file, world

VERSIONS = "Microsoft.Compute/galleries/images/versions"


async def _delete_version(w: World, number: str) -> None:
    answer = await w.arm.delete(f"{w.version_id(number)}?api-version=2026-03-03")
    assert answer.status_code in (200, 202), answer.text
    await w.settle()
    assert w.sim.resource(w.version_id(number)) is None


async def _purge(w: World, *, entities: bool = False) -> None:
    """Histories go after some weeks; entities only if somebody purges them, too."""
    for name in list(w.host.engine.instance_ids()):
        if entities or not name.startswith("@"):
            await w.host.client.purge_orchestration(name)


@pytest.mark.parametrize(
    ("version", "tags", "number"),
    [
        ({"number": "7.8.9"}, {}, "7.8.9"),
        ({"number": "tag:Release"}, {"release": "2.0.0"}, "2.0.0"),
        ({"number": "next", "floor": "3.1.0"}, {}, "3.1.0"),
        ({"number": "next"}, {}, "1.0.0"),
    ],
    ids=["fixed", "tag in any case", "floor", "first"],
)
async def test_a_number_comes_from_where_the_profile_says(
    tmp_path: Path, version: dict[str, Any], tags: dict[str, str], number: str
) -> None:
    async with world(tmp_path, rollouts_file(version=version)) as w:
        shown = await w.roll_out(**tags)
        assert (shown["status"], shown["version"]) == ("Completed", number), shown["error"]


async def test_next_counts_by_number_and_what_is_in_any_state(tmp_path: Path) -> None:
    """1.0.10 is after 1.0.9, and a version that failed holds its number."""
    async with world(tmp_path, rollouts_file(match={"name": "*"})) as w:
        await w.roll_out("first", "vm-1")
        for number in ("1.0.9", "1.0.10"):
            w.sim.faults.add(Fault(kind="operation_fails", method="PUT", resource_type=VERSIONS, count=None))
            body = w.sim.resource(w.version_id("1.0.0"))
            assert body
            source = {"source": {"id": w.image_id("first")}}
            profile = {"targetRegions": [{"name": "westcentralus"}]}
            theirs = {
                "location": "westcentralus",
                "properties": {"storageProfile": source, "publishingProfile": profile},
            }
            await w.put(w.version_id(number), theirs, "2026-03-03")
            await w.settle()
            w.sim.faults.clear()
        shown = await w.roll_out("second", "vm-2")
        assert (shown["status"], shown["version"]) == ("Completed", "1.0.11"), shown["error"]


async def test_a_deleted_number_is_not_given_to_the_next_image(tmp_path: Path) -> None:
    async with world(tmp_path, rollouts_file(match={"name": "*"})) as w:
        await w.roll_out("first", "vm-1")
        await w.roll_out("second", "vm-2")
        await _delete_version(w, "1.0.1")
        assert (await w.roll_out("third", "vm-3"))["version"] == "1.0.2"


async def test_a_deleted_number_is_not_given_to_its_own_image_again(tmp_path: Path) -> None:
    """Its histories were purged, and a tag edit starts a new rollout of the same content."""
    async with world(tmp_path) as w:
        await w.roll_out()
        await _delete_version(w, "1.0.0")
        await _purge(w)
        await w.put(w.image_id(), {"tags": {"owner": "somebody"}}, method="PATCH")
        await w.settle()

        shown = await w.only()
        assert (shown["status"], shown["version"]) == ("Completed", "1.0.1"), shown["error"]
        assert set((await w.instances()).values()) == {"1.0.1"}


async def test_when_the_entity_was_purged_the_gallery_still_knows(tmp_path: Path) -> None:
    async with world(tmp_path, rollouts_file(match={"name": "*"})) as w:
        await w.roll_out("first", "vm-1")
        await w.roll_out("second", "vm-2")
        await _purge(w, entities=True)
        assert (await w.roll_out("third", "vm-3"))["version"] == "1.0.2"


async def test_attempts_share_a_number_until_it_is_published(tmp_path: Path) -> None:
    """The PUT was refused; the retry takes the number that was given to the first attempt."""
    async with world(tmp_path, rollouts_file(match={"name": "*"})) as w:
        refusal = Fault(
            kind="status", method="PUT", resource_type=VERSIONS, status=400, code="InvalidParameter", message="No."
        )
        w.sim.faults.add(refusal)
        first = await w.roll_out("first", "vm-1")
        assert (first["status"], first["version"]) == ("Failed", "1.0.0")
        assert (await w.roll_out("second", "vm-2"))["version"] == "1.0.1"
        answer = await w.post(w.image_id("first"))
        await w.settle()
        retried = await w.rollout(answer.json()["id"])
        assert (retried["status"], retried["version"]) == ("Completed", "1.0.0"), retried["error"]
        assert retried["outcome"] == "Superseded"
        assert w.model() == "1.0.1"


@pytest.mark.parametrize("number", ["next", "1.0.0"])
async def test_a_number_that_somebody_else_took_meanwhile(tmp_path: Path, number: str) -> None:
    """`next` takes another; a fixed one is refused, and both leave the stranger's version alone."""
    async with world(tmp_path, rollouts_file(version={"number": number}), auto_advance=False) as w:
        await w.publish("other", "vm-9")
        await w.until(lambda: bool(w.events))
        await w.publish()
        await w.until(lambda: w.asked("PUT", "/images/myImageDefinition") > 0)
        theirs = {
            "location": "westcentralus",
            "properties": {
                "storageProfile": {"source": {"id": w.image_id("other")}},
                "publishingProfile": {"targetRegions": [{"name": "westcentralus"}]},
            },
        }
        await w.until(lambda: bool(w.sim.resource(w.gallery_id("images", "myImageDefinition"))))
        fault = Fault(
            kind="status",
            method="PUT",
            resource_type=VERSIONS,
            status=409,
            code="PropertyChangeNotAllowed",
            message="Changing property 'galleryImageVersion.properties.storageProfile.source.id' is not allowed.",
        )
        w.sim.faults.add(fault)
        await w.until(lambda: fault.hits == 1)
        await w.put(w.version_id("1.0.0"), theirs, "2026-03-03")
        await w.let_go()

        shown = await w.only()
        assert (shown["status"], shown["version"]) == (
            ("Completed", "1.0.1") if number == "next" else ("Failed", "1.0.0")
        )
        held = w.sim.resource(w.version_id("1.0.0"))
        assert held
        assert held["properties"]["storageProfile"]["source"]["id"] == w.image_id("other")
        if number == "1.0.0":
            assert shown["error"]["code"] == "VersionNumberTaken"
            assert shown["error"]["remedy"]


async def test_a_source_that_is_busy_for_hours_keeps_the_history_short(tmp_path: Path) -> None:
    """And says all the while what it waits for."""
    async with world(tmp_path, rollouts_file(deadlines={"replication": "PT3H"}), auto_advance=False) as w:
        busy = Fault(
            kind="status",
            method="PUT",
            resource_type=VERSIONS,
            count=None,
            status=409,
            code="Conflict",
            message="Too many requests on source. Please try again later.",
        )
        w.sim.faults.add(busy)
        await w.publish()
        await w.until(lambda: busy.hits >= 50, step=15)
        shown = await w.only()
        assert "captures from the same image" in shown["waitingFor"]["what"]
        w.sim.faults.clear()
        await w.let_go()
        shown = await w.only()
        assert shown["status"] == "Completed", shown["error"]
        assert max(len(w.host.engine.history(name)) for name in w.host.engine.instance_ids()) < 500


async def test_numbers_that_are_used_up_are_told(tmp_path: Path) -> None:
    """The gallery no longer holds the largest, but it was given out."""
    largest = "2147483647.2147483647.2147483647"
    async with world(tmp_path, rollouts_file(match={"name": "*"}, version={"floor": largest})) as w:
        assert (await w.roll_out("first", "vm-1"))["version"] == largest
        await _delete_version(w, largest)
        shown = await w.roll_out("second", "vm-2")
        assert shown["status"] == "Failed"
        assert shown["error"]["code"] == "VersionNumbersUsedUp"
        assert shown["error"]["remedy"]


async def test_the_version_carries_its_lineage(tmp_path: Path) -> None:
    async with world(tmp_path, rollouts_file(version={"endOfLifeAfter": "P30D"})) as w:
        shown = await w.roll_out()
        body = w.sim.resource(w.version_id("1.0.0"))
        assert body
        assert body["tags"] == {
            naming.TAG_PROFILE: "web",
            naming.TAG_ROLLOUT: shown["id"],
            naming.TAG_FINGERPRINT: shown["fingerprint"],
        }
        end = body["properties"]["publishingProfile"]["endOfLifeDate"]
        lives = datetime.fromisoformat(end) - datetime.fromisoformat(shown["createdAt"])
        assert abs(lives - timedelta(days=30)) < timedelta(minutes=5)
