"""`python -m local.armsim`: the ready line, the queue it feeds, and how it stops."""

import asyncio
import base64
import json
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from azure.storage.queue.aio import QueueClient

from local.armsim import __main__ as program
from local.azurite import azurite
from tests.armsim.arm import HOME


@asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, str]]]:
    """The program as a process, and its ready line; killed at the end if it is still there."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "local.armsim", *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def identity_token(http: httpx.AsyncClient, ready: dict[str, str]) -> str:
    asked = {"resource": "https://management.azure.com", "api-version": "2019-08-01"}
    answer = await http.get(
        ready["identityEndpoint"], params=asked, headers={"X-IDENTITY-HEADER": ready["identityHeader"]}
    )
    token: str = answer.json()["access_token"]
    return token


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
async def test_it_says_one_line_serves_and_stops_when_asked(stop: signal.Signals) -> None:
    async with asyncio.timeout(30), running("--speed", "30") as (process, ready):
        assert set(ready) == {
            "armEndpoint",
            "caFile",
            "identityEndpoint",
            "identityHeader",
            "subscriptionId",
            "tenantId",
        }
        trusted = ssl.create_default_context(cafile=ready["caFile"])
        async with httpx.AsyncClient(verify=trusted) as http:
            answer = await http.get(f"{ready['armEndpoint']}/_sim/resources")
        assert answer.json() == {"value": {}}
        process.send_signal(stop)
        assert await process.wait() == 0


async def test_an_image_written_to_it_puts_its_event_into_the_queue() -> None:
    async with asyncio.timeout(60), azurite() as connection:
        arguments = ("--instant", "--queue-connection", connection, "--queue-name", "events")
        async with running(*arguments) as (_, ready), QueueClient.from_connection_string(connection, "events") as queue:
            trusted = ssl.create_default_context(cafile=ready["caFile"])
            async with httpx.AsyncClient(base_url=ready["armEndpoint"], verify=trusted) as http:
                http.headers["Authorization"] = f"Bearer {await identity_token(http, ready)}"
                group = f"/subscriptions/{ready['subscriptionId']}/resourceGroups/rg"
                await http.put(group, params={"api-version": "2024-11-01"}, json={"location": HOME})
                compute = f"{group}/providers/Microsoft.Compute"
                machine = {"id": f"{compute}/virtualMachines/web"}
                body = {"location": HOME, "properties": {"sourceVirtualMachine": machine}}
                written = await http.put(f"{compute}/images/i", params={"api-version": "2024-07-01"}, json=body)
                assert written.status_code == 201
            event = await first_message(queue)
    assert event["subject"] == f"{compute}/images/i".replace("resourceGroups", "resourcegroups")


async def first_message(queue: QueueClient) -> dict[str, Any]:
    """The first message, decoded; the event leaves beside the answer, so that it may take another look."""
    while True:
        async for message in queue.receive_messages():
            found: dict[str, Any] = json.loads(base64.b64decode(message.content))
            return found


@pytest.mark.parametrize("arguments", [["--speed", "0"], ["--queue-name", "q"], ["--nothing"]])
async def test_arguments_that_make_no_sense_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        await program.run(arguments)
    assert refused.value.code == 2
    assert "usage" in capsys.readouterr().err
