"""`rollout start`: what is sent, what is said, and how it ends."""

import json

from tests.cli.fake_app import FakeApp
from tests.cli.running import RunCli
from tests.cli.samples import GALLERY, ID, IMAGE

PLAN = {
    "dryRun": True,
    "profile": "web",
    "image": IMAGE,
    "fingerprint": "ab",
    "version": "1.0.1",
    "steps": [
        {"step": "create_gallery", "resource": GALLERY, "action": "adopt", "detail": "exists and matches"},
        {"step": "move_scale_set", "resource": None, "action": "move", "detail": "from 1.0.0"},
    ],
    "violations": [],
    "unchecked": ["whether the identity may write the scale set"],
    "warnings": ["upgrade policy Automatic may take all instances down at once"],
}


def test_a_new_rollout_is_named_and_the_next_command_with_it(run_cli: RunCli, fake: FakeApp) -> None:
    fake.on("POST", "/api/rollouts", {"id": ID, "statusUrl": f"/api/rollouts/{ID}"}, status=202)
    ran = run_cli("start", IMAGE, "--profile", "web")
    assert ran.code == 0
    assert ran.out.startswith(f"{ID}  started")
    assert f"rollout watch {ID}" in ran.out
    assert fake.asked == [("POST", "/api/rollouts", {}, {"image": IMAGE, "profile": "web"})]


def test_an_image_rolled_out_already_starts_nothing_and_says_so(run_cli: RunCli, fake: FakeApp) -> None:
    fake.on("POST", "/api/rollouts", {"id": ID, "status": "Completed", "reason": "The image is unchanged."}, status=200)
    ran = run_cli("start", IMAGE)
    assert (ran.code, "exists already (Completed)" in ran.out) == (0, True)
    assert "The image is unchanged." in ran.out


def test_json_tells_new_from_existing(run_cli: RunCli, fake: FakeApp) -> None:
    fake.on("POST", "/api/rollouts", {"id": ID}, status=202)
    fake.on("POST", "/api/rollouts", {"id": ID}, status=200)
    assert json.loads(run_cli("start", IMAGE, "--json").out) == {"id": ID, "existing": False}
    assert json.loads(run_cli("start", IMAGE, "--json").out) == {"id": ID, "existing": True}


def test_again_asks_for_another_number(run_cli: RunCli, fake: FakeApp) -> None:
    fake.on("POST", "/api/rollouts", {"id": ID}, status=202)
    run_cli("start", IMAGE, "--again")
    assert fake.asked[0][3] == {"image": IMAGE, "again": True}


def test_a_dry_run_shows_what_would_be_done_and_what_will_hurt(run_cli: RunCli, fake: FakeApp) -> None:
    fake.on("POST", "/api/rollouts", PLAN)
    ran = run_cli("start", IMAGE, "--dry-run")
    assert ran.code == 0
    assert fake.asked[0][3] == {"image": IMAGE, "dryRun": True}
    for words in (
        "Nothing was written",
        "1.0.1",
        "adopt",
        "myGallery",
        "from 1.0.0",
        "take all instances",
        "may write",
    ):
        assert words in ran.out


def test_a_dry_run_that_breaks_a_rule_names_field_value_and_remedy_and_fails(run_cli: RunCli, fake: FakeApp) -> None:
    violation = {
        "rule": "R7",
        "field": "targetRegions",
        "value": "eastus",
        "message": "the image's own region is missing",
        "remedy": "add West Central US",
    }
    fake.on("POST", "/api/rollouts", {**PLAN, "violations": [violation]})
    ran = run_cli("start", IMAGE, "--dry-run")
    assert ran.code == 1
    assert all(str(said) in ran.out for said in violation.values())


def test_a_refused_step_of_a_dry_run_is_a_failure_in_json_too(run_cli: RunCli, fake: FakeApp) -> None:
    refused = {**PLAN, "steps": [{"step": "create_gallery", "action": "refuse", "detail": "another location"}]}
    fake.on("POST", "/api/rollouts", refused)
    ran = run_cli("start", IMAGE, "--dry-run", "--json")
    assert (ran.code, json.loads(ran.out)) == (1, refused)
