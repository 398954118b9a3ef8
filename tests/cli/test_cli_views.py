"""`rollout list`, `show` and `history` on paper and as JSON."""

import json

from tests.cli.fake_app import FakeApp
from tests.cli.running import RunCli
from tests.cli.samples import GALLERY, ID, IMAGE, failed, rollout


def test_the_list_says_what_each_waits_for_or_why_it_failed(run_cli: RunCli, fake: FakeApp) -> None:
    page = {"rollouts": [rollout(), {**failed(), "id": "web-other-1"}], "nextCursor": "c2"}
    fake.on("GET", "/api/rollouts", page)
    ran = run_cli("list", "--status", "Running", "--from", "2026-11-01T00:00:00Z", "--limit", "5")
    assert fake.asked[0][2] == {"status": "Running", "from": "2026-11-01T00:00:00Z", "limit": "5"}
    for words in (
        ID,
        "Running",
        "replication to 2 regions",
        "web-other-1",
        "ReplicationFailed",
        "10 min",
        "--cursor c2",
    ):
        assert words in ran.out


def test_an_empty_list_says_so(run_cli: RunCli, fake: FakeApp) -> None:
    fake.on("GET", "/api/rollouts", {"rollouts": [], "nextCursor": None})
    assert run_cli("list").out == "No rollouts.\n"


def test_json_is_the_apps_own_answer_on_one_line(run_cli: RunCli, fake: FakeApp) -> None:
    fake.on("GET", f"/api/rollouts/{ID}", rollout())
    ran = run_cli("show", ID, "--json")
    assert ran.out.count("\n") == 1
    assert json.loads(ran.out) == rollout()


def test_show_has_regions_steps_and_resources(run_cli: RunCli, fake: FakeApp) -> None:
    fake.on("GET", f"/api/rollouts/{ID}", rollout())
    ran = run_cli("show", ID)
    assert ran.code == 0
    for words in (IMAGE, GALLERY, "South Central US", "40 %", "Read the image", "2 attempts", "an image event"):
        assert words in ran.out


def test_show_says_why_a_rollout_failed_and_what_to_do(run_cli: RunCli, fake: FakeApp) -> None:
    fake.on("GET", f"/api/rollouts/{ID}", failed())
    ran = run_cli("show", ID)
    for words in ("ReplicationFailed", "the copy of the disk failed", "versions/1.0.0", "Start the rollout again"):
        assert words in ran.out


def test_cancel_says_where_to_look(run_cli: RunCli, fake: FakeApp) -> None:
    fake.on("POST", f"/api/rollouts/{ID}/cancel", {"id": ID}, status=202)
    ran = run_cli("cancel", ID)
    assert (ran.code, f"rollout show {ID}" in ran.out) == (0, True)


def test_a_long_history_is_one_screen(run_cli: RunCli, fake: FakeApp) -> None:
    polls = [
        {
            "at": f"2026-11-24T{8 + i // 60:02}:{i % 60:02}:00Z",
            "kind": "poll",
            "step": "read_replication",
            "text": "looked",
        }
        for i in range(300)
    ]
    start = {"at": "2026-11-24T08:00:00Z", "kind": "started", "text": "started by an event"}
    fake.on("GET", f"/api/rollouts/{ID}/history", {"id": ID, "events": [start, *polls]})
    ran = run_cli("history", ID)
    assert len(ran.out.splitlines()) == 3
    assert "×300" in ran.out
    assert "Replicate the version" in ran.out
    assert len(json.loads(run_cli("history", ID, "--json").out)["events"]) == 301


def test_text_from_the_app_is_never_taken_for_markup(run_cli: RunCli, fake: FakeApp) -> None:
    fake.on("GET", f"/api/rollouts/{ID}", rollout(profile="[red]web[/red]", version="[/x]"))
    ran = run_cli("show", ID)
    assert "[red]web[/red]" in ran.out
    assert "[/x]" in ran.out


def test_a_superseded_rollout_says_so_and_why(run_cli: RunCli, fake: FakeApp) -> None:
    ended = rollout(status="Completed", outcome="Superseded", note="1.0.7 is newer.", waitingFor=None, earlier="web-1")
    fake.on("GET", f"/api/rollouts/{ID}", ended)
    for command in ("show", "watch"):
        said = run_cli(command, ID).out
        assert "Completed (Superseded)" in said
        assert "1.0.7 is newer." in said
