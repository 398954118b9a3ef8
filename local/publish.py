"""Publishes a managed image on the local stack, as a build pipeline would on Azure: with one PUT to ARM.

The demo calls `publish_image`; `python -m local.publish [NAME]` does it on the stack that `rollout serve` keeps
running. Nothing of the app is involved: the simulator tells of the image by an event, as Azure does.
"""

import argparse
import asyncio
import json
import sys
from datetime import UTC, datetime
from typing import Any

import httpx

from local.arm_client import COMPUTE, ArmClient
from local.armsim import Endpoints
from local.serve_file import SERVE_FILE

GROUP, LOCATION = "myResourceGroup", "westcentralus"


def image_id(subscription: str, name: str) -> str:
    """The ARM id of an image of the article's resource group; `subscription` is a path, /subscriptions/…"""
    return f"{subscription}/resourceGroups/{GROUP}/providers/Microsoft.Compute/images/{name}"


async def publish_image(arm: ArmClient, name: str, machine: str = "myWindowsVM") -> dict[str, Any]:
    """Capture a generalized virtual machine of generation 1 as an image; the image once it has succeeded.

    What the simulator knows of a machine is its name: one with `win` in it runs Windows.
    """
    machines = f"{arm.subscription}/resourceGroups/{GROUP}/providers/Microsoft.Compute/virtualMachines"
    body = {
        "location": LOCATION,
        "properties": {"hyperVGeneration": "V1", "sourceVirtualMachine": {"id": f"{machines}/{machine}"}},
    }
    return await arm.put(image_id(arm.subscription, name), COMPUTE, body)


async def main(name: str, *, replace: bool) -> int:
    """Publish on the stack that is running."""
    try:
        ends = running_simulator()
    except (OSError, ValueError, KeyError):
        print("No local stack is running. Start one with `make serve`, in another terminal.", file=sys.stderr)
        return 1
    try:
        async with ArmClient(ends) as arm:
            machine = "myWindowsVM"
            if replace:
                machine += f"{datetime.now(UTC):%H%M%S}"  # another source makes it another image
                await arm.delete(image_id(arm.subscription, name), COMPUTE)
            image = await publish_image(arm, name, machine)
    except httpx.HTTPError as error:
        answer = error.response.text if isinstance(error, httpx.HTTPStatusError) else ""
        print(f"Could not publish {name}: {error}\n{answer}", file=sys.stderr)
        return 1
    print(f"{image['id']}  {image['properties']['provisioningState']}")
    print("Its event is on its way to the app; see what comes of it with: .venv/bin/rollout list")
    return 0


def running_simulator() -> Endpoints:
    """Where the simulator of the running stack is. OSError, ValueError or KeyError if there is none."""
    return endpoints_of(json.loads(SERVE_FILE.read_text())["arm"])


def endpoints_of(arm: dict[str, str]) -> Endpoints:
    """The endpoints that a ready line of the stack or of the simulator names."""
    return Endpoints(
        arm_endpoint=arm["armEndpoint"],
        ca_file=arm["caFile"],
        identity_endpoint=arm["identityEndpoint"],
        identity_header=arm["identityHeader"],
        subscription_id=arm["subscriptionId"],
        tenant_id=arm["tenantId"],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m local.publish", description=__doc__)
    parser.add_argument("name", nargs="?", default="myImage", help="name of the image (default: myImage)")
    parser.add_argument("--replace", action="store_true", help="delete it first, then publish new content as it")
    options = parser.parse_args()
    sys.exit(asyncio.run(main(options.name, replace=options.replace)))
