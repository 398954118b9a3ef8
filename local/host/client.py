"""The durable client that tests and tools hold: the one that functions get, whose calls the host can count.

A call that is on its way counts as under way from the moment it is made, so that a manual clock does not run
ahead of it. Waiting for an orchestration does not count: the clock has to move for that.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from azure.durable_functions import DurableFunctionsClient
from azure.durable_functions import client as durable_client

from local.host.pulse import Pulse
from local.host.rpc import LOOKS, WRITES


class HostClient(DurableFunctionsClient):
    """`DurableFunctionsClient` on the binding's JSON."""

    def __init__(self, binding: str, pulse: Pulse) -> None:
        super().__init__(binding)
        self._pulse = pulse

    def _get_stub(self) -> Any:
        return _CountingStub(super()._get_stub(), self._pulse)


class _CountingStub:
    def __init__(self, stub: Any, pulse: Pulse) -> None:
        self._stub = stub
        self._pulse = pulse

    def __getattr__(self, name: str) -> Any:
        call: Callable[..., Awaitable[Any]] = getattr(self._stub, name)
        if name not in (*LOOKS, *WRITES):
            return call

        async def counted(*arguments: Any, **options: Any) -> Any:
            with self._pulse.busy(silent=True):
                return await call(*arguments, **options)

        return counted


def close_cached_client(binding: str) -> None:
    """Close the client that synchronous functions share; the library would keep it until the process ends."""
    cached = durable_client._sync_client_cache.pop(binding, None)
    if cached is not None:
        cached.close()
