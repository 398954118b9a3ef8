"""Templates, and their deployment to the end: what the tests of deployments have in common."""

from typing import Any

import httpx

from tests.armsim.arm import HOME, Arm

PATH = "Microsoft.Resources/deployments/d"
IP, NET, LB = (
    "Microsoft.Network/publicIPAddresses",
    "Microsoft.Network/virtualNetworks",
    "Microsoft.Network/loadBalancers",
)
SECRET = "Correct-Horse-9"


def resource(type_name: str, name: str, properties: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "type": type_name, "name": name, "apiVersion": "2024-05-01", "location": HOME,
        "properties": properties or {}, **more,
    }  # fmt: skip


def address(name: str = "ip", **more: Any) -> dict[str, Any]:
    sku = {"name": "Standard"}
    return resource(IP, name, {"publicIPAllocationMethod": "Static"}, sku=sku, **more)


def network(name: str = "net", **more: Any) -> dict[str, Any]:
    return resource(NET, name, {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}, **more)


def balancer(name: str = "lb", ip: str = "ip") -> dict[str, Any]:
    public = {"id": f"[resourceId('{IP}', '{ip}')]"}
    front = {"name": "front", "properties": {"publicIPAddress": public}}
    return resource(LB, name, {"frontendIPConfigurations": [front]}, sku={"name": "Standard"}, dependsOn=[f"{IP}/{ip}"])


def deployment(*resources: Any, mode: str = "Incremental", sent: Any = None, **template: Any) -> dict[str, Any]:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    whole = {"$schema": schema, "contentVersion": "1.0.0.0", "resources": list(resources), **template}
    return {"properties": {"template": whole, "parameters": sent or {}, "mode": mode}}


async def ended(arm: Arm, answer: httpx.Response) -> dict[str, Any]:
    """Let time pass until the deployment has ended: the last poll."""
    for _ in range(1000):
        polled: dict[str, Any] = (await arm.poll(answer)).json()
        due = arm.sim.next_due()
        if polled["status"] not in ("Accepted", "Running") or due is None:
            return polled
        arm.clock.move_to(due)
    raise AssertionError("the deployment does not end")


async def deploy(arm: Arm, body: dict[str, Any], path: str = PATH) -> dict[str, Any]:
    """A deployment from PUT to end, as GET shows its properties."""
    answer = await arm.send("PUT", path, body)
    assert answer.status_code in (200, 201), answer.text
    await ended(arm, answer)
    shown: dict[str, Any] = (await arm.get(path))["properties"]
    return shown
