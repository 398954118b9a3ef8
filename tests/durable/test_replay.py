"""Rollouts that are under way while a new version is deployed go on under it: every recorded history, at every turn."""

from dataclasses import replace
from pathlib import Path

import durabletask.internal.orchestrator_service_pb2 as pb
import pytest

from orchestrators import ORCHESTRATORS
from tests.durable.histories import FOLDER, History, recorded

FILES = recorded()


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_a_recorded_history_replays_at_every_turn(file: Path) -> None:
    """The past is accepted, and what was done then would be done now, with the same ids in the same order."""
    history = History.read(file)
    for past, new, did in history.turns():
        assert history.play(past, new) == did, f"after {len(past)} events"


def test_every_orchestrator_of_every_version_was_recorded() -> None:
    for version in FOLDER.iterdir():
        names = {History.read(file).orchestration for file in version.glob("*.json")}
        assert names == set(ORCHESTRATORS), version.name


@pytest.mark.parametrize("ending", ["COMPLETED", "FAILED"])
def test_both_endings_are_among_them(ending: str) -> None:
    ends = {did[-1] for file in FILES.values() for _, _, did in History.read(file).turns() if did}
    assert f"end ORCHESTRATION_STATUS_{ending}" in ends


def test_another_order_of_steps_is_noticed() -> None:
    """What this test guards against: a rollout whose past says another step than its orchestrator takes now."""
    history = History.read(FILES["0.1.0/create-rollout"])
    swapped = tuple(_renamed(event) for event in history.events)
    turns = list(replace(history, events=swapped).turns())
    answers = [history.play(past, new) for past, new, _ in turns]
    assert answers != [did for _, _, did in turns]
    assert any("end ORCHESTRATION_STATUS_FAILED" in answer for answer in answers)


def _renamed(event: pb.HistoryEvent) -> pb.HistoryEvent:
    names = {"create_gallery": "define_image", "define_image": "create_gallery"}
    changed = pb.HistoryEvent()
    changed.CopyFrom(event)
    if event.HasField("taskScheduled"):
        changed.taskScheduled.name = names.get(event.taskScheduled.name, event.taskScheduled.name)
    return changed
