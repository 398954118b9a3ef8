"""Policies in every client's pipeline that hold each answer against the SDK's models."""

import json
from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import AsyncHTTPPolicy, HTTPPolicy

from tests.contract.schema import faults_of


class Watch(HTTPPolicy[Any, Any]):
    """Collects what does not fit, polls included."""

    def __init__(self, faults: list[str] | None = None) -> None:
        self.faults = [] if faults is None else faults

    def send(self, request: PipelineRequest[Any]) -> Any:
        """Reads the answer, also where the client would do so later."""
        response = self.next.send(request)
        self.note(request, response.http_response, response.http_response.read())
        return response

    def note(self, request: PipelineRequest[Any], answer: Any, body: bytes) -> None:
        """Hold one answer against its model."""
        if body:
            sent = request.http_request
            self.faults += faults_of(sent.method, urlsplit(sent.url).path, answer.status_code, json.loads(body))


class AsyncWatch(AsyncHTTPPolicy[Any, Any]):
    """The same for asynchronous clients; keeps what it finds in `watch`."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    async def send(self, request: PipelineRequest[Any]) -> Any:
        """As `Watch.send`."""
        response = await self.next.send(request)
        answer = response.http_response
        empty = request.http_request.method == "HEAD" or answer.headers.get("Content-Length", "0") == "0"
        if not empty:  # an empty answer cannot be read twice
            self._watch.note(request, answer, await answer.read())
        return response
