"""Transports that carry requests to the simulator's ASGI application in this process, without a socket.

They are azure-core's own transports for `requests`, with another adapter below, so that all above the wire is
what any script runs. The simulator lives in an event loop of its own thread. When a client sleeps, the clock of
the simulator leaps: clients poll at their default pace, and no time passes.
"""

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from azure.core.pipeline.transport import AsyncioRequestsTransport, RequestsTransport
from requests.adapters import HTTPAdapter

from local.armsim import Simulator
from local.clock import ManualClock

BASE_URL = "https://arm.test"


class Loop:
    """An event loop in a thread, for as long as the tests run."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine that runs there."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        """Stop it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class AsgiAdapter(HTTPAdapter):
    """Answers the requests of a `requests` session by calling an ASGI application."""

    def __init__(self, app: Any, loop: Loop) -> None:
        super().__init__()
        self._app, self._loop = app, loop

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """One call of the application."""
        status, headers, body = self._loop.run(self._call(request))
        raw = urllib3.HTTPResponse(
            BytesIO(body),
            status=status,
            headers=urllib3.HTTPHeaderDict(headers),
            preload_content=False,
            request_method=request.method,
        )
        return self.build_response(request, raw)

    async def _call(self, request: requests.PreparedRequest) -> tuple[int, list[tuple[str, str]], bytes]:
        url = urlsplit(request.url or "")
        body: Any = request.body or b""
        content = body.encode() if isinstance(body, str) else bytes(body)
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self._app(_scope(request.method or "", url.path, url.query, request.headers), receive, send)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in sent[0]["headers"]]
        return sent[0]["status"], headers, b"".join(one.get("body", b"") for one in sent[1:])


def _scope(method: str, path: str, query: str, headers: Mapping[str, Any]) -> dict[str, Any]:
    named = [(str(name).lower().encode(), str(value).encode("latin-1")) for name, value in headers.items()]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"arm.test"), *named],
        "client": ("testclient", 1),
        "server": ("arm.test", 443),
    }


def session(sim: Simulator, loop: Loop) -> requests.Session:
    """A session whose requests all go to `sim`."""
    made = requests.Session()
    made.trust_env = False
    made.mount("https://", AsgiAdapter(sim.app, loop))
    return made


class LeapingTransport(RequestsTransport):  # type: ignore[misc]
    """azure-core's synchronous transport; its sleep moves the simulator's clock."""

    def __init__(self, made: requests.Session, clock: ManualClock) -> None:
        super().__init__(session=made, session_owner=False)
        self._clock = clock

    def sleep(self, duration: float) -> None:
        self._clock.advance(duration)


class LeapingAsyncTransport(AsyncioRequestsTransport):  # type: ignore[misc]
    """azure-core's asynchronous one."""

    def __init__(self, made: requests.Session, clock: ManualClock) -> None:
        super().__init__(session=made, session_owner=False)
        self._clock = clock

    async def sleep(self, duration: float) -> None:
        self._clock.advance(duration)
