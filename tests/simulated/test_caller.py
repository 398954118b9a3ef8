"""Who asked: with app roles required, a rollout keeps the object id of who started it and of who cancelled it."""

import base64
import json
from pathlib import Path

from tests.world import World, world

STARTER = "5b5450db-eb26-4c1a-981c-ba1d25f0483d"
STOPPER = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
REQUIRED = {"REQUIRE_APP_ROLES": "true", "WEBSITE_AUTH_ENABLED": "True"}


def sign_in(w: World, caller: str, role: str = "Rollout.Operate") -> None:
    """Send from now on what the platform would add to this caller's requests."""
    claims = [{"typ": "oid", "val": caller}, {"typ": "roles", "val": role}]
    principal = json.dumps({"auth_typ": "aad", "claims": claims})
    w.http.headers["X-MS-CLIENT-PRINCIPAL"] = base64.b64encode(principal.encode()).decode()


async def test_history_says_who_started_and_who_cancelled(tmp_path: Path) -> None:
    async with world(tmp_path, settings=REQUIRED, hold_events=lambda _: True, auto_advance=False) as w:
        image = await w.publish()
        await w.settle()
        sign_in(w, STARTER)
        rollout = (await w.post(image)).json()["id"]
        await w.host.idle()
        sign_in(w, STOPPER, "Rollout.Read")
        assert (await w.http.post(f"/api/rollouts/{rollout}/cancel")).status_code == 403
        sign_in(w, STOPPER)
        assert (await w.http.post(f"/api/rollouts/{rollout}/cancel")).status_code == 202
        await w.let_go()
        shown = await w.rollout(rollout)
        told = (await w.http.get(f"/api/rollouts/{rollout}/history")).json()["events"]
    assert (shown["status"], shown["cancelledBy"]) == ("Cancelled", STOPPER)
    assert shown["startedBy"] == {"kind": "http", "caller": STARTER}
    assert STARTER in told[0]["text"]
    assert f"Cancelled by {STOPPER}." in told[-1]["text"]


async def test_nobody_reads_without_a_role_and_events_need_none(tmp_path: Path) -> None:
    async with world(tmp_path, settings=REQUIRED) as w:
        await w.publish()
        await w.settle()
        assert (await w.http.get("/api/rollouts")).status_code == 401
        sign_in(w, STARTER, "Rollout.Read")
        [shown] = await w.rollouts()
        assert (shown["status"], shown["startedBy"]["kind"]) == ("Completed", "event")
        assert "caller" not in shown["startedBy"]
        assert (await w.post(w.image_id())).status_code == 403
