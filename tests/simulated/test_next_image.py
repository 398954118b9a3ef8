"""The next image: a new version, and the scale set moved to it by its image reference alone."""

from pathlib import Path
from typing import Any

import pytest

from local.armsim import Fault
from tests.world import World, rollouts_file, world

SCALE_SETS = "Microsoft.Compute/virtualMachineScaleSets"


async def test_the_scale_set_moves_and_all_else_stays_as_its_owner_left_it(tmp_path: Path) -> None:
    """Capacity, tags and extensions are the owner's."""
    async with world(tmp_path) as w:
        await w.roll_out(source="vm-1")
        await w.put(w.scale_set_id(), {"sku": {"name": "Standard_D2s_v5", "capacity": 3}}, method="PATCH")
        await w.put(w.scale_set_id(), {"tags": {"owner": "web team"}}, method="PATCH")
        await w.settle()
        before = len(w.sim.requests)
        shown = await w.roll_out(source="vm-2")

        assert shown["status"] == "Completed", shown["error"]
        scale_set = w.sim.resource(w.scale_set_id())
        assert scale_set
        assert scale_set["sku"]["capacity"] == 3
        assert scale_set["tags"] == {"owner": "web team"}
        assert set((await w.instances()).values()) == {"1.0.1"}
        writes = [write for write in w.writes(before) if "/myresourcegroup" not in write]
        assert writes == [f"PUT {w.version_id('1.0.1').lower()}", f"PATCH {w.scale_set_id().lower()}"]


async def test_the_network_is_neither_read_nor_made_where_the_scale_set_exists(tmp_path: Path) -> None:
    """A scale set brings its own network."""
    async with world(tmp_path) as w:
        await w.roll_out(source="vm-1")
        before = len(w.sim.requests)
        await w.roll_out(source="vm-2")

        assert [one.path for one in w.sim.requests[before:] if "microsoft.network" in one.path.lower()] == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"orchestrationMode": "Flexible"}, "orchestrationMode"),
        ({"image": "marketplace"}, "imageReference"),
        ({"image": "definition"}, "imageReference"),
        ({"automatic": True}, "enableAutomaticOSUpgrade"),
    ],
    ids=["flexible", "marketplace image", "bare definition", "automatic OS upgrade"],
)
async def test_a_scale_set_that_cannot_be_moved_is_refused_before_the_first_write(
    tmp_path: Path, change: dict[str, Any], named: str
) -> None:
    """With the property and a remedy."""
    async with world(tmp_path) as w:
        await w.roll_out(source="vm-1")
        await _remake_scale_set(w, change)
        before = len(w.sim.requests)
        shown = await w.roll_out(source="vm-2")

        assert shown["status"] == "Failed"
        assert named in shown["error"]["message"]
        assert shown["error"]["remedy"]
        assert [write for write in w.writes(before) if "/galleries/" in write] == []


async def test_a_rolling_scale_set_is_followed_until_each_instance_runs_the_version(tmp_path: Path) -> None:
    """In batches, by Azure; the rollout ends when the last instance has followed."""
    profile = rollouts_file(scaleSet={"capacity": 5, "upgradePolicy": {"mode": "Rolling"}})
    async with world(tmp_path, profile) as w:
        await w.roll_out(source="vm-1")
        shown = await w.roll_out(source="vm-2")

        assert shown["status"] == "Completed", shown["error"]
        assert set((await w.instances()).values()) == {"1.0.1"}
        assert len(await w.instances()) == 5


async def test_a_manual_scale_set_ends_with_what_is_behind_and_how_to_upgrade_it(tmp_path: Path) -> None:
    """Its own upgrade policy counts, not the profile's."""
    async with world(tmp_path, rollouts_file(scaleSet={"upgradePolicy": {"mode": "Manual"}})) as w:
        await w.roll_out(source="vm-1")
        shown = await w.roll_out(source="vm-2")

        assert shown["status"] == "Completed"
        assert w.model() == "1.0.1"
        assert set((await w.instances()).values()) == {"1.0.0"}
        assert "az vmss update-instances" in shown["note"]


async def test_a_scale_set_that_somebody_changes_in_between_is_looked_at_again(tmp_path: Path) -> None:
    """412 means look and decide again; the owner's change survives."""
    async with world(tmp_path) as w:
        await w.roll_out(source="vm-1")
        fault = Fault(kind="overtaken", method="PATCH", resource_type=SCALE_SETS)
        w.sim.faults.add(fault)
        shown = await w.roll_out(source="vm-2")

        assert fault.hits == 1
        assert shown["status"] == "Completed", shown["error"]
        assert set((await w.instances()).values()) == {"1.0.1"}


async def test_protected_instances_are_left_out_and_named(tmp_path: Path) -> None:
    """protectFromScaleSetActions is its owner's word."""
    async with world(tmp_path) as w:
        await w.roll_out(source="vm-1")
        instance = f"{w.scale_set_id()}/virtualMachines/0"
        body = (await w.arm.get(f"{instance}?api-version=2026-04-01")).json()
        protection = {"protectFromScaleIn": False, "protectFromScaleSetActions": True}
        await w.put(instance, {"location": body["location"], "properties": {"protectionPolicy": protection}})
        await w.settle()
        shown = await w.roll_out(source="vm-2")

        assert shown["status"] == "Completed", shown["error"]
        assert (await w.instances()) == {"0": "1.0.0", "1": "1.0.1"}
        assert "left out: 0" in shown["note"]


async def _remake_scale_set(w: World, change: dict[str, Any]) -> None:
    body = w.sim.resource(w.scale_set_id())
    assert body
    await w.arm.delete(f"{w.scale_set_id()}?api-version=2026-04-01")
    await w.settle()
    profile = body["properties"]["virtualMachineProfile"]
    profile["osProfile"]["adminPassword"] = "Another-Pass-1234"
    if change.get("image") == "marketplace":
        profile["storageProfile"]["imageReference"] = {
            "publisher": "MicrosoftWindowsServer",
            "offer": "WindowsServer",
            "sku": "2022-datacenter",
            "version": "latest",
        }
    if change.get("image") == "definition" or change.get("automatic"):
        profile["storageProfile"]["imageReference"] = {"id": w.gallery_id("images", "myImageDefinition")}
    if change.get("automatic"):
        port = body["properties"]["virtualMachineProfile"]["networkProfile"]
        load_balancer = w.scale_set_id().replace(
            "Microsoft.Compute/virtualMachineScaleSets/myScaleSet", "Microsoft.Network/loadBalancers/myLoadBalancer"
        )
        port["healthProbe"] = {"id": f"{load_balancer}/probes/myLoadBalancer80"}
        profile["osProfile"]["windowsConfiguration"] = {"enableAutomaticUpdates": False, "provisionVMAgent": True}
        body["properties"]["upgradePolicy"]["automaticOSUpgradePolicy"] = {"enableAutomaticOSUpgrade": True}
    if change.get("orchestrationMode"):
        body["properties"] = {
            "orchestrationMode": "Flexible",
            "platformFaultDomainCount": 1,
            "virtualMachineProfile": {
                **profile,
                "networkProfile": {
                    "networkApiVersion": "2020-11-01",
                    "networkInterfaceConfigurations": profile["networkProfile"]["networkInterfaceConfigurations"],
                },
            },
        }
    kept = {name: body[name] for name in ("location", "sku", "properties")}
    await w.put(w.scale_set_id(), kept)
    await w.settle()
