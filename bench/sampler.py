"""Where a process spends its time, by component: looks at all its threads two hundred times a second.

A profiler that hooks into every call slows small functions most, and sees one thread; the worker library runs
orchestrators in a pool of them. Only used in a run of its own, whose times are not reported.
"""

import sys
import threading
import time
from collections import defaultdict
from types import FrameType

_PERIOD = 0.005

_IDLE = {
    ("selectors.py", "select"),
    ("threading.py", "wait"),
    ("threading.py", "_wait_for_tstate_lock"),
    ("thread.py", "_worker"),
    ("_common.py", "wait"),
    ("sampler.py", "_run"),
    ("_channel.py", "_process_integrated_call_tag"),
}
"""Innermost functions of a thread that waits."""

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
    """Samples until the process ends. A sample counts once, shared among the threads that were at work."""

    def __init__(self) -> None:
        self._by_component: defaultdict[str, float] = defaultdict(float)
        self._by_function: defaultdict[str, float] = defaultdict(float)
        self._total = 0.0
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def shares(self) -> dict[str, float]:
        """Share of the busy time by component, largest first."""
        return self._largest(self._by_component, len(COMPONENTS) + 1)

    def spots(self, most: int = 25) -> dict[str, float]:
        """Share of the busy time in and below the functions of the app, host and libraries' entries."""
        return self._largest(self._by_function, most)

    def _largest(self, counts: dict[str, float], most: int) -> dict[str, float]:
        ordered = sorted(counts.items(), key=lambda item: item[1], reverse=True)[:most]
        return {name: round(count / self._total, 3) for name, count in ordered}

    def _run(self) -> None:
        own = threading.get_ident()
        while True:
            time.sleep(_PERIOD)
            busy = [frame for thread, frame in sys._current_frames().items() if thread != own and not _idle(frame)]
            for frame in busy:
                self._count(frame, 1 / len(busy))

    def _count(self, frame: FrameType, share: float) -> None:
        self._total += share
        self._by_component[_component(frame)] += share
        seen: set[str] = set()
        current: FrameType | None = frame
        while current is not None:
            seen.add(_label(current))
            current = current.f_back
        for label in seen:
            self._by_function[label] += share


def _idle(frame: FrameType) -> bool:
    code = frame.f_code
    return (code.co_filename.rpartition("/")[2], code.co_name) in _IDLE


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
