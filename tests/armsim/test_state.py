"""The world in a file: what was said holds after kill -9, and clients find the same simulator again."""

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import ssl
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.armsim import Fault, Simulator
from local.armsim.state import State, StateInUseError
from local.clock import ManualClock
from tests.armsim.arm import Arm

IMAGE = "Microsoft.Compute/images/i"
DISK = {"osType": "Linux", "osState": "Generalized", "blobUri": "https://s.blob.example/v/i.vhd"}
BODY = {"location": "westcentralus", "properties": {"storageProfile": {"osDisk": DISK}}}


@contextlib.asynccontextmanager
async def world(path: Path, clock: ManualClock, **more: Any) -> AsyncIterator[Arm]:
    """A simulator with its state in `path`, and a client."""
    state = State(path)
    sim = Simulator(clock=clock, **more)
    state.attach(sim)
    try:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=sim.app),
            base_url="https://localhost",
            headers={"Authorization": f"Bearer {sim.token()}"},
        ) as client:
            yield Arm(sim, client, clock)
            await sim.events_sent()
    finally:
        sim.world.agenda.clear()  # a dead process does nothing when its clock goes on
        state.close()


def _files(folder: Path) -> list[Path]:
    return [one for one in folder.iterdir() if one.is_file()]


def _exported(sim: Simulator) -> Any:
    from local.armsim import snapshot

    # Reads are counted, and not saved for that.
    rows = [row for row in snapshot.rows(sim) if row[0] != "bucket" and row[2]]
    return json.loads(snapshot.text(sorted(rows, key=lambda row: row[:2])))


async def test_a_restored_world_is_the_one_that_was_saved(tmp_path: Path) -> None:
    clock = ManualClock()
    async with world(tmp_path / "s", clock) as arm:
        await arm.send("PUT", f"{arm.subscription}/resourceGroups/rg", {"location": "westcentralus"})
        await arm.send("PUT", IMAGE, BODY)
        await arm.send("PUT", "Microsoft.Compute/galleries/g", {"location": "westcentralus"})
        arm.sim.faults.add(Fault(kind="status", method="GET", nth=9))
        await arm.get(IMAGE)
        before = _exported(arm.sim)
    async with world(tmp_path / "s", clock) as arm:
        assert _exported(arm.sim) == before


async def test_an_operation_goes_on_where_the_process_died(tmp_path: Path) -> None:
    clock = ManualClock()
    async with world(tmp_path / "s", clock) as arm:
        await arm.send("PUT", f"{arm.subscription}/resourceGroups/rg", {"location": "westcentralus"})
        answer = await arm.send("PUT", IMAGE, BODY)
        url = answer.headers["azure-asyncoperation"]
    async with world(tmp_path / "s", clock) as arm:
        assert (await arm.http.get(url)).json()["status"] == "InProgress"
        assert (await arm.get(IMAGE))["properties"]["provisioningState"] == "Creating"
        clock.advance(60)
        assert (await arm.http.get(url)).json()["status"] == "Succeeded"
        assert (await arm.get(IMAGE))["properties"]["provisioningState"] == "Succeeded"


async def test_due_times_pass_while_the_process_is_down(tmp_path: Path) -> None:
    clock = ManualClock()
    async with world(tmp_path / "s", clock) as arm:
        await arm.send("PUT", f"{arm.subscription}/resourceGroups/rg", {"location": "westcentralus"})
        url = (await arm.send("PUT", IMAGE, BODY)).headers["azure-asyncoperation"]
        due = arm.sim.next_due()
    clock.advance(3600)
    async with world(tmp_path / "s", clock) as arm:
        body = (await arm.http.get(url)).json()
        assert body["status"] == "Succeeded"
        assert due is not None
        assert body["endTime"].startswith(due.strftime("%Y-%m-%dT%H:%M:%S"))


