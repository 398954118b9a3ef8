"""An event storm: duplicates, tag edits and strangers, in any order, for three images of one definition at once."""

import random
from pathlib import Path
from typing import Any

import pytest

from tests.world import World, rollouts_file, world

COPIES = 50
SHUFFLES = 200
PARTS = 8


async def test_a_storm_makes_three_rollouts_and_three_versions(tmp_path: Path) -> None:
    """A fast cut: two shuffles."""
    await _storms(tmp_path, range(2))


@pytest.mark.campaign
@pytest.mark.parametrize("part", range(PARTS))
async def test_two_hundred_storms(tmp_path: Path, part: int) -> None:
    """All the shuffles, in parts that run side by side."""
    await _storms(tmp_path, range(part, SHUFFLES, PARTS))


async def _storms(tmp_path: Path, seeds: range) -> None:
    profiles: dict[str, Any] = {"profiles": {}}
    for seed in seeds:
        own = rollouts_file(
            match={"name": f"storm-{seed}-*"},
            gallery={"name": f"gallery{seed}", "resourceGroup": f"gallery-{seed}"},
            scaleSet={"name": f"set-{seed}", "resourceGroup": f"sets-{seed}"},
        )
        profiles["profiles"][f"storm{seed}"] = own["profiles"]["web"]
    async with world(tmp_path, profiles, hold_events=lambda _: True) as w:
        for seed in seeds:
            await _storm(w, seed)


async def _storm(w: World, seed: int) -> None:
    first = len(w.events)
    images = [await w.publish(f"storm-{seed}-{letter}", f"{letter}-{seed}") for letter in "abc"]
    await w.settle()
    for image in images:
        await w.put(image, {"tags": {"edited": str(seed)}}, method="PATCH")
    await w.settle()
    events = w.events[first:]
    assert len(events) == 6
    messages = [event for event in events for _ in range(COPIES)] + _strangers(events[0])
    random.Random(seed).shuffle(messages)
    for message in messages:
        await w.send(message)
    await w.settle(300)

    shown = [one for one in await w.rollouts() if one["profile"] == f"storm{seed}"]
    assert len(shown) == 3, seed
    assert {one["status"] for one in shown} == {"Completed"}, seed
    assert sorted(one["version"] for one in shown) == ["1.0.0", "1.0.1", "1.0.2"], seed
    held = [one for one in w.sim.resources("Microsoft.Compute/galleries/images/versions") if f"gallery-{seed}/" in one]
    assert len(held) == 3, seed
    group = f"/subscriptions/{w.sim.subscription_id}/resourceGroups/sets-{seed}/providers/Microsoft.Compute"
    scale_set = f"{group}/virtualMachineScaleSets/set-{seed}"
    answer = await w.arm.get(f"{scale_set}/virtualMachines?api-version=2026-04-01")
    running = [one["properties"]["storageProfile"]["imageReference"]["id"] for one in answer.json()["value"]]
    assert len(running) == 2, seed
    assert all(image.endswith("/versions/1.0.2") for image in running), (seed, running)
    assert w.queues.messages("image-events-poison") == []


def _strangers(event: dict[str, Any]) -> list[dict[str, Any]]:
    """Events that are not a successful write of an image that any profile wants."""
    deleted = {**event["data"], "operationName": "Microsoft.Compute/images/delete"}
    failed = {**event["data"], "status": "Failed"}
    nobodys = event["data"]["resourceUri"].rpartition("/")[0] + "/nobodys-image"
    machine = {**event["data"], "operationName": "Microsoft.Compute/virtualMachines/write"}
    return [
        {**event, "eventType": "Microsoft.Resources.ResourceDeleteSuccess", "data": deleted},
        {**event, "eventType": "Microsoft.Resources.ResourceWriteFailure", "data": failed},
        {**event, "subject": nobodys, "data": {**event["data"], "resourceUri": nobodys}},
        {**event, "data": machine},
    ]
