"""uvicorn on loopback, made to start and stop within an async program. Used by host.py."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

from local.host.worker import AppError

# How long requests under way may take once the server stops.
GRACE = 5


def listen(port: int) -> socket.socket:
    """A socket on `port` of 127.0.0.1, 0 for a free one. AppError if it is taken."""
    listening = socket.socket(
        socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
    )  # asyncio sends at once only on these
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        # Only one process can listen, several could have bound.
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise AppError(f"Port {port} of 127.0.0.1 cannot be had: {error.strerror}.") from error
    return listening


class HttpServer:
    """Serves `app` on a socket that listens already."""

    def __init__(self, app: Starlette, listening: socket.socket) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=GRACE,
        )
        self._server = _Server(config)
        self._listening = listening
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns once it serves."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._listening]))
        await self._server.up.wait()

    async def stop(self) -> None:
        """Take no more requests; those under way get some time."""
        self._server.go_down()
        if self._task is not None:
            await self._task


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()
        self._down = asyncio.Event()

    def go_down(self) -> None:
        """Stop at once instead of at the next tick."""
        self.should_exit = True
        self._down.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to whoever runs the host."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say when it serves."""
        await super().startup(sockets)
        self.up.set()

    async def main_loop(self) -> None:
        """Tick ten times a second, which keeps the Date header right, until `go_down`."""
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._down.wait(), 0.1)
