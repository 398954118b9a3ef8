"""A small app that answers as the HTTP API does, scripted by a test and served on a free port.

A fake rather than the app: these tests are about what the command line makes of an answer, including answers
that the app gives rarely. What the app really answers is held together with the command line elsewhere, by
the tests that run the whole stack.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

KEY = "the-key"


@dataclass
class FakeApp:
    """`answers[(method, path)]` is a queue of (status, body, headers); the last one stays.

    heard: the headers of every request, with a wrong key too.
    """

    url: str = ""
    answers: dict[tuple[str, str], list[tuple[int, Any, dict[str, str]]]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    heard: list[dict[str, str]] = field(default_factory=list)

    def on(
        self, method: str, path: str, body: Any = None, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """Answer so; called again for the same route, answer so the next time."""
        self.answers.setdefault((method, path), []).append((status, body, headers or {}))

    async def handle(self, request: Request) -> Response:
        """Any route."""
        self.heard.append(dict(request.headers))
        if request.headers.get("x-functions-key") != KEY:
            return Response(status_code=401)
        raw = await request.body()
        sent = await request.json() if raw else None
        self.asked.append((request.method, request.url.path, dict(request.query_params), sent))
        script = self.answers.get((request.method, request.url.path))
        if not script:
            detail = {"title": "Not Found", "status": 404, "detail": "there is no such rollout."}
            return JSONResponse(detail, 404, media_type="application/problem+json")
        status, body, headers = script.pop(0) if len(script) > 1 else script[0]
        if body is None:
            return Response(status_code=status, headers=headers)
        if isinstance(body, str):
            return Response(body, status, headers, media_type="text/html")
        return JSONResponse(body, status, headers)


class TellingServer(uvicorn.Server):
    """uvicorn has no hook for "is up"; this one sets an event."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        self.up.set()


@contextmanager
def served() -> Iterator[FakeApp]:
    """The fake on a free port of this machine, in a thread, until the end of the block."""
    fake = FakeApp()
    methods = ["GET", "POST"]
    app = Starlette(routes=[Route("/{rest:path}", fake.handle, methods=methods)])
    server = TellingServer(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, log_level="error", lifespan="off")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.up.wait(10), "the fake app did not come up"
    fake.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield fake
    finally:
        server.should_exit = True
        thread.join(10)
