"""The embedded Functions host: runs an app as Azure would, in one asyncio process.

Tests, the demo and `rollout serve` make one. README.md says what it has and what it lacks compared with the
real host and its extensions.
"""

import asyncio
import json
import logging
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from azure.durable_functions import DurableFunctionsClient

from local.clock import Clock, WallClock
from local.host.alarms import Alarms
from local.host.azure_queues import AzureQueues
from local.host.client import HostClient, close_cached_client
from local.host.conductor import Conductor
from local.host.config import HostConfig, resolve
from local.host.dispatch import Dispatcher
from local.host.engine import Engine
from local.host.http import HttpTriggers, Keys
from local.host.invoker import Invoker
from local.host.protos import TypedData
from local.host.pulse import Pulse
from local.host.queue_trigger import QueueListener
from local.host.queues import QueueService
from local.host.rpc import RpcServer
from local.host.server import HttpServer, listen
from local.host.worker import DEFAULT_THREADS, THREADS, Worker, environment

log = logging.getLogger("host")

# How long, in seconds, functions that still run may take to finish when the host stops.
GRACE = 5.0


class Host:
    """Runs the app in `app_dir` while the `async with` block lasts.

    `settings` are its app settings. All time comes from `clock` (by default the system's); with a ManualClock
    and `auto_advance` the clock jumps to whatever is due next whenever nothing is under way. `queues` replaces
    the storage account of every queue binding (MemoryQueues in tests); without it each binding's `connection`
    is opened. `function_key` opens the functions of level FUNCTION; without it a key is made up. `reload`
    names the modules to forget afterwards. With `keep_stacks` histories hold the stack traces of failed
    activities, messages of chained exceptions included, for tests that look for leaks. One host a process at
    a time.
    """

    _present: ClassVar["Host | None"] = None

    url: str
    key: str
    master_key: str
    engine: Engine
    client: DurableFunctionsClient

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
        keep_stacks: bool = False,
    ) -> None:
        self.key = function_key or secrets.token_urlsafe(32)
        self.master_key = secrets.token_urlsafe(32)
        self._app_dir = app_dir.resolve()
        self._settings = dict(settings)
        self._settings.setdefault(THREADS, os.environ.get(THREADS, DEFAULT_THREADS))
        self._clock = clock or WallClock()
        self._port = port
        self._queues = queues
        self._auto_advance = auto_advance
        self._keep_stacks = keep_stacks
        self._pulse = Pulse()
        self._worker = Worker(self._app_dir, reload, on_call=self._pulse.changed)
        self._opened: dict[str, QueueService] = {}
        self._listeners: list[QueueListener] = []
        self._conductor: Conductor
        self._stack = AsyncExitStack()

    @property
    def auto_advance(self) -> bool:
        """Whether an idle host moves its manual clock; may be changed at any time."""
        return self._conductor.auto_advance

    @auto_advance.setter
    def auto_advance(self, value: bool) -> None:
        self._conductor.auto_advance = value

    async def idle(self, timeout: float = 30) -> None:  # noqa: ASYNC109 - part of the promise
        """Wait until nothing is under way: no invocation, no ready work, no call, no visible message.

        Timers and hidden messages may be pending; with auto-advance they are run through first.
        Raises TimeoutError after `timeout` seconds, or the error if the host itself failed.
        """
        await self._conductor.idle(timeout)

    async def wait_until(
        self,
        predicate: Callable[[], bool | Awaitable[bool]],
        timeout: float = 30,  # noqa: ASYNC109 - part of the promise
    ) -> None:
        """Wait until `predicate` holds. It is asked again after every change, never on a timer.

        A change is whatever happens in the engine, to a message in memory, to an HTTP request, and every
        invocation's beginning and end. Raises TimeoutError after `timeout` seconds, or the error if the
        host itself failed.
        """
        await self._conductor.wait_until(predicate, timeout)

    async def __aenter__(self) -> Self:
        """Index the app, start everything. Raises AppError if the app cannot be loaded."""
        if Host._present is not None:
            raise RuntimeError("Another Host runs in this process; the Functions worker library allows one at a time.")
        Host._present = self
        self._stack.callback(setattr, Host, "_present", None)
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

    async def _start(self) -> None:
        """Start the parts in the order in which they need one another; they stop in the reverse order."""
        stack = self._stack
        stack.enter_context(environment(self._settings))
        config = HostConfig.load(self._app_dir, os.environ)
        listening = listen(self._port)
        stack.callback(listening.close)
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        stack.callback(self._worker.stop)
        await self._worker.start()

        alarms = Alarms(self._clock, on_rung=self._pulse.settle)
        stack.callback(alarms.close)
        self.engine = Engine(alarms, on_change=self._pulse.changed)
        rpc = RpcServer(self.engine, self._pulse)
        await rpc.start()
        stack.push_async_callback(rpc.stop)
        binding = self._client_binding(rpc.url, config)
        dispatcher = Dispatcher(
            self._worker,
            self.engine,
            self._pulse,
            config.durable,
            client=TypedData(string=binding),
            keep_stacks=self._keep_stacks,
        )
        self.engine.on_work = dispatcher.wake
        stack.push_async_callback(dispatcher.stop, GRACE)
        stack.callback(close_cached_client, binding)
        self.client = HostClient(binding, self._pulse)
        stack.push_async_callback(self.client.close)

        invoker = Invoker(
            self._worker,
            TypedData(string=binding),
            self._service,
            dict(os.environ),
            base64_messages=config.queues.base64,
        )
        stack.push_async_callback(self._close_queues)
        invoker.check()
        self._listen_to_queues(invoker, config, alarms)
        stack.push_async_callback(self._stop_listeners)

        keys = Keys(self.key, self.master_key)
        http = HttpTriggers(self._worker.functions, config.route_prefix, keys, invoker, self._pulse)
        server = HttpServer(http.app, listening)
        await server.start()
        stack.push_async_callback(server.stop)

        self._conductor = Conductor(self._pulse, alarms, self.engine, self._listeners)
        self._conductor.auto_advance = self._auto_advance
        conducting = asyncio.create_task(self._conductor.run())
        conducting.add_done_callback(self._pulse.watch)
        stack.push_async_callback(_end, conducting)
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
            self._opened[connection] = AzureQueues.from_setting(connection, os.environ)
        return self._opened[connection]

    def _listen_to_queues(self, invoker: Invoker, config: HostConfig, alarms: Alarms) -> None:
        if self._queues is not None:
            self._queues.on_change(self._pulse.changed)
            self._stack.callback(self._queues.on_change, None)
        for function in self._worker.functions:
            if function.trigger["type"] != "queueTrigger":
                continue
            listener = QueueListener(
                function,
                resolve(function.trigger["queueName"], os.environ),
                self._service(function.trigger["connection"]),
                options=config.queues,
                invoke=invoker,
                pulse=self._pulse,
                alarms=alarms,
            )
            self._listeners.append(listener)
        for listener in self._listeners:
            listener.start()

    async def _stop_listeners(self) -> None:
        await asyncio.gather(*(listener.stop(GRACE) for listener in self._listeners))

    async def _close_queues(self) -> None:
        for service in self._opened.values():
            await service.close()


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait((task,))
