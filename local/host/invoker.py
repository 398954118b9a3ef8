"""Calls a function for a trigger: adds the durable client, sends what its queue outputs gave.

Shared by http.py and queue_trigger.py, so that every kind of function may have every binding. Durable
functions are called by dispatch.py.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from azure.core.exceptions import AzureError

from local.host.config import resolve
from local.host.protos import InvocationResponse, RpcException, TypedData
from local.host.queues import QueueService
from local.host.worker import AppError, Function, FunctionError, Worker

SUPPORTED = {
    "httpTrigger",
    "http",
    "queueTrigger",
    "queue",
    "durableClient",
    "orchestrationTrigger",
    "activityTrigger",
    "entityTrigger",
}


class Invoker:
    """Knows the worker, the client binding's JSON and the queue service of each connection."""

    def __init__(
        self,
        worker: Worker,
        client: TypedData,
        queues: Callable[[str], QueueService],
        settings: Mapping[str, str],
        *,
        base64_messages: bool,
    ) -> None:
        self._worker = worker
        self._client = client
        self._queues = queues
        self._settings = settings
        self._base64 = base64_messages

    def check(self) -> None:
        """AppError for a binding that this host lacks, and for one whose connection or name does not resolve."""
        for function in self._worker.functions:
            for binding in function.bindings:
                if binding["type"] not in SUPPORTED:
                    raise AppError(f"'{function.name}' uses the binding {binding['type']!r}, which this host lacks.")
            for output in function.of_type("queue"):
                self._queues(output["connection"])
                resolve(output["queueName"], self._settings)

    async def __call__(
        self, function: Function, value: TypedData, metadata: Mapping[str, TypedData] | None = None
    ) -> InvocationResponse:
        """Call it with `value` as its trigger. Raises FunctionError if it, or an output, failed."""
        data = {str(function.trigger["name"]): value}
        data |= {binding["name"]: self._client for binding in function.of_type("durableClient")}
        response = await self._worker.invoke(function, data, metadata)
        for output in function.of_type("queue"):
            if output["name"] == "$return":
                given = response.return_value
            else:
                given = next((out.data for out in response.output_data if out.name == output["name"]), None)
            if given is not None:
                await self._send(output, given)
        return response

    async def _send(self, output: Mapping[str, Any], value: TypedData) -> None:
        queue = resolve(output["queueName"], self._settings).lower()
        service = self._queues(output["connection"])
        for message in _messages(value):
            text = base64.b64encode(message).decode() if self._base64 else message.decode()
            try:
                await service.send(queue, text)
            except AzureError as error:
                # To whoever called it, a function whose output is lost has failed.
                failure = f"{type(error).__name__}: The output to the queue {queue} could not be sent."
                raise FunctionError(RpcException(failure)) from error


def _messages(value: TypedData) -> Iterator[bytes]:
    """One message for a text, bytes or a QueueMessage; one an item for a list of those."""
    if value.kind == "bytes":
        yield value.value
    elif value.kind == "json":
        content = json.loads(value.value)
        for item in content if isinstance(content, list) else [content]:
            yield _text(item).encode()
    else:
        yield str(value.value).encode()


def _text(item: Any) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, dict) and item.keys() == {"id", "body"}:
        return str(item["body"])  # what the binding makes of a QueueMessage
    return json.dumps(item)
