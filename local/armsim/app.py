"""The ASGI application of the simulator: reads a request, lets the gateway take it, sends what comes out.

One callable for ARM and for the control routes below `/_sim/`. Dropped and hanging connections happen here,
because only here is there a connection to drop.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from local.armsim.answers import Answer, wire_headers
from local.armsim.control import control
from local.armsim.intake import Incoming

if TYPE_CHECKING:
    from local.armsim.simulator import Simulator

type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
type Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_LARGEST_BODY = 4 * 1024 * 1024
_NO_BODY = frozenset({204, 304})


class App:
    """The ASGI callable; `Simulator.app`."""

    def __init__(self, simulator: "Simulator") -> None:
        self._simulator = simulator
        self._count = 0
        self.reset_connection: Callable[[tuple[str, int]], bool] = lambda client: False
        """Resets the connection of a client; the server sets it. False: not served over a socket."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        self._simulator.world.agenda.bind(asyncio.get_running_loop())
        request = await self._read(scope, receive)
        if request.path.startswith("/_sim/"):
            status, body = control(self._simulator, request)
            await self._send(Answer(status, body), request, send)
            return
        outcome = self._simulator.take(request)
        if outcome.answer is not None:
            await self._send(outcome.answer, request, send)
        elif outcome.fault is not None and outcome.fault.kind == "hang":
            await self._hang(receive)
        else:
            await self._drop(scope, receive)

    async def _read(self, scope: Scope, receive: Receive) -> Incoming:
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            chunk = message.get("body", b"")
            size += len(chunk)
            if size <= _LARGEST_BODY:
                chunks.append(chunk)
            if not message.get("more_body", False):
                break
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        raw_path = scope.get("raw_path") or scope["path"].encode()
        host = headers.get("host", "localhost")
        return Incoming(
            method=scope["method"].upper(),
            path=raw_path.decode("latin-1").partition("?")[0],
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=b"".join(chunks),
            base_url=f"{scope.get('scheme', 'https')}://{host}",
        )

    async def _send(self, answer: Answer, request: Incoming, send: Send) -> None:
        world = self._simulator.world
        self._count += 1
        body = b"" if answer.body is None else json.dumps(answer.body, separators=(",", ":")).encode()
        correlation = request.headers.get("x-ms-correlation-request-id", "")
        headers = wire_headers(
            answer,
            request.method,
            count=self._count,
            draws=world.draws,
            now=world.now(),
            correlation=correlation,
            length=len(body),
        )
        if answer.status in _NO_BODY:
            headers = [one for one in headers if one[0] != b"content-length"]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else body})

    async def _drop(self, scope: Scope, receive: Receive) -> None:
        client = scope.get("client")
        if client is None or not self.reset_connection(tuple(client)):
            raise ConnectionResetError("the simulator was asked to drop this connection")
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _hang(self, receive: Receive) -> None:
        """No answer until the client leaves or the server stops."""
        while (await receive())["type"] != "http.disconnect":
            pass
