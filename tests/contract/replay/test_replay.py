"""Recorded traffic of the real service gets the same answers here; what differs is explained in the README."""

import asyncio
import sys

import pytest

from tests.contract.replay.explained import README, explanations
from tests.contract.replay.player import Interaction, play_all
from tests.contract.replay.recordings import NO_RECORDINGS, folder, load
from tests.contract.replay.report import differences, score, summary

LEAST = 97.0
"""Percent of all interactions that must be as recorded."""


@pytest.fixture(scope="module")
def played() -> list[Interaction]:
    """All recordings of the folder, each on a simulator of its own."""
    files = sorted(folder().glob("*.jsonl"))
    if not files:
        pytest.skip(NO_RECORDINGS)
    return asyncio.run(play_all(load(files)))


def test_recorded_requests_get_the_recorded_answers(played: list[Interaction]) -> None:
    sys.stdout.write(summary(played))
    assert score(played) >= LEAST, "\n".join([summary(played), "", *differences(played)])


def test_every_difference_that_remains_is_explained_and_every_explanation_is_needed(played: list[Interaction]) -> None:
    rows = explanations(README.read_text(encoding="utf-8"))
    named = tuple(name for row in rows for name in row.recordings)
    left = [(one.recording, each) for one in played for each in one.differences if one.recording.startswith(named)]
    unexplained = [f"{name}: {each}" for name, each in left if not any(row.covers(name, each) for row in rows)]
    there = [row for row in rows if any(one.recording.startswith(row.recordings) for one in played)]
    assert unexplained == []
    assert [row for row in there if not any(row.covers(name, each) for name, each in left)] == []
