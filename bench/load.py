"""Many rollouts at once: how many a second, with how much memory, and that none fails.

Each has a profile, an image, a gallery and a scale set of its own, so that none waits for another. The simulator is
instant: what is measured is the pipeline and its host, at work on one core.
"""

import asyncio
import tempfile
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from bench import images
from bench.measure import Bound, Measure
from bench.processes import App, BenchError, app, simulator
from bench.rollouts import over, warm

LEAST_A_SECOND = 5
MOST_MEGABYTES = 400
_PAGE = 100


async def measure(runs: int, count: int = 200) -> list[Measure]:
    """`count` rollouts at once, `runs` times; then once more, watched."""
    results = [await _once(count) for _ in range(runs)]
    watched = await _once(count, sample=True)
    note = f"{count} rollouts at once, instant simulator"
    return [
        Measure(
            "load",
            "rollouts / s",
            [count / one["seconds"] for one in results],
            Bound("at least", LEAST_A_SECOND),
            note=note,
            details={
                "seconds": [round(one["seconds"], 2) for one in results],
                "hostProcessorSeconds": [one["cpuSeconds"] for one in results],
                "megabytesBefore": [one["megabytesBefore"] for one in results],
                "startedSeconds": [one["startedSeconds"] for one in results],
                "shares": watched["shares"],
                "spots": watched["spots"],
            },
        ),
        Measure(
            "load: peak memory of the host",
            "MB",
            [one["peakMegabytes"] for one in results],
            Bound("at most", MOST_MEGABYTES),
            note=note,
        ),
        Measure(
            "load: answers 503 to a POST",
            "answers",
            [one["refusals"] for one in results],
            note=f"{note}; each is posted again when Retry-After says",
        ),
        Measure(
            "load: not completed",
            "rollouts",
            [count - one["completed"] for one in results],
            Bound("at most", 0),
            note=note,
            details={"errors": [one["errors"] for one in results]},
        ),
    ]


async def _once(count: int, *, sample: bool = False) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        file, names = images.many_profiles(Path(folder), count)
        async with simulator(None) as sim:
            found = await images.publish(sim, names)
            async with app(sim, file, sample=sample) as fresh:
                await warm(fresh, found[0])
                idle = await fresh.process.ask("usage")
                began = time.time()
                refusals = await asyncio.gather(*(_start(fresh, image) for image in found))
                started = time.time()
                await over(fresh, within=600)
                rollouts = await _all(fresh)
                usage = await fresh.process.ask("usage")
    ended = max(datetime.fromisoformat(one["completedAt"]) for one in rollouts)
    errors = Counter(f"{one['error']['code']}: {one['error']['message']}" for one in rollouts if one["error"])
    completed = sum(one["status"] == "Completed" for one in rollouts)
    return {
        **usage,
        "seconds": ended.timestamp() - began,
        "cpuSeconds": round(usage["cpuSeconds"] - idle["cpuSeconds"], 2),
        "megabytesBefore": idle["peakMegabytes"],
        "startedSeconds": round(started - began, 2),
        "refusals": sum(refusals),
        "completed": completed,
        "errors": dict(errors),
    }


async def _start(fresh: App, image: str) -> int:
    """Post until it is accepted, and come back when a 503 says so; how often it was refused."""
    refusals = 0
    while True:
        answer = await fresh.http.post("/api/rollouts", json={"image": image})
        if answer.status_code in (200, 202):  # 200: an earlier POST started it, and its answer was a 503
            return refusals
        if answer.status_code != 503:
            raise BenchError(f"A rollout was not started: {answer.status_code} {answer.text}")
        refusals += 1
        await asyncio.sleep(float(answer.headers["Retry-After"]))


async def _all(fresh: App) -> list[dict[str, Any]]:
    rollouts: list[dict[str, Any]] = []
    cursor = ""
    while True:
        asked = {"limit": _PAGE} | ({"cursor": cursor} if cursor else {})
        page = (await fresh.http.get("/api/rollouts", params=asked)).raise_for_status().json()
        rollouts += page["rollouts"]
        cursor = page["nextCursor"] or ""
        if not cursor:
            return rollouts