async def test_an_event_that_was_not_delivered_is_delivered_after_the_restart(tmp_path: Path) -> None:
    clock = ManualClock()
    taken: list[Any] = []

    async def broken(event: dict[str, Any]) -> None:
        raise ConnectionError("the queue is away")

    async def whole(event: dict[str, Any]) -> None:
        taken.append(event)

    async with world(tmp_path / "s", clock, on_event=broken) as arm:
        await arm.send("PUT", f"{arm.subscription}/resourceGroups/rg", {"location": "westcentralus"})
        await arm.send("PUT", IMAGE, BODY)
        clock.advance(60)
        await arm.get(IMAGE)
    async with world(tmp_path / "s", clock, on_event=whole) as arm:
        clock.advance(60)
        await arm.get(IMAGE)
    assert [one["subject"].rpartition("/")[2] for one in taken] == ["i"]


async def test_counts_of_faults_outlive_the_process(tmp_path: Path) -> None:
    clock = ManualClock()
    async with world(tmp_path / "s", clock) as arm:
        arm.sim.faults.add(Fault(kind="status", status=503, nth=2))
        assert (await arm.send("GET", "/subscriptions")).status_code == 200
    async with world(tmp_path / "s", clock) as arm:
        assert (await arm.send("GET", "/subscriptions")).status_code == 503
        assert (await arm.send("GET", "/subscriptions")).status_code == 200
        assert [one.hits for one in arm.sim.faults.all()] == [1]


async def test_what_a_control_route_changed_is_saved_before_its_answer(tmp_path: Path) -> None:
    clock = ManualClock()
    async with world(tmp_path / "s", clock) as arm:
        await arm.http.post("/_sim/faults", json={"kind": "status", "status": 418})
    async with world(tmp_path / "s", clock) as arm:
        assert (await arm.send("GET", IMAGE)).status_code == 418
        await arm.http.post("/_sim/reset")
    async with world(tmp_path / "s", clock) as arm:
        assert (await arm.send("GET", IMAGE)).status_code == 404
        assert arm.sim.resources() == {}


async def test_what_could_not_be_saved_is_saved_with_the_next_change(tmp_path: Path) -> None:
    clock, whole = ManualClock(), []
    async with world(tmp_path / "s", clock) as arm:
        collections = arm.sim.collections
        whole.append(collections["resource"])

        def broken(name: str) -> Any:
            raise OSError("no space left on the device")

        collections["resource"] = replace(whole[0], value=broken)
        group = f"{arm.subscription}/resourceGroups/rg"
        with pytest.raises(OSError, match="no space"):
            await arm.send("PUT", group, {"location": "westcentralus"})
        collections["resource"] = whole[0]
        assert (await arm.send("GET", group)).status_code == 200
    async with world(tmp_path / "s", clock) as arm:
        assert arm.sim.resource(group) is not None


def test_a_state_belongs_to_one_process(tmp_path: Path) -> None:
    state = State(tmp_path / "s")
    with pytest.raises(StateInUseError, match="in use"):
        State(tmp_path / "s")
    state.close()
    State(tmp_path / "s").close()


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("something else altogether" * 50)
    with pytest.raises(ValueError, match="no state of a simulator"):
        State(tmp_path / "s")


class Program:
    """`python -m local.armsim` with a state file, to be killed."""

    def __init__(self, path: Path, *more: str) -> None:
        self._arguments = ("-m", "local.armsim", "--state", str(path), *more)

    async def __aenter__(self) -> "Program":
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, *self._arguments, stdout=asyncio.subprocess.PIPE
        )
        assert self.process.stdout is not None
        self.ready: dict[str, str] = json.loads(await self.process.stdout.readline())
        async with httpx.AsyncClient() as client:
            answer = await client.get(
                self.ready["identityEndpoint"],
                params={"resource": "https://management.azure.com", "api-version": "2019-08-01"},
                headers={"X-IDENTITY-HEADER": self.ready["identityHeader"]},
            )
        self.http = httpx.AsyncClient(
            base_url=self.ready["armEndpoint"],
            verify=ssl.create_default_context(cafile=self.ready["caFile"]),
            headers={"Authorization": f"Bearer {answer.json()['access_token']}"},
        )
        return self

    async def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()
        if self.process.returncode is None:
            await self.kill()


