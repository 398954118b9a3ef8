"""The HTTP API: what each route answers, and that every error is a problem document that names the field."""

from typing import Any

import pytest
from azure.functions import HttpResponse

from domain.errors import AccessDeniedError, TerminalError, TransientError
from domain.steps import CANCEL
from tests.unit.functions import IMAGE, ORIGIN, Triggers, json_of
from wiring.rollouts_file import RolloutsFileError


@pytest.fixture
def app() -> Triggers:
    return Triggers()


def problem(answer: HttpResponse, status: int, field: str | None = None) -> dict[str, Any]:
    """The problem document, checked for form."""
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    body = json_of(answer)
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body.get("field") == field
    return body


async def test_a_post_starts_a_rollout_and_says_where_it_is(app: Triggers) -> None:
    answer = await app.post()
    assert answer.status_code == 202
    body = json_of(answer)
    assert set(body) == {"id", "statusUrl"}
    assert body["statusUrl"] == answer.headers["Location"] == f"{ORIGIN}/api/rollouts/{body['id']}"
    assert app.engine.held[body["id"]].name == "rollout"


async def test_the_same_image_again_is_answered_with_the_rollout_that_exists(app: Triggers) -> None:
    first = json_of(await app.post())
    answer = await app.post()
    assert answer.status_code == 200
    body = json_of(answer)
    assert (body["id"], body["statusUrl"], body["status"]) == (first["id"], first["statusUrl"], "Pending")
    assert first["id"] in body["reason"]


async def test_no_answer_carries_a_key_or_an_address_of_the_engine(app: Triggers) -> None:
    first = await app.post()
    shown = await app.call("show_rollout", id=json_of(first)["id"])
    for answer in (first, shown, await app.post(), await app.call("list_rollouts")):
        sent = answer.get_body().decode() + str(dict(answer.headers))
        assert "the-key" not in sent
        assert "runtime/webhooks" not in sent


async def test_every_answer_tells_browsers_to_keep_their_hands_off(app: Triggers) -> None:
    """The answers of each kind: with a body, without one, and problems."""
    health: HttpResponse = await app.functions["health"](None)
    for answer in (await app.post(), health, await app.call("show_rollout", id="x"), await app.call("list_rollouts")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


async def test_a_dry_run_answers_the_plan_and_starts_nothing(app: Triggers) -> None:
    answer = await app.post(dryRun=True)
    assert answer.status_code == 200
    body = json_of(answer)
    assert (body["dryRun"], body["version"]) == (True, "1.0.0")
    assert body["steps"][0]["action"] == "create"
    assert app.engine.held == {}
    assert len(app.planned) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "body"),
        ({}, "image"),
        ({"image": IMAGE, "profil": "x"}, "profil"),
        ({"image": IMAGE, "again": 1}, "again"),
        (b"[" * 60_000, "body"),
        (b'{"image":' * 6_000, "body"),
        (b'{"a": 1} {"b": 2}', "body"),
    ],
)
async def test_a_body_that_cannot_be_understood_is_400_with_the_field(app: Triggers, body: object, field: str) -> None:
    problem(await app.call("start_rollout", "POST", body), 400, field)


async def test_a_body_larger_than_any_can_be_is_413(app: Triggers) -> None:
    problem(await app.call("start_rollout", "POST", b" " * (64 * 1024 + 1)), 413, "body")
    problem(await app.call("start_rollout", "POST", {"image": "x" * 70_000}), 413, "body")


async def test_an_event_is_no_body(app: Triggers) -> None:
    event = {"eventType": "Microsoft.Resources.ResourceWriteSuccess", "id": "1"}
    problem(await app.call("start_rollout", "POST", event), 400, "eventType")


async def test_an_image_of_no_profile_or_that_is_gone_is_400(app: Triggers) -> None:
    problem(await app.post(image=IMAGE + "2"), 400, "image")
    problem(await app.post(profile="other"), 400, "profile")
    app.error = TerminalError("ImageNotFound", "The managed image does not exist.")
    problem(await app.post(), 400, "image")


@pytest.mark.parametrize("wishes", [{}, {"dryRun": True}])
async def test_an_image_from_a_group_that_is_not_allowed_is_400_with_what_to_do(
    app: Triggers, wishes: dict[str, bool]
) -> None:
    app.groups = [{"resourceGroup": "golden"}]
    app.error = AssertionError("the image was read")
    assert "allowedImageGroups" in problem(await app.post(**wishes), 400, "image")["remedy"]
    assert app.engine.held == {}


async def test_a_list_of_allowed_groups_hides_no_rollout_under_way(app: Triggers) -> None:
    rollout = json_of(await app.post())["id"]
    app.groups = [{"resourceGroup": "golden"}]
    assert json_of(await app.call("show_rollout", id=rollout))["status"] == "Pending"
    assert (await app.call("cancel_rollout", "POST", id=rollout)).status_code == 202


