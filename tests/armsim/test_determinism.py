"""The same seed and requests give the same world; another seed gives another."""

from typing import Any

import httpx

from local.armsim import Simulator
from local.armsim.draws import Draws
from local.clock import ManualClock
from tests.armsim.arm import HOME, Arm, image_patch, make_scale_set, managed_image, second_version


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


async def test_the_order_of_requests_changes_nothing_of_what_is_drawn() -> None:
    async def made(names: list[str]) -> dict[str, Any]:
        clock = ManualClock()
        sim = Simulator(clock=clock, seed=5)
        headers = {"Authorization": f"Bearer {sim.token()}"}
        transport = httpx.ASGITransport(app=sim.app)
        async with httpx.AsyncClient(transport=transport, base_url="https://arm.test", headers=headers) as http:
            arm = Arm(sim, http, clock)
            await arm.put(f"{arm.subscription}/resourceGroups/rg", {"location": HOME})
            urls = {}
            for name in names:
                static = {"publicIPAllocationMethod": "Static"}
                body = {"location": HOME, "sku": {"name": "Standard"}, "properties": static}
                address = await arm.send("PUT", f"Microsoft.Network/publicIPAddresses/{name}", body)
                image = await arm.send("PUT", f"Microsoft.Compute/images/{name}", managed_image(arm))
                urls[name] = [one.headers["Azure-AsyncOperation"] for one in (address, image)]
            ends = {(one.resource_id, one.kind): one.ends for one in sim.operations}
            clock.advance(3600)
            return {"urls": urls, "ends": ends, "resources": sim.resources()}

    names = [f"n{number}" for number in range(6)]
    assert await made(names) == await made(names[::-1])
