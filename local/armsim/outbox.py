"""Events on their way to a queue: each is sent at least once, and kept until it was.

Event Grid promises no order and no uniqueness. `prompt` sends every event at once and once; `chaotic` delays
each by up to a minute of service time, so that they overtake one another, and sends one in four twice.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from local.armsim.image_events import Schema, image_written
from local.armsim.kinds import Written
from local.armsim.world import World

type EventSink = Callable[[dict[str, Any]], Awaitable[None]]
type Delivery = Literal["prompt", "chaotic"]

IMAGES = "Microsoft.Compute/images"
_LONGEST_DELAY = 60.0
_TWICE = 0.25
_AGAIN = 10.0
"""Service seconds between two attempts to deliver."""

_SHORTEST = timedelta(milliseconds=100)

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Outgoing:
    """One delivery of one event: plain data, saved with the world."""

    name: str
    due: datetime
    event: dict[str, Any]


class Outbox:
    """Events of one world, and the sink that takes them."""

    def __init__(self, world: World, sink: EventSink | None, delivery: Delivery, schema: Schema) -> None:
        self._world, self._sink, self._delivery, self._schema = world, sink, delivery, schema
        self.waiting: dict[str, Outgoing] = {}
        self._due: list[Outgoing] = []
        self._sending: set[asyncio.Task[None]] = set()
        self.saved: Callable[[], None] = lambda: None
        """Called when a delivery has been noted."""
        world.on_written = self.written

    def written(self, written: Written) -> None:
        """An image was written."""
        if self._sink is None or written.resource.kind.name != IMAGES:
            return
        event = image_written(self._world, written, self._schema)
        self._put(event["id"], event)
        if self._delivery == "chaotic" and self._world.draws.fraction("twice", event["id"]) < _TWICE:
            self._put(f"{event['id']} again", event)

    def _put(self, name: str, event: dict[str, Any]) -> None:
        due = self._world.now()
        if self._delivery == "chaotic":
            due += self._world.lasts(_LONGEST_DELAY * self._world.draws.fraction("delay", name))
        self.put(Outgoing(name, due, event))

    def put(self, outgoing: Outgoing) -> None:
        """Keep a delivery, and see to it at its time."""
        self.waiting[outgoing.name] = outgoing
        self._world.changes.note("event", outgoing.name)
        if outgoing.due <= self._world.now():
            self._due.append(outgoing)
            self.send_due()
        else:
            self._world.agenda.at(outgoing.due, lambda when: self._is_due(outgoing))

    def _is_due(self, outgoing: Outgoing) -> None:
        if self.waiting.get(outgoing.name) is outgoing:
            self._due.append(outgoing)
            self.send_due()

    def send_due(self) -> None:
        """Start sending what is due, once there is a loop to send in."""
        if self._sink is None or not self._due:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        due, self._due = self._due, []
        for outgoing in due:
            task = loop.create_task(self._send(self._sink, outgoing))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def sent(self) -> None:
        """Wait until every event that is due was tried."""
        self.send_due()
        while self._sending:
            await asyncio.gather(*self._sending, return_exceptions=True)

    def clear(self) -> None:
        """Forget what waits."""
        self.waiting.clear()
        self._due.clear()

    async def _send(self, sink: EventSink, outgoing: Outgoing) -> None:
        try:
            await sink(outgoing.event)
        except Exception:  # noqa: BLE001 - whatever the queue's client raises: the event stays, and is tried again
            _log.error("an event could not be delivered", exc_info=True)
            if self.waiting.get(outgoing.name) is outgoing:
                outgoing.due = self._world.now() + max(self._world.lasts(_AGAIN), _SHORTEST)
                self._world.agenda.at(outgoing.due, lambda when: self._is_due(outgoing))
            return
        if self.waiting.pop(outgoing.name, None) is not None:
            self._world.changes.note("event", outgoing.name)
            self.saved()
