"""App roles: who may call which route, that only the platform's word counts, and that actions say who asked."""

import base64
import json
import logging
from typing import Any

import pytest
from azure.functions import HttpResponse
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.functions import IMAGE, Triggers, json_of
from triggers.access import LIMIT, OPERATE, PRINCIPAL, READ, Access, Refused
from triggers.routes import ROUTES

CALLER = "5b5450db-eb26-4c1a-981c-ba1d25f0483d"
OTHER = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
LONG_ROLE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
LONG_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
REQUIRED = Access(require_roles=True, platform=True)

GUARDED = [route for route in ROUTES if route.role]


def claim(kind: str, value: object) -> dict[str, object]:
    """One claim as the platform writes it."""
    return {"typ": kind, "val": value}


def header(*claims: dict[str, object], **more: object) -> dict[str, str]:
    """The platform's header for a caller with these claims."""
    principal = {"auth_typ": "aad", "claims": claims, "name_typ": "name", "role_typ": LONG_ROLE} | more
    return {PRINCIPAL: base64.b64encode(json.dumps(principal).encode()).decode()}


def caller(*roles: str) -> dict[str, str]:
    """The header of somebody with these roles."""
    return header(claim("oid", CALLER), claim("name", "Ada"), *(claim("roles", role) for role in roles))


async def ask(app: Triggers, name: str, headers: dict[str, str]) -> HttpResponse:
    """Call a route of this name, with whatever it needs to get as far as it can."""
    method = next(route.method for route in ROUTES if route.name == name)
    return await app.call(name, method, {"image": IMAGE} if name == "start_rollout" else None, headers=headers, id="x")


@pytest.mark.parametrize("name", [route.name for route in GUARDED])
async def test_every_route_but_health_refuses_who_is_unknown_and_who_lacks_a_role(name: str) -> None:
    app = Triggers(access=REQUIRED)
    unknown = await ask(app, name, {})
    assert (unknown.status_code, unknown.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert json_of(unknown)["code"] == "CallerUnknown"
    refused = await ask(app, name, caller("Rollout.Nothing", "rollout.operate"))
    role = next(route.role for route in ROUTES if route.name == name)
    assert refused.status_code == 403
    assert str(role) in json_of(refused)["detail"]
    assert str(role) in json_of(refused)["remedy"]
    assert (app.engine.held, app.engine.events) == ({}, [])


@pytest.mark.parametrize("name", [route.name for route in GUARDED])
async def test_who_may_operate_may_read_and_not_the_other_way_round(name: str) -> None:
    app = Triggers(access=REQUIRED)
    assert (await ask(app, name, caller(OPERATE))).status_code in (200, 202, 404)
    reads = next(route.role for route in ROUTES if route.name == name) == READ
    assert ((await ask(app, name, caller(READ))).status_code != 403) is reads


def test_what_changes_something_needs_the_role_to_operate() -> None:
    assert {route.name for route in ROUTES if route.role == OPERATE} == {"start_rollout", "cancel_rollout"}
    assert all(route.role == OPERATE for route in ROUTES if route.method != "GET")


async def test_health_stays_open() -> None:
    answer: HttpResponse = await Triggers(access=REQUIRED).functions["health"](None)
    assert answer.status_code == 200


@pytest.mark.parametrize("name", [route.name for route in GUARDED])
async def test_where_the_platform_checks_no_token_nobody_is_let_in(name: str) -> None:
    """The header proves nothing then: anybody could have written it."""
    answer = await ask(Triggers(access=Access(require_roles=True, platform=False)), name, caller(OPERATE))
    assert (answer.status_code, json_of(answer)["code"]) == (500, "AuthenticationOff")
    assert "REQUIRE_APP_ROLES" in json_of(answer)["remedy"]


@pytest.mark.parametrize("platform", [True, False])
async def test_where_roles_are_not_required_the_header_says_nothing(platform: bool) -> None:
    app = Triggers(access=Access(require_roles=False, platform=platform))
    started = await ask(app, "start_rollout", caller())
    assert started.status_code == 202
    rollout = json_of(started)["id"]
    assert json_of(await app.call("show_rollout", id=rollout))["startedBy"] == {"kind": "http"}
    await app.call("cancel_rollout", "POST", id=rollout, headers=caller(OPERATE))
    assert app.engine.words == [None]


@pytest.mark.parametrize(
    "headers",
    [
        header(claim(LONG_ID, CALLER.upper()), claim(LONG_ROLE, OPERATE)),
        header(claim("oid", CALLER), claim("roles", OPERATE), role_typ="roles"),
        header(claim("oid", CALLER), claim(LONG_ID, CALLER), claim("roles", "Other"), claim("roles", OPERATE)),
        header(claim("oid", CALLER), claim("roles", OPERATE), claim("groups", 7), {"val": "x"}),
    ],
)
def test_claims_are_understood_under_either_name(headers: dict[str, str]) -> None:
    lower = {name.lower(): value for name, value in headers.items()}
    assert REQUIRED.caller(lower, OPERATE) == CALLER


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {PRINCIPAL: ""},
        {PRINCIPAL: "no base64"},
        {PRINCIPAL: base64.b64encode(b"no JSON").decode()},
        {PRINCIPAL: base64.b64encode(b"\xff\xfe").decode()},
        {PRINCIPAL: base64.b64encode(b"[]").decode()},
        {PRINCIPAL: base64.b64encode(b"[" * 20_000).decode()},
        {PRINCIPAL: ",".join([caller(OPERATE)[PRINCIPAL]] * 2)},
        {PRINCIPAL: "A" * (LIMIT + 4)},
        header(),
        header(claims=None),
        header(claims={"oid": CALLER, "roles": OPERATE}),
        header(claims=["oid", None, 7]),
        header(claim("roles", OPERATE)),
        header(claim("oid", "ada@example.com"), claim("roles", OPERATE)),
        header(claim("oid", f"{CALLER}\n"), claim("roles", OPERATE)),
        header(claim("oid", [CALLER]), claim("roles", OPERATE)),
        header(claim("oid", CALLER), claim("oid", OTHER), claim("roles", OPERATE)),
        header(claim("oid", CALLER), claim("roles", OPERATE), auth_typ="google"),
        header(claim("oid", CALLER), claim("roles", OPERATE), auth_typ=None),
        {"X-MS-CLIENT-PRINCIPAL-ID": CALLER, "X-MS-CLIENT-PRINCIPAL-NAME": "Ada"},
    ],
)
async def test_a_header_that_the_platform_would_not_write_names_nobody(headers: dict[str, str]) -> None:
    answer = await ask(Triggers(access=REQUIRED), "start_rollout", headers)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "claims",
    [[claim("roles", [OPERATE])], [claim("role", OPERATE)], [claim("scp", OPERATE)], [claim("groups", OPERATE)]],
)
async def test_only_a_claim_of_roles_gives_a_role(claims: list[dict[str, object]]) -> None:
    answer = await ask(Triggers(access=REQUIRED), "start_rollout", header(claim("oid", CALLER), *claims))
    assert answer.status_code == 403


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.b64encode(raw).decode())))
def test_any_header_is_answered_and_lets_nobody_in(text: str) -> None:
    with pytest.raises(Refused):
        REQUIRED.caller({PRINCIPAL.lower(): text}, READ)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["typ", "val", "x"]), inner),
    max_leaves=12,
)