async def test_a_killed_simulator_comes_back_as_itself(tmp_path: Path) -> None:
    path, group = tmp_path / "world.db", "/resourceGroups/rg?api-version=2024-11-01"
    async with Program(path, "--seed", "7") as first:
        base = f"/subscriptions/{first.ready['subscriptionId']}"
        assert (await first.http.put(base + group, json={"location": "westcentralus"})).status_code == 201
        image = f"{base}/resourceGroups/rg/providers/{IMAGE}?api-version=2024-07-01"
        url = (await first.http.put(image, json=BODY)).headers["azure-asyncoperation"]
        await first.kill()
        async with Program(path) as second:
            assert second.ready == first.ready
            assert (await second.http.get(image)).json()["properties"]["provisioningState"] == "Creating"
            assert (await second.http.get(url)).json()["status"] == "InProgress"
            # Tokens, too: the client of before need not log in again.
            second.http.headers["Authorization"] = first.http.headers["Authorization"]
            assert (await second.http.get(image)).status_code == 200


@pytest.mark.parametrize(("kind", "there"), [("exit_before", False), ("exit_after", True)])
async def test_a_fault_ends_the_process_before_or_after_the_commit(tmp_path: Path, kind: str, there: bool) -> None:
    path = tmp_path / "world.db"
    async with Program(path) as first:
        base = f"/subscriptions/{first.ready['subscriptionId']}/resourceGroups/rg?api-version=2024-11-01"
        await first.http.post("/_sim/faults", json={"kind": kind, "method": "PUT"})
        with pytest.raises(httpx.TransportError):
            await first.http.put(base, json={"location": "westcentralus"})
        assert await first.process.wait() == 137
    async with Program(path) as second:
        assert ((await second.http.get(base)).status_code == 200) is there


async def test_no_secret_is_in_the_file(tmp_path: Path) -> None:
    secret = "Hidden-Pa55word-of-nobody"
    body = {
        "location": "westcentralus",
        "sku": {"name": "Standard_D2s_v5", "capacity": 0},
        "properties": {
            "upgradePolicy": {"mode": "Manual"},
            "virtualMachineProfile": {
                "osProfile": {
                    "computerNamePrefix": "vm",
                    "adminUsername": "azureuser",
                    "adminPassword": secret,
                    "customData": secret,
                },
                "userData": secret,
                "storageProfile": {"imageReference": {"id": ""}},
                "extensionProfile": {
                    "extensions": [
                        {
                            "name": "e",
                            "properties": {
                                "publisher": "p",
                                "type": "t",
                                "typeHandlerVersion": "1.0",
                                "protectedSettings": {"key": secret},
                            },
                        }
                    ]
                },
                "networkProfile": {"networkInterfaceConfigurations": []},
            },
        },
    }
    clock = ManualClock()
    async with world(tmp_path / "s", clock) as arm:
        await arm.send("PUT", f"{arm.subscription}/resourceGroups/rg", {"location": "westcentralus"})
        await arm.send("PUT", IMAGE, BODY)
        clock.advance(60)
        net = {
            "location": "westcentralus",
            "properties": {
                "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                "subnets": [{"name": "s", "properties": {"addressPrefix": "10.0.0.0/24"}}],
            },
        }
        await arm.send("PUT", "Microsoft.Network/virtualNetworks/net", net)
        clock.advance(60)
        profile = body["properties"]["virtualMachineProfile"]  # type: ignore[index]
        profile["storageProfile"]["imageReference"]["id"] = arm.id(IMAGE)
        subnet = {"id": arm.id("Microsoft.Network/virtualNetworks/net/subnets/s")}
        profile["networkProfile"]["networkInterfaceConfigurations"] = [
            {
                "name": "n",
                "properties": {
                    "primary": True,
                    "ipConfigurations": [{"name": "c", "properties": {"subnet": subnet}}],
                },
            }
        ]
        answer = await arm.send("PUT", "Microsoft.Compute/virtualMachineScaleSets/s", body)
        assert answer.status_code == 201, answer.text
        assert secret not in answer.text
        assert secret not in json.dumps(_exported(arm.sim))
    kept = b"".join(one.read_bytes() for one in _files(tmp_path))
    assert b"virtualMachineScaleSets" in kept
    assert secret.encode() not in kept


