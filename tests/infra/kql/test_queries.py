"""The queries of infra/queries/, run over what whole rollouts log: each finds its case and nothing else."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from local.armsim import Fault
from tests.infra.kql.workspace import QUERIES, ROOT, Traces, Workspace, traced
from tests.world import QUEUE, World, rollouts_file, separate_profiles, world

SCALE_SETS = "Microsoft.Compute/virtualMachineScaleSets"
VERSIONS = "Microsoft.Compute/galleries/images/versions"
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
POISON = "https://stevents.queue.core.windows.net/image-events-poison/messages"


async def test_rollouts_that_go_well_are_found_by_nothing(tmp_path: Path) -> None:
    """Created, moved, superseded by a newer image, cancelled; and two days later there is nothing to find either."""
    async with world(tmp_path) as w:
        with traced(w.clock.now) as traces:
            await w.roll_out(source="vm-1")
            await w.roll_out(source="vm-2")
            w.sim.faults.add(
                Fault(kind="status", method="GET", path_contains="/images/myImage", nth=2, status=404, code="NotFound")
            )
            assert (await w.roll_out(source="vm-3"))["outcome"] == "Superseded"
            w.sim.faults.clear()
            await _cancelled(w)
        for later in (timedelta(0), timedelta(hours=13), timedelta(days=2)):
            assert _all(w, traces, later) == {}


async def test_a_rollout_that_fails_is_found_with_what_to_do(tmp_path: Path) -> None:
    """Once, with code, resource and remedy; the one beside it that completes is not."""
    async with world(tmp_path, separate_profiles(2), hold_events=lambda _: True) as w:
        with traced(w.clock.now) as traces:
            failed = await _failed(w)
            await w.post(await w.publish("img-2"))
            await w.settle()
        traces.rows += traces.rows  # after a crash a record may come again
        found = _all(w, traces)
        assert set(found) == {"rollout-failed"}
        [row] = found["rollout-failed"]
        assert row["rollout"] == failed["id"]
        assert (row["profile"], row["image"]) == ("p1", w.image_id("img-1"))
        assert row["code"] == failed["error"]["code"] == "InvalidParameter"
        assert row["resource"] == failed["error"]["resource"] != ""
        assert row["remedy"] == failed["error"]["remedy"] != ""


async def test_a_failure_is_found_again_when_the_next_attempt_fails_too(tmp_path: Path) -> None:
    """Each attempt is a rollout of its own."""
    async with world(tmp_path, separate_profiles(1), hold_events=lambda _: True) as w:
        with traced(w.clock.now) as traces:
            first = await _failed(w)
            second = await _failed(w, publish=False)
        assert {row["rollout"] for row in _all(w, traces)["rollout-failed"]} == {first["id"], second["id"]}
        assert first["id"] != second["id"]


@pytest.mark.parametrize("kind", ["starts", "waits for replication"])
async def test_a_rollout_that_hangs_is_found_once_it_is_due_or_silent_for_half_a_day(tmp_path: Path, kind: str) -> None:
    """The engine stops going on with it: nothing more is logged. Found from then on, until the window is over."""
    async with world(tmp_path, auto_advance=False) as w:
        with traced(w.clock.now) as traces:
            if kind == "waits for replication":
                w.sim.faults.add(Fault(kind="never_ends", method="PUT", resource_type=VERSIONS))
            await w.publish()
            await w.until(lambda: w.asked("GET", "/images/myImage") > 1)
            if kind == "waits for replication":
                await w.until(lambda: _signs(traces) > 2, step=15)
            for name in w.unfinished():
                await w.host.client.suspend_orchestration(name)
            await w.host.idle()
        [hanging] = await w.rollouts()
        for hours, overdue in ((0, False), (11, False), (13, True), (28, True), (47, True)):
            found = _all(w, traces, timedelta(hours=hours))
            assert [row["rollout"] for row in found.get("rollout-overdue", ())] == [hanging["id"]] * overdue, hours
            assert set(found) <= {"rollout-overdue"}


async def test_a_rollout_that_was_started_and_never_began_is_found(tmp_path: Path) -> None:
    """As if the engine had taken it and executed nothing: its own records are taken away."""
    async with world(tmp_path) as w:
        with traced(w.clock.now) as traces:
            shown = await w.roll_out()
        traces.rows = [row for row in traces.rows if row[1].startswith("A rollout was started.")]
        assert _all(w, traces, timedelta(hours=11)) == {}
        [row] = _all(w, traces, timedelta(hours=13))["rollout-overdue"]
        assert (row["rollout"], row["profile"], row["image"]) == (shown["id"], "web", w.image_id())


async def test_a_rollout_past_its_deadlines_is_found_although_it_gives_signs_of_life(tmp_path: Path) -> None:
    """As if its deadlines did not end it: its last record is taken away."""
    short = {"resource": "PT1M", "replication": "PT2H", "scaleSet": "PT1M", "upgrade": "PT1M"}
    async with world(tmp_path, rollouts_file(deadlines=short)) as w:
        with traced(w.clock.now) as traces:
            w.sim.faults.add(Fault(kind="never_ends", method="PUT", resource_type=VERSIONS))
            shown = await w.roll_out()
        assert _all(w, traces, timedelta(hours=1)).keys() == {"rollout-failed"}
        traces.rows = [row for row in traces.rows if not row[1].startswith("A rollout ended.")]
        assert _all(w, traces) == {}
        [row] = _all(w, traces, timedelta(hours=1))["rollout-overdue"]
        assert (row["rollout"], row["profile"], row["image"]) == (shown["id"], "web", w.image_id())
        assert row["due"] < (w.clock.now() + timedelta(hours=1)).replace(tzinfo=None)


async def test_a_rollout_that_waits_is_never_silent_for_an_hour(tmp_path: Path) -> None:
    """While the alert counts half a day as silence."""
    async with world(tmp_path, rollouts_file(deadlines={"replication": "PT4H"})) as w:
        with traced(w.clock.now) as traces:
            w.sim.faults.add(Fault(kind="never_ends", method="PUT", resource_type=VERSIONS))
            assert (await w.roll_out())["error"]["code"] == "DeadlineExceeded"
        signs = [at for at, text, _ in traces.rows if text.startswith("A rollout ")]
        assert signs[-1] - signs[0] > timedelta(hours=4)
        assert max(later - earlier for earlier, later in pairwise(signs)) < timedelta(hours=1)


async def test_a_message_that_nobody_understands_is_found_with_what_is_wrong_with_it(tmp_path: Path) -> None:
    """And with its digest, to find it in the poison queue; not with its text."""
    async with world(tmp_path) as w:
        with traced(w.clock.now) as traces:
            await w.send({"image": "Planted-Text-7"})
            await w.settle()
        assert len(w.queues.messages(f"{QUEUE}-poison")) == 1
        found = _all(w, traces)
        assert set(found) == {"poison-queue"}
        [row] = found["poison-queue"]
        assert row["cause"] == "rejected by the app"
        assert row["field"] == "image"
        assert row["reason"]
        assert len(row["sha256"]) == 16
        assert "Planted-Text-7" not in json.dumps(row, default=str)


async def test_a_message_that_the_host_gives_up_is_found_before_and_after(tmp_path: Path) -> None:
    """While it comes back, with the permission that is missing; then in the poison queue."""
    async with world(tmp_path) as w:
        with traced(w.clock.now) as traces:
            w.sim.faults.add(
                Fault(
                    kind="status",
                    method="GET",
                    path_contains="/images/myImage",
                    count=1000,
                    status=403,
                    code="AuthorizationFailed",
                    message="The client does not have authorization to perform action "
                    "'Microsoft.Compute/images/read' over scope '/subscriptions/x'.",
                )
            )
            image = await w.publish()
            await w.settle()
        assert len(w.queues.messages(f"{QUEUE}-poison")) == 1
        found = _all(w, traces)
        assert set(found) == {"message-undeliverable", "poison-queue"}
        [row] = found["message-undeliverable"]
        assert row["image"] == image
        assert row["cause"] == "AuthorizationFailed: Microsoft.Compute/images/read"
        assert row["deliveries"] == 60
        assert row["reason"]
        assert "role" in row["remedy"]
        [row] = found["poison-queue"]
        assert row["cause"] == "given up after the last delivery"
        tries = [at for at, text, _ in traces.rows if text.startswith("A message could not be handled now;")]
        assert _workspace(traces).find("message-undeliverable", tries[8].replace(tzinfo=UTC)) == []
        assert _workspace(traces).find("message-undeliverable", tries[9].replace(tzinfo=UTC)) != []


def test_what_others_put_into_the_poison_queue_is_found_in_its_own_log() -> None:
    """Not what goes into the main queue, what is taken out, or what was refused."""
    workspace, now = Workspace(), NOON
    main = POISON.replace("-poison", "")
    workspace.add_queue_log(now, "PutMessage", f"{main}?timeout=30")
    workspace.add_queue_log(now, "DeleteMessage", f"{POISON}/6a7")
    workspace.add_queue_log(now, "PutMessage", POISON, status="AuthorizationPermissionMismatch")
    assert workspace.find("poison-queue", now) == []
    workspace.add_queue_log(now, "PutMessage", f"{POISON}?timeout=30")
    assert [row["cause"] for row in workspace.find("poison-queue", now)] == ["put into the poison queue"]


def test_a_text_that_only_looks_like_a_record_is_not_taken_for_one() -> None:
    """An image's name, or a host's message, may quote one."""
    traces = Traces(lambda: NOON)
    for text in (
        'Executing: A rollout ended. {"outcome": "Failed", "rollout": "x"}',
        'A rollout was started. {"image": "A rollout ended. {\\"outcome\\": \\"Failed\\"}"}',
        "A rollout ended.",
    ):
        traces.rows.append((NOON.replace(tzinfo=None), text, 3))
    assert [name for name in QUERIES if _workspace(traces).find(name, NOON)] == []


def test_no_record_that_an_alert_counts_on_is_sampled_away() -> None:
    """The host keeps information, and every trace of it."""
    logged = json.loads((ROOT / "host.json").read_text())["logging"]
    assert logged["logLevel"]["default"] == "Information"
    assert "Trace" in logged["applicationInsights"]["samplingSettings"]["excludedTypes"].split(";")


async def _failed(w: World, publish: bool = True) -> dict[str, Any]:
    refused = Fault(kind="status", method="PUT", resource_type=SCALE_SETS, status=400, code="InvalidParameter")
    image = w.image_id("img-1")
    if publish:
        await w.publish("img-1")
        await w.settle()
    w.sim.faults.add(refused)
    answer = await w.post(image)
    await w.settle()
    w.sim.faults.clear()
    shown = await w.rollout(answer.json()["id"])
    assert shown["status"] == "Failed"
    return shown


async def _cancelled(w: World) -> None:
    w.host.auto_advance = False
    await w.arm.delete(f"{w.image_id()}?api-version=2026-04-01")
    await w.until(lambda: w.sim.resource(w.image_id()) is None)
    await w.publish(source="vm-4")
    await w.until(lambda: bool(w.unfinished()))
    for name in w.unfinished():
        await w.http.post(f"/api/rollouts/{name}/cancel")
    await w.let_go()
    assert "Cancelled" in {one["status"] for one in await w.rollouts()}


def _signs(traces: Traces) -> int:
    """How many signs of life there are."""
    return sum(text.startswith("A rollout still runs.") for _, text, _ in traces.rows)


def _all(w: World, traces: Traces, later: timedelta = timedelta(0)) -> dict[str, list[dict[str, Any]]]:
    """What each query finds, so long after what has happened so far."""
    workspace = _workspace(traces)
    found = {name: workspace.find(name, w.clock.now() + later) for name in QUERIES}
    return {name: rows for name, rows in found.items() if rows}


def _workspace(traces: Traces) -> Workspace:
    workspace = Workspace()
    workspace.add_traces(traces)
    return workspace
