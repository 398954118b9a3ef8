"""Storage queues over the wire: Azurite on a laptop, a storage account in Azure.

Used by host.py where the app's connection setting holds a connection string or a service address.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from local.host.queues import MessageGone, QueueMessage
from local.host.worker import AppError

# Of requests the library logs every header; at its own level it would drown everything else.
logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)


class AzureQueues:
    """The queues of one storage account."""

    def __init__(self, connection: str | QueueServiceClient) -> None:
        self._service = (
            QueueServiceClient.from_connection_string(connection) if isinstance(connection, str) else connection
        )
        self._clients: dict[str, QueueClient] = {}

    @classmethod
    def from_setting(cls, name: str, settings: Mapping[str, str]) -> "AzureQueues":
        """The account that a binding's `connection` means: setting X, or X__queueServiceUri and an identity."""
        name = name or "AzureWebJobsStorage"
        if connection := settings.get(name) or settings.get(f"AzureWebJobs{name}"):
            if connection == "UseDevelopmentStorage=true":
                return cls(DEVELOPMENT_STORAGE)
            return cls(connection)
        if address := settings.get(f"{name}__queueServiceUri"):
            from azure.identity.aio import DefaultAzureCredential

            return cls(QueueServiceClient(address, credential=DefaultAzureCredential()))
        raise AppError(f"The connection {name!r} is not set: add {name} or {name}__queueServiceUri.")

    @property
    def account(self) -> str:
        """The name of the storage account."""
        return str(self._service.account_name)

    async def receive(self, queue: str, count: int, visibility: timedelta) -> list[QueueMessage] | None:
        """See QueueService."""
        try:
            pages = (
                self._client(queue)
                .receive_messages(messages_per_page=count, visibility_timeout=int(visibility.total_seconds()))
                .by_page()
            )
            # One request: the iterator itself would go on asking until the queue is empty.
            async for page in pages:
                return [_message(message) async for message in page]
            return []
        except ResourceNotFoundError:
            return None

    async def delete(self, queue: str, message: QueueMessage) -> None:
        """See QueueService."""
        try:
            await self._client(queue).delete_message(message.id, pop_receipt=message.pop_receipt)
        except (ResourceNotFoundError, ResourceExistsError, HttpResponseError) as error:
            raise _gone(error, message) from error

    async def update(self, queue: str, message: QueueMessage, visibility: timedelta) -> QueueMessage:
        """See QueueService."""
        try:
            updated = await self._client(queue).update_message(
                message.id, pop_receipt=message.pop_receipt, visibility_timeout=int(visibility.total_seconds())
            )
        except HttpResponseError as error:
            raise _gone(error, message) from error
        return QueueMessage(
            message.id,
            message.text,
            str(updated.pop_receipt),
            message.dequeue_count,
            message.inserted,
            message.expires,
            _time(updated.next_visible_on),
        )

    async def send(self, queue: str, text: str) -> None:
        """See QueueService."""
        client = self._client(queue)
        try:
            await client.send_message(text)
        except ResourceNotFoundError:
            with contextlib.suppress(ResourceExistsError):  # somebody else may be faster
                await client.create_queue()
            await client.send_message(text)

    async def visible(self, queue: str) -> bool:
        """See QueueService."""
        try:
            return bool(await self._client(queue).peek_messages(max_messages=1))
        except ResourceNotFoundError:
            return False

    async def wait(self, queue: str, delay: timedelta) -> None:
        """The service tells nobody of new messages: wait."""
        await asyncio.sleep(delay.total_seconds())

    def next_visible(self, queue: str) -> datetime | None:
        """Not without a request."""
        return None

    def on_change(self, listener: Callable[[], None] | None) -> None:
        """The service tells nobody."""

    async def close(self) -> None:
        """Close every connection."""
        for client in self._clients.values():
            await client.close()
        await self._service.close()

    def _client(self, queue: str) -> QueueClient:
        if queue not in self._clients:
            self._clients[queue] = self._service.get_queue_client(queue)
        return self._clients[queue]


# Azurite's well-known account, which the short form stands for.
DEVELOPMENT_STORAGE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
    "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
)


def _message(message: Any) -> QueueMessage:
    return QueueMessage(
        str(message.id),
        str(message.content),
        str(message.pop_receipt),
        int(message.dequeue_count),
        _time(message.inserted_on),
        _time(message.expires_on),
        _time(message.next_visible_on),
    )


def _time(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise TypeError(f"The queue service answered {value!r} where a time was due.")
    return value


def _gone(error: HttpResponseError, message: QueueMessage) -> Exception:
    """404, 409 and a pop receipt that no longer fits (400) mean that the message is somebody else's by now."""
    if error.status_code in (404, 409) or getattr(error, "error_code", None) == "PopReceiptMismatch":
        return MessageGone(message.id)
    return error
