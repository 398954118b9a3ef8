"""The Python worker: indexes function_app.py and invokes its functions through Microsoft's own library.

`azure_functions_runtime` is what runs in Azure; it keeps its state in module globals, so there is one
worker a process at a time. host.py starts and stops it, the triggers invoke functions through it.
"""

import asyncio
import importlib
import json
import logging
import os
import re
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace as Message
from typing import Any

import azure_functions_runtime
from azure_functions_runtime import handle_event
from azure_functions_runtime.functions import Registry
from azure_functions_runtime.utils import threadpool

from local.host import protos
from local.host.protos import InvocationResponse, ParameterBinding, RpcException, StatusResult, TypedData

log = logging.getLogger("host")

# The library has no types.
runtime: Any = azure_functions_runtime
runtime_state: Any = handle_event
pool_state: Any = threadpool

# Orchestrators and synchronous functions share the worker's thread pool. The library's default (processors
# plus four) lets a handful of blocking functions hold up every orchestration.
THREADS = "PYTHON_THREADPOOL_THREAD_COUNT"
DEFAULT_THREADS = "32"

FRAME = re.compile(r'^  File "([^"]+)", line (\d+), in (\S+)$', re.MULTILINE)


class AppError(RuntimeError):
    """function_app.py could not be indexed, or it uses something that this host lacks."""


class FunctionError(RuntimeError):
    """An invocation failed.

    `type` is the exception's bare class name and `text` the first line of its message: what the durable
    extension makes of a worker's failure. `where` is the innermost frame, which is all that logs get: the
    message may hold what no log may hold. `stack` is the worker's stack trace, messages included.
    """

    def __init__(self, failure: RpcException) -> None:
        name, separator, text = failure.message.partition(": ")
        self.type = name.rstrip() if separator else "(unknown)"
        self.text = (text if separator else failure.message).split("\n", 1)[0].rstrip()
        self.stack = failure.stack_trace
        frames = FRAME.findall(failure.stack_trace)
        self.where = "line {1} of {0}, in {2}".format(*frames[-1]) if frames else "an unknown place"
        super().__init__(f"{self.type}: {self.text}")


@dataclass(frozen=True)
class Function:
    """One indexed function. `trigger` and `bindings` are the JSON of its decorators."""

    name: str
    id: str
    trigger: Mapping[str, Any]
    bindings: Sequence[Mapping[str, Any]]

    def of_type(self, kind: str) -> list[Mapping[str, Any]]:
        """Its bindings of one type, for instance `queue`."""
        return [binding for binding in self.bindings if binding["type"] == kind]


@contextmanager
def environment(settings: Mapping[str, str]) -> Iterator[None]:
    """App settings are environment variables while the app runs; what was there before comes back."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class Worker:
    """Loads the app in `app_dir`; `reload` names the modules to forget when it stops.

    `on_call` hears of every invocation once the function has run up to its first wait.
    """

    def __init__(self, app_dir: Path, reload: Sequence[str], on_call: Callable[[], None]) -> None:
        self._app_dir = app_dir
        self._reload = reload
        self._on_call = on_call
        self._added_to_path = False
        self.functions: list[Function] = []

    async def start(self) -> None:
        """Index function_app.py. Raises AppError with the reason if it cannot be loaded."""
        if str(self._app_dir) not in sys.path:
            sys.path.insert(0, str(self._app_dir))
            self._added_to_path = True
        self._forget_modules()
        runtime.start_threadpool_executor()
        answer = await runtime.worker_init_request(
            Message(
                request=Message(
                    worker_init_request=Message(capabilities={}, function_app_directory=str(self._app_dir))
                ),
                properties={"host": "127.0.0.1", "protos": protos},
            )
        )
        self._raise_if_failed(answer.result)
        metadata = (await runtime.functions_metadata_request(Message())).function_metadata_results
        if not metadata:
            raise AppError(f"There is no function_app.py with functions in {self._app_dir}.")
        functions = [_function(entry) for entry in metadata]
        self.functions = [function for function in functions if not _disabled(function.name)]
        log.info("Found %d functions in %s.", len(self.functions), self._app_dir)

    async def invoke(
        self,
        function: Function,
        data: Mapping[str, TypedData],
        metadata: Mapping[str, TypedData] | None = None,
        invocation_id: str = "",
    ) -> InvocationResponse:
        """Run one function once. Raises FunctionError if it raised."""
        request = Message(
            invocation_id=invocation_id or str(uuid.uuid4()),
            function_id=function.id,
            input_data=[ParameterBinding(name, value) for name, value in data.items()],
            trigger_metadata=metadata or {},
            trace_context=Message(trace_parent="", trace_state="", attributes={}),
            retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
        )
        asyncio.get_running_loop().call_soon(self._on_call)
        response: InvocationResponse = await runtime.invocation_request(
            Message(request=Message(invocation_request=request))
        )
        if response.result.status != StatusResult.Success:
            raise FunctionError(response.result.exception or RpcException("Exception: unknown failure"))
        return response

    def stop(self) -> None:
        """Forget the app, so that the next worker of this process indexes afresh."""
        executor = runtime.get_threadpool_executor()
        if executor is not None:
            # The library would wait for ever for a synchronous function that hangs.
            executor.shutdown(wait=False, cancel_futures=True)
            pool_state._threadpool_executor = None
        runtime_state._functions = Registry()
        runtime_state._metadata_result = None
        runtime_state.protos = None
        self._forget_modules()
        if self._added_to_path:
            sys.path.remove(str(self._app_dir))

    def _forget_modules(self) -> None:
        for name in self._reload:
            sys.modules.pop(name, None)
        importlib.invalidate_caches()

    def _raise_if_failed(self, result: StatusResult) -> None:
        if result.status == StatusResult.Success:
            return
        failure = result.exception or RpcException("unknown failure")
        log.error("The app could not be loaded: %s\n%s", failure.message, failure.stack_trace)
        raise AppError(f"The app in {self._app_dir} could not be loaded: {failure.message}")


def _function(entry: protos.RpcFunctionMetadata) -> Function:
    bindings = [json.loads(text) for text in entry.raw_bindings]
    trigger = next(binding for binding in bindings if binding["type"].lower().endswith("trigger"))
    return Function(entry.name, entry.function_id, trigger, bindings)


def _disabled(function: str) -> bool:
    """App setting `AzureWebJobs.<function>.Disabled` (or with `__` for the dots) takes a function out of service."""
    names = (f"AzureWebJobs.{function}.Disabled", f"AzureWebJobs__{function}__Disabled")
    return any(os.environ.get(name, "").lower() in ("true", "1") for name in names)
