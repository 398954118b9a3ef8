"""The triggers behind the real worker library and its codecs: what a fake of the bindings cannot show.

Nothing here reaches Azure: what is sent is refused or ignored before the image would be read.
"""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from local.clock import ManualClock
from local.host import Host, MemoryQueues
from tests.unit.test_parsing import IMAGE, grid_event
from wiring.settings import APP_DIR

QUEUE = "image-events"
SETTINGS = {"IMAGE_EVENTS_QUEUE": QUEUE, "ImageEvents": "in memory", "TASKHUB_NAME": "tests"}


@dataclass
class Running:
    """The app in its host."""

    host: Host
    queues: MemoryQueues
    http: httpx.AsyncClient

    async def after(self, *messages: str) -> tuple[list[str], list[str]]:
        """What is left in the queue and in its poison queue once these messages were handled."""
        for message in messages:
            await self.queues.send(QUEUE, message)
        await self.host.idle()
        left, poison = (self.queues.messages(name) for name in (QUEUE, f"{QUEUE}-poison"))
        return [one.text for one in left], [one.text for one in poison]


@pytest.fixture
async def app() -> AsyncIterator[Running]:
    clock = ManualClock()
    queues = MemoryQueues(clock)
    async with (
        Host(APP_DIR, SETTINGS, clock=clock, queues=queues) as host,
        httpx.AsyncClient(base_url=host.url, headers={"x-functions-key": host.key}) as http,
    ):
        yield Running(host, queues, http)


async def test_poison_is_the_message_itself_and_is_delivered_once(app: Running) -> None:
    garbage = ["not an event", "bm90IEpTT04=", '{"image": "\u00e9"}', '{"image": 1, "pad": "' + "x" * 40_000 + '"}']
    left, poison = await app.after(*garbage)
    assert (left, sorted(poison)) == ([], sorted(garbage))


async def test_what_asks_for_nothing_leaves_no_trace(app: Running) -> None:
    other_image = grid_event(IMAGE + "-of-no-profile")
    deletion = grid_event(eventType="Microsoft.Resources.ResourceDeleteSuccess")
    messages = [base64.b64encode(json.dumps(event).encode()).decode() for event in (other_image, deletion)]
    assert await app.after(*messages) == ([], [])
    assert app.host.engine.instance_ids() == []


async def test_the_routes_answer_as_they_promise(app: Running) -> None:
    health = await app.http.get("/api/health", headers={"x-functions-key": ""})
    assert (health.status_code, health.content) == (200, b"")
    for method, path in (("POST", "/api/rollouts"), ("GET", "/api/rollouts"), ("GET", "/api/rollouts/web-1-1")):
        refused = await app.http.request(method, path, headers={"x-functions-key": "wrong"})
        assert refused.status_code == 401
    invalid = await app.http.post("/api/rollouts", json={"image": "myImage"})
    assert invalid.status_code == 400
    assert invalid.headers["content-type"] == "application/problem+json"
    assert invalid.json()["field"] == "image"
    empty = await app.http.get("/api/rollouts", params={"code": app.host.key})
    assert (empty.status_code, empty.json()) == (200, {"rollouts": [], "nextCursor": None})
    unknown = await app.http.get("/api/rollouts/web-0000000000-1")
    assert (unknown.status_code, unknown.json()["field"]) == (404, "id")