@given(JSON)
def test_claims_of_any_shape_let_nobody_in(claims: Any) -> None:
    with pytest.raises(Refused):
        REQUIRED.caller({PRINCIPAL.lower(): header(claims=claims)[PRINCIPAL]}, READ)


async def test_actions_say_who_asked_by_object_id_and_never_by_name(caplog: pytest.LogCaptureFixture) -> None:
    app = Triggers(access=REQUIRED)
    with caplog.at_level(logging.INFO, logger="gallery_rollout.triggers"):
        rollout = json_of(await ask(app, "start_rollout", caller(OPERATE)))["id"]
        stopped = await app.call(
            "cancel_rollout", "POST", path=f"/api/rollouts/{rollout}/cancel", headers=caller(OPERATE), id=rollout
        )
    assert stopped.status_code == 202
    shown = json_of(await app.call("show_rollout", id=rollout, headers=caller(READ)))
    assert shown["startedBy"] == {"kind": "http", "caller": CALLER}
    assert app.engine.words == [{"caller": CALLER}]
    started, asked = (record.getMessage() for record in caplog.records)
    assert started.startswith("A rollout was started. {")
    assert asked.startswith("A rollout was asked to stop. {")
    assert all(f'"caller": "{CALLER}"' in said and rollout in said and "Ada" not in said for said in (started, asked))
    app.engine.end(rollout, "Completed", outcome="Cancelled", cancelledBy=CALLER)
    told = json_of(await app.call("rollout_history", id=rollout, headers=caller(READ)))["events"]
    assert told[0]["text"].endswith(f"was started by a request of {CALLER}.")
    assert f"Cancelled by {CALLER}." in told[-1]["text"]
    assert json_of(await app.call("show_rollout", id=rollout, headers=caller(READ)))["cancelledBy"] == CALLER
