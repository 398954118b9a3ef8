"""On the wire: HTTPS, managed identity, azure-mgmt-compute unchanged, connections that drop or hang."""

import asyncio
import ssl
from typing import Any

import httpx
import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError

from local.armsim import Endpoints, Fault, Simulator, serve
from local.armsim.gateway import Outcome
from local.armsim.intake import Incoming
from local.clock import ManualClock
from tests.armsim.arm import AWAY, HOME, NETWORK
from tests.armsim.served import Served, served


def client(ends: Endpoints, sim: Simulator) -> httpx.AsyncClient:
    """A plain client that trusts the simulator's authority."""
    trusted = ssl.create_default_context(cafile=ends.ca_file)
    headers = {"Authorization": f"Bearer {sim.token()}"}
    return httpx.AsyncClient(base_url=ends.arm_endpoint, verify=trusted, headers=headers)


async def write(http: httpx.AsyncClient, path: str, body: Any, version: str) -> None:
    answer = await http.put(path, params={"api-version": version}, json=body)
    assert answer.status_code in (200, 201), answer.text
    if "Azure-AsyncOperation" in answer.headers:
        polled = await http.get(answer.headers["Azure-AsyncOperation"])
        assert polled.json()["status"] == "Succeeded", polled.text


async def make_network(world: Served) -> None:
    """Group, public IP, network, NSG and load balancer, by plain requests as the product sends them."""
    async with client(world.ends, world.sim) as http:
        group = f"/subscriptions/{world.ends.subscription_id}/resourceGroups/rg"
        await write(http, group, {"location": HOME}, "2024-11-01")
        ip = {"location": AWAY, "sku": {"name": "Standard"}, "properties": {"publicIPAllocationMethod": "Static"}}
        await write(http, world.id("Microsoft.Network/publicIPAddresses/ip"), ip, NETWORK)
        subnets = [{"name": "sub", "properties": {"addressPrefix": "10.0.0.0/24"}}]
        space = {"addressPrefixes": ["10.0.0.0/16"]}
        net = {"location": AWAY, "properties": {"addressSpace": space, "subnets": subnets}}
        await write(http, world.id("Microsoft.Network/virtualNetworks/net"), net, NETWORK)


async def publish(world: Served, version: str, image: str) -> str:
    """An image and a version made from it; the version's id."""
    compute = world.compute
    machine = {"id": world.id("Microsoft.Compute/virtualMachines/web")}
    body: Any = {"location": HOME, "properties": {"sourceVirtualMachine": machine}}
    made = await (await compute.images.begin_create_or_update("rg", image, body)).result()
    regions = [{"name": HOME, "regionalReplicaCount": 2}, {"name": AWAY}]
    wanted: Any = {
        "location": HOME,
        "properties": {
            "publishingProfile": {"targetRegions": regions},
            "storageProfile": {"source": {"id": made.id}},
            "safetyProfile": {"blockDeletionBeforeEndOfLife": False},
        },
    }
    poller = await compute.gallery_image_versions.begin_create_or_update("rg", "g", "d", version, wanted)
    return str((await poller.result()).id)


async def make_gallery(world: Served) -> None:
    compute = world.compute
    gallery: Any = {"location": HOME, "properties": {"description": "ours"}}
    made = await (await compute.galleries.begin_create_or_update("rg", "g", gallery)).result()
    assert made.properties is not None
    assert made.properties.provisioning_state == "Succeeded"
    body: Any = {
        "location": HOME,
        "properties": {
            "osType": "Linux",
            "osState": "Generalized",
            "hyperVGeneration": "V1",
            "identifier": {"publisher": "p", "offer": "o", "sku": "s"},
            "features": [{"name": "SecurityType", "value": "Standard"}],
        },
    }
    await (await compute.gallery_images.begin_create_or_update("rg", "g", "d", body)).result()


def scale_set(world: Served, version: str) -> Any:
    subnet = {"id": world.id("Microsoft.Network/virtualNetworks/net/subnets/sub")}
    config = {"name": "c", "properties": {"subnet": subnet}}
    nic = {"name": "n", "properties": {"primary": True, "ipConfigurations": [config]}}
    profile = {
        "osProfile": {"computerNamePrefix": "vmss", "adminUsername": "u", "adminPassword": "Correct-Horse-9"},
        "storageProfile": {"imageReference": {"id": version}},
        "networkProfile": {"networkInterfaceConfigurations": [nic]},
    }
    return {
        "location": AWAY,
        "sku": {"name": "Standard_D2s_v5", "capacity": 2},
        "properties": {
            "orchestrationMode": "Uniform",
            "upgradePolicy": {"mode": "Automatic"},
            "virtualMachineProfile": profile,
        },
    }


