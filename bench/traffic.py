"""ARM requests of a rollout: how many the first one takes, by step, and that the second one writes nothing.

The second rollout of the same image runs in a fresh host: its history is gone, as after a purge, so that a rollout
really runs and finds everything in place.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from bench import images
from bench.measure import Bound, Measure
from bench.processes import app, simulator
from bench.rollouts import Trace, roll_out, warm

MOST_REQUESTS = 30
MOST_WRITES = 0

type Request = dict[str, Any]

_ROUNDED = timedelta(milliseconds=1)  # steps record their times to the millisecond


async def measure(runs: int) -> list[Measure]:
    """First and second rollout of the article's image, `runs` times over."""
    first: list[float] = []
    second: list[float] = []
    for _ in range(runs):
        async with simulator(None) as sim:
            [image] = await images.publish(sim, ["myImage"])
            async with app(sim, images.ARTICLE) as fresh:
                await warm(fresh, image)
                made = await roll_out(sim, fresh, image)
            async with app(sim, images.ARTICLE) as purged:
                await warm(purged, image)
                again = await roll_out(sim, purged, image)
        first.append(len(without_looks(made)))
        second.append(len(writes(again)))
    return [
        Measure(
            "requests",
            "ARM requests",
            first,
            Bound("at most", MOST_REQUESTS),
            note="a first rollout, without looks at operations under way",
            details={
                "bySteps": by_step(made),
                "writes": len(writes(made)),
                "looks": len(made.requests) - len(without_looks(made)),
            },
        ),
        Measure(
            "requests of a second rollout that write",
            "ARM requests",
            second,
            Bound("at most", MOST_WRITES),
            note="the same image again, with an empty history",
            details={"bySteps": by_step(again), "requests": len(again.requests)},
        ),
    ]


def writes(trace: Trace) -> list[Request]:
    """PUT, PATCH, POST and DELETE."""
    return [one for one in trace.requests if one["is_write"]]


def without_looks(trace: Trace) -> list[Request]:
    """All requests but polls: those of an operation's URL, and of what it works on until its end was seen."""
    counted = []
    ends = {one["resource_id"].lower(): one["ends"] for one in trace.operations}
    watched: dict[str, datetime] = {}
    for request in trace.requests:
        resource = request["resource_id"]
        look = request["is_poll"] or (not request["is_write"] and resource in watched)
        if look and request["at"] >= watched.get(resource, request["at"]):
            watched.pop(resource, None)  # it saw the end; what comes after is read for another reason
        if request["is_write"] and resource in ends:
            watched[resource] = ends[resource]
        if not look:
            counted.append(request)
    return counted


def by_step(trace: Trace) -> dict[str, dict[str, int]]:
    """Requests without looks by the step that sent them: `{"create_gallery": {"GET": 1, "PUT": 1}, …}`."""
    table: dict[str, Counter[str]] = {}
    for request in without_looks(trace):
        table.setdefault(_step(request, trace.shown["steps"]), Counter())[request["method"]] += 1
    return {step: dict(methods) for step, methods in table.items()}


def _step(request: Request, steps: list[dict[str, Any]]) -> str:
    """The step that ran when the request came; of several, the one whose resource is nearest to the request's.

    A step that is taken again keeps its first record; then it is known by its resource.
    """
    running = [one for one in steps if _ran_at(one, request["at"])]
    about = [one for one in running if request["resource_id"].startswith(one["resource"].lower())]
    if not about:
        about = [one for one in steps if one["resource"].lower() == request["resource_id"] and _began_by(one, request)]
    best = max(about, key=lambda one: (len(one["resource"]), one["startedAt"]), default=None)
    return str(best["name"]) if best else "(trigger)"


def _began_by(step: dict[str, Any], request: Request) -> bool:
    came: datetime = request["at"]
    return datetime.fromisoformat(step["startedAt"]) <= came


def _ran_at(step: dict[str, Any], moment: datetime) -> bool:
    started, ended = (datetime.fromisoformat(step[name]) for name in ("startedAt", "endedAt"))
    return started <= moment <= ended + _ROUNDED
