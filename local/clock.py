"""The clocks of the local stack: the simulator and the engine ask one of these, never the system.

`WallClock` runs as the wall does. `ManualClock` stands still until a test (or an idle engine) moves it, so
that a rollout of six hours takes as long as its computation and its history still shows six hours.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What time it is, and who wants to hear when it was moved by hand."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        ...

    def on_move(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every jump; a clock that never jumps never calls it."""
        ...


class WallClock:
    """The system's time."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return datetime.now(UTC)

    def on_move(self, listener: Callable[[], None]) -> None:
        """The wall clock never jumps."""


class ManualClock:
    """A clock that moves only when told to; safe to share between threads."""

    def __init__(self, start: datetime = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        with self._lock:
            return self._now

    def on_move(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every jump, in the thread that moved the clock."""
        self._listeners.append(listener)

    def move_to(self, moment: datetime) -> None:
        """Jump forward to `moment`; a moment already past changes nothing."""
        with self._lock:
            if moment <= self._now:
                return
            self._now = moment
        for listener in self._listeners:
            listener()

    def advance(self, seconds: float) -> None:
        """Jump forward by `seconds`."""
        self.move_to(self.now() + timedelta(seconds=seconds))
