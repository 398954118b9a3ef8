"""Callers who write the platform's own header: it counts where the platform writes it, and nowhere else."""

import base64
import json
from pathlib import Path

import pytest

from tests.world import world

SOMEBODY = "5b5450db-eb26-4c1a-981c-ba1d25f0483d"
CLAIMS = [{"typ": "roles", "val": "Rollout.Operate"}, {"typ": "oid", "val": SOMEBODY}]
PRINCIPAL = base64.b64encode(json.dumps({"auth_typ": "aad", "claims": CLAIMS}).encode()).decode()
SPOOFED = {
    "X-MS-CLIENT-PRINCIPAL": PRINCIPAL,
    "X-MS-CLIENT-PRINCIPAL-ID": SOMEBODY,
    "X-MS-CLIENT-PRINCIPAL-NAME": "admin@contoso.example",
    "X-MS-CLIENT-PRINCIPAL-IDP": "aad",
    "X-MS-TOKEN-AAD-ID-TOKEN": "eyJ0eXAiOiJKV1QiLCJ",
    "WEBSITE-AUTH-ENABLED": "True",
    "WEBSITE_AUTH_ENABLED": "True",
}


@pytest.mark.parametrize("auth", [None, "", "False", "0", "no"])
async def test_a_principal_that_the_platform_did_not_write_opens_nothing(tmp_path: Path, auth: str | None) -> None:
    """Roles are wanted, authentication is off: everybody is refused, key or not, header or not."""
    settings = {"REQUIRE_APP_ROLES": "true"} | ({} if auth is None else {"WEBSITE_AUTH_ENABLED": auth})
    async with world(tmp_path, settings=settings, hold_events=lambda _: True) as w:
        image = await w.publish()
        await w.settle()
        writes = len(w.sim.requests)
        for method, path in (
            ("POST", "/api/rollouts"),
            ("GET", "/api/rollouts"),
            ("GET", "/api/rollouts/web-0000000000-1"),
            ("POST", "/api/rollouts/web-0000000000-1/cancel"),
        ):
            answer = await w.http.request(method, path, json={"image": image}, headers=SPOOFED)
            assert answer.status_code >= 400
            assert answer.json()["code"] == "AuthenticationOff"
        assert w.sim.requests[writes:] == []
        assert w.host.engine.instance_ids() == []


async def test_a_spoofed_principal_is_nobody_where_a_key_is_enough(tmp_path: Path) -> None:
    """It is neither recorded nor shown: an audit trail that anyone can write is none."""
    async with world(tmp_path, hold_events=lambda _: True) as w:
        image = await w.publish()
        await w.settle()
        answer = await w.http.post("/api/rollouts", json={"image": image}, headers=SPOOFED)
        assert answer.status_code == 202
        await w.settle()
        shown = await w.only()
        history = (await w.http.get(f"/api/rollouts/{shown['id']}/history", headers=SPOOFED)).text
        recorded = str([list(w.host.engine.history(name)) for name in w.host.engine.instance_ids()])
        for text in (str(shown), history, recorded):
            assert SOMEBODY not in text
            assert "contoso" not in text


async def test_a_caller_without_the_role_is_refused_by_a_whole_app(tmp_path: Path) -> None:
    """Where the platform does write the header: reading is not operating, and a role of another app is none."""
    settings = {"REQUIRE_APP_ROLES": "true", "WEBSITE_AUTH_ENABLED": "True"}
    async with world(tmp_path, settings=settings, hold_events=lambda _: True) as w:
        image = await w.publish()
        await w.settle()
        for role, start, read in (("Rollout.Read", 403, 200), ("Admin", 403, 403), ("Rollout.Operate", 202, 200)):
            claims = [{"typ": "roles", "val": role}, {"typ": "oid", "val": SOMEBODY}]
            header = base64.b64encode(json.dumps({"auth_typ": "aad", "claims": claims}).encode()).decode()
            headers = {"X-MS-CLIENT-PRINCIPAL": header}
            asked = await w.http.post("/api/rollouts", json={"image": image}, headers=headers)
            listed = await w.http.get("/api/rollouts", headers=headers)
            assert (asked.status_code, listed.status_code) == (start, read), role
        twice = {"X-MS-CLIENT-PRINCIPAL": f"{PRINCIPAL},{PRINCIPAL}"}
        assert (await w.http.get("/api/rollouts", headers=twice)).status_code == 401
