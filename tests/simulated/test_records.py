"""The log of whole rollouts: each says once that it runs and once how it ended, whatever comes in between."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.armsim import Fault
from orchestrators import _records
from tests.durable.histories import History, recorded
from tests.world import PASSWORD, rollouts_file, world

HISTORIES = {name: file for name, file in recorded().items() if name.endswith("-rollout")}
ENDS = {"create": "Completed", "move": "Completed", "fail": "Failed", "cancel": "Cancelled"}


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.INFO, _records.log.name):
        yield


async def test_a_rollout_that_completes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Both records name it; the first says by when it must have ended, which it then has."""
    async with world(tmp_path) as w:
        shown = await w.roll_out()
        runs, ended = _only_pair(caplog, shown["id"])
        assert runs["image"] == ended["image"] == w.image_id()
        assert runs["profile"] == ended["profile"] == "web"
        assert ended["outcome"] == shown["status"] == "Completed"
        assert ended["version"] == "1.0.0"
        assert not {"code", "resource", "remedy"} & set(ended)
        assert shown["completedAt"] < runs["due"]
        assert _level(caplog, _records.ENDED) == logging.INFO


async def test_a_rollout_that_fails(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An error, with code, resource and remedy, and without Azure's own text, whatever is in it."""
    async with world(tmp_path) as w:
        kind = "Microsoft.Compute/virtualMachineScaleSets"
        echo = f"adminPassword {PASSWORD} is weak."
        w.sim.faults.add(
            Fault(kind="status", method="PUT", resource_type=kind, status=400, code="InvalidParameter", message=echo)
        )
        shown = await w.roll_out()
        _, ended = _only_pair(caplog, shown["id"])
        assert ended["outcome"] == shown["status"] == "Failed"
        assert ended["code"] == shown["error"]["code"] == "InvalidParameter"
        assert ended["resource"] == shown["error"]["resource"]
        assert ended["remedy"] == shown["error"]["remedy"]
        assert "weak" not in json.dumps(ended)
        assert _level(caplog, _records.ENDED) == logging.ERROR


async def test_a_rollout_that_is_cancelled(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Once, although a word to stop may come twice."""
    async with world(tmp_path, auto_advance=False) as w:
        await w.publish()
        await w.until(lambda: w.asked("PUT", "/versions/") > 0)
        rollout = (await w.rollouts())[0]["id"]
        for _ in range(2):
            await w.http.post(f"/api/rollouts/{rollout}/cancel")
        await w.let_go()
        _, ended = _only_pair(caplog, rollout)
        assert ended["outcome"] == "Cancelled"
        assert _level(caplog, _records.ENDED) == logging.WARNING


async def test_a_rollout_that_is_superseded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its image is gone before it could be published."""
    async with world(tmp_path) as w:
        w.sim.faults.add(
            Fault(kind="status", method="GET", path_contains="/images/myImage", nth=2, status=404, code="NotFound")
        )
        shown = await w.roll_out()
        _, ended = _only_pair(caplog, shown["id"])
        assert ended["outcome"] == "Superseded"
        assert _level(caplog, _records.ENDED) == logging.INFO


async def test_a_rollout_of_hours_gives_signs_of_life(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whenever it starts over while it waits: six hours of replication are not silent, and not talkative either."""
    async with world(tmp_path, rollouts_file(deadlines={"replication": "PT6H"})) as w:
        kind = "Microsoft.Compute/galleries/images/versions"
        w.sim.faults.add(Fault(kind="never_ends", method="PUT", resource_type=kind))
        shown = await w.roll_out()
        _, ended = _only_pair(caplog, shown["id"])
        assert ended["code"] == "DeadlineExceeded"
        signs = _said(caplog, _records.STILL_RUNS)
        assert 6 <= len(signs) <= 200
        assert {one["rollout"] for one in signs} == {shown["id"]}


@pytest.mark.parametrize("file", HISTORIES.values(), ids=HISTORIES)
def test_replays_add_no_record(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A worker that starts anew at every turn, with the past to replay, writes each record at its own turn only."""
    history = History.read(file)
    turns = list(history.turns())
    said = []
    for past, new, _ in turns:
        caplog.clear()
        history.play(past, new)
        said.append([text.partition(" {")[0] for text in caplog.messages])
    assert said[0] == [_records.RUNS]
    whole = [text for turn in said for text in turn]
    assert (whole.count(_records.RUNS), whole.count(_records.ENDED)) == (1, 1)
    assert _said(caplog, _records.ENDED)[0]["outcome"] == ENDS[file.stem.partition("-")[0]]


def test_a_fault_of_ours_is_not_silent(caplog: pytest.LogCaptureFixture) -> None:
    """A history that the orchestrator cannot make sense of: an activity that answers nonsense."""
    history = History.read(HISTORIES["0.1.0/create-rollout"])
    past, new, _ = next(turn for turn in history.turns() if any(one.HasField("taskCompleted") for one in turn[1]))
    for event in new:
        if event.HasField("taskCompleted"):
            event.taskCompleted.result.value = '"nonsense"'
    history.play(past, new)
    (ended,) = _said(caplog, _records.ENDED)
    assert (ended["outcome"], ended["code"]) == ("Failed", "InternalError")
    assert _level(caplog, _records.ENDED) == logging.ERROR


def _only_pair(caplog: pytest.LogCaptureFixture, rollout: str) -> tuple[dict[str, Any], dict[str, Any]]:
    (runs,), (ended,) = _said(caplog, _records.RUNS), _said(caplog, _records.ENDED)
    assert runs["rollout"] == ended["rollout"] == rollout
    return runs, ended


def _said(caplog: pytest.LogCaptureFixture, text: str) -> list[dict[str, Any]]:
    said = [message.removeprefix(text) for message in caplog.messages if message.startswith(text)]
    return [json.loads(fields) for fields in said]


def _level(caplog: pytest.LogCaptureFixture, text: str) -> int:
    return next(one.levelno for one in caplog.records if one.getMessage().startswith(text))
