"""The same on a real Storage queue: Azurite, wall clock, and a simulator whose operations take no time."""

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import yaml
from azure.storage.queue.aio import QueueServiceClient

from local.armsim import Simulator, serve
from local.azurite import azurite
from local.clock import WallClock
from local.host import Host
from tests.world import API, PASSWORD, QUEUE, ROOT, rollouts_file


async def test_an_event_in_a_storage_queue_becomes_a_scale_set_and_garbage_goes_to_poison(tmp_path: Path) -> None:
    """Started by nobody's hand; what can never parse lies in the poison queue, unchanged."""
    file = tmp_path / "rollouts.yaml"
    file.write_text(yaml.safe_dump(rollouts_file()))
    async with azurite() as connection, QueueServiceClient.from_connection_string(connection) as service:
        queue = await service.create_queue(QUEUE)

        async def deliver(event: dict[str, Any]) -> None:
            await queue.send_message(base64.b64encode(json.dumps(event).encode()).decode())

        sim = Simulator(clock=WallClock(), instant=True, on_event=deliver)
        async with serve(sim) as endpoints:
            settings = {
                "ROLLOUTS_FILE": str(file),
                "ARM_ENDPOINT": endpoints.arm_endpoint,
                "IDENTITY_ENDPOINT": endpoints.identity_endpoint,
                "IDENTITY_HEADER": endpoints.identity_header,
                "SSL_CERT_FILE": str(endpoints.ca_file),
                "IMAGE_EVENTS_QUEUE": QUEUE,
                "ImageEvents": connection,
                "TASKHUB_NAME": "tests",
                "SCALE_SET_ADMIN_PASSWORD": PASSWORD,
            }
            async with Host(ROOT, settings) as host:
                await queue.send_message("this is not an event")
                await _publish(sim, endpoints.arm_endpoint)
                await host.wait_until(lambda: "Completed" in _ended(host), timeout=60)

                assert _ended(host) == ["Completed"]
                assert sim.resources("Microsoft.Compute/virtualMachineScaleSets")
                poison = service.get_queue_client(f"{QUEUE}-poison")
                bodies = [message.content async for message in poison.receive_messages()]
                assert bodies == ["this is not an event"]


def _ended(host: Host) -> list[str]:
    """The status of every rollout, once all that exists has ended; children end before their rollout does."""
    names = [name for name in host.engine.instance_ids() if not name.startswith("@")]
    if any(host.engine.status(name) in ("Pending", "Running") for name in names):
        return []
    return [host.engine.status(name) for name in names if name.rpartition("-")[2].isdigit()]


async def _publish(sim: Simulator, endpoint: str) -> None:
    group = f"/subscriptions/{sim.subscription_id}/resourceGroups/myResourceGroup"
    machine = f"{group}/providers/Microsoft.Compute/virtualMachines/win-1"
    headers = {"Authorization": f"Bearer {sim.token()}"}
    transport = httpx.ASGITransport(sim.app)
    async with httpx.AsyncClient(transport=transport, base_url=endpoint, headers=headers) as arm:
        await arm.put(f"{group}?api-version=2025-04-01", json={"location": "westcentralus"})
        image = f"{group}/providers/Microsoft.Compute/images/myImage?api-version={API}"
        properties = {"sourceVirtualMachine": {"id": machine}, "hyperVGeneration": "V1"}
        answer = await arm.put(image, json={"location": "westcentralus", "properties": properties})
        assert answer.status_code == 201, answer.text
