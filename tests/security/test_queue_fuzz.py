"""Whatever lies in the queue: no crash, no hang, nothing lost, nothing changed on its way to poison."""

import asyncio
import json
import logging
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.security.messages import JSON, messages
from tests.unit.engine import FakeEngine
from tests.unit.functions import IMAGE, Poison, Triggers
from tests.world import QUEUE, World, world
from triggers.logs import log

ACKNOWLEDGED = ("A message asks for nothing.", "An image starts no rollout.", "A rollout was started.")
REFUSED = "A message cannot be understood; it went to the poison queue."


def examples(count: int, **more: Any) -> Callable[[Any], Any]:
    """Settings of so many examples."""
    return settings(deadline=None, max_examples=count, suppress_health_check=list(HealthCheck), **more)


class Said(logging.Handler):
    """Counts the sentences of the trigger's log records, which begin with what became of a message."""

    def __init__(self) -> None:
        super().__init__()
        self.sentences: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        assert record.getMessage().isprintable()
        self.sentences[record.getMessage().partition(" {")[0]] += 1

    def __enter__(self) -> "Said":
        log.addHandler(self)
        log.setLevel(logging.INFO)
        return self

    def __exit__(self, *_: object) -> None:
        log.removeHandler(self)

    @property
    def acknowledged(self) -> int:
        """Messages that were dealt with for good."""
        return sum(self.sentences[sentence] for sentence in ACKNOWLEDGED)


APP = Triggers()


async def deliver(text: str) -> None:
    """One message to the function alone: acknowledged with one word on it, or in poison as it came."""
    app = APP
    app.engine, app.poison = FakeEngine(), Poison()
    with Said() as said:
        await app.deliver(text)
    assert said.acknowledged + len(app.poison.texts) == 1, said.sentences
    assert app.poison.texts in ([], [text])
    assert len(app.engine.held) == said.sentences["A rollout was started."]
    assert "Planted" not in json.dumps([one.input for one in app.engine.held.values()])


async def flood(w: World, texts: list[str]) -> None:
    """All of them at once into the queue of a whole app: each is acknowledged, or in poison, and no other is."""
    before = Counter(one.text for one in w.queues.messages(f"{QUEUE}-poison"))
    with Said() as said:
        for text in texts:
            await w.queues.send(QUEUE, text)
        await w.settle(120)
    assert w.queues.messages(QUEUE) == []
    poison = Counter(one.text for one in w.queues.messages(f"{QUEUE}-poison"))
    poison.subtract(before)
    assert poison <= Counter(texts)
    assert said.acknowledged + poison.total() == len(texts), said.sentences
    assert said.sentences[REFUSED] <= poison.total()
    assert w.unfinished() == []


def in_a_world(data: st.DataObject, size: int) -> None:
    """Floods of messages for an image that exists, then one more event that is served as ever."""

    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with world(Path(folder), hold_events=lambda event: event["subject"].endswith("/myImage")) as w:
                image = await w.publish()
                await w.settle()
                await flood(w, data.draw(st.lists(messages(image), min_size=size, max_size=size)))
                await w.send({"image": image})
                await w.settle()
                assert {one["status"] for one in await w.rollouts()} == {"Completed"}
                assert w.model().startswith("1.0.")

    asyncio.run(run())


@examples(300, derandomize=True)
@given(messages(IMAGE) | JSON.map(json.dumps))
async def test_any_message_is_acknowledged_or_in_poison_as_it_came(text: str) -> None:
    await deliver(text)


@examples(3, derandomize=True)
@given(st.data())
def test_a_flood_of_anything_loses_nothing(data: st.DataObject) -> None:
    in_a_world(data, 40)


@pytest.mark.campaign
def test_very_many_messages() -> None:
    @examples(20_000)
    @given(messages(IMAGE) | JSON.map(json.dumps))
    def campaign(text: str) -> None:
        asyncio.run(deliver(text))

    campaign()


@pytest.mark.campaign
def test_many_floods() -> None:
    @examples(60)
    @given(st.data())
    def campaign(data: st.DataObject) -> None:
        in_a_world(data, 120)

    campaign()
