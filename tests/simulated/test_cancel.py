"""Cancelling: at every boundary and inside every wait it ends at once, deletes nothing, and leaves no child running."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.world import World, separate_profiles, world

A_SECOND = (0.0, 0.5, 0.5)
"""Moves of the clock within which a cancelled rollout must have ended."""


async def test_a_wait_of_any_kind_ends_within_a_second(tmp_path: Path) -> None:
    """Every distinct thing that a rollout waits for is interrupted once."""
    async with world(tmp_path, separate_profiles(40), hold_events=lambda _: True, auto_advance=False) as w:
        waits = await _waits_of_a_rollout(w)
        assert len(waits) >= 6, waits
        for number, wait in enumerate(waits, start=2):
            rollout = await _start(w, number)
            await _until_it_waits_for(w, rollout, wait)
            await _cancelled_within_a_second(w, rollout, wait)


async def test_a_boundary_is_interrupted(tmp_path: Path) -> None:
    """A fast cut: cancelled when every sixth request has just arrived, with its activity still running."""
    await _interrupted_at_requests(tmp_path, step=6)


@pytest.mark.campaign
async def test_each_single_boundary_is_interrupted(tmp_path: Path) -> None:
    """The whole table: every request."""
    await _interrupted_at_requests(tmp_path, step=1)


async def test_cancelling_what_has_ended_is_refused(tmp_path: Path) -> None:
    """409, and 404 for what never was."""
    async with world(tmp_path) as w:
        shown = await w.roll_out()
        assert (await w.http.post(f"/api/rollouts/{shown['id']}/cancel")).status_code == 409
        assert (await w.http.post("/api/rollouts/web-0123456789-1/cancel")).status_code == 404


async def _interrupted_at_requests(tmp_path: Path, *, step: int) -> None:
    async with world(tmp_path, separate_profiles(90), hold_events=lambda _: True) as w:
        image = await w.publish("img-1")
        await w.settle()
        before = len(w.sim.requests)
        await w.post(image)
        await w.settle()
        last = len(w.sim.requests) - before
        for nth in range(2, last, step):
            w.host.auto_advance = True
            image = await w.publish(f"img-{nth}")
            await w.settle()
            base = len(w.sim.requests)
            rollout = (await w.post(image)).json()["id"]
            # Durations are drawn for each image: a rollout may be through with fewer looks than the first one.
            await w.host.wait_until(lambda: len(w.sim.requests) >= base + nth or not w.unfinished())  # noqa: B023
            w.host.auto_advance = False
            await _cancelled_within_a_second(w, rollout, f"request {nth}")


async def _cancelled_within_a_second(w: World, rollout: str, where: str) -> None:
    answer = await w.http.post(f"/api/rollouts/{rollout}/cancel")
    if answer.status_code == 409:  # it was faster
        return
    assert answer.status_code == 202, (where, answer.text)
    for seconds in A_SECOND:
        w.clock.advance(seconds)
        await w.host.idle()
        if not w.unfinished():
            break
    assert w.unfinished() == [], where
    shown = await w.rollout(rollout)
    assert shown["status"] in ("Cancelled", "Completed"), (where, shown["status"], shown["error"])
    if shown["status"] == "Cancelled":
        assert shown["note"], where
        assert all(step["endedAt"] for step in shown["steps"]), where
    assert [one.method for one in w.sim.requests if one.method == "DELETE"] == []


async def _start(w: World, number: int) -> str:
    image = await w.publish(f"img-{number}")
    await w.settle()
    rollout: str = (await w.post(image)).json()["id"]
    return rollout


async def _waits_of_a_rollout(w: World) -> list[str]:
    rollout = await _start(w, 1)
    waits: list[str] = []
    while (await w.rollout(rollout))["status"] not in ("Completed", "Failed"):
        for what in await _waiting(w, rollout):
            if what not in waits:
                waits.append(what)
        await _on(w, rollout)
    assert (await w.rollout(rollout))["status"] == "Completed"
    return waits


async def _until_it_waits_for(w: World, rollout: str, wait: str) -> None:
    while wait not in await _waiting(w, rollout):
        assert (await w.rollout(rollout))["status"] in ("Pending", "Running"), wait
        await _on(w, rollout)


async def _on(w: World, rollout: str) -> None:
    """To the moment that the rollout, or a child, looks next."""
    looks = [status["next"] for status in await _statuses(w, rollout) if status.get("next")]
    w.clock.move_to(min(map(datetime.fromisoformat, looks), default=w.clock.now() + timedelta(seconds=1)))
    w.clock.advance(0.001)
    await w.host.idle()


async def _waiting(w: World, rollout: str) -> list[str]:
    await w.host.idle()
    return [status["what"] for status in await _statuses(w, rollout)]


async def _statuses(w: World, rollout: str) -> list[dict[str, Any]]:
    """What the rollout and each of its children wait for."""
    found = []
    for name in w.unfinished():
        if name.startswith(rollout):
            state = await w.host.client.get_orchestration_state(name)
            status = json.loads((state.serialized_custom_status if state else None) or "{}")
            if status.get("waitingFor"):
                found.append(status["waitingFor"])
    return found
