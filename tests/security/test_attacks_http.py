"""Callers of the HTTP API who reach for what is not theirs: other orchestrations, other pages, other hosts."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from domain import naming
from tests.unit.functions import Triggers, json_of
from tests.world import World, world

HEADERS: dict[str, str] = {
    "X-Forwarded-Host": "attacker.example",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Prefix": "/attacker",
    "Forwarded": "host=attacker.example;proto=gopher",
    "X-Original-Host": "attacker.example",
    "X-Original-URL": "/admin/host/keys",
    "X-Rewrite-URL": "/admin/host/keys",
    "X-HTTP-Method-Override": "DELETE",
    "Referer": "https://attacker.example/",
    "Origin": "https://attacker.example",
}


@pytest.fixture
async def rolled_out(tmp_path: Path) -> AsyncIterator[tuple[World, str]]:
    """A world in which one rollout has ended, and its id."""
    async with world(tmp_path) as w:
        yield w, (await w.roll_out())["id"]


async def test_no_other_orchestration_is_shown_or_cancelled(rolled_out: tuple[World, str]) -> None:
    """The entity that gives out numbers, children, and ids that lead elsewhere are no rollouts."""
    w, rollout = rolled_out
    children = [name for name in w.host.engine.instance_ids() if name != rollout]
    assert f"{rollout}-replicate" in children
    entity = f"@version_numbers@{naming.numbers_key(w.gallery_id('images', 'myImageDefinition'))}"
    hostile = [
        *children,
        entity,
        entity.removeprefix("@version_numbers@"),
        *(f"{rollout}{end}" for end in ("\x00", "%00", "/..", "\n", " ", "'", '"', "*", "%", ";", "#")),
        "..",
        "../rollouts",
        "../../runtime/webhooks/durabletask/instances",
        "../../admin/host/keys",
        rollout.upper(),
        "%2e%2e",
        "a" * 5000,
        "\u0660",
    ]
    for one in hostile:
        for method, end in (("GET", ""), ("GET", "/history"), ("POST", "/cancel")):
            answer = await w.http.request(method, f"/api/rollouts/{quote(one, safe='')}{end}")
            assert answer.status_code == 404, (one, method, end, answer.text)
            assert "webhooks" not in answer.text
    assert (await w.rollout(rollout))["status"] == "Completed"


async def test_the_hosts_own_routes_and_other_methods_answer_nothing(rolled_out: tuple[World, str]) -> None:
    """No function has them; what Azure's host has there, its own keys guard."""
    w, rollout = rolled_out
    for path in ("/admin/host/keys", "/runtime/webhooks/durabletask/instances", "/api", "/", "/api/rollouts/a/b/c"):
        assert (await w.http.get(path)).status_code == 404
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        assert (await w.http.request(method, f"/api/rollouts/{rollout}")).status_code == 404


async def test_nothing_but_health_answers_without_the_key(rolled_out: tuple[World, str]) -> None:
    """Nor with half of it, with it in another header, or with a principal that a caller wrote."""
    w, rollout = rolled_out
    principal = base64.b64encode(json.dumps({"claims": [{"typ": "roles", "val": "Rollout.Operate"}]}).encode()).decode()
    wrong: list[dict[str, str]] = [
        {},
        {"x-functions-key": ""},
        {"x-functions-key": w.host.key[:-1]},
        {"x-functions-key": w.host.key + "x"},
        {"authorization": f"Bearer {w.host.key}"},
        {"cookie": f"code={w.host.key}"},
        {"x-ms-client-principal": principal, "x-ms-client-principal-id": "someone"},
    ]
    async with httpx.AsyncClient(base_url=w.host.url) as http:
        for headers in wrong:
            for method, path in (
                ("GET", "/api/rollouts"),
                ("POST", "/api/rollouts"),
                ("GET", f"/api/rollouts/{rollout}"),
                ("GET", f"/api/rollouts/{rollout}/history"),
                ("POST", f"/api/rollouts/{rollout}/cancel"),
            ):
                answer = await http.request(method, path, headers=headers)
                assert (answer.status_code, answer.content) == (401, b""), (headers, method, path)
        health = await http.get("/api/health")
        assert (health.status_code, health.content) == (200, b"")


async def test_headers_of_a_caller_change_no_address_and_no_method(rolled_out: tuple[World, str]) -> None:
    """What the host itself saw is the base of `statusUrl`; proxies' headers, which anyone can write, are not."""
    w, rollout = rolled_out
    answer = await w.http.post("/api/rollouts", json={"image": w.image_id()}, headers=HEADERS)
    assert answer.status_code == 200
    assert answer.json()["statusUrl"] == f"{w.host.url}/api/rollouts/{rollout}"
    for text in (answer.text, str(answer.headers)):
        assert "attacker.example" not in text
    assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_a_forged_host_reaches_nobody_but_its_sender(rolled_out: tuple[World, str]) -> None:
    """It is echoed to whoever sent it, in an answer that no cache may keep, and is recorded nowhere."""
    w, rollout = rolled_out
    body = {"image": w.image_id(), "again": True}
    answer = await w.http.post("/api/rollouts", json=body, headers={"Host": "attacker.example"})
    assert answer.status_code == 202
    assert answer.headers["cache-control"] == "no-store"
    await w.settle()
    for path in ("", f"/{rollout}", f"/{answer.json()['id']}", f"/{answer.json()['id']}/history"):
        assert "attacker.example" not in (await w.http.get(f"/api/rollouts{path}")).text
    assert "attacker.example" not in json.dumps([str(w.host.engine.history(answer.json()["id"]))])


def _cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


CURSORS: dict[str, str] = {
    "no base64": "%%%",
    "no JSON": base64.urlsafe_b64encode(b"hello").decode(),
    "too long": "A" * 5000,
    "an object": _cursor({"created": "2026-11-24T00:00:00+00:00"}),
    "three parts": _cursor(["2026-11-24T00:00:00+00:00", "a", "b"]),
    "a time without a zone": _cursor(["2026-11-24T00:00:00", "a"]),
    "a number for an id": _cursor(["2026-11-24T00:00:00+00:00", 1]),
    "a number for a time": _cursor([0, "a"]),
    "an infinite time": _cursor([1e999, "a"]),
    "nested": base64.urlsafe_b64encode(b"[" * 300).decode(),
    "text of Python": base64.urlsafe_b64encode(b"__import__('os')").decode(),
    "a pickle": base64.urlsafe_b64encode(b"cos\nsystem\n(S'true'\ntR.").decode(),
}


@pytest.mark.parametrize("cursor", CURSORS.values(), ids=CURSORS)
async def test_a_cursor_that_was_tampered_with_is_refused(cursor: str) -> None:
    """400 that names it."""
    answer = await Triggers().call("list_rollouts", cursor=cursor)
    assert (answer.status_code, json_of(answer)["field"]) == (400, "cursor")


async def test_a_cursor_that_was_made_up_shows_nothing_that_a_list_does_not(rolled_out: tuple[World, str]) -> None:
    """At any time and id, a page holds rollouts and nothing else."""
    w, rollout = rolled_out
    for moment in ("0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00"):
        for last in ("", "@version_numbers@", "\uffff", "'; DROP TABLE Instances --"):
            answer = await w.http.get("/api/rollouts", params={"cursor": _cursor([moment, last])})
            assert answer.status_code == 200, answer.text
            assert {one["id"] for one in answer.json()["rollouts"]} <= {rollout}
