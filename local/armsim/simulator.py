"""The simulator as tests, the demo and benchmarks use it: make one, ask what exists, put faults in force."""

import copy
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from local.armsim.app import App
from local.armsim.body import Body
from local.armsim.endings import Endings
from local.armsim.faults import FaultBook
from local.armsim.gateway import Gateway, Outcome, RequestRecord
from local.armsim.image_events import Schema
from local.armsim.intake import Incoming
from local.armsim.kinds import Look, Resource
from local.armsim.operations import OperationRecord
from local.armsim.outbox import Delivery, EventSink, Outbox
from local.armsim.permissions import Permissions
from local.armsim.snapshot import collections
from local.armsim.table import TABLE
from local.armsim.throttle import Throttle
from local.armsim.tokens import Tokens
from local.armsim.world import World
from local.clock import Clock, ManualClock, WallClock


class Simulator:
    """Azure Resource Manager in one process.

    `clock`: the time of everything but tokens. `speed` divides service durations, delays and Retry-After. `instant`:
    operations take no time, but are operations still. `seed`: the same seed and requests give the same world.
    `on_event` is awaited with one event in `schema` whenever the write of an image has succeeded; `delivery` says
    how. `subscriptions`: their ids (default: one, drawn from the seed). `page_size`: items of a page of a list.
    `throttle`: answer 429 past Azure's limits.
    `remember`: how many requests to keep in `requests` (None: all).
    """

    def __init__(
        self,
        clock: Clock | None = None,
        speed: float = 1.0,
        instant: bool = False,
        seed: int = 0,
        on_event: EventSink | None = None,
        *,
        delivery: Delivery = "prompt",
        schema: Schema = "eventgrid",
        subscriptions: Sequence[str] = (),
        page_size: int | None = None,
        remember: int | None = None,
        throttle: bool = False,
        token_key: bytes | None = None,
    ) -> None:
        self.world = World(
            clock=clock or WallClock(),
            speed=speed,
            instant=instant,
            seed=seed,
            kinds=TABLE,
            subscriptions=subscriptions,
            page_size=page_size,
        )
        self.world.operations.on_end = Endings(self.world).end
        self.tokens = Tokens(self.world.tenant_id, self.world.draws.guid("caller"), token_key, self.world.clock)
        self.faults = FaultBook(self.world)
        self.throttle = Throttle(self.world, on=throttle)
        self.permissions = Permissions(self.world)
        self.outbox = Outbox(self.world, on_event, delivery, schema)
        self.collections = collections(self)
        self.requests: list[RequestRecord] = []
        self.snapshots: dict[str, list[Any]] = {}
        self.app = App(self)
        self._remember, self._seed = remember, seed
        self.save: Callable[[], None] = lambda: None
        """Saves what has changed, where there is a state file."""
        self._gateway = Gateway(self.world, self.tokens, self.faults, self.throttle, self.permissions)

    @property
    def subscription_id(self) -> str:
        """The first subscription."""
        return self.world.subscription_id

    @property
    def tenant_id(self) -> str:
        """Its tenant."""
        return self.world.tenant_id

    @property
    def operations(self) -> list[OperationRecord]:
        """Every operation so far, under way or ended, with its service time on the simulator's clock."""
        return self.world.agenda.in_loop(self._settled_operations)

    def resource(self, resource_id: str) -> Body | None:
        """The body that a GET with the newest api-version would show, or None; the id in any case.

        Parts (a subnet) and instances of scale sets have ids too.
        """

        def read() -> Body | None:
            self.world.agenda.run_due()
            return copy.deepcopy(self._gateway.look(resource_id))

        return self.world.agenda.in_loop(read)

    def resources(self, type_: str | None = None) -> dict[str, Body]:
        """Bodies by id, of one type or of all that are stored (parts such as subnets lie in their parents)."""

        def read() -> dict[str, Body]:
            self.world.agenda.run_due()
            wanted = None if type_ is None else type_.lower()
            found = self.world.store.all()
            return {one.id: self._shown(one) for one in found if wanted in (None, one.kind.name.lower())}

        return self.world.agenda.in_loop(read)

    def token(self) -> str:
        """A bearer token that ARM accepts here, for tests that send requests by hand."""
        return self.tokens.issue()[0]

    def owner_token(self) -> str:
        """A token of the subscriptions' owner: no role limits them, and what they do is not in `permissions.used`."""
        return self.tokens.issue(principal=self.permissions.owner)[0]

    def take(self, request: Incoming) -> Outcome:
        """Take one request of the application, and note it."""
        outcome = self._gateway.take(request)
        self.save()
        self.requests.append(outcome.record)
        if self._remember is not None and len(self.requests) > 2 * self._remember:
            del self.requests[: -self._remember]
        self.outbox.send_due()
        return outcome

    def next_due(self) -> datetime | None:
        """When something happens next by itself, on the simulator's clock; None where nothing is under way."""
        return self.world.agenda.next_due()

    def on_change(self, save: Callable[[], None]) -> None:
        """Have `save` called after each request, before its answer, and whenever something ended by itself."""
        self.save = save
        self.world.agenda.on_ran = save
        self.outbox.saved = save

    def empty(self) -> "Simulator":
        """Another one, of the same seed and subscriptions, with nothing in it and a clock that stands still."""
        return Simulator(clock=ManualClock(self.world.now()), seed=self._seed, subscriptions=self.world.subscriptions)

    def seed_image(self, group: str, name: str, region: str, system: str = "Linux") -> str:
        """Make a managed image that was there before anybody looked: no event, no waiting. Its id, or ArmError."""
        world, told = self.world, self.world.on_written
        scope = f"/subscriptions/{self.subscription_id}/resourceGroups/{group}"
        image_id = f"{scope}/providers/Microsoft.Compute/images/{name}"
        disk = {"osType": system, "osState": "Generalized", "blobUri": f"https://images.blob.example/{name}.vhd"}
        if world.store.get(image_id) is None:
            world.on_written = lambda written: None
            try:
                if world.store.get(scope) is None:
                    self._gateway.make(scope, "2024-11-01", {"location": region})
                body = {"location": region, "properties": {"storageProfile": {"osDisk": disk}}}
                operation = self._gateway.make(image_id, "2024-07-01", body)
                if operation is not None:
                    world.operations.end_now(operation)
            finally:
                world.on_written = told
            self.save()
        return image_id

    async def events_sent(self) -> None:
        """Wait until every event that is due was tried."""
        await self.outbox.sent()

    async def close(self) -> None:
        """Deliver the events under way, and stop the timer."""
        await self.events_sent()
        self.world.agenda.close()

    def _settled_operations(self) -> list[OperationRecord]:
        self.world.agenda.run_due()
        return self.world.operations.records()

    def _shown(self, resource: Resource) -> Body:
        newest = resource.kind.versions[1]
        body: Body = copy.deepcopy(resource.kind.view(resource, Look(self.world, newest)))
        return body
