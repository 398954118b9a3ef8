"""How commands fail: the exit code, and words that help."""

import json
import os
from pathlib import Path

import pytest

from cli.connection import base_address, find_connection
from cli.errors import UnreachableError, UsageError
from tests.cli.fake_app import KEY, FakeApp
from tests.cli.running import RunCli
from tests.cli.samples import ID, IMAGE


def test_a_problem_is_shown_with_field_and_remedy(run_cli: RunCli, fake: FakeApp) -> None:
    problem = {
        "title": "Bad Request",
        "status": 400,
        "detail": "image is not a resource id.",
        "field": "image",
        "remedy": "pass the id that `az image show` prints.",
    }
    fake.on("POST", "/api/rollouts", problem, status=400)
    ran = run_cli("start", "myImage")
    assert (ran.code, ran.out) == (2, "")
    assert "image is not a resource id." in ran.err
    assert "field  image" in ran.err
    assert "az image show" in ran.err


def test_every_field_at_fault_is_named(run_cli: RunCli, fake: FakeApp) -> None:
    errors = [{"field": "image", "detail": "is empty"}, {"field": "profile", "message": "is unknown"}]
    fake.on("POST", "/api/rollouts", {"title": "Bad Request", "errors": errors}, status=400)
    ran = run_cli("start", IMAGE)
    assert "image: is empty" in ran.err
    assert "profile: is unknown" in ran.err


def test_an_unknown_rollout_is_wrong_usage(run_cli: RunCli) -> None:
    ran = run_cli("show", "nothing")
    assert (ran.code, "there is no such rollout" in ran.err) == (2, True)


def test_a_conflict_is_a_failure_not_a_mistake(run_cli: RunCli, fake: FakeApp) -> None:
    fake.on("POST", f"/api/rollouts/{ID}/cancel", {"detail": "the rollout has ended."}, status=409)
    assert run_cli("cancel", ID).code == 1


def test_an_app_in_trouble_says_when_to_try_again(run_cli: RunCli, fake: FakeApp) -> None:
    busy = {"detail": "the image is still being created."}
    fake.on("POST", "/api/rollouts", busy, status=503, headers={"Retry-After": "10"})
    ran = run_cli("start", IMAGE)
    assert (ran.code, "try again in 10 s" in ran.err) == (3, True)


def test_what_azure_refused_is_told_with_all_that_support_will_ask_for(run_cli: RunCli, fake: FakeApp) -> None:
    refused = {"detail": "no.", "code": "AuthorizationFailed", "resource": IMAGE, "correlationId": "c-1"}
    fake.on("POST", "/api/rollouts", refused, status=422)
    ran = run_cli("start", IMAGE)
    assert ran.code == 1
    assert all(said in ran.err for said in ("AuthorizationFailed", IMAGE, "c-1"))


def test_a_wrong_key_is_told_apart_from_no_app(run_cli: RunCli) -> None:
    ran = run_cli("list", "--key", "wrong")
    assert ran.code == 3
    assert "does not accept the key" in ran.err
    assert "wrong" not in ran.err.replace("wrong usage", "")


def test_nobody_listening_is_unreachable(run_anywhere: RunCli, unused_tcp_port: int) -> None:
    ran = run_anywhere("list", "--url", f"http://127.0.0.1:{unused_tcp_port}", "--key", "k")
    assert (ran.code, "cannot reach" in ran.err) == (3, True)


def test_something_else_at_that_address_is_unreachable(run_cli: RunCli, fake: FakeApp) -> None:
    fake.on("GET", "/api/rollouts", "<html>", status=200)
    ran = run_cli("list")
    assert (ran.code, "not as the Gallery Rollout app does" in ran.err) == (3, True)


@pytest.mark.parametrize("arguments", [("nonsense",), ("start",), ("list", "--limit", "0"), ("show",)])
def test_wrong_usage_exits_with_2(run_anywhere: RunCli, arguments: tuple[str, ...]) -> None:
    assert run_anywhere(*arguments).code == 2


def test_the_running_local_stack_is_found_without_options(tmp_path: Path) -> None:
    file = tmp_path / "serve.json"
    file.write_text(json.dumps({"url": "http://127.0.0.1:7071", "key": KEY, "pid": os.getpid()}))
    found = find_connection(None, None, serve_file=file)
    assert (found.url, found.key, found.source) == ("http://127.0.0.1:7071", KEY, "local stack")
    assert find_connection("https://app", "k", serve_file=file).url == "https://app"


@pytest.mark.parametrize("left", ["", "[]", '{"url": "u", "key": "k", "pid": 0.5}', '{"url": "u"}'])
def test_a_file_left_behind_by_a_stack_is_ignored(tmp_path: Path, left: str) -> None:
    file = tmp_path / "serve.json"
    file.write_text(left)
    with pytest.raises(UnreachableError):
        find_connection(None, None, serve_file=file)


@pytest.mark.parametrize("given", ["https://app.example/", "https://app.example/api", " app.example "])
def test_an_address_may_be_pasted_as_people_have_it(given: str) -> None:
    assert base_address(given) == "https://app.example"


@pytest.mark.parametrize("key", ["ключ", "sec\rret", "sec\x00ret"])
def test_a_key_that_no_header_can_carry_is_wrong_usage_and_is_not_shown(key: str) -> None:
    with pytest.raises(UsageError) as raised:
        find_connection("https://app", key)
    assert key not in str(raised.value)


def test_a_line_break_behind_the_key_is_cut_off() -> None:
    assert find_connection("https://app", "secret\r\n").key == "secret"
