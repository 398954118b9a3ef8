"""The API's description and the API are one: every route is described, and every answer has its described shape."""

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from azure.functions import HttpResponse
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import AccessDeniedError, TerminalError, TransientError
from tests.unit.functions import IMAGE, Triggers, json_of
from tests.unit.json_schema import broken, resolve
from tests.unit.test_access import REQUIRED, caller
from tests.unit.test_views import child, rollout, step
from triggers.access import OPERATE
from triggers.http import HANDLERS
from triggers.openapi import description
from triggers.parsing import BODY_FIELDS, Rejected, parse_body
from triggers.routes import ROUTES
from triggers.schemas import ref
from triggers.views import view
from wiring.rollouts_file import RolloutsFileError
from wiring.settings import APP_DIR

API: dict[str, Any] = json.loads(json.dumps(description()))
OPERATIONS = {
    (method.upper(), path): operation for path, methods in API["paths"].items() for method, operation in methods.items()
}


def described(answer: HttpResponse, name: str) -> None:
    """The answer is one that the description has for this operation, header for header, member for member."""
    operation = next(one for one in OPERATIONS.values() if one["operationId"] == name)
    told = operation["responses"][str(answer.status_code)]
    assert all(answer.headers.get(header) for header in told.get("headers", {}))
    if answer.status_code == 401:  # the platform's has no body, so none is promised; ours says what to do
        told = {"content": {"application/problem+json": {"schema": ref("Problem")}}}
    if "content" not in told:
        assert answer.get_body() == b""
        return
    schema = told["content"][answer.mimetype]["schema"]
    assert list(broken(json_of(answer), schema, API)) == []


def test_every_function_is_described_and_nothing_else_is() -> None:
    registered = {
        (binding["methods"][0], f"/api/{binding['route']}"): (name, binding["authLevel"])
        for name, bindings in Triggers().bindings.items()
        for binding in bindings
        if binding["type"] == "httpTrigger"
    }
    assert {key: operation["operationId"] for key, operation in OPERATIONS.items()} == {
        key: name for key, (name, _) in registered.items()
    }
    for key, (_, level) in registered.items():
        assert (OPERATIONS[key]["security"] == []) is (level == "ANONYMOUS")


