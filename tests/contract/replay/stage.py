"""A simulator of its own for one recording: its clock, requests to it, and what is made before the recording begins."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from local.armsim import Simulator
from local.clock import ManualClock
from tests.contract.replay import before
from tests.contract.replay.comparing import Answered
from tests.contract.replay.mapping import Mapping
from tests.contract.replay.recordings import Json, Recording
from tests.contract.replay.scope import Scope
from tests.contract.replay.states import changing

_LONGEST = timedelta(days=1)
_SOME_DAY = 1_700_000_000.0


class Stage:
    """Where a recording is played. Its clock begins an hour earlier, for what is made before."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.start = datetime.fromtimestamp(recording.exchanges[0].time or _SOME_DAY, tz=UTC)
        self.clock = ManualClock(self.start - timedelta(hours=1))
        self.simulator = Simulator(clock=self.clock)
        self.scope = Scope(self.simulator.world.kinds)
        self.mapping = Mapping(recording, self.simulator.subscription_id)
        self._tried: set[str] = set()
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.simulator.app),
            base_url="https://management.azure.com",
            headers={"Authorization": f"Bearer {self.simulator.token()}"},
        )

    async def close(self) -> None:
        """End it all."""
        await self._http.aclose()
        await self.simulator.close()

    async def request(self, method: str, path: str, body: Json) -> Answered:
        """One request; whatever the simulator does wrong becomes an answer, which is a difference then."""
        content: dict[str, Any] = {} if body is None else {"content": body} if isinstance(body, str) else {"json": body}
        try:
            answer = await self._http.request(method, path, **content)
        except Exception as crash:  # noqa: BLE001 - see above
            return Answered(500, {}, {"error": {"code": f"{type(crash).__name__}: {crash}"}})
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answered(answer.status_code, headers, _json(answer))

    async def settle(self, wanted: Callable[[], bool]) -> None:
        """Let time pass until nothing more is `wanted`, from one thing that happens by itself to the next."""
        deadline = self.clock.now() + _LONGEST
        while wanted() and (due := self.simulator.next_due()) is not None and due < deadline:
            self.clock.move_to(due)

    async def prepare(self) -> None:
        """Make what was there before."""
        for path, body in before.groups(self.recording, self.scope):
            await self._put(self.mapping.text(path), body, "2021-04-01")
        if self.recording.lone:
            for route in before.ancestors(self.recording.exchanges[0], self.scope):
                await self._make_plain(route.id)
        else:
            for resource_id in before.mentioned(self.recording, self.scope):
                await self._make_plain(resource_id)
            for resource_id in before.resources(self.recording, self.scope):
                if not await self.make(resource_id):
                    self.scope.lose(resource_id)
        self.clock.move_to(self.start)

    async def make(self, resource_id: str, after: int = -1, literal: Json = None) -> bool:
        """Make a resource; whether it worked.

        As `literal`, a template's resource, has it, else as an answer `after` that place shows it, else plainly.
        """
        path = self.mapping.text(resource_id)
        if self.simulator.resource(path) is not None:
            return True
        if literal is not None and self.scope.parse(path).scope == "resource":
            return await self._put(path, self.mapping.body(before.writable(literal)), str(literal.get("apiVersion")))
        shown = before.shown(resource_id, self.recording.exchanges[after + 1 :])
        if shown is None:
            return await self._make_plain(resource_id)
        one, body = shown
        route = self.scope.parse(str(body.get("id", one.path)))
        if route.scope != "resource" or not self._can_be_put(route.type_name):
            return False
        version = urlsplit(one.url).query.partition("api-version=")[2].partition("&")[0]
        for other in before.references(before.writable(body), self.scope):
            if not other.lower().startswith(route.id.lower()) and other not in self._tried:
                self._tried.add(other)
                await self.make(other, after)
        return await self._put(self.mapping.text(route.id), self.mapping.body(before.writable(body)), version)

    def _can_be_put(self, type_name: str) -> bool:
        """Whether a body that a GET showed can be sent; a deployment's shows no template."""
        return type_name != "Microsoft.Resources/deployments" and "PUT" in self.simulator.world.kinds[type_name].verbs

    async def _make_plain(self, resource_id: str) -> bool:
        """Make a resource of which nothing is known but that it is there; whether that was possible."""
        route = self.scope.parse(resource_id)
        path, body = self.mapping.text(route.id), before.plain(route, before.location(self.recording))
        if body is None or self.simulator.resource(path) is not None:
            return body is not None
        return await self._put(path, body, self.simulator.world.kinds[route.type_name].versions[1])

    async def _put(self, path: str, body: Json, version: str) -> bool:
        made = await self.request("PUT", f"{path}?api-version={version}", body)
        await self.settle(lambda: changing(self.simulator.resource(path)))
        return made.status in (200, 201, 202)


def _json(answer: httpx.Response) -> Json:
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError:
        return answer.text
