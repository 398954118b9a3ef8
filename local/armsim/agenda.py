"""What the simulator has yet to do, and when: operations that end, replicas that arrive, batches that move.

One agenda a simulator. Entries hold nothing of the world's: they are made again from operations, alarms and
events when a world is restored. They run in the order of their time whenever somebody looks (every request, every
read of the world) and, so that events leave on time, from a timer of the event loop. A clock that is moved
by hand runs everything that it passed, each entry at its own moment.
"""

import asyncio
import heapq
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from local.clock import Clock

type Entry = Callable[[datetime], None]

_LONGEST_WAIT = 3600.0  # seconds between two looks at a clock that may stand still


def _raise(error: Exception) -> None:
    raise error


class Agenda:
    """Entries by due time on one clock; all of them run in the thread of the event loop, once there is one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[tuple[datetime, int, Entry]] = []
        self._count = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self.moment: datetime | None = None
        """While an entry runs: when it was due, which is the time for all that it does."""
        self.on_error: Callable[[Exception], None] = _raise
        """Told of an entry that failed, once all have run."""
        self.on_ran: Callable[[], None] = lambda: None
        """Called whenever entries have run."""
        clock.on_move(self._clock_moved)

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run on `loop`, which is the running one, from now on."""
        if loop is self._loop:
            return
        self._loop, self._thread = loop, threading.get_ident()
        self._closed = False
        self._set_timer()

    def close(self) -> None:
        """Stop the timer; what is due runs again once somebody looks."""
        self._closed = True
        self._loop = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def after(self, delay: timedelta, entry: Entry, since: datetime | None = None) -> datetime:
        """Run `entry` when `delay` has passed since `since` (default: now); returns its due time."""
        return self.at((since or self._clock.now()) + delay, entry)

    def at(self, due: datetime, entry: Entry) -> datetime:
        """Run `entry` at `due`, which it returns."""
        self._count += 1
        heapq.heappush(self._entries, (due, self._count, entry))
        if self._entries[0][1] == self._count:
            self._set_timer()
        return due

    def run_due(self) -> None:
        """Run all that is due by now, oldest first, with what that puts on the agenda in turn."""
        entries = self._entries
        if not entries or entries[0][0] > self._clock.now():
            return
        now, failed = self._clock.now(), list[Exception]()
        while entries and entries[0][0] <= now:
            due, _, entry = heapq.heappop(entries)
            self.moment = due
            try:
                entry(due)
            except Exception as error:  # noqa: BLE001 - one that fails must not hold up the others
                failed.append(error)
            finally:
                self.moment = None
        self._set_timer()
        self.on_ran()
        for one in failed:
            self.on_error(one)

    def next_due(self) -> datetime | None:
        """When the earliest entry is due; None where there is none."""
        return self._entries[0][0] if self._entries else None

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._set_timer()

    def in_loop[T](self, read: Callable[[], T]) -> T:
        """`read()` where it cannot collide with a request: at once in the loop's thread, else handed there."""
        if self._loop is None or not self._loop.is_running() or threading.get_ident() == self._thread:
            return read()

        async def there() -> T:
            return read()

        return asyncio.run_coroutine_threadsafe(there(), self._loop).result()

    def _clock_moved(self) -> None:
        if self._loop is None or not self._loop.is_running() or threading.get_ident() == self._thread:
            self.run_due()
        else:
            self._loop.call_soon_threadsafe(self.run_due)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._loop is None or self._loop.is_closed() or self._closed or not self._entries:
            return
        wait = (self._entries[0][0] - self._clock.now()).total_seconds()
        self._timer = self._loop.call_later(min(max(wait, 0.0), _LONGEST_WAIT), self._timer_fired)

    def _timer_fired(self) -> None:
        self._timer = None
        self.run_due()
        self._set_timer()
