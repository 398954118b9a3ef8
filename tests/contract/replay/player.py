"""Plays one recording on a simulator of its own, under a clock that moves as the recording's did."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from local.armsim import Simulator
from local.armsim.ids import Route
from local.clock import ManualClock
from tests.contract.replay import before
from tests.contract.replay.comparing import Answered, Comparison, Difference
from tests.contract.replay.mapping import ANNOUNCING, Mapping, poll_key
from tests.contract.replay.recordings import Exchange, Json, Recording
from tests.contract.replay.scope import Scope

_UNDER_WAY = frozenset({"InProgress", "Running", "Accepted"})
_CHANGING = frozenset({"Creating", "Updating", "Deleting"})
_MOMENT = timedelta(milliseconds=1)
_LONGEST = timedelta(days=1)
_CATALOGUE = re.compile(r"^/(subscriptions/[^/]+/)?providers(/[^/]+(/locations/.*|/skus)?)?$", re.IGNORECASE)
"""What is offered to a subscription: providers, sizes, publishers and their images."""
_HISTORY = "needs a history that nobody recorded"


@dataclass(slots=True)
class Interaction:
    """One recorded request, or all polls of one operation, and what came of it. `skipped`: why it was not played."""

    recording: str
    index: int
    method: str
    path: str
    skipped: str = ""
    differences: list[Difference] = field(default_factory=list)


async def play(recording: Recording) -> list[Interaction]:
    """Every interaction of a recording, in its order."""
    start = datetime.fromtimestamp(recording.exchanges[0].time or 1_700_000_000, tz=UTC)
    clock = ManualClock(start - timedelta(hours=1))
    simulator = Simulator(clock=clock)
    transport = httpx.ASGITransport(app=simulator.app)
    headers = {"Authorization": f"Bearer {simulator.token()}"}
    async with httpx.AsyncClient(transport=transport, base_url="https://management.azure.com", headers=headers) as http:
        player = Player(recording, simulator, clock, http)
        await player.prepare()
        clock.move_to(start)
        await player.play()
    await simulator.close()
    return player.interactions


async def play_all(recordings: Iterable[Recording]) -> list[Interaction]:
    """Every interaction of some recordings."""
    return [interaction for recording in recordings for interaction in await play(recording)]


class Player:
    """The state of one replay."""

    def __init__(self, recording: Recording, simulator: Simulator, clock: ManualClock, http: httpx.AsyncClient) -> None:
        self.interactions: list[Interaction] = []
        self._recording, self._simulator, self._clock, self._http = recording, simulator, clock, http
        self._scope = Scope(simulator.world.kinds)
        self._mapping = Mapping(recording, simulator.subscription_id)
        self._asked = ""
        self._polls: dict[str, Interaction] = {}
        self._skipped: set[str] = set()
        self._writes: dict[str, str] = {}
        self._last = recording.exchanges[0].time
        self._groups = frozenset(self._scope.parse(one.path).group.lower() for one in recording.exchanges)
        self._running = _running(recording)
        self._place = 0

    async def prepare(self) -> None:
        """Make what was there before."""
        for path, body in before.groups(self._recording, self._scope):
            await self._make(self._mapping.text(path), body, "2021-04-01")
        if self._recording.lone:
            await self._make_plain(before.ancestors(self._recording.exchanges[0], self._scope))
            return
        for route in before.mentioned(self._recording, self._scope):
            await self._make_plain(before.chain(route))
        for one in before.resources(self._recording, self._scope):
            if not await self._make_as_shown(one):
                self._scope.lose(one.path)

    async def _make_plain(self, routes: list[Route]) -> None:
        """Make resources of which nothing is known but that they are there."""
        for route in routes:
            body = before.plain(route, before.location(self._recording))
            if body is not None and self._simulator.resource(self._mapping.text(route.id)) is None:
                newest = self._simulator.world.kinds[route.type_name].versions[1]
                await self._make(self._mapping.text(route.id), body, newest)

    async def play(self) -> None:
        """Send the requests one after the other."""
        for place, one in enumerate(self._recording.exchanges):
            self._place = place
            self._asked = f"{self._asked} {one.path} {json.dumps(one.sent)}"
            reason = self._reason(one)
            if self._scope.is_poll(one):
                await self._poll(one, reason)
                continue
            interaction = self._begin(one, reason)
            self._advance(one)
            announced = {poll_key(url) for name, url in one.headers.items() if name in ANNOUNCING}
            if reason:
                self._skipped |= announced
                await self._catch_up(one)
                continue
            self._skipped -= announced
            self._writes |= dict.fromkeys(announced, one.path)
            got = await self._send_in_time(one)
            self._mapping.learn_operations(one, got)
            interaction.differences = self._compare(one, got)

    async def _catch_up(self, skipped: Exchange) -> None:
        """Make what a write that is not replayed made, where the recording shows it later."""
        for resource_id in self._scope.written(skipped):
            if skipped.status < 400:
                self._scope.lose(resource_id)
            later = self._recording.exchanges[self._place + 1 :]
            shown = next((one for one in later if one.path.lower() == resource_id.lower()), None)
            if shown is not None and shown.method == "GET" and shown.status == 200 and await self._make_as_shown(shown):
                self._scope.find(resource_id)

    def _reason(self, one: Exchange) -> str:
        reason = self._scope.reason(one)
        if not reason and self._recording.lone and not self._can_stand_alone(one):
            return _HISTORY
        if self._scope.is_poll(one) and poll_key(one.url) in self._skipped:
            return reason or "polls what was not replayed"
        return reason

    def _can_stand_alone(self, one: Exchange) -> bool:
        """Whether a lone answer follows from the request and from what `prepare` can make."""
        if one.status == 409 or self._scope.is_poll(one):
            return False
        made = all(before.plain(each, "") is not None for each in before.ancestors(one, self._scope))
        return made and (one.status == 404 or one.method == "PUT")

    def _begin(self, one: Exchange, reason: str) -> Interaction:
        interaction = Interaction(self._recording.name, one.index, one.method, one.path, reason)
        self.interactions.append(interaction)
        return interaction

    async def _poll(self, one: Exchange, reason: str) -> None:
        key = poll_key(one.url)
        first = key not in self._polls
        if first:
            self._polls[key] = self._begin(one, reason)
        interaction = self._polls[key]
        if one.fault and key in self._writes:
            interaction.skipped = reason
            self._scope.lose(self._writes[key])
        if interaction.skipped or reason:
            self._advance(one)
            return
        if not self._mapping.knows(one):
            self._advance(one)
            if first:
                interaction.differences = [Difference("operation", "", "polled", "none was begun")]
            return
        got = await self._look(one)
        self._mapping.learn_operations(one, got)
        known = {(each.kind, each.what) for each in interaction.differences}
        interaction.differences += [each for each in self._compare(one, got) if (each.kind, each.what) not in known]
        if not _under_way(one.status, one.body):
            self._polls.pop(key)

    async def _look(self, one: Exchange) -> Answered:
        """Poll; where the recording sees the operation ended, up to its end."""
        self._advance(one)
        if _under_way(one.status, one.body):
            return await self._send(one)
        deadline = self._clock.now() + _LONGEST
        got = await self._send(one)
        while _under_way(got.status, got.body) and self._clock.now() < deadline:
            due = self._simulator.next_due()
            if due is None:
                break
            self._clock.move_to(due)
            got = await self._send(one)
        return got

    def _advance(self, one: Exchange) -> None:
        """Let as much time pass as did before `one`, but no operation end that the recording is yet to see running."""
        passed, self._last = max(one.time - self._last, 0.0), one.time
        target = self._clock.now() + timedelta(seconds=passed)
        for key, last in self._running.items():
            if last >= self._place and (due := self._end_of(key)) is not None:
                target = min(target, due - _MOMENT)
        self._clock.move_to(target)

    async def _send_in_time(self, one: Exchange) -> Answered:
        """Send; where the recording shows that an operation had ended which still runs here, wait for it and repeat."""
        got = await self._send(one)
        deadline = self._clock.now() + _LONGEST
        while _ahead(one, got) and (due := self._simulator.next_due()) is not None and due < deadline:
            self._clock.move_to(due)
            got = await self._send(one)
        return got

    def _end_of(self, key: str) -> datetime | None:
        """When an operation ends: with the next thing to happen, if nothing else is known; None once it has ended."""
        url = self._mapping.operation(key)
        operation = self._simulator.world.operations.get(urlsplit(url).path.rpartition("/")[2]) if url else None
        if operation is None or operation.status not in _UNDER_WAY:
            return None
        return operation.due or self._simulator.next_due()

    async def _send(self, one: Exchange) -> Answered:
        sent = self._mapping.sent(one.sent)
        return await self._request(one.method, self._mapping.path(one), sent)

    async def _request(self, method: str, path: str, body: Json) -> Answered:
        content: dict[str, Any] = {} if body is None else {"content": body} if isinstance(body, str) else {"json": body}
        try:
            answer = await self._http.request(method, path, **content)
        except Exception as crash:  # noqa: BLE001 - whatever the simulator does wrong is a difference
            return Answered(500, {}, {"error": {"code": f"{type(crash).__name__}: {crash}"}})
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answered(answer.status_code, headers, _json(answer))

    def _compare(self, one: Exchange, got: Answered) -> list[Difference]:
        comparison = Comparison(
            held=self._recording.headers,
            asked=self._mapping.text(self._asked),
            groups=self._groups,
            catalogue=_CATALOGUE.search(one.path) is not None and not self._scope.is_poll(one),
            learnt=self._mapping.learn_value,
        )
        return comparison.compare(one, self._mapping.body(one.body), got)

    async def _make_as_shown(self, one: Exchange) -> bool:
        """Make the resource that an exchange shows."""
        route = self._scope.parse(one.path)
        if route.scope != "resource" or "PUT" not in self._simulator.world.kinds[route.type_name].verbs:
            return False
        version = urlsplit(one.url).query.partition("api-version=")[2].partition("&")[0]
        path = self._mapping.text(one.body.get("id", one.path))
        return await self._make(path, self._mapping.body(before.writable(one.body)), version)

    async def _make(self, path: str, body: Json, version: str) -> bool:
        made = await self._request("PUT", f"{path}?api-version={version}", body)
        deadline = self._clock.now() + _LONGEST
        while self._busy(path) and (due := self._simulator.next_due()) is not None and due < deadline:
            self._clock.move_to(due)
        return made.status in (200, 201, 202)

    def _busy(self, path: str) -> bool:
        shown = self._simulator.resource(path) or {}
        return shown.get("properties", {}).get("provisioningState") in ("Creating", "Updating")


def _running(recording: Recording) -> dict[str, int]:
    """Operation → the place of the last request that saw it under way, in a poll or in the resource's state."""
    found: dict[str, int] = {}
    begun: dict[str, str] = {}
    for place, one in enumerate(recording.exchanges):
        announced = one.headers.get("azure-asyncoperation") or one.headers.get("location")
        if one.method == "GET" and _under_way(one.status, one.body):
            found[poll_key(one.url)] = place
        elif one.method == "GET" and _state(one.body) in _CHANGING and one.path.lower() in begun:
            found[begun[one.path.lower()]] = place
        elif one.method != "GET" and announced:
            begun[one.path.lower()] = poll_key(announced)
    return found


def _ahead(one: Exchange, got: Answered) -> bool:
    """Whether the recorded answer could only be given once something had ended that still runs here."""
    if one.status < 300 and got.status in (409, 429):
        return one.method != "GET"
    if one.method != "GET" or got.status != 200 or _state(got.body) not in _CHANGING:
        return False
    return one.status == 404 or _state(one.body) == "Succeeded"


def _state(body: Json) -> str:
    properties = body.get("properties") if isinstance(body, dict) else None
    return str(properties.get("provisioningState", "")) if isinstance(properties, dict) else ""


def _under_way(status: int, body: Json) -> bool:
    return status == 202 or (isinstance(body, dict) and body.get("status") in _UNDER_WAY)


def _json(answer: httpx.Response) -> Json:
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError:
        return answer.text
