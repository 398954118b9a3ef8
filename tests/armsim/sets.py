"""Scale sets and their instances as several tests need them."""

from typing import Any

from tests.armsim.arm import (
    VMSS,
    Arm,
    make_definition,
    make_network,
    make_version,
)

MARKETPLACE = {"publisher": "Canonical", "offer": "ubuntu", "sku": "server", "version": "latest"}
ONE = f"{VMSS}/virtualMachines/0"
HEALTH = {
    "name": "health",
    "properties": {
        "publisher": "Microsoft.ManagedServices",
        "type": "ApplicationHealthLinux",
        "typeHandlerVersion": "1.0",
        "protectedSettings": {"key": "hidden-value"},
    },
}


async def prepared(arm: Arm) -> str:
    """Version 1.0.0 and the network; no scale set yet."""
    await make_definition(arm)
    version = await make_version(arm)
    await make_network(arm)
    return version


def profile(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = body["properties"]["virtualMachineProfile"]
    return found


async def power_of(arm: Arm, instance: str = "0") -> str:
    view = await arm.get(f"{VMSS}/virtualMachines/{instance}/instanceView")
    return next(str(one["code"]) for one in view["statuses"] if one["code"].startswith("PowerState/"))
