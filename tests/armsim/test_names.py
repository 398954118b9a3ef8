"""Names that Compute refuses, the longest that it takes, and zones."""

from typing import Any

import pytest

from tests.armsim.arm import HOME, Arm, Json, make_definition, make_network, make_version, managed_image, scale_set
from tests.armsim.test_machines import UBUNTU, machine

KINDS = {"images": 80, "disks": 80, "snapshots": 80, "virtualMachines": 64, "virtualMachineScaleSets": 64}
BAD = ("a%2Fb", "a%00", "a%20b", "a%0A", "%C3%A4", "-a", "_a", "a.", "a-")


async def body_of(arm: Arm, kind: str) -> Json:
    """A PUT body that is good for a type."""
    empty = {"creationData": {"createOption": "Empty"}, "diskSizeGB": 8}
    match kind:
        case "images":
            return managed_image(arm)
        case "disks":
            return {"location": HOME, "properties": empty}
        case "snapshots":
            await arm.finish(
                await arm.send("PUT", "Microsoft.Compute/disks/data", {"location": HOME, "properties": empty})
            )
            copy = {"createOption": "Copy", "sourceResourceId": arm.id("Microsoft.Compute/disks/data")}
            return {"location": HOME, "properties": {"creationData": copy}}
        case "virtualMachines":
            return machine(arm, UBUNTU)
    await make_definition(arm)
    await make_network(arm)
    return scale_set(arm, await make_version(arm))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_name_with_what_no_id_can_hold_is_refused_and_leaves_nothing(arm: Arm, kind: str) -> None:
    body = await body_of(arm, kind)
    for name in (*BAD, "a" * (KINDS[kind] + 1)):
        refused = await arm.refused("PUT", f"Microsoft.Compute/{kind}/{name}", body)
        assert (refused["status"], refused["code"], refused["target"]) == (400, "InvalidParameter", "resourceName")
    assert len((await arm.get(f"Microsoft.Compute/{kind}"))["value"]) == 0


@pytest.mark.parametrize("kind", KINDS)
async def test_a_name_may_be_as_long_as_azure_documents(arm: Arm, kind: str) -> None:
    name = "1." + "A-_" * 20 + "z" * (KINDS[kind] - 62)
    await arm.finish(await arm.send("PUT", f"Microsoft.Compute/{kind}/{name}", await body_of(arm, kind)))
    assert (await arm.get(f"Microsoft.Compute/{kind}/{name}"))["name"] == name


@pytest.mark.parametrize("kind", ["virtualMachines", "virtualMachineScaleSets"])
async def test_zones_are_a_list_of_texts(arm: Arm, kind: str) -> None:
    body = await body_of(arm, kind)
    wrong: tuple[Any, ...] = ({"x": 1}, "1", [1], [{}])
    for zones in wrong:
        assert (await arm.refused("PUT", f"Microsoft.Compute/{kind}/x", {**body, "zones": zones}))["status"] == 400
