"""Plays one recording: request by request, under a clock that moves as the recording's did."""

import json
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from tests.contract.replay import before
from tests.contract.replay.comparing import Answered, Comparison, Difference
from tests.contract.replay.mapping import ANNOUNCING, poll_key
from tests.contract.replay.recordings import Exchange, Recording
from tests.contract.replay.stage import Stage
from tests.contract.replay.states import UNDER_WAY, last_seen_running, recorded_later, under_way

_MOMENT = timedelta(milliseconds=1)
_LONGEST = timedelta(days=1)
_CATALOGUE = re.compile(r"^/(subscriptions/[^/]+/)?providers(/[^/]+(/locations/.*)?)?$|/(skus|vmSizes)$", re.IGNORECASE)
"""What is offered to a subscription: providers, sizes, publishers and their images."""


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
    stage = Stage(recording)
    await stage.prepare()
    player = Player(stage)
    await player.play()
    await stage.close()
    return player.interactions


async def play_all(recordings: Iterable[Recording]) -> list[Interaction]:
    """Every interaction of some recordings."""
    return [interaction for recording in recordings for interaction in await play(recording)]


class Player:
    """The state of one replay."""

    def __init__(self, stage: Stage) -> None:
        self.interactions: list[Interaction] = []
        self._stage, self._scope, self._mapping = stage, stage.scope, stage.mapping
        self._recording = stage.recording
        self._place = 0
        self._asked = ""
        self._polls: dict[str, Interaction] = {}
        self._skipped: set[str] = set()
        self._writes: dict[str, str] = {}
        self._last = self._recording.exchanges[0].time
        self._groups = frozenset(self._scope.parse(one.path).group.lower() for one in self._recording.exchanges)
        self._running = last_seen_running(self._recording)

    async def play(self) -> None:
        """Send the requests one after the other."""
        for place, one in enumerate(self._recording.exchanges):
            self._place = place
            self._asked = f"{self._asked} {one.path} {json.dumps(one.sent)}"
            self._advance(one)
            reason = self._reason(one)
            if self._scope.is_poll(one):
                await self._poll(one, reason)
            else:
                await self._play_one(one, reason)

    async def _play_one(self, one: Exchange, reason: str) -> None:
        interaction = self._begin(one, reason)
        announced = {poll_key(url) for name, url in one.headers.items() if name in ANNOUNCING}
        if reason:
            self._skipped |= announced
            await self._catch_up(one)
            return
        self._skipped -= announced
        self._writes |= dict.fromkeys(announced, one.path)
        got = await self._repeat(one, lambda answer: recorded_later(one, answer))
        self._mapping.learn_operations(one, got)
        interaction.differences = self._compare(one, got)

    async def _catch_up(self, skipped: Exchange) -> None:
        """Make what a write that is not replayed made, as its template says or the recording shows later."""
        for resource_id, literal in self._scope.written(skipped) if skipped.status < 400 else ():
            self._scope.lose(resource_id)
            if await self._stage.make(resource_id, self._place, literal):
                self._scope.find(resource_id)

    def _reason(self, one: Exchange) -> str:
        reason = self._scope.reason(one)
        if not reason and self._recording.lone and not before.can_stand_alone(one, self._scope):
            return "needs a history that nobody recorded"
        if reason or not self._scope.is_poll(one):
            return reason
        key = poll_key(one.url)
        if key not in self._writes and key not in self._skipped and not self._mapping.operation(key):
            return "polls what began before"
        return "polls what was not replayed" if key in self._skipped else ""

    def _begin(self, one: Exchange, reason: str) -> Interaction:
        interaction = Interaction(self._recording.name, one.index, one.method, one.path, reason)
        self.interactions.append(interaction)
        return interaction

    async def _poll(self, one: Exchange, reason: str) -> None:
        """Poll; where the recording sees the operation ended, up to its end. All polls are one interaction."""
        key = poll_key(one.url)
        interaction = self._polls.get(key) or self._begin(one, reason)
        self._polls[key] = interaction
        if one.fault and key in self._writes:
            interaction.skipped = reason
            self._scope.lose(self._writes[key])
        if interaction.skipped or reason:
            return
        if not self._mapping.operation(key):
            interaction.differences = [Difference("operation", "", "polled", "none was begun")]
            return
        ended = not under_way(one.status, one.body)
        got = await self._repeat(one, lambda answer: ended and under_way(answer.status, answer.body))
        self._mapping.learn_operations(one, got)
        known = {(each.kind, each.what) for each in interaction.differences}
        interaction.differences += [each for each in self._compare(one, got) if (each.kind, each.what) not in known]
        if ended:
            self._polls.pop(key)

    async def _repeat(self, one: Exchange, early: Callable[[Answered], bool]) -> Answered:
        """Send; while the answer is too `early`, wait for the next thing that happens, and send again."""
        got = await self._send(one)
        deadline = self._stage.clock.now() + _LONGEST
        while early(got) and (due := self._stage.simulator.next_due()) is not None and due < deadline:
            self._stage.clock.move_to(due)
            got = await self._send(one)
        return got

    def _send(self, one: Exchange) -> Awaitable[Answered]:
        return self._stage.request(one.method, self._mapping.path(one), self._mapping.sent(one.sent))

    def _advance(self, one: Exchange) -> None:
        """Let as much time pass as did before `one`, but no operation end that the recording is yet to see running."""
        passed, self._last = max(one.time - self._last, 0.0), one.time
        target = self._stage.clock.now() + timedelta(seconds=passed)
        for key, last in self._running.items():
            if last >= self._place and (due := self._end_of(key)) is not None:
                target = min(target, due - _MOMENT)
        self._stage.clock.move_to(target)

    def _end_of(self, key: str) -> datetime | None:
        """When an operation ends: with the next thing to happen, if nothing else is known; None once it has ended."""
        name = urlsplit(self._mapping.operation(key)).path.rpartition("/")[2]
        operation = self._stage.simulator.world.operations.get(name) if name else None
        if operation is None or operation.status not in UNDER_WAY:
            return None
        return operation.due or self._stage.simulator.next_due()

    def _compare(self, one: Exchange, got: Answered) -> list[Difference]:
        comparison = Comparison(
            held=self._recording.headers,
            asked=self._mapping.text(self._asked),
            groups=self._groups,
            catalogue=_CATALOGUE.search(one.path) is not None and not self._scope.is_poll(one),
            learnt=self._mapping.learn_value,
        )
        return comparison.compare(one, self._mapping.body(one.body), got)
