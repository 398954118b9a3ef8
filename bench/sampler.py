"""Where a process spends its processor time, by component: looks at all its threads every other millisecond.

A profiler that hooks into every call slows small functions most, and sees one thread; the worker library runs
orchestrators in a pool of them. Only used in a run of its own, whose times are not reported.
"""

import sys
import threading
import time
from collections import defaultdict
from types import FrameType

_PERIOD = 0.002

_SWITCH = 0.0005
"""Seconds until a thread hands over to the sampler; the interpreter's 5 ms would favour the places that block."""

_PYTHON = (threading.__file__.rpartition("/")[0] + "/asyncio", threading.__file__, "<frozen")

COMPONENTS = (
    ("/pydantic", "pydantic (models to and from JSON)"),
    ("/aiohttp/", "aiohttp and TLS"),
    ("/ssl.py", "aiohttp and TLS"),
    ("/sslproto.py", "aiohttp and TLS"),
    ("/azure/mgmt/", "Azure SDK (pipeline, compute, identity)"),
    ("/azure/core/", "Azure SDK (pipeline, compute, identity)"),
    ("/azure/identity/", "Azure SDK (pipeline, compute, identity)"),
    ("/msal", "Azure SDK (pipeline, compute, identity)"),
    ("/google/protobuf/", "protobuf"),
    ("/durabletask/testing/", "engine"),
    ("/local/host/engine.py", "engine"),
    ("/local/host/wire.py", "engine"),
    ("/durabletask/", "durable SDK (replay of orchestrators)"),
    ("/azure/durable_functions/", "durable SDK (replay of orchestrators)"),
    ("/azure_functions_runtime/", "worker library"),
    ("/azurefunctions/", "worker library"),
    ("/azure/functions/", "worker library"),
    ("/grpc/", "gRPC of the durable client"),
    ("/uvicorn/", "HTTP server"),
    ("/starlette/", "HTTP server"),
    ("/h11/", "HTTP server"),
    ("/local/host/", "host"),
    ("/orchestrators/", "the app's orchestrators"),
    ("/domain/", "the app's domain"),
    ("/arm/", "the app's ARM client"),
    ("/activities/", "the app's activities"),
    ("/triggers/", "the app's triggers"),
    ("/wiring/", "the app's wiring"),
)
"""A part of a file's path, and what it belongs to; the first that fits counts."""


class Sampler:
    """Samples until the process ends. Each look at a thread weighs what the thread has computed since the last one."""

    def __init__(self) -> None:
        self._by_component: defaultdict[str, float] = defaultdict(float)
        self._below: defaultdict[str, float] = defaultdict(float)
        self._own: defaultdict[str, float] = defaultdict(float)
        self._total = 0.0
        self._clocks: dict[int, int] = {}
        self._seen: dict[int, float] = {}
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def start(self) -> None:
        """Begin."""
        sys.setswitchinterval(_SWITCH)
        self._thread.start()

    def shares(self) -> dict[str, float]:
        """Share of the busy time by component, largest first."""
        return self._largest(self._by_component, len(COMPONENTS) + 1)

    def spots(self, most: int = 25) -> dict[str, dict[str, float]]:
        """Share by function: spent in it (`own`), and in it and what it calls (`below`; Python's own left out)."""
        return {"own": self._largest(self._own, most), "below": self._largest(self._below, most)}

    def _largest(self, counts: dict[str, float], most: int) -> dict[str, float]:
        ordered = sorted(counts.items(), key=lambda item: item[1], reverse=True)[:most]
        return {name: round(count / self._total, 3) for name, count in ordered}

    def _run(self) -> None:
        own = threading.get_ident()
        while True:
            time.sleep(_PERIOD)
            for thread, frame in sys._current_frames().items():
                if thread != own and (spent := self._spent(thread)) > 0:
                    self._count(frame, spent)

    def _spent(self, thread: int) -> float:
        """Processor time of a thread since it was last asked for; 0 the first time."""
        try:
            if thread not in self._clocks:
                self._clocks[thread] = time.pthread_getcpuclockid(thread)
            now = time.clock_gettime(self._clocks[thread])
        except OSError:  # the thread has ended
            self._clocks.pop(thread, None)
            self._seen.pop(thread, None)
            return 0
        before = self._seen.get(thread, now)
        self._seen[thread] = now
        return now - before

    def _count(self, frame: FrameType, share: float) -> None:
        self._total += share
        self._by_component[_component(frame)] += share
        self._own[_label(frame)] += share
        seen: set[str] = set()
        current: FrameType | None = frame
        while current is not None:
            if not current.f_code.co_filename.startswith(_PYTHON):
                seen.add(_label(current))
            current = current.f_back
        for label in seen:
            self._below[label] += share


def _component(frame: FrameType) -> str:
    """Of the innermost frame that is known: json, base64 and the like count to who called them."""
    current: FrameType | None = frame
    while current is not None:
        path = current.f_code.co_filename
        for part, component in COMPONENTS:
            if part in path:
                return component
        current = current.f_back
    return "event loop and the rest of Python"


def _label(frame: FrameType) -> str:
    code = frame.f_code
    return f"{'/'.join(code.co_filename.split('/')[-2:])}:{code.co_qualname}"
