"""Where events go when the simulator runs beside an app: a storage queue, base64 encoded, as Event Grid writes.

Used by `python -m local.armsim --queue-connection … --queue-name …`, the demo and `rollout serve`.
"""

import base64
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from azure.core.exceptions import ResourceExistsError
from azure.storage.queue.aio import QueueClient


@contextlib.asynccontextmanager
async def queue_sink(connection: str, name: str) -> AsyncIterator[Callable[[dict[str, Any]], Awaitable[None]]]:
    """A sink for `Simulator(on_event=…)` that sends to the queue `name`, which is created if missing."""
    async with QueueClient.from_connection_string(connection, name) as queue:
        with contextlib.suppress(ResourceExistsError):
            await queue.create_queue()

        async def send(event: dict[str, Any]) -> None:
            await queue.send_message(base64.b64encode(json.dumps(event).encode()).decode())

        yield send