async def test_the_main_path_through_azure_mgmt_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[dict[str, Any]] = []

    async def keep(event: dict[str, Any]) -> None:
        events.append(event)

    async with served(monkeypatch, Simulator(instant=True, on_event=keep)) as world:
        compute = world.compute
        await make_network(world)
        await make_gallery(world)
        first = await publish(world, "1.0.0", "i")
        read = await compute.gallery_image_versions.get("rg", "g", "d", "1.0.0", expand="ReplicationStatus")
        assert read.properties is not None
        assert read.properties.replication_status is not None
        assert read.properties.replication_status.aggregated_state == "Completed"
        sets = compute.virtual_machine_scale_sets
        made = await (await sets.begin_create_or_update("rg", "vmss", scale_set(world, first))).result()
        assert made.etag is not None
        second = await publish(world, "1.0.1", "i2")
        reference = {"imageReference": {"id": second}}
        patch: Any = {"properties": {"virtualMachineProfile": {"storageProfile": reference}}}
        match = MatchConditions.IfNotModified
        moved = await sets.begin_update("rg", "vmss", patch, etag=made.etag, match_condition=match)
        await moved.result()
        with pytest.raises(HttpResponseError) as stale:
            await sets.begin_update("rg", "vmss", patch, etag=made.etag, match_condition=match)
        assert stale.value.status_code == 412
        running = [one async for one in compute.virtual_machine_scale_set_vms.list("rg", "vmss")]
        references = [one.properties.storage_profile.image_reference.id for one in running]  # type: ignore[union-attr]
        assert references == [second, second]
        assert [one["subject"].rpartition("/")[2] for one in events] == ["i", "i2"]
        await (await compute.gallery_image_versions.begin_delete("rg", "g", "d", "1.0.0")).result()
        assert [one.name async for one in compute.gallery_image_versions.list_by_gallery_image("rg", "g", "d")] == [
            "1.0.1"
        ]


async def _network_at(speed: float) -> tuple[httpx.Headers, float]:
    """Headers of the PUT of a virtual network, and the seconds of its operation."""
    sim = Simulator(clock=ManualClock(), speed=speed)
    async with serve(sim) as ends, client(ends, sim) as http:
        group = f"/subscriptions/{ends.subscription_id}/resourceGroups/rg"
        await write(http, group, {"location": HOME}, "2024-11-01")
        path = f"{group}/providers/Microsoft.Network/virtualNetworks/net"
        body = {"location": HOME, "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
        answer = await http.put(path, params={"api-version": NETWORK}, json=body)
        (operation,) = sim.operations
        assert operation.ends is not None
        return answer.headers, (operation.ends - operation.started).total_seconds()


async def test_speed_divides_durations_and_retry_after() -> None:
    (slow, whole), (fast, part) = await _network_at(1), await _network_at(30)
    assert slow["Retry-After"] == "3"
    # No whole number of seconds is left, and clients read Retry-After of a write as an integer.
    assert "Retry-After" not in fast
    assert fast["retry-after-ms"] == "100"
    assert part == pytest.approx(whole / 30, abs=1e-4)


async def test_a_dropped_connection_is_a_dropped_connection_to_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(monkeypatch, Simulator(instant=True), retry_total=0) as world:
        await make_network(world)
        body: Any = {"location": HOME}
        faults: list[Fault] = [
            # aiohttp sends an idempotent request once more by itself when a kept connection is reset.
            Fault(kind="drop_before", method="PUT", count=None),
            Fault(kind="drop_after", method="PUT", count=None),
        ]
        for fault in faults:
            world.sim.faults.add(fault)
            with pytest.raises((ServiceRequestError, ServiceResponseError)):
                await world.compute.galleries.begin_create_or_update("rg", fault.kind, body)
            assert fault.hits > 0
            world.sim.faults.clear()
        made = world.sim.resources("Microsoft.Compute/galleries")
        assert [one["name"] for one in made.values()] == ["drop_after"]


async def test_a_torn_answer_is_an_incomplete_one() -> None:
    sim = Simulator(instant=True)
    async with serve(sim) as ends, client(ends, sim) as http:
        sim.faults.add(Fault(kind="truncated"))
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            await http.get("/subscriptions", params={"api-version": "2022-12-01"})
        assert (await http.get("/subscriptions", params={"api-version": "2022-12-01"})).status_code == 200


async def test_a_server_that_hangs_can_still_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    sim, arrived = Simulator(instant=True), asyncio.Event()
    take = sim.take

    def noting(incoming: Incoming) -> Outcome:
        arrived.set()
        return take(incoming)

    monkeypatch.setattr(sim, "take", noting)
    async with asyncio.timeout(10):
        async with serve(sim) as ends, client(ends, sim) as http:
            sim.faults.add(Fault(kind="hang"))
            request = http.get("/subscriptions", params={"api-version": "2022-12-01"}, timeout=None)
            hanging = asyncio.create_task(request)
            await arrived.wait()
        with pytest.raises((httpx.HTTPError, asyncio.CancelledError)):
            await hanging


async def test_the_identity_endpoint_wants_its_header_and_a_resource() -> None:
    sim = Simulator(instant=True)
    async with serve(sim) as ends, httpx.AsyncClient() as http:
        url, good = ends.identity_endpoint, {"X-IDENTITY-HEADER": ends.identity_header}
        asked = {"resource": "https://management.azure.com", "api-version": "2019-08-01"}
        assert (await http.get(url, params=asked)).status_code == 401
        assert (await http.get(url, headers=good)).status_code == 400
        assert (await http.get(url.replace("token", "other"), headers=good)).status_code == 404
        token = (await http.get(url, params=asked, headers=good)).json()
        assert token["token_type"] == "Bearer"
        sim.tokens.check(f"Bearer {token['access_token']}")


async def test_a_client_that_does_not_know_the_authority_refuses_the_server() -> None:
    sim = Simulator(instant=True)
    async with serve(sim) as ends, httpx.AsyncClient() as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(ends.arm_endpoint)


async def test_the_world_can_be_read_from_another_thread_while_it_serves() -> None:
    sim = Simulator(instant=True)
    async with serve(sim) as ends, client(ends, sim) as http:
        group = f"/subscriptions/{ends.subscription_id}/resourceGroups/rg"
        await write(http, group, {"location": HOME}, "2024-11-01")
        assert await asyncio.to_thread(sim.resource, group) is not None
        assert list(await asyncio.to_thread(sim.resources)) == [group]
