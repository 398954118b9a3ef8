"""Rollouts under the roles of `infra/roles.json`, one scenario after another, with or without one of their actions.

The app is limited by the roles at the scopes of its rollouts file. Whoever publishes images and made the groups is the
subscription's owner, whom no role limits.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.armsim import Fault
from local.armsim.permissions import roles_of
from tests.infra import roles
from tests.infra.roles import Row
from tests.infra.scopes import groups_of
from tests.world import World, rollouts_file, world

HOME = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
OTHER = "9b2c7d1e-52b3-4c61-8f0e-77d1a4c0be42"
NETWORK = "2025-05-01"


@dataclass(frozen=True)
class Scenario:
    """A rollouts file, and what happens under it; each rollout must complete. groups: whether they exist before."""

    profile: dict[str, Any]
    happens: Callable[["Limited"], Awaitable[None]]
    groups: bool = True


class Stopped(Exception):  # noqa: N818 - what some scenarios expect
    """A rollout did not complete; the text holds Azure's code and words."""


@dataclass
class Limited:
    """A world whose app is limited.

    patient: let a rollout that is refused something try on until it gives up, half an hour later on its clock; else
    it counts as stopped once it waits for that.
    """

    w: World
    profile: dict[str, Any]
    patient: bool

    def group(self, which: str) -> str:
        """Id of the group of `gallery` or `scaleSet`."""
        spec = self.profile[which]
        return f"/subscriptions/{spec.get('subscription', HOME)}/resourceGroups/{spec['resourceGroup']}"

    async def rolls_out(self, source: str) -> dict[str, Any]:
        """Publish an image, ask for its rollout, let it come to its end; Stopped unless it completed."""
        image = await self.w.publish(source=source)
        await self.w.settle()
        return await self.asked(image)

    async def asked(self, image: str) -> dict[str, Any]:
        """Ask for the rollout of an image that exists."""
        answer = await self.w.post(image)
        if answer.status_code != 202:
            raise Stopped(answer.text)
        rollout = answer.json()["id"]
        settled = asyncio.create_task(self.w.settle())
        while not settled.done():
            if self.w.sim.permissions.refused and not self.patient:
                await self._look(rollout, settled)
            await asyncio.wait([settled], timeout=0.01)
        await settled
        shown = await self.w.rollout(rollout)
        if shown["status"] != "Completed":
            raise Stopped(f"{shown['error']['code']}: {shown['error']['message']}")
        return shown

    async def _look(self, rollout: str, settled: asyncio.Task[None]) -> None:
        """Stopped where the rollout tries again what it was refused."""
        waiting = (await self.w.rollout(rollout))["waitingFor"]
        if waiting and "AuthorizationFailed" in waiting["what"]:
            self.w.host.auto_advance = False
            settled.cancel()
            refused = ", ".join(f"'{action}'" for action in self.w.sim.permissions.refused)
            raise Stopped(f"{waiting['what']}: {refused}")


async def run(
    tmp_path: Path, scenario: Scenario, table: list[Row], *, group_creation: bool = False, patient: bool = True
) -> set[str]:
    """Run a scenario under these rows; the actions that were needed. Stopped where a rollout did not complete."""
    document = rollouts_file(**{"createResourceGroups": group_creation, **scenario.profile})
    assigned = roles.expand(table, groups_of(document, HOME), group_creation=group_creation)
    subscriptions = (HOME, OTHER)
    async with world(tmp_path, document, hold_events=lambda _: True, subscriptions=subscriptions) as w:
        limited = Limited(w, document["profiles"]["web"], patient)
        for which in ("gallery", "scaleSet") if scenario.groups else ():
            await w.put(limited.group(which), {"location": "westcentralus"}, "2025-04-01")
        w.sim.permissions.allow(roles_of(assigned))
        await scenario.happens(limited)
        return set(w.sim.permissions.used)


async def _creates(limited: Limited) -> None:
    shown = await limited.rolls_out("vm-1")
    assert {step["name"] for step in shown["steps"]} >= {"create_gallery", "create_load_balancer", "create_scale_set"}


async def _moves(limited: Limited) -> None:
    await limited.rolls_out("vm-1")
    shown = await limited.rolls_out("vm-2")
    assert "move_scale_set" in {step["name"] for step in shown["steps"]}


async def _adopts(limited: Limited) -> None:
    """The owner made a network, without our subnet, and a gallery."""
    w = limited.w
    network = f"{limited.group('scaleSet')}/providers/Microsoft.Network/virtualNetworks/myVnet"
    space = {"addressSpace": {"addressPrefixes": ["192.168.0.0/16"]}}
    await w.put(network, {"location": "southcentralus", "properties": space}, NETWORK)
    await w.put(w.gallery_id(), {"location": "westcentralus"}, "2026-03-03")
    await w.settle()
    shown = await limited.rolls_out("vm-1")
    assert "create_subnet" in {step["name"] for step in shown["steps"]}


async def _retries(limited: Limited) -> None:
    """Gallery, version and load balancer each end in state Failed once; the next attempt repairs what it finds."""
    w = limited.w
    w.sim.faults.add(Fault(kind="operation_fails", method="PUT", resource_type="Microsoft.Compute/galleries"))
    w.sim.faults.add(Fault(kind="operation_fails", method="PUT", resource_type="Microsoft.Network/loadBalancers"))
    w.sim.faults.add(
        Fault(kind="operation_fails", method="PUT", resource_type="Microsoft.Compute/galleries/images/versions")
    )
    image = await w.publish(source="vm-1")
    await w.settle()
    for _ in range(2):  # the gallery; then version and load balancer, side by side
        with pytest.raises(Stopped, match="InternalExecutionError"):
            await limited.asked(image)
    await limited.asked(image)
    assert all(fault.hits for fault in w.sim.faults.all())


ROLLING = {"upgradePolicy": {"mode": "Rolling"}}
SCENARIOS = {
    "creates everything": Scenario({}, _creates),
    "moves, Automatic": Scenario({}, _moves),
    "moves, Rolling": Scenario({"scaleSet": ROLLING}, _moves),
    "moves, Manual": Scenario({"scaleSet": {"upgradePolicy": {"mode": "Manual"}}}, _moves),
    "adopts": Scenario({"scaleSet": ROLLING}, _adopts),
    "retries": Scenario({}, _retries),
    "opens the management port": Scenario({"scaleSet": {"network": {"managementSources": ["10.0.0.0/8"]}}}, _creates),
    "other subscriptions": Scenario(
        {"gallery": {"subscription": OTHER}, "scaleSet": {"subscription": OTHER, **ROLLING}}, _moves
    ),
    "one group for all": Scenario(
        {"gallery": {"resourceGroup": "myresourcegroup"}, "scaleSet": {"resourceGroup": "MYRESOURCEGROUP"}}, _creates
    ),
}
MAKES_GROUPS = Scenario({}, _creates, groups=False)
