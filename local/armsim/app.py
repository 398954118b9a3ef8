"""The ASGI application of the simulator: reads a request, lets the gateway take it, sends what comes out.

One callable for ARM and for the control routes below `/_sim/`. Dropped, hanging, slow and torn answers happen
here, because only here is there a connection to spoil; so do faults that end the process.
"""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from local.armsim.answers import Answer, wire_headers
from local.armsim.control import control
from local.armsim.errors import ArmError
from local.armsim.intake import Incoming
from local.armsim.spoiling import refusal

if TYPE_CHECKING:
    from local.armsim.faults import Fault
    from local.armsim.simulator import Simulator

type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
type Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_LARGEST_BODY = 4 * 1024 * 1024
_NO_BODY = frozenset({204, 304})
_KILLED = 137
"""Exit code of a process that a fault ended, as after kill -9."""


class App:
    """The ASGI callable; `Simulator.app`."""

    def __init__(self, simulator: "Simulator") -> None:
        self._simulator = simulator
        self._count = 0
        self.reset_connection: Callable[[tuple[str, int]], bool] = lambda client: False
        """Resets the connection of a client; the server sets it. False: not served over a socket."""
        self.exit: Callable[[int], None] = os._exit
        """Ends the process at once."""
        self.log: Callable[[dict[str, Any]], None] | None = None
        """Takes one line of the request log."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        began = time.perf_counter()
        self._simulator.world.agenda.bind(asyncio.get_running_loop())
        request = await self.read(scope, receive)
        if request is None:
            return
        status = 0
        try:
            status = await self._answer(request, scope, receive, send)
        finally:
            if self.log is not None:
                self.log(
                    {
                        "method": request.method,
                        "path": request.path,
                        "status": status,
                        "client": request.client,
                        "ms": round((time.perf_counter() - began) * 1000, 2),
                    }
                )

    async def _answer(self, request: Incoming, scope: Scope, receive: Receive, send: Send) -> int:
        """Answer, and say with which status; 0 where no answer went out."""
        if request.path.startswith("/_sim/"):
            if "origin" in request.headers or not _is_here(scope.get("client")):
                return await self._send(Answer(403), request, send)
            try:
                status, body = control(self._simulator, request)
                self._simulator.save()
            except ArmError as refused:
                return await self._send(refusal(refused), request, send)
            return await self._send(Answer(status, body), request, send)
        outcome = self._simulator.take(request)
        return await self.reply(outcome.answer, outcome.fault, request, scope, receive, send)

    async def reply(  # noqa: PLR0917 - the three of ASGI among them
        self,
        answer: Answer | None,
        fault: "Fault | None",
        request: Incoming,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> int:
        """Send an answer, or do what a fault does instead; the status, 0 where no answer went out."""
        if fault is not None and fault.kind in ("exit_before", "exit_after"):
            self.exit(_KILLED)
        elif fault is not None and fault.kind == "hang":
            await _until_gone(receive)
        elif answer is None:
            await self._drop(scope, receive)
        else:
            if fault is not None and fault.kind == "slow":
                await self._wait(fault)
            torn = fault is not None and fault.kind == "truncated"
            status = await self._send(answer, request, send, torn=torn)
            if torn:
                await self._drop(scope, receive)
            return status
        return 0

    async def read(self, scope: Scope, receive: Receive) -> Incoming | None:
        """The request, or None where its client left before it was whole."""
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
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
            too_large=size > _LARGEST_BODY,
            base_url=f"{scope.get('scheme', 'https')}://{host}",
        )

    async def _send(self, answer: Answer, request: Incoming, send: Send, *, torn: bool = False) -> int:
        world = self._simulator.world
        self._count += 1
        body = answer.text.encode()
        if answer.body is not None:
            body = json.dumps(answer.body, separators=(",", ":")).encode()
        correlation = request.headers.get("x-ms-correlation-request-id", "")
        headers = wire_headers(
            answer,
            count=self._count,
            draws=world.draws,
            now=world.now(),
            correlation=correlation,
            length=len(body),
        )
        if answer.status in _NO_BODY:
            headers = [one for one in headers if one[0] != b"content-length"]
        if request.method == "HEAD":
            body = b""
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if torn:
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        else:
            await send({"type": "http.response.body", "body": body})
        return answer.status

    async def _wait(self, fault: "Fault") -> None:
        """Let the service seconds of a slow answer pass, on the simulator's clock."""
        world, passed = self._simulator.world, asyncio.Event()

        def wake(_: datetime) -> None:
            passed.set()

        world.agenda.after(world.lasts(fault.seconds), wake)
        await passed.wait()

    async def _drop(self, scope: Scope, receive: Receive) -> None:
        client = scope.get("client")
        if client is None or not self.reset_connection(tuple(client)):
            raise ConnectionResetError("the simulator was asked to drop this connection")
        await _until_gone(receive)


def _is_here(client: tuple[str, int] | None) -> bool:
    """Whether a request came from this machine; a page in its browser says an origin."""
    try:
        address = ip_address(client[0]) if client else None
    except ValueError:
        return False
    return address is not None and (getattr(address, "ipv4_mapped", None) or address).is_loopback


async def _until_gone(receive: Receive) -> None:
    """No answer until the client leaves or the server stops."""
    while (await receive())["type"] != "http.disconnect":
        pass
