"""The bare backend and our engine behind one small interface, so that one scenario can be played to both.

A scenario plays the app's part by hand: it starts instances, takes their turns and answers with actions.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import durabletask.internal.orchestrator_service_pb2 as pb
import grpc
from durabletask.internal import helpers
from durabletask.testing.in_memory_backend import InMemoryOrchestrationBackend

from local.clock import ManualClock
from local.host.alarms import Alarms
from local.host.engine import Engine
from local.host.work import CONTEXT, Activity, Refused

TERMINAL = [
    pb.ORCHESTRATION_STATUS_COMPLETED,
    pb.ORCHESTRATION_STATUS_FAILED,
    pb.ORCHESTRATION_STATUS_TERMINATED,
]


class Player(Protocol):
    """What a scenario needs of an engine."""

    backend: InMemoryOrchestrationBackend

    def start(self, instance_id: str, **fields: Any) -> None:
        """Start an orchestration; raises Refused."""
        ...

    def turn(self, instance_id: str, *actions: pb.OrchestratorAction) -> list[pb.HistoryEvent] | None:
        """Take the next turn, which must be this instance's, and answer it; its new events, None if none."""
        ...

    def activity(self) -> Any:
        """Take the next activity call; None if there is none."""
        ...

    def fail(self, activity: Any, failure: pb.TaskFailureDetails) -> None:
        """Answer an activity call with a failure."""
        ...

    def abandon(self, activity: Any) -> None:
        """Give an activity call back."""
        ...


class _Once:
    """A gRPC context for one look at the backend's stream of work."""

    def __init__(self) -> None:
        self._looks = 0

    def is_active(self) -> bool:
        self._looks += 1
        return self._looks == 1

    def abort(self, code: grpc.StatusCode, details: str) -> None:
        raise Refused(code, details)


class Bare:
    """durabletask's backend as it comes, called without a network."""

    def __init__(self, **options: Any) -> None:
        self.backend = InMemoryOrchestrationBackend(**options)

    def _look(self) -> pb.WorkItem | None:
        context: Any = _Once()
        return next(self.backend.GetWorkItems(pb.GetWorkItemsRequest(), context), None)

    def start(self, instance_id: str, **fields: Any) -> None:
        self.backend.StartInstance(_request(instance_id, **fields), CONTEXT)

    def turn(self, instance_id: str, *actions: pb.OrchestratorAction) -> list[pb.HistoryEvent] | None:
        work = self._look()
        if work is None:
            return None
        request = work.orchestratorRequest
        assert request.instanceId == instance_id
        response = _response(instance_id, actions)
        response.completionToken = work.completionToken
        self.backend.CompleteOrchestratorTask(response, CONTEXT)
        return list(request.newEvents)

    def activity(self) -> pb.WorkItem | None:
        return self._look()

    def fail(self, activity: pb.WorkItem, failure: pb.TaskFailureDetails) -> None:
        request = activity.activityRequest
        response = pb.ActivityResponse(
            instanceId=request.orchestrationInstance.instanceId,
            taskId=request.taskId,
            failureDetails=failure,
        )
        self.backend.CompleteActivityTask(response, CONTEXT)

    def abandon(self, activity: pb.WorkItem) -> None:
        request = pb.AbandonActivityTaskRequest(completionToken=activity.completionToken)
        self.backend.AbandonTaskActivityWorkItem(request, CONTEXT)


class Mended:
    """Our engine, on a clock that a scenario moves. Make it on a running event loop."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.engine = Engine(Alarms(self.clock))
        self.backend: InMemoryOrchestrationBackend = self.engine

    def start(self, instance_id: str, **fields: Any) -> None:
        self.engine.StartInstance(_request(instance_id, **fields), CONTEXT)

    def turn(self, instance_id: str, *actions: pb.OrchestratorAction) -> list[pb.HistoryEvent] | None:
        work = self.engine.take_orchestration()
        if work is None:
            return None
        assert work.instance_id == instance_id
        events = list(pb.OrchestratorRequest.FromString(work.request).newEvents)
        self.engine.complete_orchestration(work, _response(instance_id, actions))
        return events

    def activity(self) -> Activity | None:
        return self.engine.take_activity()

    def fail(self, activity: Activity, failure: pb.TaskFailureDetails) -> None:
        self.engine.complete_activity(activity, failure=failure)

    def abandon(self, activity: Activity) -> None:
        self.engine.abandon_activity(activity)


def call(task_id: int, name: str = "act") -> pb.OrchestratorAction:
    """Call an activity."""
    return helpers.new_schedule_task_action(task_id, name, "1", None)


def timer(task_id: int, due: datetime) -> pb.OrchestratorAction:
    """Create a timer."""
    return helpers.new_create_timer_action(task_id, due)


def child(task_id: int, instance_id: str) -> pb.OrchestratorAction:
    """Call a sub-orchestration."""
    return helpers.new_create_sub_orchestration_action(task_id, "child", instance_id, "1", None)


def done(result: str | None = "1") -> pb.OrchestratorAction:
    """Complete."""
    return helpers.new_complete_orchestration_action(99, pb.ORCHESTRATION_STATUS_COMPLETED, result)


def again() -> pb.OrchestratorAction:
    """Continue as new."""
    return helpers.new_complete_orchestration_action(99, pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW, "2")


def kinds(events: Sequence[pb.HistoryEvent] | None) -> list[str]:
    """What kinds of events these are."""
    return [str(event.WhichOneof("eventType")) for event in events or ()]


def _request(instance_id: str, *, start_in: timedelta | None = None, **fields: Any) -> pb.CreateInstanceRequest:
    request = pb.CreateInstanceRequest(instanceId=instance_id, name="parent", **fields)
    if start_in is not None:
        # Far from both the system's time and the manual clock's.
        request.scheduledStartTimestamp.FromDatetime(datetime(2100, 1, 1, tzinfo=UTC) + start_in)
    return request


def _response(instance_id: str, actions: Sequence[pb.OrchestratorAction]) -> pb.OrchestratorResponse:
    return pb.OrchestratorResponse(instanceId=instance_id, actions=actions)