async def test_transient_trouble_is_503_with_the_time_to_come_back(app: Triggers) -> None:
    app.error = TransientError("TooManyRequests", "Slow down.", retry_after=7.2, correlation_id="c-1")
    answer = await app.post()
    body = problem(answer, 503)
    assert answer.headers["Retry-After"] == "8"
    assert (body["code"], body["correlationId"]) == ("TooManyRequests", "c-1")


async def test_a_missing_permission_is_503_and_named(app: Triggers) -> None:
    action = "Microsoft.Compute/images/read"
    app.error = AccessDeniedError("AuthorizationFailed", "No.", facts={"action": action}, remedy="Grant it.")
    answer = await app.post()
    body = problem(answer, 503)
    assert (body["action"], body["remedy"]) == (action, "Grant it.")
    assert answer.headers["Retry-After"] == "30"


async def test_what_azure_refuses_for_good_is_422_and_a_fault_of_ours_500(app: Triggers) -> None:
    app.error = TerminalError("SubscriptionNotFound", "No such subscription.")
    assert problem(await app.post(), 422)["code"] == "SubscriptionNotFound"
    app.error = TerminalError("InternalError", "Unknown.")
    problem(await app.post(), 500)


async def test_a_broken_rollouts_file_names_every_problem_and_hides_no_rollout(app: Triggers) -> None:
    first = json_of(await app.post())
    app.rollouts_error = RolloutsFileError("rollouts.yaml", ["profiles.a: x", "profiles.b: y"])
    assert problem(await app.post(), 422)["problems"] == ["profiles.a: x", "profiles.b: y"]
    assert (await app.call("show_rollout", id=first["id"])).status_code == 200


async def test_a_rollout_is_shown_with_its_steps_and_lists_leave_them_out(app: Triggers) -> None:
    rollout = json_of(await app.post())["id"]
    assert json_of(await app.call("show_rollout", id=rollout))["steps"] == []
    [row] = json_of(await app.call("list_rollouts"))["rollouts"]
    assert row["id"] == rollout
    assert "steps" not in row
    told = json_of(await app.call("rollout_history", id=rollout))
    assert (told["id"], told["events"][0]["kind"]) == (rollout, "started")


@pytest.mark.parametrize("route", ["show_rollout", "rollout_history", "cancel_rollout"])
async def test_a_rollout_that_does_not_exist_is_404_and_so_is_a_child(app: Triggers, route: str) -> None:
    problem(await app.call(route, id="web-0000000000-1"), 404, "id")
    app.engine.put("web-0000000000-1-replicate", name="replicate")
    problem(await app.call(route, id="web-0000000000-1-replicate"), 404, "id")
    app.engine.put("@version_numbers@0")
    problem(await app.call(route, id="@version_numbers@0"), 404, "id")


async def test_a_rollout_that_ends_while_it_is_cancelled_is_409(app: Triggers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between our look and our word; the engine's refusal is no outage."""
    rollout = json_of(await app.post())["id"]

    async def too_late(instance_id: str, event: str, data: object) -> None:
        app.engine.end(instance_id, "Completed", outcome="Completed")
        raise TransientError("DurableEngineUnavailable", "The durable engine answered FAILED_PRECONDITION.")

    monkeypatch.setattr(app.engine, "raise_event", too_late)  # the race itself cannot be timed
    problem(await app.call("cancel_rollout", "POST", id=rollout), 409, "id")


async def test_cancelling_sends_the_event_and_a_finished_rollout_is_409(app: Triggers) -> None:
    rollout = json_of(await app.post())["id"]
    answer = await app.call("cancel_rollout", "POST", path=f"/api/rollouts/{rollout}/cancel", id=rollout)
    assert answer.status_code == 202
    assert json_of(answer) == {"id": rollout, "statusUrl": f"{ORIGIN}/api/rollouts/{rollout}"}
    assert app.engine.events == [(rollout, CANCEL)]
    app.engine.end(rollout, "Completed", outcome="Cancelled")
    problem(await app.call("cancel_rollout", "POST", id=rollout), 409, "id")
    assert len(app.engine.events) == 1


async def test_health_says_nothing(app: Triggers) -> None:
    answer: HttpResponse = await app.functions["health"](None)
    assert (answer.status_code, answer.get_body()) == (200, b"")


def test_every_route_but_health_wants_a_function_key(app: Triggers) -> None:
    levels = {
        (binding["methods"][0], binding["route"]): binding["authLevel"]
        for bindings in app.bindings.values()
        for binding in bindings
        if binding["type"] == "httpTrigger"
    }
    assert levels == {
        ("POST", "rollouts"): "FUNCTION",
        ("GET", "rollouts"): "FUNCTION",
        ("GET", "rollouts/{id}"): "FUNCTION",
        ("GET", "rollouts/{id}/history"): "FUNCTION",
        ("POST", "rollouts/{id}/cancel"): "FUNCTION",
        ("GET", "openapi.json"): "FUNCTION",
        ("GET", "health"): "ANONYMOUS",
    }
