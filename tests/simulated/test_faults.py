"""Every single ARM request of a rollout goes wrong once, in every way: it ends as it should, with nothing twice."""

from pathlib import Path
from typing import Any

import pytest

from local.armsim import Fault
from tests.world import World, separate_profiles, world

TRANSIENT: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 429, "code": "TooManyRequests", "message": "Slow down.", "retry_after": 7},
    {"kind": "status", "status": 500, "code": "InternalServerError", "message": "Oops."},
    {"kind": "status", "status": 503, "code": "ServerTimeout", "message": "Busy."},
    {"kind": "drop_before"},
    {"kind": "drop_after"},
)
MADE = {
    "Microsoft.Compute/galleries": 1,
    "Microsoft.Compute/galleries/images": 1,
    "Microsoft.Compute/galleries/images/versions": 1,
    "Microsoft.Compute/virtualMachineScaleSets": 1,
    "Microsoft.Network/loadBalancers": 1,
    "Microsoft.Network/networkSecurityGroups": 1,
    "Microsoft.Network/publicIPAddresses": 1,
    "Microsoft.Network/virtualNetworks": 1,
}
FEWEST_REQUESTS = 30
PARTS = 3
"""That run side by side."""


@pytest.mark.parametrize("part", range(PARTS))
async def test_each_request_fails_once_and_the_rollout_completes(tmp_path: Path, part: int) -> None:
    """A fast cut: the kinds of fault take turns, so that each request meets one and each kind many requests."""
    async with world(tmp_path, separate_profiles(90), hold_events=lambda _: True) as w:
        last = await _requests_of_a_rollout(w)
        for nth in range(1 + part, last + 1, PARTS):
            await _survives(w, nth + 1, nth, TRANSIENT[nth % len(TRANSIENT)])


@pytest.mark.campaign
@pytest.mark.parametrize("fault", TRANSIENT, ids=lambda fault: f"{fault['kind']}{fault.get('status', '')}")
async def test_each_request_fails_once_in_each_way_and_the_rollout_completes(
    tmp_path: Path, fault: dict[str, Any]
) -> None:
    """The whole table: every request, every kind."""
    async with world(tmp_path, separate_profiles(90), hold_events=lambda _: True) as w:
        last = await _requests_of_a_rollout(w)
        for nth in range(1, last + 1):
            await _survives(w, nth + 1, nth, fault)


async def test_each_operation_fails_once_and_the_next_attempt_completes(tmp_path: Path) -> None:
    """Terminal: Failed, with resource, code and remedy; then POST goes on from what exists."""
    async with world(tmp_path, separate_profiles(12), hold_events=lambda _: True) as w:
        hit = 0
        for nth in range(1, 11):
            fault = Fault(
                kind="operation_fails", method="PUT", nth=nth, code="InternalExecutionError", message="It broke."
            )
            image = await w.publish(f"img-{nth}")
            await w.settle()
            w.sim.faults.add(fault)
            first = await w.post(image)
            await w.settle()
            w.sim.faults.clear()
            shown = await w.rollout(first.json()["id"])
            if shown["status"] == "Completed":  # this write has no operation that could fail
                continue
            hit += 1
            _is_told_in_full(shown, nth)
            await w.post(image)
            await w.settle()
            assert await _statuses(w, nth) == ["Completed", "Failed"], nth
            _nothing_twice(w, nth)
        assert hit >= 6


async def test_each_request_is_refused_for_good_and_the_rollout_fails_with_a_remedy(tmp_path: Path) -> None:
    """A fast cut of terminal answers: every third request."""
    await _refused(tmp_path, step=3)


@pytest.mark.campaign
async def test_each_single_request_is_refused_for_good(tmp_path: Path) -> None:
    """The whole table."""
    await _refused(tmp_path, step=1)


async def _refused(tmp_path: Path, *, step: int) -> None:
    async with world(tmp_path, separate_profiles(90), hold_events=lambda _: True) as w:
        last = await _requests_of_a_rollout(w)
        for nth in range(2, last + 1, step):  # the first is the trigger's own look at the image
            image = await w.publish(f"img-{nth + 1}")
            await w.settle()
            fault = w.sim.faults.add(
                Fault(kind="status", phase=None, nth=nth, status=400, code="BadRequest", message="No such thing.")
            )
            answer = await w.post(image)
            await w.settle()
            w.sim.faults.clear()
            shown = await w.rollout(answer.json()["id"])
            if not fault.hits:
                # Durations are drawn for each image: this rollout needed fewer looks than the first one.
                assert (shown["status"], nth > last // 2) == ("Completed", True), nth
                continue
            assert shown["status"] == "Failed", nth
            _is_told_in_full(shown, nth + 1)
            assert w.unfinished() == []


async def _requests_of_a_rollout(w: World) -> int:
    """How many requests one rollout makes, from the trigger's look at the image to the end, polls included."""
    image = await w.publish("img-1")
    await w.settle()
    before = len(w.sim.requests)
    await w.post(image)
    await w.settle()
    assert await _statuses(w, 1) == ["Completed"]
    _nothing_twice(w, 1)
    count = len(w.sim.requests) - before
    assert count >= FEWEST_REQUESTS
    return count


async def _survives(w: World, number: int, nth: int, fault: dict[str, Any]) -> None:
    await w.publish(f"img-{number}")
    await w.settle()
    held = w.sim.faults.add(Fault(**fault, phase=None, nth=nth))
    await w.send(w.events[-1])
    await w.settle()
    w.sim.faults.clear()
    # How often a rollout polls depends on how long Azure takes: the last few requests may never come.
    assert held.hits == 1 or FEWEST_REQUESTS < held.seen < nth, (nth, fault)
    shown = [await w.rollout(one["id"]) for one in await w.rollouts() if one["profile"] == f"p{number}"]
    assert [one["status"] for one in shown] == ["Completed"], (nth, fault, [one["error"] for one in shown])
    _nothing_twice(w, number)


def _is_told_in_full(shown: dict[str, Any], number: int) -> None:
    error = shown["error"]
    assert error, number
    assert error["code"], number
    assert error["resource"].startswith("/subscriptions/"), (number, error)
    assert error["remedy"], number


async def _statuses(w: World, number: int) -> list[str]:
    return [one["status"] for one in await w.rollouts() if one["profile"] == f"p{number}"]


def _nothing_twice(w: World, number: int) -> None:
    groups = (f"/resourcegroups/gallery-{number}/", f"/resourcegroups/sets-{number}/")
    count = dict.fromkeys(MADE, 0)
    for kind in MADE:
        found = [one for one in w.sim.resources(kind) if any(group in one.lower() for group in groups)]
        count[kind] = len(found)
    assert count == MADE, number
