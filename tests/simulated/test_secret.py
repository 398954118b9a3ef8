"""Secrets stay where they belong: the admin password inside one activity, keys and tokens in their headers."""

import base64
import json
import logging
import re
from pathlib import Path

import pytest

from local.armsim import Fault
from tests.world import PASSWORD, world

OF_THE_TEST = ("httpx", "httpcore")
"""The client that stands for a person's browser or script; the app has none."""

TOKEN = re.compile(r"eyJ[\w-]+\.|bearer\s+\S{8}", re.IGNORECASE)
SIGNED = re.compile(r"[?&;](code|sig|AccountKey|SharedAccessSignature)=(?!REDACTED)[^&\s]+", re.IGNORECASE)
"""Addresses that open something for whoever reads them."""


@pytest.mark.parametrize("goes_wrong", [False, True], ids=["completed", "echoed in an error"])
async def test_the_password_appears_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture, goes_wrong: bool) -> None:
    """Not in histories, statuses, answers or logs; not even when Azure echoes it."""
    caplog.set_level(logging.DEBUG)
    async with world(tmp_path) as w:
        if goes_wrong:
            w.sim.faults.add(
                Fault(
                    kind="status",
                    method="PUT",
                    resource_type="Microsoft.Compute/virtualMachineScaleSets",
                    status=400,
                    code="InvalidParameter",
                    message=f"adminPassword {PASSWORD} is weak.",
                )
            )
        shown = await w.roll_out()
        assert shown["status"] == ("Failed" if goes_wrong else "Completed")
        history = (await w.http.get(f"/api/rollouts/{shown['id']}/history")).text
        recorded = [str(event) for name in w.host.engine.instance_ids() for event in w.host.engine.history(name)]
        assert len(recorded) > 100

        assert "A rollout ended." in caplog.text
        for text in [str(shown), history, caplog.text, *recorded, *(str(one.__dict__) for one in caplog.records)]:
            assert PASSWORD not in text
        if goes_wrong:
            assert "***" in shown["error"]["message"]


async def test_no_key_no_token_and_no_principal_is_logged_or_recorded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A whole rollout and every route, the key in header and query, every logger of every library wide open."""
    for name in (
        None,
        "azure",
        "aiohttp",
        "uvicorn",
        "durabletask",
        "asyncio",
        "grpc",
        "msal",
        "azure_functions_runtime",
    ):
        caplog.set_level(logging.DEBUG, name)
    claims = [{"typ": "roles", "val": "Rollout.Operate"}, {"typ": "oid", "val": "5b5450db-eb26-4c1a-981c-ba1d25f0483d"}]
    claims.append({"typ": "name", "val": "Planted-Name"})
    principal = base64.b64encode(json.dumps({"auth_typ": "aad", "claims": claims}).encode()).decode()
    headers = {
        "authorization": "Bearer Planted-Bearer-Token",
        "x-ms-client-principal": principal,
        "x-ms-token-aad-access-token": "Planted-Access-Token",
        "cookie": "AppServiceAuthSession=Planted-Cookie",
    }
    settings = {"REQUIRE_APP_ROLES": "true", "WEBSITE_AUTH_ENABLED": "True"}
    async with world(tmp_path, settings=settings) as w:
        image = await w.publish()
        await w.settle()
        answers = [
            await w.http.request(method, f"/api/rollouts{end}", params=query, headers=headers, json=body)
            for query in ({}, {"code": w.host.key, "clientId": "default"})
            for method, end, body in (
                ("POST", "", {"image": image, "again": True}),
                ("POST", "", {"image": image, "dryRun": True}),
                ("POST", "", {"image": image + "?code=" + w.host.key}),
                ("GET", "", None),
                ("GET", "/no-such", None),
                ("POST", "/no-such/cancel", None),
            )
        ]
        assert {answer.status_code for answer in answers} == {200, 202, 400, 404}
        await w.settle()
        started = next(answer.json()["id"] for answer in answers if answer.status_code == 202)
        assert (await w.http.get(f"/api/rollouts/{started}", headers=headers)).json()["status"] == "Completed"
        history = (await w.http.get(f"/api/rollouts/{started}/history", headers=headers)).text
        recorded = [str(event) for name in w.host.engine.instance_ids() for event in w.host.engine.history(name)]
        records = [record for record in caplog.records if not record.name.startswith(OF_THE_TEST)]
        logged = [text for record in records for text in (record.getMessage(), str(record.__dict__))]
        names = {record.name.partition(".")[0] for record in records}
        assert {"azure", "gallery_rollout"} <= names
        assert TOKEN.search(w.arm.headers["authorization"])  # what tokens look like here
        secrets = (w.host.key, w.endpoints.identity_header, principal, PASSWORD, "Planted-")
        shown = [text for answer in answers for text in (answer.text, str(answer.headers))]
        for text in (*logged, *recorded, *shown, history):
            assert not [secret for secret in secrets if secret in text], text[:300]
            assert not TOKEN.search(text), text[:300]
            assert not SIGNED.search(text), text[:300]
