"""The same seed and requests give the same world; another seed gives another."""

from typing import Any

import httpx

from local.armsim import Simulator
from local.armsim.draws import Draws
from local.clock import ManualClock
from tests.armsim.arm import Arm, image_patch, make_scale_set, second_version


async def world(seed: int) -> tuple[dict[str, Any], list[Any]]:
    """Everything after a scale set has been made and moved: resources and operations."""
    clock = ManualClock()
    sim = Simulator(clock=clock, seed=seed)
    headers = {"Authorization": f"Bearer {sim.token()}"}
    transport = httpx.ASGITransport(app=sim.app)
    async with httpx.AsyncClient(transport=transport, base_url="https://arm.test", headers=headers) as http:
        arm = Arm(sim, http, clock)
        await make_scale_set(arm, mode="Rolling")
        version = await second_version(arm)
        await arm.send("PATCH", "Microsoft.Compute/virtualMachineScaleSets/vmss", image_patch(version))
        clock.advance(70)
        return sim.resources(), sim.operations


async def test_the_same_seed_gives_the_same_world_to_the_last_guid() -> None:
    assert await world(7) == await world(7)


async def test_another_seed_gives_other_guids() -> None:
    one, other = await world(7), await world(8)
    assert set(one[0]).isdisjoint(other[0])
    assert [each.kind for each in one[1]] == [each.kind for each in other[1]]


def test_a_draw_is_made_for_whatever_text_a_client_sent() -> None:
    assert Draws(0).text(8, "\ud800") != Draws(0).text(8, "\ud801")
