"""One rollout from its POST to its end, as a benchmark follows it: what the app says of it, and what ARM saw."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from bench.processes import App, BenchError, Simulator

_LOOK = 0.2  # seconds; the time of the end is read from the rollouts, not from the last look
_WITHIN = 300


@dataclass(frozen=True)
class Trace:
    """What one run left behind: when it was asked for, how the app shows it, and what the simulator recorded."""

    posted: datetime
    shown: dict[str, Any]
    requests: list[dict[str, Any]]
    operations: list[dict[str, Any]]

    @property
    def seconds(self) -> float:
        """From the POST to the last change of the rollout."""
        return (self.ended - self.posted).total_seconds()

    @property
    def ended(self) -> datetime:
        """When the rollout was over, by its own record."""
        return datetime.fromisoformat(self.shown["completedAt"])


async def warm(app: App, image: str) -> None:
    """Let the app import what it imports with the first request, sign in and connect; a plan writes nothing."""
    _accepted(await app.http.post("/api/rollouts", json={"image": image, "dryRun": True}))


async def roll_out(sim: Simulator, app: App, image: str) -> Trace:
    """Start a rollout by POST and wait for its end. BenchError unless it completes."""
    requests, operations = len(await sim.requests()), len(await sim.operations())
    posted = datetime.now(UTC)
    started = _accepted(await app.http.post("/api/rollouts", json={"image": image}))
    await over(app)
    shown = _accepted(await app.http.get(f"/api/rollouts/{started['id']}"))
    if shown["status"] != "Completed":
        raise BenchError(f"Rollout {shown['id']} ended as {shown['status']}: {shown['error']}")
    return Trace(posted, shown, (await sim.requests())[requests:], (await sim.operations())[operations:])


async def over(app: App, within: float = _WITHIN) -> None:
    """Wait until every rollout is over; BenchError after `within` seconds."""
    until = time.monotonic() + within
    while (await app.process.ask("left"))["left"]:
        if time.monotonic() > until:
            raise BenchError(f"Rollouts were still running after {within} seconds.")
        await asyncio.sleep(_LOOK)


def _accepted(answer: httpx.Response) -> dict[str, Any]:
    if not answer.is_success:
        raise BenchError(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
    body: dict[str, Any] = answer.json()
    return body