def test_a_state_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    State(tmp_path / "s").close()
    assert os.stat(tmp_path / "s").st_mode & 0o077 == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "s")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_an_exported_world_can_be_imported_and_a_snapshot_returned_to() -> None:
    clock = ManualClock()
    sim, other = Simulator(clock=clock, seed=1), Simulator(clock=clock, seed=1)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=sim.app), base_url="https://localhost") as one:
        sim.seed_image("rg", "i", "westcentralus")
        await one.post("/_sim/snapshot", json={"name": "start"})
        exported = (await one.get("/_sim/world")).json()
        sim.seed_image("rg", "j", "westcentralus")
        assert len(sim.resources("Microsoft.Compute/images")) == 2
        await one.post("/_sim/reset", json={"to": "start"})
        assert [sim.resource(key) is not None for key in sim.resources()] == [True, True]
        assert len(sim.resources("Microsoft.Compute/images")) == 1
        assert (await one.post("/_sim/reset", json={"to": "nowhere"})).status_code == 404
        broken = await one.post("/_sim/import", json={"rows": [["resource", "x", {"type": "none"}]]})
        assert broken.status_code == 400
        assert len(sim.resources("Microsoft.Compute/images")) == 1
        await one.post("/_sim/reset")
        assert sim.resources() == {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=other.app), base_url="https://localhost") as two:
        assert (await two.post("/_sim/import", json=exported)).json() == {"resources": 2}
        assert len(other.resources("Microsoft.Compute/images")) == 1


@pytest.mark.parametrize(
    "row",
    [
        ["bucket", "x", [1]],
        ["faults", "", [{"kind": "status", "added": None, "method": 5}]],
        ["resource", "/subscriptions/x", {"type": "Microsoft.Compute/images", "body": 5}],
        ["nothing", "x", 1],
    ],
    ids=lambda row: str(row[0]),
)
async def test_what_is_no_world_leaves_the_world_as_it_is(row: list[Any]) -> None:
    sim = Simulator(clock=ManualClock())
    sim.seed_image("rg", "i", "westcentralus")
    before = _exported(sim)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=sim.app), base_url="https://localhost") as client:
        assert (await client.post("/_sim/import", json={"rows": [row]})).status_code == 400
    assert _exported(sim) == before


async def test_a_world_of_other_subscriptions_is_refused() -> None:
    one, other = Simulator(seed=1), Simulator(seed=2)
    one.seed_image("rg", "i", "westcentralus")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=one.app), base_url="https://one") as client:
        exported = (await client.get("/_sim/world")).json()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=other.app), base_url="https://other") as client:
        answer = await client.post("/_sim/import", json=exported)
    assert answer.status_code == 400
    assert "subscription" in answer.json()["error"]["message"]


async def test_a_fault_from_a_file_strikes_as_often_as_it_says_across_restarts(tmp_path: Path) -> None:
    faults = tmp_path / "faults.yaml"
    faults.write_text("- {kind: exit_before, method: PUT}\n")
    path = tmp_path / "world.db"
    for restart in range(2):
        async with Program(path, "--faults", str(faults)) as program:
            group = f"/subscriptions/{program.ready['subscriptionId']}/resourceGroups/rg?api-version=2024-11-01"
            if restart == 0:
                with pytest.raises(httpx.TransportError):
                    await program.http.put(group, json={"location": "westcentralus"})
            else:
                assert (await program.http.put(group, json={"location": "westcentralus"})).status_code == 201
                (shown,) = (await program.http.get("/_sim/faults")).json()["value"]
                assert shown["hits"] == 1


def test_two_names_of_one_file_are_one_file(tmp_path: Path) -> None:
    state = State(tmp_path / "s")
    (tmp_path / "link").symlink_to(tmp_path / "s")
    with pytest.raises(StateInUseError, match="in use"):
        State(tmp_path / "link")
    state.close()


@pytest.mark.parametrize(
    "options",
    [
        ("--seed-image", "g/n@nowhere"),
        ("--seed-image", "g"),
        ("--port", "99999"),
        ("--speed", "1e-12"),
        ("--faults", "/nowhere"),
        ("--roles", "/nowhere"),
        ("--subscription", "x"),
        ("--page-size", "0"),
    ],
    ids=" ".join,
)
async def test_a_start_that_cannot_be_says_why_in_one_line(options: tuple[str, ...]) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local.armsim", *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await process.communicate()
    assert process.returncode == 2
    assert said == b""
    assert b"Traceback" not in complained
    assert complained.decode().strip().rpartition("\n")[2].startswith(("armsim: ", "python -m local.armsim: error: "))
