"""Starts what is measured as processes of its own: the simulator and the app in its host. Every benchmark uses it.

A benchmark that shared a process with what it measures would measure itself too.
"""

import asyncio
import contextlib
import json
import ssl
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import httpx

from local.armsim import Endpoints

ROOT = Path(__file__).resolve().parent.parent
_ANSWER = 120  # seconds until a process must have said something; the plain script works for a fifth of that
_STOP = 20


class BenchError(RuntimeError):
    """What should be measured did not run; the message says what happened instead."""


class Child:
    """A process that talks in lines of JSON: one when it is ready, then one for every line it is sent."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: IO[bytes]) -> None:
        self._name, self._process, self._log = name, process, log

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def answer(self) -> dict[str, Any]:
        """The next line. BenchError with the end of its log where it ended instead."""
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(_ANSWER):
                line = await self._process.stdout.readline()
        except TimeoutError:
            raise BenchError(f"{self._name} said nothing for {_ANSWER} seconds.") from None
        if not line:
            self._log.seek(0)
            raise BenchError(f"{self._name} ended: {self._log.read().decode(errors='replace')[-2000:]}")
        said: dict[str, Any] = json.loads(line)
        return said

    async def ask(self, line: str) -> dict[str, Any]:
        """Send a line, and take its answer."""
        self.tell(line)
        return await self.answer()

    def tell(self, line: str) -> None:
        """Send a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")


@contextlib.asynccontextmanager
async def child(*arguments: str, env: dict[str, str] | None = None) -> AsyncIterator[Child]:
    """`python -m <arguments>` until the block ends."""
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            cwd=ROOT,
            env=env,
            limit=2**24,
        )
        try:
            yield Child(arguments[0], process, log)
        finally:
            await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP)
        except TimeoutError:
            process.kill()
            await process.wait()


@dataclass(frozen=True)
class Simulator:
    """A simulator that runs: where it is, and what it has seen so far."""

    endpoints: Endpoints
    control: httpx.AsyncClient

    async def requests(self) -> list[dict[str, Any]]:
        """Every request so far, oldest first: the fields of `RequestRecord`, `at` as a datetime."""
        answer = await self.control.get("/_sim/requests")
        return [{**one, "at": datetime.fromisoformat(one["at"])} for one in answer.json()["value"]]

    async def operations(self) -> list[dict[str, Any]]:
        """Every operation so far: the fields of `OperationRecord`, times as datetimes."""
        answer = await self.control.get("/_sim/operations")
        return [
            {**one, **{name: one[name] and datetime.fromisoformat(one[name]) for name in ("started", "ends")}}
            for one in answer.json()["value"]
        ]


@contextlib.asynccontextmanager
async def simulator(speed: float | None) -> AsyncIterator[Simulator]:
    """Azure Resource Manager, so many times faster than Azure; None: operations take no time."""
    pace = ["--instant"] if speed is None else ["--speed", str(speed)]
    async with child("local.armsim", *pace) as process:
        ready = await process.answer()
        endpoints = Endpoints(
            arm_endpoint=ready["armEndpoint"],
            ca_file=ready["caFile"],
            identity_endpoint=ready["identityEndpoint"],
            identity_header=ready["identityHeader"],
            subscription_id=ready["subscriptionId"],
            tenant_id=ready["tenantId"],
        )
        trusted = ssl.create_default_context(cafile=str(endpoints.ca_file))
        async with httpx.AsyncClient(
            base_url=endpoints.arm_endpoint, verify=trusted, trust_env=False, timeout=60
        ) as control:
            yield Simulator(endpoints, control)


@dataclass(frozen=True)
class App:
    """The app that runs in its host: its HTTP API, and a line to the process."""

    http: httpx.AsyncClient
    process: Child


@contextlib.asynccontextmanager
async def app(sim: Simulator, rollouts_file: Path, *, sample: bool = False) -> AsyncIterator[App]:
    """function_app.py in the embedded host, with an empty history. sample: watch what its threads are at."""
    wanted = {"settings": settings(sim.endpoints, rollouts_file), "sample": sample}
    async with child("bench.host_process") as process:
        ready = await process.ask(json.dumps(wanted))
        # The host closes a connection that was idle for five seconds; one about to be closed is not used again.
        limits = httpx.Limits(max_connections=200, keepalive_expiry=2)
        async with httpx.AsyncClient(
            base_url=ready["url"],
            headers={"x-functions-key": ready["key"]},
            trust_env=False,
            timeout=300,
            limits=limits,
        ) as http:
            yield App(http, process)


def settings(ends: Endpoints, rollouts_file: Path) -> dict[str, str]:
    """The app settings, as local.settings.json or the app's configuration in Azure would hold them."""
    return {
        "ROLLOUTS_FILE": str(rollouts_file),
        "ARM_ENDPOINT": ends.arm_endpoint,
        "ARM_SCOPE": "https://management.azure.com/.default",
        "IDENTITY_ENDPOINT": ends.identity_endpoint,
        "IDENTITY_HEADER": ends.identity_header,
        "SSL_CERT_FILE": str(ends.ca_file),
        "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
        "NO_PROXY": "localhost,127.0.0.1",
        "IMAGE_EVENTS_QUEUE": "image-events",
        "ImageEvents": "in memory",
        "TASKHUB_NAME": "Bench",
        "SCALE_SET_ADMIN_PASSWORD": "Bench-only-5b1d!",
    }
