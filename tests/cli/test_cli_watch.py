"""`rollout watch`: live on a terminal, line by line without one, and how it ends."""

import io
import json
from datetime import UTC, datetime

import pytest
from rich.console import Console

from cli.api import RolloutApi
from cli.connection import Connection
from cli.errors import UnreachableError
from cli.progress import ProgressView
from cli.shapes import Rollout
from cli.watching import PATIENCE, look_until_ended
from tests.cli.fake_app import KEY, FakeApp
from tests.cli.running import RunCli
from tests.cli.samples import ID, failed, rollout

NOW = datetime(2026, 11, 24, 8, 2, tzinfo=UTC)
COMPLETED = rollout(status="Completed", completedAt="2026-11-24T08:12:00Z", waitingFor=None)


def script(fake: FakeApp, *looks: Rollout) -> None:
    """Let the app show these, one a look."""
    for look in looks:
        fake.on("GET", f"/api/rollouts/{ID}", look)


def test_without_a_terminal_every_change_is_a_line_and_nothing_is_said_twice(run_cli: RunCli, fake: FakeApp) -> None:
    script(fake, rollout(), rollout(), COMPLETED)
    ran = run_cli("watch", ID, "--interval", "0.05")
    assert ran.code == 0
    assert ran.out.count("South Central US: Replicating, 40 %") == 1
    assert ran.out.count("for replication to 2 regions") == 1
    assert "Read the image: Completed in 1.0 s (Windows, Generalized, V1  2 attempts)" in ran.out
    assert "Completed after 12 min" in ran.out


def test_small_steps_of_a_percentage_are_not_worth_a_line(run_cli: RunCli, fake: FakeApp) -> None:
    def at(percent: int) -> Rollout:
        return rollout(regions=[{"name": "West US", "state": "Replicating", "progress": percent}])

    script(fake, at(0), *(at(percent) for percent in range(1, 100, 7)), COMPLETED)
    ran = run_cli("watch", ID, "--interval", "0.05")
    assert ran.out.count("West US: Replicating") == 4


def test_a_failed_rollout_exits_with_1_and_says_what_to_do(run_cli: RunCli, fake: FakeApp) -> None:
    script(fake, rollout(), failed())
    ran = run_cli("watch", ID, "--interval", "0.05")
    assert ran.code == 1
    assert "error      ReplicationFailed: South Central US" in ran.out
    assert "remedy     Start the rollout again" in ran.out


def test_a_cancelled_rollout_exits_with_1(run_cli: RunCli, fake: FakeApp) -> None:
    script(fake, rollout(status="Cancelled", completedAt="2026-11-24T08:12:00Z"))
    assert run_cli("watch", ID).code == 1


def test_json_is_a_line_a_change(run_cli: RunCli, fake: FakeApp) -> None:
    script(fake, rollout(), rollout(), COMPLETED)
    lines = run_cli("watch", ID, "--interval", "0.05", "--json").out.splitlines()
    assert [json.loads(line)["status"] for line in lines] == ["Running", "Completed"]


def test_an_app_that_restarts_does_not_end_the_watch(fake: FakeApp) -> None:
    script(fake, rollout())
    fake.on("GET", f"/api/rollouts/{ID}", {"detail": "starting"}, status=503)
    script(fake, COMPLETED)
    with RolloutApi(Connection(fake.url, KEY, "given")) as api:
        looks = list(look_until_ended(api, ID, 1.0, sleep=lambda _: None))
    assert [look[0] and look[0].get("status") for look in looks] == ["Running", None, "Completed"]
    assert "starting" in looks[1][1]


def test_an_app_that_stays_away_ends_the_watch(fake: FakeApp) -> None:
    script(fake, rollout())
    fake.on("GET", f"/api/rollouts/{ID}", {"detail": "away"}, status=503)
    slept: list[float] = []
    with (
        RolloutApi(Connection(fake.url, KEY, "given")) as api,
        pytest.raises(UnreachableError, match="away"),
    ):
        list(look_until_ended(api, ID, 5.0, sleep=slept.append))
    assert sum(slept) == pytest.approx(PATIENCE + 5.0)


def drawn(look: Rollout, *, room: int = 40, note: str = "") -> str:
    """What a terminal of 120 columns would show."""
    console = Console(file=io.StringIO(), width=120, force_terminal=False)
    console.print(ProgressView().draw(look, NOW, room=room, note=note))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_the_live_view_has_steps_a_bar_a_region_and_what_it_waits_for() -> None:
    lines = drawn(rollout(), note="no answer, asking again").splitlines()
    text = "\n".join(lines)
    assert "web-0f3a9c-1  myImage → 1.0.0  Running  2 min" in text
    assert any("✓" in line and "Read the image" in line for line in lines)
    assert any("━" in line and "South Central US" in line and "40 %" in line and "1 replica" in line for line in lines)
    assert "waiting for replication to 2 regions  1 min 30 s" in text
    assert "no answer, asking again" in text


def test_forty_regions_fit_the_terminal_and_the_unfinished_come_first() -> None:
    regions = [
        {"name": f"Region {i}", "state": "Completed" if i < 30 else "Replicating", "progress": 100 if i < 30 else 5}
        for i in range(40)
    ]
    text = drawn(rollout(regions=regions), room=30)
    assert len(text.splitlines()) <= 30
    assert all(f"Region {i} " in text for i in range(30, 40))
    assert "and 21 more" in text
