"""Storage queues as the host sees them: the protocol, and an implementation in memory.

`MemoryQueues` keeps Azure's semantics (visibility, dequeue count, pop receipts, expiry) on any clock, so that
a test needs neither network nor waiting. `AzureQueues` (azure_queues.py) speaks to Azurite and to Azure.
Read: https://learn.microsoft.com/rest/api/storageservices/queue-service-rest-api
"""

import asyncio
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from local.clock import Clock, ManualClock
from local.host.pulse import Signal, heard

# What a message lives, if nobody says otherwise.
TIME_TO_LIVE = timedelta(days=7)


@dataclass(frozen=True)
class QueueMessage:
    """One message. `text` is what the queue holds, encoded as its sender left it."""

    id: str
    text: str
    pop_receipt: str
    dequeue_count: int
    inserted: datetime
    expires: datetime
    next_visible: datetime


class MessageGone(Exception):  # noqa: N818 - it is an answer, not a fault
    """The message was deleted, or somebody else has it by now (404 or a pop receipt that no longer fits)."""


class QueueService(Protocol):
    """What queue triggers and queue outputs need of a storage account."""

    async def receive(self, queue: str, count: int, visibility: timedelta) -> list[QueueMessage] | None:
        """At most `count` (1 to 32) visible messages, hidden from others for `visibility`; None: no queue."""
        ...

    async def delete(self, queue: str, message: QueueMessage) -> None:
        """Raises MessageGone."""
        ...

    async def update(self, queue: str, message: QueueMessage, visibility: timedelta) -> QueueMessage:
        """Hide it for `visibility` from now; the answer has the new pop receipt. Raises MessageGone."""
        ...

    async def send(self, queue: str, text: str) -> None:
        """Append a message, as it is; the queue is made if it is missing."""
        ...

    async def visible(self, queue: str) -> bool:
        """There is a message to receive now."""
        ...

    async def wait(self, queue: str, delay: timedelta) -> None:
        """Return when it may be worth looking again: after `delay`, or sooner if the service knows better."""
        ...

    def next_visible(self, queue: str) -> datetime | None:
        """When the next hidden message reappears, where the service can tell without a request."""
        ...

    def on_change(self, listener: Callable[[], None] | None) -> None:
        """Call `listener` after every change that the service knows of; None: call nobody any more."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class MemoryQueues:
    """Queues in memory, on `clock`. Usable from any task of one event loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queues: dict[str, dict[str, QueueMessage]] = {}
        self._signal = Signal()
        self._listener: Callable[[], None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        clock.on_move(self._moved)

    def messages(self, name: str) -> list[QueueMessage]:
        """All messages of a queue, visible or not, oldest first; none if there is no such queue."""
        self._expire(name)
        return list(self._queues.get(name.lower(), {}).values())

    async def send(self, queue: str, text: str) -> None:
        """Append a message; the queue is made if it is missing."""
        now = self._clock.now()
        message = QueueMessage(str(uuid.uuid4()), text, _receipt(), 0, now, now + TIME_TO_LIVE, now)
        self._queues.setdefault(queue.lower(), {})[message.id] = message
        self._notify()

    async def receive(self, queue: str, count: int, visibility: timedelta) -> list[QueueMessage] | None:
        """See QueueService."""
        if queue.lower() not in self._queues:
            return None
        now = self._clock.now()
        taken = [message for message in self.messages(queue) if message.next_visible <= now][:count]
        return [
            self._put(queue, replace(message, dequeue_count=message.dequeue_count + 1), now + visibility)
            for message in taken
        ]

    async def delete(self, queue: str, message: QueueMessage) -> None:
        """See QueueService."""
        self._check(queue, message)
        del self._queues[queue.lower()][message.id]
        self._notify()

    async def update(self, queue: str, message: QueueMessage, visibility: timedelta) -> QueueMessage:
        """See QueueService."""
        present = self._check(queue, message)
        updated = self._put(queue, present, self._clock.now() + visibility)
        self._notify()
        return updated

    async def visible(self, queue: str) -> bool:
        """See QueueService."""
        return self.visible_now(queue)

    def visible_now(self, queue: str) -> bool:
        """The same, without awaiting: what is in memory can be told at once."""
        now = self._clock.now()
        return any(message.next_visible <= now for message in self.messages(queue))

    async def wait(self, queue: str, delay: timedelta) -> None:
        """Until anything changes in any queue, or the next hidden message reappears."""
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        ear = self._signal.listen()
        if self.visible_now(queue):
            return
        timeout: float | None = None
        soonest = self.next_visible(queue)
        if soonest is not None and not isinstance(self._clock, ManualClock):
            timeout = max(0.0, (soonest - self._clock.now()).total_seconds())
        await heard(ear, timeout)

    def next_visible(self, queue: str) -> datetime | None:
        """When the next hidden message reappears."""
        now = self._clock.now()
        hidden = [message.next_visible for message in self.messages(queue) if message.next_visible > now]
        return min(hidden, default=None)

    def on_change(self, listener: Callable[[], None] | None) -> None:
        """See QueueService; every change is known here."""
        self._listener = listener

    async def close(self) -> None:
        """Nothing to let go of; the messages stay for whoever looks."""

    def _notify(self) -> None:
        self._signal.notify()
        if self._listener is not None:
            self._listener()

    def _expire(self, queue: str) -> None:
        now = self._clock.now()
        messages = self._queues.get(queue.lower(), {})
        for message in [message for message in messages.values() if message.expires <= now]:
            del messages[message.id]

    def _check(self, queue: str, message: QueueMessage) -> QueueMessage:
        present = self._queues.get(queue.lower(), {}).get(message.id)
        if present is None or present.pop_receipt != message.pop_receipt:
            raise MessageGone(message.id)
        return present

    def _put(self, queue: str, message: QueueMessage, next_visible: datetime) -> QueueMessage:
        hidden = replace(message, pop_receipt=_receipt(), next_visible=next_visible)
        self._queues[queue.lower()][hidden.id] = hidden
        return hidden

    def _moved(self) -> None:
        if self._loop is None or self._loop.is_closed():
            return
        if threading.get_ident() == self._thread:
            self._notify()
        else:
            self._loop.call_soon_threadsafe(self._signal.notify)


def _receipt() -> str:
    return uuid.uuid4().hex
