"""What is under way in the host, and who wants to hear of it.

Every part of the host reports here: triggers and dispatcher say what they are busy with, the engine and the
queues say that something changed. host.py builds `idle()`, `wait_until()` and the moving of a manual clock
on it. Everything runs on one event loop, so there are no locks.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Signal:
    """Wakes everyone who waits. `listen()` first, then look, then await what it gave: nothing is missed."""

    def __init__(self) -> None:
        self._waiting: asyncio.Future[None] | None = None

    def listen(self) -> asyncio.Future[None]:
        """A future for the next `notify`. Hand it to `heard`: it is shared, awaiting it could cancel it."""
        if self._waiting is None or self._waiting.done():
            self._waiting = asyncio.get_running_loop().create_future()
        return self._waiting

    def notify(self) -> None:
        """Wake everyone who listens now."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
        self._waiting = None


async def heard(ear: asyncio.Future[None], seconds: float | None = None) -> bool:
    """Wait for what `Signal.listen` gave, at most `seconds`; False if it stayed silent."""
    done, _ = await asyncio.wait((ear,), timeout=seconds)
    return bool(done)


class Pulse:
    """Counts what is under way (`with pulse.busy():`) and passes on what changed."""

    def __init__(self) -> None:
        self.under_way = 0
        self.error: BaseException | None = None
        self.changes = Signal()
        self.stirs = Signal()

    def begin(self) -> None:
        """Something is under way, until `end`."""
        self.under_way += 1

    def end(self, *, silent: bool = False) -> None:
        """It is over. Unless `silent` (it was a mere look), that counts as a change."""
        self.under_way -= 1
        if silent:
            self.settle()
        else:
            self.changed()

    @contextmanager
    def busy(self, *, silent: bool = False) -> Iterator[None]:
        """`begin` and `end` around a block."""
        self.begin()
        try:
            yield
        finally:
            self.end(silent=silent)

    def changed(self) -> None:
        """The state of the world, as a test might look at it, is another one now."""
        self.changes.notify()
        self.settle()

    def settle(self) -> None:
        """Whatever kept the host from rest may be gone: whoever waits for rest looks again."""
        if not self.under_way:
            self.stirs.notify()

    def fail(self, error: BaseException) -> None:
        """A fault of the host itself, not of the app: whoever waits on the host hears of it."""
        self.error = self.error or error
        self.changes.notify()
        self.stirs.notify()

    def watch(self, task: asyncio.Task[None]) -> None:
        """`task.add_done_callback(pulse.watch)`: an error that ended a part of the host is a fault of it."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fail(error)
