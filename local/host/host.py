"""The embedded Functions host: runs an app as Azure would, in one asyncio process.

Tests, the demo and `rollout serve` make one. README.md says what it has and what it lacks compared with the
real host and its extensions.
"""

import asyncio
import contextlib
import inspect
import json
import logging
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

import uvicorn
from azure.durable_functions import DurableFunctionsClient

from local.clock import Clock, ManualClock, WallClock
from local.host.alarms import Alarms
from local.host.client import HostClient, close_cached_client
from local.host.config import HostConfig, resolve
from local.host.dispatch import Dispatcher
from local.host.engine import Engine
from local.host.http import HttpTriggers, Keys
from local.host.invoker import Invoker
from local.host.protos import TypedData
from local.host.pulse import Pulse, heard
from local.host.queue_trigger import QueueListener
from local.host.queues import QueueService
from local.host.rpc import RpcServer
from local.host.worker import DEFAULT_THREADS, THREADS, AppError, Function, Worker, environment

log = logging.getLogger("host")

# How long functions that still run may take to finish when the host stops.
GRACE = 5.0

# A request that reached the socket needs this many turns of the loop to be seen: accept, read, parse, call.
LOOP_TURNS = 5


class Host:
    """Runs the app in `app_dir` while the `async with` block lasts.

    `settings` are its app settings. All time comes from `clock`; with a ManualClock and `auto_advance` the
    clock jumps to whatever is due next whenever nothing is under way. `queues` replaces the storage account
    of every queue binding (MemoryQueues in tests); without it each binding's `connection` is opened.
    `reload` names the modules to forget afterwards. One host a process at a time.
    """

    _present: ClassVar["Host | None"] = None

    def __init__(
        self,
        app_dir: Path,
        settings: Mapping[str, str],
        *,
        clock: Clock | None = None,
        port: int = 0,
        queues: QueueService | None = None,
        function_key: str | None = None,
        auto_advance: bool = True,
        reload: Sequence[str] = ("function_app",),
    ) -> None:
        self._clock = clock or WallClock()
        self._auto_advance = auto_advance
        self._app_dir = app_dir.resolve()
        self._settings = dict(settings)
        self._port = port
        self._queues = queues
        self._opened: dict[str, QueueService] = {}
        self._pulse = Pulse()
        self._listeners: list[QueueListener] = []
        self._worker = Worker(self._app_dir, reload, on_call=self._pulse.changed)
        self._stack = AsyncExitStack()
        self._settings.setdefault(THREADS, os.environ.get(THREADS, DEFAULT_THREADS))
        self.key = function_key or secrets.token_urlsafe(32)
        self.master_key = secrets.token_urlsafe(32)
        self.url = ""
        self.engine: Engine
        self.client: DurableFunctionsClient

    @property
    def auto_advance(self) -> bool:
        """Whether an idle host moves its manual clock; may be changed at any time."""
        return self._auto_advance

    @auto_advance.setter
    def auto_advance(self, value: bool) -> None:
        self._auto_advance = value
        self._pulse.stirs.notify()

    async def __aenter__(self) -> Self:
        """Index the app, start everything. Raises AppError if the app cannot be loaded."""
        if Host._present is not None:
            raise RuntimeError("Another Host runs in this process; the Functions worker library allows one at a time.")
        Host._present = self
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening, let running functions finish, put everything back."""
        await self._stack.aclose()

    async def idle(self, timeout: float = 30) -> None:  # noqa: ASYNC109 - part of the promise
        """Wait until nothing is under way: no invocation, no ready work, no call, no visible message.

        Timers and hidden messages may be pending; with auto-advance they are run through first.
        Raises TimeoutError after `timeout` seconds, or the error if the host itself failed.
        """
        async with asyncio.timeout(timeout):
            while True:
                ear = self._pulse.stirs.listen()
                self._raise_if_failed()
                if await self._settled() and not self._can_move():
                    return
                await heard(ear)

    async def wait_until(self, predicate: Callable[[], bool | Awaitable[bool]], timeout: float = 30) -> None:  # noqa: ASYNC109
        """Wait until `predicate` holds. It is asked again after every change, never on a timer.

        Raises TimeoutError after `timeout` seconds, or the error if the host itself failed.
        """
        async with asyncio.timeout(timeout):
            while True:
                ear = self._pulse.changes.listen()
                self._raise_if_failed()
                answer = predicate()
                if await answer if inspect.isawaitable(answer) else answer:
                    return
                await heard(ear)

    async def _start(self) -> None:
        stack = self._stack
        stack.callback(setattr, Host, "_present", None)
        stack.enter_context(environment(self._settings))
        settings = dict(os.environ)
        config = HostConfig.load(self._app_dir, settings)
        stack.callback(self._worker.stop)
        await self._worker.start()

        alarms = Alarms(self._clock)
        stack.callback(alarms.close)
        self._alarms = alarms
        listening = _listen(self._port)
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"

        self.engine = Engine(alarms, on_change=self._pulse.changed, on_work=lambda: dispatcher.wake())  # noqa: PLW0108 - made below
        rpc = RpcServer(self.engine, self._pulse)
        await rpc.start()
        stack.push_async_callback(rpc.stop)
        client = self._client_binding(rpc.url, config)
        dispatcher = Dispatcher(self._worker, self.engine, self._pulse, config.durable, TypedData(string=client))
        stack.push_async_callback(dispatcher.stop, GRACE)
        stack.callback(close_cached_client, client)
        self.client = HostClient(client, self._pulse)
        stack.push_async_callback(self.client.close)

        invoker = Invoker(
            self._worker,
            TypedData(string=client),
            self._service,
            settings,
            base64_messages=config.queues.base64,
        )
        stack.push_async_callback(self._close_queues)
        invoker.check()
        if self._queues is not None:
            self._queues.on_change(self._pulse.changed)
            stack.callback(self._queues.on_change, None)
        stack.push_async_callback(self._stop_listeners)
        for function in self._worker.functions:
            if function.trigger["type"] == "queueTrigger":
                self._listen_to(function, invoker, config, settings)

        keys = Keys(self.key, self.master_key)
        http = HttpTriggers(self._worker.functions, config.route_prefix, keys, invoker, self._pulse)
        await self._serve(http, listening)
        self._run(self._advance())
        log.info("Listening on %s.", self.url)

    def _client_binding(self, rpc_url: str, config: HostConfig) -> str:
        """What a function with a durable client binding receives, in the extension's shape."""
        return json.dumps(
            {
                "taskHubName": config.durable.hub_name,
                "connectionName": "",
                "rpcBaseUrl": rpc_url,
                "requiredQueryStringParameters": f"code={self.master_key}",
                "baseUrl": f"{self.url}/runtime/webhooks/durabletask",
                "maxGrpcMessageSizeInBytes": 2**31 - 1,
                "grpcHttpClientTimeout": "00:01:40",
            }
        )

    def _service(self, connection: str) -> QueueService:
        if self._queues is not None:
            return self._queues
        if connection not in self._opened:
            from local.host.azure_queues import AzureQueues

            self._opened[connection] = AzureQueues.from_setting(connection, os.environ)
        return self._opened[connection]

    def _listen_to(self, function: Function, invoker: Invoker, config: HostConfig, settings: Mapping[str, str]) -> None:
        async def invoke(function: Function, value: TypedData, metadata: Mapping[str, TypedData]) -> None:
            await invoker(function, value, metadata)

        queue = resolve(function.trigger["queueName"], settings)
        service = self._service(function.trigger["connection"])
        listener = QueueListener(
            function,
            queue,
            service,
            options=config.queues,
            invoke=invoke,
            pulse=self._pulse,
            alarms=self._alarms,
        )
        self._listeners.append(listener)
        listener.start()

    async def _stop_listeners(self) -> None:
        await asyncio.gather(*(listener.stop(GRACE) for listener in self._listeners))

    async def _close_queues(self) -> None:
        for service in self._opened.values():
            await service.close()

    async def _serve(self, http: HttpTriggers, listening: socket.socket) -> None:
        server = _Server(
            uvicorn.Config(
                http.app,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=int(GRACE),
            )
        )
        task = asyncio.create_task(server.serve(sockets=[listening]))

        async def stop() -> None:
            server.go_down()
            await task

        self._stack.push_async_callback(stop)
        await server.up.wait()

    def _run(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)

        def done(task: asyncio.Future[None]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                self._pulse.fail(error)

        task.add_done_callback(done)

        async def stop() -> None:
            task.cancel()
            await asyncio.wait((task,))

        self._stack.push_async_callback(stop)

    async def _advance(self) -> None:
        """Whenever nothing is under way, move a manual clock to what is due next."""
        while True:
            ear = self._pulse.stirs.listen()
            if self._auto_advance and isinstance(self._clock, ManualClock) and await self._settled():
                due = self._next_due()
                if due is not None and self._auto_advance and not self._under_way():
                    self._clock.move_to(due)
                    self._pulse.changed()
                    continue
            await heard(ear)

    def _can_move(self) -> bool:
        moves = self._auto_advance and isinstance(self._clock, ManualClock)
        return moves and self._next_due() is not None

    def _next_due(self) -> datetime | None:
        hidden = [listener.service.next_visible(listener.queue) for listener in self._listeners]
        dues = [due for due in (self._alarms.next_due(), *hidden) if due is not None]
        return min(dues, default=None)

    def _under_way(self) -> bool:
        due = self._alarms.next_due()
        return self._pulse.under_way > 0 or self.engine.has_work() or (due is not None and due <= self._clock.now())

    async def _settled(self) -> bool:
        """Nothing is under way, and stays so while the loop takes a few turns and the queues are asked."""
        for _ in range(LOOP_TURNS):
            if self._under_way():
                return False
            await asyncio.sleep(0)
        for listener in self._listeners:
            if await listener.service.visible(listener.queue):
                listener.poke()
                return False
        return not self._under_way()

    def _raise_if_failed(self) -> None:
        if self._pulse.error is not None:
            raise self._pulse.error


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers, which belong to whoever runs the host."""

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
        """Capture none."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say when it listens."""
        await super().startup(sockets)
        self.up.set()

    async def main_loop(self) -> None:
        """Tick ten times a second, which keeps the Date header right, until `go_down`."""
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._down.wait(), 0.1)


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as error:
        listening.close()
        raise AppError(f"Port {port} of 127.0.0.1 cannot be had: {error.strerror}.") from error
    return listening
