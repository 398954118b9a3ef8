"""The simulator as tests, the demo and benchmarks use it: make one, ask what exists, put faults in force."""

import asyncio
import copy
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from local.armsim.app import App
from local.armsim.body import Body
from local.armsim.faults import FaultBook
from local.armsim.gateway import Gateway, Outcome, RequestRecord
from local.armsim.image_events import image_written
from local.armsim.intake import Incoming
from local.armsim.kinds import Look, Resource, Written
from local.armsim.operations import OperationRecord
from local.armsim.table import TABLE
from local.armsim.tokens import Tokens
from local.armsim.world import World
from local.clock import Clock, WallClock

type EventSink = Callable[[dict[str, Any]], Awaitable[None]]

_log = logging.getLogger(__name__)


class Simulator:
    """Azure Resource Manager in one process: one subscription, in memory.

    `clock`: the time of everything but tokens. `speed` divides service durations and Retry-After. `instant`:
    operations take no time, but are operations still. `seed`: the same seed and requests give the same world.
    `on_event` is awaited with one Event Grid event whenever the write of an image has succeeded.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        speed: float = 1.0,
        instant: bool = False,
        seed: int = 0,
        on_event: EventSink | None = None,
    ) -> None:
        self.world = World(clock=clock or WallClock(), speed=speed, instant=instant, seed=seed, kinds=TABLE)
        self.world.on_written = self._written
        self.tokens = Tokens(self.world.tenant_id, self.world.draws.guid("caller"))
        self.faults = FaultBook()
        self.requests: list[RequestRecord] = []
        self.app = App(self)
        self._gateway = Gateway(self.world, self.tokens, self.faults)
        self._on_event = on_event
        self._waiting: list[dict[str, Any]] = []
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def subscription_id(self) -> str:
        """The one subscription; a GUID drawn from the seed."""
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

    def take(self, request: Incoming) -> Outcome:
        """Take one request of the application, and note it."""
        outcome = self._gateway.take(request)
        self.requests.append(outcome.record)
        self._send_waiting()
        return outcome

    def next_due(self) -> datetime | None:
        """When something happens next by itself, on the simulator's clock; None where nothing is under way."""
        return self.world.agenda.next_due()

    async def events_sent(self) -> None:
        """Wait until every event so far was delivered."""
        while self._sending:
            await asyncio.gather(*self._sending, return_exceptions=True)

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

    def _written(self, written: Written) -> None:
        if self._on_event is None or written.resource.kind.name != "Microsoft.Compute/images":
            return
        self._waiting.append(image_written(self.world, written))
        self._send_waiting()

    def _send_waiting(self) -> None:
        """Start sending, once there is a loop to send in."""
        if self._on_event is None or not self._waiting:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            task = loop.create_task(self._send(self._on_event, event))
            self._sending.add(task)
            task.add_done_callback(self._sent)

    async def _send(self, sink: EventSink, event: dict[str, Any]) -> None:
        await sink(event)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("an event could not be delivered", exc_info=task.exception())
