"""Tells when the host is at rest, and moves a manual clock to whatever is due next.

Rest means: no invocation, request or call under way, no work ready in the engine, no alarm due, no message
visible to a trigger. host.py has one; its `idle` and `wait_until` are what tests wait with.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from local.clock import ManualClock
from local.host.alarms import Alarms
from local.host.engine import Engine
from local.host.pulse import Pulse, heard
from local.host.queue_trigger import QueueListener

# A request that reached the socket needs this many turns of the loop to be seen: accept, read, parse, call.
LOOP_TURNS = 5


class Conductor:
    """Watches everything that runs; `auto_advance` may be changed at any time."""

    def __init__(self, pulse: Pulse, alarms: Alarms, engine: Engine, listeners: Sequence[QueueListener]) -> None:
        self._pulse = pulse
        self._alarms = alarms
        self._engine = engine
        self._listeners = listeners
        self._auto_advance = False

    @property
    def auto_advance(self) -> bool:
        """Whether a manual clock is moved when everything is at rest."""
        return self._auto_advance

    @auto_advance.setter
    def auto_advance(self, value: bool) -> None:
        self._auto_advance = value
        self._pulse.stirs.notify()

    async def idle(self, seconds: float) -> None:
        """See Host.idle."""
        async with asyncio.timeout(seconds):
            while True:
                ear = self._pulse.stirs.listen()
                self._raise_if_failed()
                if await self._at_rest() and not (self._moves() and self._next_due()):
                    return
                await heard(ear)

    async def wait_until(self, predicate: Callable[[], bool | Awaitable[bool]], seconds: float) -> None:
        """See Host.wait_until."""
        async with asyncio.timeout(seconds):
            while True:
                ear = self._pulse.changes.listen()
                self._raise_if_failed()
                answer = predicate()
                if await answer if inspect.isawaitable(answer) else answer:
                    return
                await heard(ear)

    async def run(self) -> None:
        """Until cancelled: whenever everything is at rest, move a manual clock to what is due next."""
        clock = self._alarms.clock
        if not isinstance(clock, ManualClock):
            return
        while True:
            ear = self._pulse.stirs.listen()
            if self._auto_advance and await self._at_rest():
                due = self._next_due()
                if due is not None and self._auto_advance:
                    clock.move_to(due)
                    self._pulse.changed()
                    continue
            await heard(ear)

    def _moves(self) -> bool:
        return self._auto_advance and isinstance(self._alarms.clock, ManualClock)

    def _next_due(self) -> datetime | None:
        hidden = [listener.service.next_visible(listener.queue) for listener in self._listeners]
        dues = [due for due in (self._alarms.next_due(), *hidden) if due is not None]
        return min(dues, default=None)

    def _under_way(self) -> bool:
        due = self._alarms.next_due()
        return (
            self._pulse.under_way > 0
            or self._engine.has_work()
            or (due is not None and due <= self._alarms.clock.now())
        )

    async def _at_rest(self) -> bool:
        """Nothing is under way, and stays so while the loop takes a few turns and the queues are asked."""
        for _ in range(LOOP_TURNS):
            if self._under_way():
                return False
            await asyncio.sleep(0)
        for listener in self._listeners:
            if await listener.service.visible(listener.queue):
                listener.poke()
                return False
        return not self._under_way()

    def _raise_if_failed(self) -> None:
        if self._pulse.error is not None:
            raise self._pulse.error
