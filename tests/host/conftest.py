"""What the host's tests share: a manual clock, queues in memory, and a host that runs the small app beside it."""

from collections.abc import AsyncIterator

import httpx
import pytest

from local.clock import ManualClock
from local.host import Host, MemoryQueues
from tests.host.support import APP, SETTINGS


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def queues(clock: ManualClock) -> MemoryQueues:
    return MemoryQueues(clock)


@pytest.fixture
async def host(clock: ManualClock, queues: MemoryQueues) -> AsyncIterator[Host]:
    async with Host(APP, SETTINGS, clock=clock, queues=queues) as running:
        yield running


@pytest.fixture
async def http(host: Host) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=host.url, headers={"x-functions-key": host.key}) as client:
        yield client
