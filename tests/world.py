"""A whole world for one test: simulator over HTTPS, embedded host with the real app, queue in memory, one clock.

Time is a `ManualClock` that jumps to whatever is due next whenever nothing is under way, so that a replication of
hours takes as long as its computation. Tests assert what exists in the simulator, and what the HTTP API says.
"""

import asyncio
import base64
import copy
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import yaml

from local.armsim import Endpoints, Simulator, serve
from local.clock import ManualClock
from local.host import Host, MemoryQueues

ROOT = Path(__file__).resolve().parents[1]
QUEUE = "image-events"
PASSWORD = "Planted-Secret-9f3c"
API = "2026-04-01"


@dataclass
class World:
    """What a test drives and looks at."""

    sim: Simulator
    host: Host
    clock: ManualClock
    queues: MemoryQueues
    endpoints: Endpoints
    arm: httpx.AsyncClient
    http: httpx.AsyncClient
    events: list[dict[str, Any]] = field(default_factory=list)

    def image_id(self, name: str = "myImage", group: str = "myResourceGroup") -> str:
        """ARM id of a managed image."""
        base = f"/subscriptions/{self.sim.subscription_id}/resourceGroups/{group}"
        return f"{base}/providers/Microsoft.Compute/images/{name}"

    def gallery_id(self, *rest: str) -> str:
        """ARM id of the article's gallery, definition or version: `gallery_id("images", "myImageDefinition")`."""
        base = f"/subscriptions/{self.sim.subscription_id}/resourceGroups/myGalleryRG/providers/Microsoft.Compute"
        return "/".join([base, "galleries/myGallery", *rest])

    def version_id(self, number: str) -> str:
        """ARM id of a version of the article's definition."""
        return self.gallery_id("images", "myImageDefinition", "versions", number)

    def scale_set_id(self, name: str = "myScaleSet") -> str:
        """ARM id of the article's scale set."""
        base = f"/subscriptions/{self.sim.subscription_id}/resourceGroups/myVMSSRG/providers/Microsoft.Compute"
        return f"{base}/virtualMachineScaleSets/{name}"

    async def put(self, resource: str, body: dict[str, Any], api: str = API, method: str = "PUT") -> dict[str, Any]:
        """Write to ARM as a person would, and let the operation finish."""
        answer = await self.arm.request(method, f"{resource}?api-version={api}", json=body)
        assert answer.status_code < 300, answer.text
        result: dict[str, Any] = answer.json()
        return result

    async def publish(self, name: str = "myImage", source: str = "vm-1", **tags: str) -> str:
        """Write a managed image of a Windows machine; its event goes into the queue when Azure is done with it.

        An image of that name is deleted first: Azure refuses to change what an image is made of.
        """
        group = self.image_id(name).partition("/providers/")[0]
        await self.put(group, {"location": "westcentralus"}, "2025-04-01")
        if self.sim.resource(self.image_id(name)):
            await self.arm.delete(f"{self.image_id(name)}?api-version={API}")
            await self.settle()
        machine = f"{group}/providers/Microsoft.Compute/virtualMachines/win-{source}"
        properties = {"sourceVirtualMachine": {"id": machine}, "hyperVGeneration": "V1"}
        await self.put(self.image_id(name), {"location": "westcentralus", "tags": tags, "properties": properties})
        return self.image_id(name)

    async def send(self, message: str | dict[str, Any]) -> None:
        """Put a message into the queue, JSON as Event Grid does: base64."""
        text = message if isinstance(message, str) else base64.b64encode(json.dumps(message).encode()).decode()
        await self.queues.send(QUEUE, text)

    async def post(self, image: str, **more: Any) -> httpx.Response:
        """POST /api/rollouts."""
        return await self.http.post("/api/rollouts", json={"image": image, **more})

    async def settle(self, seconds: float = 60) -> None:
        """Run until nothing is under way and nothing is due; TimeoutError after so many real seconds."""
        async with asyncio.timeout(seconds):
            while True:
                await self.host.idle(timeout=seconds)
                await self.sim.events_sent()
                due = self.sim.next_due()
                if due is None and not self.queues.messages(QUEUE):
                    return
                if due is not None:
                    self.clock.move_to(due)
                    await self.sim.events_sent()

    async def until(self, happened: Callable[[], bool], step: float = 1.0) -> None:
        """Without auto-advance: move the clock by `step` seconds again and again until `happened`, then stand still."""
        for _ in range(20_000):
            await self.host.idle()
            await self.sim.events_sent()
            if happened():
                return
            self.clock.advance(step)
        raise AssertionError("it never happened")

    async def let_go(self) -> None:
        """Let the clock run by itself from now on, and everything come to its end."""
        self.host.auto_advance = True
        await self.settle()

    def asked(self, method: str, part: str) -> int:
        """How many requests of this method have `part` in their path, in any case."""
        return sum(1 for one in self.sim.requests if one.method == method and part.lower() in one.path.lower())

    async def rollouts(self) -> list[dict[str, Any]]:
        """Every rollout, as the HTTP API lists it."""
        answer = await self.http.get("/api/rollouts", params={"limit": 100})
        assert answer.status_code == 200, answer.text
        result: list[dict[str, Any]] = answer.json()["rollouts"]
        return result

    async def rollout(self, rollout_id: str) -> dict[str, Any]:
        """One rollout, as the HTTP API shows it."""
        answer = await self.http.get(f"/api/rollouts/{rollout_id}")
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    async def only(self) -> dict[str, Any]:
        """The one rollout there is."""
        rollouts = await self.rollouts()
        assert len(rollouts) == 1, [(one["id"], one["status"]) for one in rollouts]
        return await self.rollout(rollouts[0]["id"])

    async def roll_out(self, name: str = "myImage", source: str = "vm-1", **tags: str) -> dict[str, Any]:
        """Publish an image and let its rollout come to its end; the newest rollout of that image."""
        image = await self.publish(name, source, **tags)
        await self.settle()
        ours = [one for one in await self.rollouts() if one["image"].lower() == image.lower()]
        return await self.rollout(max(ours, key=lambda one: one["createdAt"])["id"])

    def writes(self, since: int = 0) -> list[str]:
        """`PUT …` and so on, of every write the simulator got from request number `since` on."""
        return [f"{one.method} {one.resource_id}" for one in self.sim.requests[since:] if one.is_write]

    async def instances(self, name: str = "myScaleSet") -> dict[str, str]:
        """Each instance of the scale set and the version that it runs."""
        answer = await self.arm.get(f"{self.scale_set_id(name)}/virtualMachines?api-version={API}")
        return {
            body["instanceId"]: body["properties"]["storageProfile"]["imageReference"]["id"].rpartition("/")[2]
            for body in answer.json()["value"]
        }

    def model(self, name: str = "myScaleSet") -> str:
        """The version that the scale set's model names."""
        body = self.sim.resource(self.scale_set_id(name))
        assert body is not None
        reference: str = body["properties"]["virtualMachineProfile"]["storageProfile"]["imageReference"]["id"]
        return reference.rpartition("/")[2]

    def unfinished(self) -> list[str]:
        """Orchestrations, children included, that have not ended."""
        names = [name for name in self.host.engine.instance_ids() if not name.startswith("@")]
        return [name for name in names if self.host.engine.status(name) in ("Running", "Pending", "Suspended")]


