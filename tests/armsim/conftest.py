"""What the tests of the simulator share: one simulator under a clock of their own, and a client in process."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from local.armsim import Simulator
from local.armsim.permissions import Permissions
from local.armsim.table import TABLE
from local.armsim.world import World
from local.clock import ManualClock
from tests.armsim.arm import HOME, Arm


@pytest.fixture
def clock() -> ManualClock:
    """Time that moves only when the test moves it."""
    return ManualClock()


@pytest.fixture
def events() -> list[dict[str, Any]]:
    """The events that the simulator sent."""
    return []


@pytest.fixture
def sim(clock: ManualClock, events: list[dict[str, Any]]) -> Simulator:
    """A simulator at Azure's own pace."""

    async def keep(event: dict[str, Any]) -> None:
        events.append(event)

    return Simulator(clock=clock, on_event=keep)


@pytest.fixture
async def arm(sim: Simulator, clock: ManualClock) -> AsyncIterator[Arm]:
    """A client with a token, and the resource group `rg`."""
    transport = httpx.ASGITransport(app=sim.app)
    headers = {"Authorization": f"Bearer {sim.token()}"}
    async with httpx.AsyncClient(transport=transport, base_url="https://arm.test", headers=headers) as http:
        client = Arm(sim, http, clock)
        await client.put(f"{client.subscription}/resourceGroups/rg", {"location": HOME})
        yield client
    await sim.close()


@pytest.fixture
def permissions(clock: ManualClock) -> Permissions:
    """Those of an empty world, in which everything is allowed."""
    return Permissions(World(clock=clock, speed=1, instant=False, seed=0, kinds=TABLE))
