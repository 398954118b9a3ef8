"""Recorded histories: what the durable engine kept of whole rollouts, as files, and how they are played again.

`python -m tests.durable.histories VERSION` records them anew, into a folder named for the version of the pipeline
that made them. A release records once and never again: its files are what rollouts under way hold while the next
version is deployed over them. `test_replay.py` plays every file, at every turn, against the orchestrators of today.
"""

import asyncio
import base64
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import durabletask.internal.orchestrator_service_pb2 as pb
from azure.durable_functions.worker import DurableFunctionsWorker
from google.protobuf.json_format import MessageToDict, ParseDict

from orchestrators import ORCHESTRATORS
from tests.world import World, world

FOLDER = Path(__file__).parent / "recorded"


@dataclass(frozen=True)
class History:
    """One execution of one orchestration: its events, oldest first."""

    orchestration: str
    instance: str
    events: tuple[pb.HistoryEvent, ...]

    @classmethod
    def read(cls, file: Path) -> "History":
        """From a file that `write` made."""
        kept = json.loads(file.read_text(encoding="utf-8"))
        events = tuple(ParseDict(event, pb.HistoryEvent()) for event in kept["events"])
        return cls(kept["orchestration"], kept["instance"], events)

    def write(self, file: Path) -> None:
        """One event a line, so that a difference can be read."""
        lines = ",\n".join(json.dumps(_without_stacks(MessageToDict(event)), sort_keys=True) for event in self.events)
        head = f'"orchestration": "{self.orchestration}",\n"instance": "{self.instance}"'
        file.write_text(f'{{\n{head},\n"events": [\n{lines}\n]\n}}\n', encoding="utf-8")

    def turns(self) -> Iterator[tuple[tuple[pb.HistoryEvent, ...], tuple[pb.HistoryEvent, ...], list[str]]]:
        """What was past at each turn, what was new, and what the orchestrator then did."""
        starts = [at for at, event in enumerate(self.events) if event.HasField("orchestratorStarted")]
        for start, end in zip(starts, [*starts[1:], len(self.events)], strict=True):
            turn = self.events[start:end]
            new = tuple(event for event in turn if not done(event))
            yield self.events[:start], new, [done(event) for event in turn if done(event)]

    def play(self, past: tuple[pb.HistoryEvent, ...], new: tuple[pb.HistoryEvent, ...]) -> list[str]:
        """What today's orchestrator does in that turn, through the library that Azure's worker calls."""
        request = pb.OrchestratorRequest(instanceId=self.instance, pastEvents=past, newEvents=new)
        body = base64.b64encode(request.SerializeToString()).decode()
        answer = DurableFunctionsWorker().execute_orchestration_request(ORCHESTRATORS[self.orchestration], body)
        response = pb.OrchestratorResponse()
        response.ParseFromString(base64.b64decode(answer))
        return [said for said in map(decided, response.actions) if said]


def _without_stacks(kept: Any) -> Any:
    """Stacks name folders of the machine that recorded, and nobody replays them."""
    if isinstance(kept, dict):
        return {name: _without_stacks(value) for name, value in kept.items() if name != "stackTrace"}
    return [_without_stacks(value) for value in kept] if isinstance(kept, list) else kept


def done(event: pb.HistoryEvent) -> str:
    """What an event says that the orchestrator did, in the words of `decided`; nothing where it came from outside."""
    kind = event.WhichOneof("eventType")
    if kind == "taskScheduled":
        return f"{event.eventId} activity {event.taskScheduled.name}"
    if kind == "subOrchestrationInstanceCreated":
        created = event.subOrchestrationInstanceCreated
        return f"{event.eventId} child {created.name} {created.instanceId}"
    if kind == "timerCreated":
        return f"{event.eventId} timer"
    if kind == "entityOperationCalled":
        called = event.entityOperationCalled
        return f"{event.eventId} entity {called.targetInstanceId.value} {called.operation}"
    if kind == "eventSent":
        return f"{event.eventId} event {event.eventSent.instanceId} {event.eventSent.name}"
    if kind == "executionCompleted":
        return f"end {pb.OrchestrationStatus.Name(event.executionCompleted.orchestrationStatus)}"
    return ""


def decided(action: pb.OrchestratorAction) -> str:
    """What an orchestrator asks the engine to do; nothing for what leaves no event of its own."""
    kind = action.WhichOneof("orchestratorActionType")
    if kind == "scheduleTask":
        return f"{action.id} activity {action.scheduleTask.name}"
    if kind == "createSubOrchestration":
        return f"{action.id} child {action.createSubOrchestration.name} {action.createSubOrchestration.instanceId}"
    if kind == "createTimer":
        return f"{action.id} timer"
    if kind == "sendEntityMessage" and action.sendEntityMessage.HasField("entityOperationCalled"):
        called = action.sendEntityMessage.entityOperationCalled
        return f"{action.id} entity {called.targetInstanceId.value} {called.operation}"
    if kind == "sendEvent":
        return f"{action.id} event {action.sendEvent.instance.instanceId} {action.sendEvent.name}"
    if kind == "completeOrchestration":
        return f"end {pb.OrchestrationStatus.Name(action.completeOrchestration.orchestrationStatus)}"
    return ""


async def record(folder: Path) -> None:
    """Roll out, roll out the next image, fail, and cancel; keep the history of every orchestration that ran."""
    with tempfile.TemporaryDirectory() as place:
        async with world(Path(place)) as w:
            await w.roll_out(source="vm-1")
            first = _keep(w, folder, "create")
            await w.roll_out(source="vm-2")
            _keep(w, folder, "move", first)
        async with world(Path(place)) as w:
            await w.put(w.gallery_id().partition("/providers/")[0], {"location": "westcentralus"}, "2025-04-01")
            await w.put(w.gallery_id(), {"location": "eastus"}, "2025-03-03")
            await w.roll_out()
            _keep(w, folder, "fail")
        async with world(Path(place), hold_events=lambda _: True) as w:
            image = await w.publish()
            await w.settle()
            w.host.auto_advance = False
            rollout = (await w.post(image)).json()["id"]
            await w.until(lambda: w.asked("PUT", "/versions/") > 0)
            await w.http.post(f"/api/rollouts/{rollout}/cancel")
            await w.let_go()
            _keep(w, folder, "cancel")


def _keep(w: World, folder: Path, case: str, without: frozenset[str] = frozenset()) -> frozenset[str]:
    """Write what ran, except `without`; every id that is there now."""
    there = frozenset(w.host.engine.instance_ids())
    for instance in there - without:
        events = tuple(w.host.engine.history(instance))
        name = next((event.executionStarted.name for event in events if event.HasField("executionStarted")), "")
        if name in ORCHESTRATORS:
            History(name, instance, events).write(folder / f"{case}-{name}.json")
    return there


def recorded() -> dict[str, Path]:
    """Every file, by a short name."""
    return {str(file.relative_to(FOLDER).with_suffix("")): file for file in sorted(FOLDER.glob("*/*.json"))}


if __name__ == "__main__":
    place = FOLDER / sys.argv[1]
    place.mkdir(parents=True)  # and not a second time
    asyncio.run(record(place))
