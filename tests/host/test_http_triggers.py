"""HTTP triggers: what a function sees of a request, and what a caller sees of a function."""

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator

import httpx
import pytest

from local.clock import ManualClock
from local.host import Host, MemoryQueues
from tests.host.support import TRIGGER_SETTINGS, TRIGGERS


@pytest.fixture
async def host(queues: MemoryQueues, clock: ManualClock) -> AsyncIterator[Host]:
    async with Host(TRIGGERS, TRIGGER_SETTINGS, clock=clock, queues=queues, function_key="k") as running:
        yield running


async def test_a_request_arrives_whole_and_so_does_the_answer(host: Host, http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/api/v1/echo/Some%20One/7?a=1&a=2&b=", content="béta".encode(), headers={"X-Given": "yes"}
    )
    assert answer.status_code == 201
    assert answer.headers["x-answer"] == "42"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["set-cookie"].startswith("crumb=1;")
    assert answer.json() == {
        "method": "POST",
        "url": f"{host.url}/api/v1/echo/Some%20One/7?a=1&a=2&b=",
        "params": {"a": "1,2", "b": ""},
        "route": {"name": "Some One", "number": "7"},
        "header": "yes",
        "body": "béta",
    }


async def test_an_optional_parameter_may_be_missing(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/v1/echo/X")
    assert answer.json()["route"] == {"name": "X"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/echo/X/not-a-number", 404),
        ("DELETE", "/api/v1/echo/X", 404),
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/open", 404),
        ("GET", "/API/V1/OPEN", 200),
        ("GET", "/api/v1/closed", 401),
    ],
)
async def test_paths_and_methods(http: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await http.request(method, path)
    assert answer.status_code == status
    assert status == 200 or answer.content == b""


async def test_literal_routes_win_over_parameters(http: httpx.AsyncClient) -> None:
    assert (await http.get("/api/v1/echo/literal/1")).text == "literal"
    assert (await http.get("/api/v1/files/a/b/c.txt")).text == "a/b/c.txt"


async def test_keys_are_taken_from_header_or_query(host: Host) -> None:
    async with httpx.AsyncClient(base_url=host.url) as stranger:
        assert (await stranger.get("/api/v1/open")).text == "open to all"
        assert (await stranger.get("/api/v1/echo/X")).status_code == 401
        assert (await stranger.get("/api/v1/echo/X?code=wrong")).status_code == 401
        assert (await stranger.get("/api/v1/echo/X?code=k")).status_code == 201
        wrong = [(b"x-functions-key", "wröng".encode())]
        assert (await stranger.get("/api/v1/echo/X", headers=wrong)).status_code == 401
        master = {"x-functions-key": host.master_key}
        assert (await stranger.get("/api/v1/closed", headers=master)).text == "for the master key"


async def test_an_exception_is_a_500_that_leaks_nothing(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = await http.get("/api/v1/breaks")
    assert (answer.status_code, answer.content) == (500, b"")
    assert "RuntimeError at line" in caplog.text
    assert "a secret" not in caplog.text


async def test_a_request_under_way_is_not_idle(host: Host, http: httpx.AsyncClient) -> None:
    app = sys.modules["function_app"]
    request = asyncio.create_task(http.get("/api/v1/held"))
    await host.wait_until(lambda: app.running == 1)
    with pytest.raises(TimeoutError):
        await host.idle(timeout=0.1)
    app.gate.set()
    await host.idle()
    assert (await request).text == "let go"


async def test_an_output_binding_sends_one_message_an_item(http: httpx.AsyncClient, queues: MemoryQueues) -> None:
    answer = await http.post("/api/v1/outputs", content=json.dumps(["one", "two"]))
    assert answer.text == "sent"
    assert [message.text for message in queues.messages("copies")] == ["one", "two"]


@pytest.mark.parametrize("path", ["whole-message", "bytes"])
async def test_an_output_may_be_a_message_or_bytes(http: httpx.AsyncClient, queues: MemoryQueues, path: str) -> None:
    await http.post(f"/api/v1/{path}", content="béta".encode())
    assert [message.text for message in queues.messages("copies")] == ["béta"]


async def test_a_disabled_function_is_not_there(queues: MemoryQueues) -> None:
    settings = {**TRIGGER_SETTINGS, "AzureWebJobs.anonymous.Disabled": "true"}
    async with Host(TRIGGERS, settings, queues=queues) as host, httpx.AsyncClient() as client:
        assert (await client.get(f"{host.url}/api/v1/open")).status_code == 404
