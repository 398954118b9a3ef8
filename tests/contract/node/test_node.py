"""The way of an image through a gallery into a scale set, walked by @azure/arm-compute on Node."""

import json
import os
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.armsim.arm import AWAY, COMPUTE, GROUPS, HOME, NETWORK
from tests.contract.running import simulator

HERE = Path(__file__).parent
pytestmark = pytest.mark.contract


@pytest.fixture
def ready() -> Iterator[dict[str, str]]:
    """The ready line of `python -m local.armsim`."""
    with simulator("20000") as line:
        yield line


def make(ready: dict[str, str]) -> dict[str, str]:
    """What the script expects to find: group, disk and subnet, by the names of its environment."""
    asked = {"resource": "https://management.azure.com"}
    identity = {"X-IDENTITY-HEADER": ready["identityHeader"]}
    token = httpx.get(ready["identityEndpoint"], params=asked, headers=identity).json()["access_token"]
    trusted = ssl.create_default_context(cafile=ready["caFile"])
    group = f"/subscriptions/{ready['subscriptionId']}/resourceGroups/node"
    disk = f"{group}/providers/Microsoft.Compute/disks/os"
    net = f"{group}/providers/Microsoft.Network/virtualNetworks/net"
    subnets = [{"name": "sub", "properties": {"addressPrefix": "10.0.0.0/24"}}]
    data = {"creationData": {"createOption": "Empty"}, "diskSizeGB": 64, "osType": "Linux"}
    bodies: dict[str, tuple[str, Any]] = {
        group: (GROUPS, {}),
        disk: (COMPUTE, {"properties": data}),
        net: (NETWORK, {"properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": subnets}}),
    }
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=ready["armEndpoint"], verify=trusted, headers=headers) as http:
        for path, (version, body) in bodies.items():
            location = AWAY if path == net else HOME
            answer = http.put(path, params={"api-version": version}, json={"location": location, **body})
            assert answer.is_success, answer.text
    return {"GROUP": "node", "DISK": disk, "SUBNET": f"{net}/subnets/sub"}


def test_an_image_goes_through_a_gallery_into_a_scale_set(ready: dict[str, str]) -> None:
    environment = {
        **os.environ,
        **make(ready),
        "ARMSIM": json.dumps(ready),
        "IDENTITY_ENDPOINT": ready["identityEndpoint"],
        "IDENTITY_HEADER": ready["identityHeader"],
        "NODE_EXTRA_CA_CERTS": ready["caFile"],
    }
    script = subprocess.run(
        ["node", "gallery_path.mjs"],
        cwd=HERE,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert script.returncode == 0, script.stderr
    assert json.loads(script.stdout) == {
        "gallery": ["Succeeded", f"{ready['subscriptionId']}-NODEGALLERY"],
        "replication": "Completed",
        "scaleSet": ["Succeeded", 2, None],
        "latest": [[False, False], [True, True]],
        "refused": [409, "CannotDeleteResource"],
        "left": 0,
    }