def rollouts_file(**overrides: Any) -> dict[str, Any]:
    """The shipped rollouts.yaml with `web` changed: `rollouts_file(scaleSet={"size": …})` merges deeply."""
    shipped = yaml.safe_load((ROOT / "rollouts.yaml").read_text())
    _merge(shipped["profiles"]["web"], copy.deepcopy(overrides))
    result: dict[str, Any] = shipped
    return result


def _merge(base: dict[str, Any], change: dict[str, Any]) -> None:
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value


@asynccontextmanager
async def world(
    tmp_path: Path,
    rollouts: dict[str, Any] | None = None,
    *,
    seed: int = 0,
    auto_advance: bool = True,
    settings: dict[str, str] | None = None,
    hold_events: Callable[[dict[str, Any]], bool] = lambda _: False,
    subscriptions: Sequence[str] = (),
) -> AsyncIterator[World]:
    """Everything up; nothing left running afterwards. hold_events: events it says yes to are kept from the queue.

    subscriptions: their ids, the first of which tests mean by default; without any, one.
    """
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    queues = MemoryQueues(clock)
    events: list[dict[str, Any]] = []

    async def on_event(event: dict[str, Any]) -> None:
        events.append(event)
        if not hold_events(event):
            await queues.send(QUEUE, base64.b64encode(json.dumps(event).encode()).decode())

    sim = Simulator(clock=clock, seed=seed, on_event=on_event, subscriptions=subscriptions)
    file = tmp_path / "rollouts.yaml"
    file.write_text(yaml.safe_dump(rollouts or rollouts_file()))
    async with serve(sim) as endpoints:
        host = Host(
            ROOT,
            {
                "ROLLOUTS_FILE": str(file),
                "ARM_ENDPOINT": endpoints.arm_endpoint,
                "IDENTITY_ENDPOINT": endpoints.identity_endpoint,
                "IDENTITY_HEADER": endpoints.identity_header,
                "SSL_CERT_FILE": str(endpoints.ca_file),
                "IMAGE_EVENTS_QUEUE": QUEUE,
                "ImageEvents": "in memory",
                "TASKHUB_NAME": "tests",
                "SCALE_SET_ADMIN_PASSWORD": PASSWORD,
                **(settings or {}),
            },
            clock=clock,
            queues=queues,
            auto_advance=auto_advance,
            keep_stacks=True,  # more of an error than the extension may keep: nothing in it may be a secret
        )
        async with (
            host,
            httpx.AsyncClient(base_url=host.url, headers={"x-functions-key": host.key}, timeout=60) as http,
            _arm(sim, endpoints) as arm,
        ):
            yield World(sim, host, clock, queues, endpoints, arm, http, events)


@asynccontextmanager
async def _arm(sim: Simulator, endpoints: Endpoints) -> AsyncIterator[httpx.AsyncClient]:
    """The subscription's owner, whom the roles of the app do not limit."""
    headers = {"Authorization": f"Bearer {sim.owner_token()}"}
    transport = httpx.ASGITransport(sim.app)
    async with httpx.AsyncClient(transport=transport, base_url=endpoints.arm_endpoint, headers=headers) as client:
        yield client


def separate_profiles(count: int, **overrides: Any) -> dict[str, Any]:
    """A rollouts file with `count` profiles that share nothing: image `img-7` under `p7`, in groups of its own."""
    profiles = {}
    for number in range(1, count + 1):
        own = rollouts_file(**overrides)["profiles"]["web"]
        _merge(
            own,
            {
                "match": {"name": f"img-{number}"},
                "gallery": {"name": f"gallery{number}", "resourceGroup": f"gallery-{number}"},
                "scaleSet": {"name": f"set-{number}", "resourceGroup": f"sets-{number}"},
            },
        )
        profiles[f"p{number}"] = own
    return {"profiles": profiles}
