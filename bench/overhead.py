"""Wall time of a rollout with Azure's durations, against the critical path; a plain script beside it.

Durations are real ones, thirty times faster. What is not Azure's (requests, engine, app) runs at its own speed, so
each of its seconds weighs thirty times what it weighs in Azure: the ratio here is an upper bound of the real one.
"""

import os

from bench import images
from bench.critical_path import breakdown, critical_path, service_seconds
from bench.measure import Bound, Measure, medians
from bench.processes import app, child, settings, simulator
from bench.rollouts import Trace, roll_out, warm

SPEED = 30
MOST = 1.15

SDK_POLLING_INTERVAL = 30.0
"""Seconds that the SDK's pollers wait where ARM sends no Retry-After."""


async def measure(runs: int) -> list[Measure]:
    """A first rollout of the article's image, `runs` times, each in a world of its own."""
    traces = [await _once() for _ in range(runs)]
    paths = [critical_path(trace.operations) for trace in traces]
    parts = [
        breakdown(path, trace.requests, trace.posted, trace.ended) for path, trace in zip(paths, traces, strict=True)
    ]
    ratios = [trace.seconds / service_seconds(path) for path, trace in zip(paths, traces, strict=True)]
    return [
        Measure(
            "overhead",
            "wall time / critical path",
            ratios,
            Bound("at most", MOST),
            note=f"speed {SPEED}; the critical path takes {service_seconds(paths[0]):.2f} s",
            details={
                "secondsByPart": medians(parts),
                "criticalPath": [
                    {"kind": one["kind"], "seconds": round(service_seconds([one]), 3)} for one in paths[0]
                ],
            },
        ),
        Measure("rollout", "s", [trace.seconds for trace in traces], note=f"speed {SPEED}, from POST to its end"),
    ]


async def _once() -> Trace:
    async with simulator(SPEED) as sim:
        [image] = await images.publish(sim, ["myImage"])
        async with app(sim, images.ARTICLE) as fresh:
            await warm(fresh, image)
            return await roll_out(sim, fresh, image)


async def measure_peer(runs: int) -> list[Measure]:
    """The same work by bench/peers/sequential.py; its waits are scaled as the simulator's are."""
    seconds: list[float] = []
    requests: list[float] = []
    writes: list[float] = []
    for _ in range(runs):
        async with simulator(SPEED) as sim:
            [image] = await images.publish(sim, ["myImage"])
            ends, before = sim.endpoints, len(await sim.requests())
            arguments = {
                "--endpoint": ends.arm_endpoint,
                "--subscription": ends.subscription_id,
                "--image": image,
                "--polling-interval": str(SDK_POLLING_INTERVAL / SPEED),
            }
            words = [word for pair in arguments.items() for word in pair]
            env = os.environ | settings(ends, images.ARTICLE) | {"REQUESTS_CA_BUNDLE": str(ends.ca_file)}
            async with child("bench.peers.sequential", *words, env=env) as script:
                seconds.append((await script.answer())["seconds"])
            seen = (await sim.requests())[before:]
            requests.append(sum(not one["is_poll"] for one in seen))
            writes.append(sum(one["is_write"] for one in seen))
    return [
        Measure(
            "plain script",
            "s",
            seconds,
            note=f"speed {SPEED}; its pollers wait {SDK_POLLING_INTERVAL / SPEED:g} s instead of "
            f"{SDK_POLLING_INTERVAL:g} s where ARM does not say",
        ),
        Measure("plain script: requests", "ARM requests", requests, note="without polls of operations"),
        Measure(
            "plain script: requests that write",
            "ARM requests",
            writes,
            note="as many in every run: it does not look at what exists",
        ),
    ]
