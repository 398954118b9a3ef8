"""Everything that is due at a time, in one heap: durable timers, delayed starts, messages that reappear.

The engine, the queue listeners and MemoryQueues set alarms here. With a wall clock the next one is armed on
the event loop; with a manual clock alarms ring when the clock is moved, and `next_due` tells an idle host
where to move it.
"""

import asyncio
import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import datetime

from local.clock import Clock, ManualClock


class Alarm:
    """A callback with its time. `cancel()` makes it as if it had never been."""

    __slots__ = ("callback", "due")

    def __init__(self, due: datetime, callback: Callable[[], None]) -> None:
        self.due = due
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Never ring."""
        self.callback = None


class Alarms:
    """A heap of alarms on `clock`. Made and used on one running event loop; the clock may move in any thread.

    `on_rung` is called whenever some have rung.
    """

    def __init__(self, clock: Clock, on_rung: Callable[[], None] = lambda: None) -> None:
        self.clock = clock
        self._on_rung = on_rung
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._heap: list[tuple[datetime, int, Alarm]] = []
        self._order = itertools.count()
        self._armed: asyncio.TimerHandle | None = None
        self._armed_for: datetime | None = None
        self._closed = False
        clock.on_move(self._moved)

    def at(self, due: datetime, callback: Callable[[], None]) -> Alarm:
        """Call `callback` on the loop once the clock says `due`; at the next turn if that is past."""
        alarm = Alarm(due, callback)
        heapq.heappush(self._heap, (due, next(self._order), alarm))
        self._arm()
        return alarm

    def next_due(self) -> datetime | None:
        """When the earliest alarm rings, None without any."""
        while self._heap and self._heap[0][2].callback is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def ring(self) -> None:
        """Ring all that are due, earliest first, equal ones in the order in which they were set."""
        now = self.clock.now()
        while not self._closed and (due := self.next_due()) is not None and due <= now:
            alarm = heapq.heappop(self._heap)[2]
            callback, alarm.callback = alarm.callback, None
            if callback is not None:
                callback()
        self._arm()
        self._on_rung()

    def close(self) -> None:
        """Nothing rings any more."""
        self._closed = True
        self._heap.clear()
        if self._armed is not None:
            self._armed.cancel()

    def _moved(self) -> None:
        if self._closed:
            return
        if threading.get_ident() == self._thread:
            self.ring()
        else:
            self._loop.call_soon_threadsafe(self.ring)

    def _arm(self) -> None:
        due = self.next_due()
        if due is None or self._closed:
            return
        now = self.clock.now()
        if isinstance(self.clock, ManualClock) and due > now:
            return  # it rings when the clock is moved
        if self._armed is not None and not self._armed.cancelled() and self._armed_for is not None:
            if self._armed_for <= due:
                return
            self._armed.cancel()
        self._armed_for = due
        self._armed = self._loop.call_later(max(0.0, (due - now).total_seconds()), self._rang)

    def _rang(self) -> None:
        self._armed = self._armed_for = None
        self.ring()