def test_the_description_has_the_version_of_the_project() -> None:
    project = tomllib.loads((APP_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert description()["info"]["version"] == project["version"]


def test_every_route_has_one_handler() -> None:
    assert set(HANDLERS) == {route.name for route in ROUTES if route.role}


def test_a_token_needs_the_role_that_the_route_asks_for() -> None:
    for route in ROUTES:
        key, *token = OPERATIONS[route.method, f"/api/{route.path}"]["security"] or [None]
        assert (key, token) == (
            ({"functionKey": []}, [{"functionKey": [], "entra": [route.role]}]) if route.role else (None, [])
        )


def test_every_reference_leads_somewhere_and_every_shape_is_used() -> None:
    used = set(references(API))
    assert all(resolve(reference, API) for reference in used)
    assert used == {f"#/components/schemas/{name}" for name in API["components"]["schemas"]}


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_parameters_of_a_path_are_those_in_its_text() -> None:
    for (_, path), operation in OPERATIONS.items():
        names = [one["name"] for one in operation.get("parameters", []) if one["in"] == "path"]
        assert names == (["id"] if "{id}" in path else [])


async def test_the_app_serves_its_description() -> None:
    answer = await Triggers().call("openapi")
    assert json_of(answer) == API
    described(answer, "openapi")
    described(await Triggers(access=REQUIRED).call("openapi"), "openapi")


async def test_answers_to_a_start_are_as_described() -> None:
    app = Triggers()
    for wishes in ({"dryRun": True}, {}, {}, {"image": "x"}, {"image": "x" * 70_000}, {"profile": "none"}):
        described(await app.post(**wishes), "start_rollout")
    for error in (
        TransientError("ServerBusy", "Busy."),
        AccessDeniedError("AuthorizationFailed", "No.", facts={"action": "a/read"}, correlation_id="c", resource=IMAGE),
        TerminalError("SubscriptionNotFound", "No such subscription.", remedy="Look."),
        TerminalError("InternalError", "Unknown."),
    ):
        app = Triggers(error=error)
        described(await app.post(), "start_rollout")
    app = Triggers(rollouts_error=RolloutsFileError("rollouts.yaml", ["profiles.a: x"]))
    described(await app.post(), "start_rollout")


async def test_answers_about_a_rollout_are_as_described() -> None:
    app = Triggers()
    name = json_of(await app.post())["id"]
    for route in ("show_rollout", "rollout_history", "list_rollouts"):
        described(await app.call(route, **({} if route == "list_rollouts" else {"id": name})), route)
    described(await app.call("list_rollouts", limit="0"), "list_rollouts")
    described(await app.call("list_rollouts", nonsense="1"), "list_rollouts")
    stop = {"method": "POST", "path": f"/api/rollouts/{name}/cancel", "id": name}
    described(await app.call("cancel_rollout", **stop), "cancel_rollout")
    app.engine.end(name, "Completed", outcome="Cancelled", note="Nothing.")
    described(await app.call("cancel_rollout", **stop), "cancel_rollout")
    for route in ("show_rollout", "rollout_history", "cancel_rollout"):
        described(await app.call(route, id="none-such"), route)
    described(await app.functions["health"](None), "health")


@pytest.mark.parametrize("name", sorted(HANDLERS))
async def test_refusals_of_callers_are_as_described(name: str) -> None:
    for headers, access in (({}, REQUIRED), (caller("Other"), REQUIRED)):
        described(await Triggers(access=access).call(name, headers=headers, id="x"), name)


async def test_who_started_is_described_too() -> None:
    app = Triggers(access=REQUIRED)
    name = json_of(await app.call("start_rollout", "POST", {"image": IMAGE}, headers=caller(OPERATE)))["id"]
    described(await app.call("show_rollout", headers=caller(OPERATE), id=name), "show_rollout")


WAITING = {"what": "Gallery", "since": "2026-11-24T08:00:00.000Z", "next": "2026-11-24T08:01:00.000Z"}
REGION = {"name": "South Central US", "state": "Replicating", "progress": 40, "replicas": 1}
ERROR = {"code": "RulesBroken", "message": "No.", "violations": [{"rule": "1", "field": "gallery.name"}]}


@pytest.mark.parametrize(
    "status",
    [
        None,
        {"steps": [step("read_image", 0, 1), step("create_gallery", 1, None, resource=IMAGE)], "waitingFor": WAITING},
        {"regions": [REGION, {"name": "West Central US"}], "version": "1.0.0", "resources": {"gallery": IMAGE}},
        {"outcome": "Failed", "error": ERROR},
        {"outcome": "Cancelled", "cancelledBy": "5b5450db-eb26-4c1a-981c-ba1d25f0483d"},
        {"outcome": "Superseded", "note": "The image was deleted."},
        {"steps": 7},
    ],
)
@pytest.mark.parametrize("runtime", ["Pending", "Running", "Completed", "Failed", "Terminated"])
def test_a_view_of_any_state_is_as_described(runtime: Any, status: Any) -> None:
    shapes = API["components"]["schemas"]
    for steps, name in ((True, "Rollout"), (False, "RolloutRow")):
        shown = view(rollout(runtime, status=status), [child("replicate", status)], steps=steps)
        assert list(broken(json.loads(json.dumps(shown)), shapes[name], API)) == []


def test_the_described_body_has_the_fields_that_are_understood() -> None:
    assert set(API["components"]["schemas"]["StartRequest"]["properties"]) == set(BODY_FIELDS)


BODIES = st.fixed_dictionaries(
    {
        "image": st.from_regex(
            API["components"]["schemas"]["StartRequest"]["properties"]["image"]["pattern"].rstrip("$") + r"\Z"
        )
    },
    optional={
        "profile": st.from_regex(r"\A[a-z][a-z0-9-]{0,31}\Z"),
        "again": st.booleans(),
        "dryRun": st.booleans(),
    },
)


@given(BODIES)
def test_every_body_that_is_described_is_understood(body: dict[str, Any]) -> None:
    assert list(broken(body, API["components"]["schemas"]["StartRequest"], API)) == []
    assert parse_body(json.dumps(body)).image


@pytest.mark.parametrize(
    "body",
    [{}, {"image": 1}, {"image": IMAGE, "x": 1}, {"image": IMAGE, "again": "yes"}, {"image": IMAGE, "profile": "UP"}],
)
def test_a_body_that_is_not_described_is_refused(body: dict[str, Any]) -> None:
    assert list(broken(body, API["components"]["schemas"]["StartRequest"], API)) != []
    with pytest.raises(Rejected):
        parse_body(json.dumps(body))
