"""The queue trigger: fetches messages, calls the function, deletes, retries or gives up, as Azure's does.

The rules are those of azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.Storage.Queues (QueueListener,
QueueProcessor): a message is hidden for ten minutes and renewed at half-time while the function runs; a
failed one reappears after host.json's visibilityTimeout; one that was dequeued maxDequeueCount times goes
to `<queue>-poison`. host.py starts one listener a queue-triggered function.
"""

import asyncio
import base64
import binascii
import json
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from azure.core.exceptions import AzureError

from local.host.alarms import Alarms
from local.host.config import QueueOptions
from local.host.protos import TypedData
from local.host.pulse import Pulse
from local.host.queues import MessageGone, QueueMessage, QueueService
from local.host.worker import Function, FunctionError

log = logging.getLogger("host")

HIDDEN = timedelta(minutes=10)
RENEWAL = HIDDEN / 2
RENEWAL_AFTER_ERROR = timedelta(minutes=1)
FIRST_BACKOFF = timedelta(milliseconds=100)
LONGEST_NAME = 63

Invoke = Callable[[Function, TypedData, dict[str, TypedData]], Awaitable[object]]


class QueueListener:
    """Serves one function from one queue, until `stop`."""

    def __init__(
        self,
        function: Function,
        queue: str,
        service: QueueService,
        *,
        options: QueueOptions,
        invoke: Invoke,
        pulse: Pulse,
        alarms: Alarms,
    ) -> None:
        self.queue = queue.lower()
        self.service = service
        self._function = function
        self._options = options
        self._invoke = invoke
        self._pulse = pulse
        self._alarms = alarms
        self._running: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()
        self._look = asyncio.Event()
        self._stopping = False
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to poll."""
        self._loop = asyncio.create_task(self._poll())
        self._loop.add_done_callback(self._pulse.watch)

    def poke(self) -> None:
        """Look at once, whatever the back-off says."""
        self._look.set()

    async def stop(self, grace: float) -> None:
        """Stop polling, let the functions that run finish (at most `grace` seconds)."""
        self._stopping = True
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.wait((self._loop,))
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _poll(self) -> None:
        misses = 0
        while True:
            while len(self._running) > self._options.new_batch_threshold:
                self._room.clear()
                await self._room.wait()
            messages: list[QueueMessage] | None = None
            with self._pulse.busy(silent=True):
                try:
                    messages = await self.service.receive(self.queue, self._options.batch_size, HIDDEN)
                except AzureError as error:
                    log.warning("The queue %s could not be read: %s", self.queue, type(error).__name__)
                for message in messages or ():
                    self._take(message)
            if messages:
                misses = 0
                continue
            misses += 1
            await self._wait(self._delay(misses))

    def _delay(self, misses: int) -> timedelta:
        longest = self._options.max_polling_interval
        if misses == 1:
            return min(FIRST_BACKOFF, longest)
        factor: float = 2 ** min(misses - 1, 20) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
        return min(FIRST_BACKOFF + FIRST_BACKOFF * factor, longest)

    async def _wait(self, delay: timedelta) -> None:
        waits = {
            asyncio.ensure_future(self.service.wait(self.queue, delay)),
            asyncio.ensure_future(self._look.wait()),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._look.clear()

    def _take(self, message: QueueMessage) -> None:
        self._pulse.begin()
        task = asyncio.create_task(self._settle(message))
        self._running.add(task)

        def done(task: asyncio.Task[None]) -> None:
            self._running.discard(task)
            self._room.set()
            self._pulse.watch(task)
            self._pulse.end()

        task.add_done_callback(done)

    async def _settle(self, message: QueueMessage) -> None:
        try:
            await self._process(message)
        except AzureError as error:
            # Nothing is lost: it reappears once its ten minutes are over.
            log.warning("Message %s could not be settled: %s", message.id, type(error).__name__)

    async def _process(self, message: QueueMessage) -> None:
        poison_queue = self.queue.endswith("-poison")
        if message.dequeue_count > self._options.max_dequeue_count and not poison_queue:
            await self._give_up(message)
            return
        text = self._decode(message.text)
        if text is None:
            log.error("A message in %s is not base64: it goes to the poison queue.", self.queue)
            await self._poison(message)
            return
        lease = _Lease(self.service, self.queue, message, self._alarms)
        try:
            await self._invoke(self._function, TypedData(string=text), _metadata(message, text))
        except FunctionError as error:
            log.error(
                "'%s' failed on message %s: %s at %s",
                self._function.name,
                message.id,
                error.type,
                error.where,
            )
            await self._failed(await lease.end(), poison_queue)
        else:
            await self._delete(await lease.end())
        finally:
            await lease.end()

    async def _failed(self, message: QueueMessage, poison_queue: bool) -> None:
        if message.dequeue_count >= self._options.max_dequeue_count and not poison_queue:
            await self._give_up(message)
            return
        try:
            await self.service.update(self.queue, message, self._options.visibility_timeout)
        except MessageGone:
            log.info("Message %s is somebody else's by now.", message.id)

    async def _give_up(self, message: QueueMessage) -> None:
        # In the words of Azure's host, which infra/queries/poison-queue.kql looks for.
        log.warning(
            "Message has reached MaxDequeueCount of %d. Moving message to queue '%s-poison'.",
            self._options.max_dequeue_count,
            self.queue,
        )
        await self._poison(message)

    async def _poison(self, message: QueueMessage) -> None:
        target = f"{self.queue}-poison"
        if self.queue.endswith("-poison") or len(target) > LONGEST_NAME:
            return  # there is none: the message stays hidden until its lease ends
        log.warning("Message %s goes to %s.", message.id, target)
        await self.service.send(target, message.text)
        await self._delete(message)

    async def _delete(self, message: QueueMessage) -> None:
        try:
            await self.service.delete(self.queue, message)
        except MessageGone:
            log.info("Message %s is somebody else's by now.", message.id)

    def _decode(self, text: str) -> str | None:
        if not self._options.base64:
            return text
        try:
            return base64.b64decode(text, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None


class _Lease:
    """Keeps a message hidden while its function runs."""

    def __init__(self, service: QueueService, queue: str, message: QueueMessage, alarms: Alarms) -> None:
        self._service = service
        self._queue = queue
        self._message = message
        self._alarms = alarms
        self._renewal: asyncio.Task[None] | None = None
        self._alarm = alarms.at(alarms.clock.now() + RENEWAL, self._renew)

    async def end(self) -> QueueMessage:
        """Stop renewing; the message with its last pop receipt."""
        self._alarm.cancel()
        if self._renewal is not None:
            await asyncio.wait((self._renewal,))
            self._alarm.cancel()
        return self._message

    def _renew(self) -> None:
        self._renewal = asyncio.create_task(self._renewed())

    async def _renewed(self) -> None:
        pause = RENEWAL
        try:
            self._message = await self._service.update(self._queue, self._message, HIDDEN)
        except MessageGone:
            return
        except AzureError as error:
            log.warning("Message %s could not be renewed: %s", self._message.id, type(error).__name__)
            pause = RENEWAL_AFTER_ERROR
        self._alarm = self._alarms.at(self._alarms.clock.now() + pause, self._renew)


def _metadata(message: QueueMessage, text: str) -> dict[str, TypedData]:
    """What the binding tells besides the message; times in ISO 8601."""
    return {
        "QueueTrigger": TypedData(string=text),
        "Id": TypedData(string=message.id),
        "PopReceipt": TypedData(string=message.pop_receipt),
        "DequeueCount": TypedData(json=json.dumps(message.dequeue_count)),
        "InsertionTime": _time(message.inserted),
        "ExpirationTime": _time(message.expires),
        "NextVisibleTime": _time(message.next_visible),
    }


def _time(moment: datetime) -> TypedData:
    return TypedData(json=json.dumps(moment.isoformat()))
