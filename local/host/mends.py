"""durabletask's in-memory backend on our clock, with its faults mended.

The backend was written for unit tests of the SDK. What is mended here is listed in README.md (F1 to F12);
each mend has a test in tests/host/test_engine_faults.py that shows the fault in the bare backend too, so that
an upgrade tells when the mend can go. It is one file so that it can shrink as one. Everything runs on the
event loop's thread, so the backend's locks never wait. engine.py is the only user.
"""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import durabletask.internal.orchestrator_service_pb2 as pb
import grpc
from durabletask.internal import helpers
from durabletask.testing.in_memory_backend import (
    EntityState,
    InMemoryOrchestrationBackend,
    OrchestrationInstance,
)

from local.host.alarms import Alarm, Alarms
from local.host.wire import Past
from local.host.work import TERMINAL, Activity

# The backend aborts the completion that exceeds its limit and leaves the instance Running for ever (F10).
MAX_HISTORY = 1_000_000


@dataclass
class _Execution:
    """What the backend's instance has no field for."""

    id: str
    past: Past
    tags: dict[str, str] | None = None
    parent: pb.ParentInstanceInfo | None = None
    parent_execution: str = ""


class MendedBackend(InMemoryOrchestrationBackend):
    """See the module. `on_change` hears every change of state, `on_work` that something can be taken."""

    def __init__(self, alarms: Alarms, on_change: Callable[[], None] = lambda: None) -> None:
        super().__init__(max_history_size=MAX_HISTORY)
        self.on_work: Callable[[], None] = lambda: None
        self._alarms = alarms
        self._on_change = on_change
        self._executions: dict[str, _Execution] = {}
        self._timers: defaultdict[str, set[Alarm]] = defaultdict(set)
        self._delayed: set[str] = set()
        self._watchers: defaultdict[str, list[asyncio.Future[None]]] = defaultdict(list)

    async def wait_for(
        self, instance_id: str, predicate: Callable[[OrchestrationInstance], bool]
    ) -> OrchestrationInstance:
        """Wait, without a thread (F1) and without a limit (F6), until the instance satisfies `predicate`."""
        while True:
            instance = self._instances.get(instance_id)
            if instance is not None and predicate(instance):
                return instance
            future = asyncio.get_running_loop().create_future()
            watchers = self._watchers[instance_id]
            watchers.append(future)
            try:
                await future
            finally:
                if future in watchers:
                    watchers.remove(future)

    # --- the client's calls ---------------------------------------------------------------------------

    def StartInstance(self, request: pb.CreateInstanceRequest, context: Any) -> pb.CreateInstanceResponse:  # noqa: N802
        """A finished id may start again (F5) unless the caller's policy says otherwise; `start_at` (F4)."""
        instance_id = request.instanceId or uuid.uuid4().hex
        existing = self._instances.get(instance_id)
        if existing is not None:
            given = request.HasField("orchestrationIdReusePolicy")
            replaceable = request.orchestrationIdReusePolicy.replaceableStatus if given else TERMINAL
            if existing.status not in replaceable:
                context.abort(
                    grpc.StatusCode.ALREADY_EXISTS,
                    f"An orchestration instance with the ID {instance_id} already exists.",
                )
            self._forget(instance_id)
        start = (
            request.scheduledStartTimestamp.ToDatetime(UTC)
            if request.HasField("scheduledStartTimestamp")
            else self._now()
        )
        later = start > self._now()
        if later:
            self._delayed.add(instance_id)
        started = pb.CreateInstanceRequest()
        started.CopyFrom(request)
        started.instanceId = instance_id
        started.ClearField("orchestrationIdReusePolicy")
        response = super().StartInstance(started, context)
        self._begin(self._instances[instance_id], started_at=start if later else self._now())
        if later:
            self._alarm(instance_id, start, lambda: self._start_delayed(instance_id))
        self._changed(instance_id)
        return response

    def QueryInstances(self, request: pb.QueryInstancesRequest, context: Any) -> pb.QueryInstancesResponse:  # noqa: N802
        """The backend's query, with the time of completion (F12)."""
        response = super().QueryInstances(request, context)
        for state in response.orchestrationState:
            instance = self._instances[state.instanceId]
            if instance.completed_at is not None:
                state.completedTimestamp.FromDatetime(instance.completed_at)
        return response

    def PurgeInstances(self, request: pb.PurgeInstancesRequest, context: Any) -> pb.PurgeInstancesResponse:  # noqa: N802
        """The backend's purge, leaving nothing of ours behind."""
        response = super().PurgeInstances(request, context)
        for instance_id in [known for known in self._executions if known not in self._instances]:
            self._forget(instance_id)
        self._on_change()
        return response

    def RewindInstance(self, request: pb.RewindInstanceRequest, context: Any) -> pb.RewindInstanceResponse:  # noqa: N802
        """The backend's rewind."""
        response = super().RewindInstance(request, context)
        self._changed(request.instanceId)
        return response

    def SignalEntity(self, request: pb.SignalEntityRequest, context: Any) -> pb.SignalEntityResponse:  # noqa: N802
        """The backend's signal, on our clock."""
        signal = pb.EntityOperationSignaledEvent(
            requestId=request.requestId,
            operation=request.name,
            input=request.input if request.HasField("input") else None,
            targetInstanceId=helpers.get_string_value(request.instanceId),
        )
        due = request.scheduledTime.ToDatetime(UTC) if request.HasField("scheduledTime") else None
        self._signal(request.instanceId, signal, due)
        return pb.SignalEntityResponse()

    # --- the backend's inner workings that need mending ----------------------------------------------

    def _enqueue_orchestration(self, instance_id: str) -> None:
        instance = self._instances.get(instance_id)
        if instance is not None:
            self._stamp(instance.pending_events)
            instance.last_updated_at = self._now()
        if instance_id not in self._delayed:
            super()._enqueue_orchestration(instance_id)
            self.on_work()

    def _enqueue_entity(self, entity_id: str) -> None:
        super()._enqueue_entity(entity_id)
        self.on_work()

    def _create_instance_internal(
        self, instance_id: str, name: str, encoded_input: str | None = None, version: str | None = None
    ) -> None:
        existing = self._instances.get(instance_id)
        if existing is not None and existing.status in TERMINAL:
            self._forget(instance_id)
        super()._create_instance_internal(instance_id, name, encoded_input, version)
        self._begin(self._instances[instance_id], started_at=self._now())
        self._changed(instance_id)

    def _terminate_instance_internal(self, instance_id: str, output: str | None, recursive: bool = False) -> None:
        """Children first where `recursive` (F7)."""
        if recursive:
            for child in self._children(instance_id):
                self._terminate_instance_internal(child, output, recursive=True)
        if instance_id in self._delayed:
            self._start_delayed(instance_id)
        super()._terminate_instance_internal(instance_id, output)

    def _process_complete_orchestration_action(
        self, instance: OrchestrationInstance, complete_action: pb.CompleteOrchestrationAction
    ) -> None:
        super()._process_complete_orchestration_action(instance, complete_action)
        if complete_action.orchestrationStatus == pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW:
            # A new execution: timers and calls of the old one must not reach it (F3), and it keeps its
            # parent (F6) and its tags (F11).
            self._cancel_timers(instance.instance_id)
            self._begin(instance, started_at=self._now(), before=self._executions[instance.instance_id])

    def _process_schedule_task_action(self, instance: OrchestrationInstance, action: pb.OrchestratorAction) -> None:
        super()._process_schedule_task_action(instance, action)
        item = self._activity_queue.pop()
        self._activity_queue.append(Activity(**vars(item), execution_id=self._executions[instance.instance_id].id))
        self.on_work()

    def _process_create_timer_action(self, instance: OrchestrationInstance, action: pb.OrchestratorAction) -> None:
        """One alarm (F2), of this execution only (F3), on our clock."""
        due = action.createTimer.fireAt.ToDatetime(UTC)
        instance.history.append(helpers.new_timer_created_event(action.id, due))
        if instance.status == pb.ORCHESTRATION_STATUS_PENDING:
            instance.status = pb.ORCHESTRATION_STATUS_RUNNING

        def fire() -> None:
            if instance.status not in TERMINAL:
                instance.pending_events.append(helpers.new_timer_fired_event(action.id, due))
                self._enqueue_orchestration(instance.instance_id)

        self._alarm(instance.instance_id, due, fire)

    def _watch_sub_orchestration(self, parent_instance_id: str, sub_instance_id: str, task_id: int) -> None:
        """Remember whom to tell, instead of a thread that gives up after 30 seconds (F6)."""
        child = self._executions[sub_instance_id]
        parent = self._instances[parent_instance_id]
        child.parent_execution = self._executions[parent_instance_id].id
        child.parent = pb.ParentInstanceInfo(
            taskScheduledId=task_id,
            name=helpers.get_string_value(parent.name),
            orchestrationInstance=pb.OrchestrationInstance(
                instanceId=parent_instance_id,
                executionId=helpers.get_string_value(child.parent_execution),
            ),
        )
        instance = self._instances[sub_instance_id]
        for event in instance.pending_events:
            if event.HasField("executionStarted"):
                event.executionStarted.parentInstance.CopyFrom(child.parent)
        if instance.status in TERMINAL:
            self._tell_parent(instance)

    def _process_send_entity_message_action(
        self, instance: OrchestrationInstance, action: pb.OrchestratorAction
    ) -> None:
        signal = action.sendEntityMessage.entityOperationSignaled
        if not action.sendEntityMessage.HasField("entityOperationSignaled"):
            super()._process_send_entity_message_action(instance, action)
            return
        instance.history.append(pb.HistoryEvent(eventId=action.id, entityOperationSignaled=signal))
        due = signal.scheduledTime.ToDatetime(UTC) if signal.HasField("scheduledTime") else None
        self._signal(signal.targetInstanceId.value, signal, due)

    def _signal_entity_internal(
        self,
        entity_id: str,
        operation: str,
        input_value: str | None = None,
        scheduled_time: datetime | None = None,
    ) -> None:
        signal = pb.EntityOperationSignaledEvent(
            requestId=uuid.uuid4().hex,
            operation=operation,
            input=helpers.get_string_value(input_value),
            targetInstanceId=helpers.get_string_value(entity_id),
        )
        self._signal(entity_id, signal, scheduled_time)

    def _queue_entity_operation(self, entity_id: str, event: pb.HistoryEvent) -> None:
        self._stamp([event])
        if entity_id not in self._entities:
            self._entities[entity_id] = EntityState(
                entity_id, last_modified_at=self._now(), completion_token=self._next_completion_token
            )
            self._next_completion_token += 1
        super()._queue_entity_operation(entity_id, event)

    def _prepare_rewind(self, instance: OrchestrationInstance, reason: str | None = None) -> None:
        super()._prepare_rewind(instance, reason)
        self._restamp(instance)

    def _process_rewind_orchestration_action(
        self, instance: OrchestrationInstance, rewind_action: pb.RewindOrchestrationAction
    ) -> None:
        super()._process_rewind_orchestration_action(instance, rewind_action)
        self._executions[instance.instance_id].past.reset()
        self._restamp(instance)

    def CompleteActivityTask(self, request: pb.ActivityResponse, context: Any) -> pb.CompleteTaskResponse:  # noqa: N802
        """A failure is a failure, with or without a message (F8)."""
        if request.HasField("failureDetails") and not request.failureDetails.errorMessage:
            instance = self._instances[request.instanceId]
            failed = pb.TaskFailedEvent(taskScheduledId=request.taskId, failureDetails=request.failureDetails)
            instance.pending_events.append(pb.HistoryEvent(eventId=-1, taskFailed=failed))
            self._enqueue_orchestration(request.instanceId)
            return pb.CompleteTaskResponse()
        return super().CompleteActivityTask(request, context)

    # --- ours ----------------------------------------------------------------------------------------

    def _now(self) -> datetime:
        return self._alarms.clock.now()

    def _stamp(self, events: Iterable[pb.HistoryEvent]) -> None:
        """The backend leaves most events in 1970 (F11)."""
        now = None
        for event in events:
            if not event.timestamp.seconds:
                now = now or helpers.new_timestamp(self._now())
                event.timestamp.CopyFrom(now)

    def _restamp(self, instance: OrchestrationInstance) -> None:
        """Bring events that the backend stamped with the system's time onto our clock."""
        for event in instance.pending_events:
            event.timestamp.FromDatetime(self._now())
        instance.last_updated_at = self._now()
        instance.completed_at = None

    def _begin(self, instance: OrchestrationInstance, started_at: datetime, before: _Execution | None = None) -> None:
        """Give a new execution its id, its times and what it keeps of the one before."""
        execution = _Execution(uuid.uuid4().hex, Past(), tags=dict(instance.tags) if instance.tags else None)
        if before is not None:
            execution.parent, execution.parent_execution = before.parent, before.parent_execution
            execution.tags = before.tags
        else:
            instance.created_at = self._now()
        instance.last_updated_at = self._now()
        self._executions[instance.instance_id] = execution
        for event in instance.pending_events[:2]:
            event.timestamp.FromDatetime(started_at)
            if event.HasField("executionStarted"):
                start = event.executionStarted
                start.orchestrationInstance.executionId.value = execution.id
                if execution.parent is not None:
                    start.parentInstance.CopyFrom(execution.parent)
                for name, value in (execution.tags or {}).items():
                    start.tags[name] = value

    def _finished(self, instance: OrchestrationInstance) -> None:
        instance.completed_at = self._now()
        self._executions[instance.instance_id].past.reset()  # a rewind would encode it anew
        self._cancel_timers(instance.instance_id)
        self._tell_parent(instance)

    def _tell_parent(self, child: OrchestrationInstance) -> None:
        link = self._executions[child.instance_id]
        if link.parent is None:
            return
        parent_id = link.parent.orchestrationInstance.instanceId
        parent = self._instances.get(parent_id)
        if parent is None or parent.status in TERMINAL:
            return
        if self._executions[parent_id].id != link.parent_execution:
            return
        task_id = link.parent.taskScheduledId
        if child.status == pb.ORCHESTRATION_STATUS_COMPLETED:
            event = helpers.new_sub_orchestration_completed_event(task_id, child.output)
        else:
            failure = child.failure_details or pb.TaskFailureDetails(
                errorType="Terminated", errorMessage=child.output or "The sub-orchestration was terminated."
            )
            event = pb.HistoryEvent(
                eventId=-1,
                subOrchestrationInstanceFailed=pb.SubOrchestrationInstanceFailedEvent(
                    taskScheduledId=task_id, failureDetails=failure
                ),
            )
        parent.pending_events.append(event)
        self._enqueue_orchestration(parent_id)

    def _children(self, instance_id: str) -> list[str]:
        return [
            child
            for child, link in self._executions.items()
            if link.parent is not None and link.parent.orchestrationInstance.instanceId == instance_id
        ]

    def _signal(self, entity_id: str, signal: pb.EntityOperationSignaledEvent, due: datetime | None) -> None:
        event = pb.HistoryEvent(eventId=-1, entityOperationSignaled=signal)
        if due is not None and due > self._now():
            self._alarms.at(due, lambda: self._queue_entity_operation(entity_id, event))
        else:
            self._queue_entity_operation(entity_id, event)
        self._on_change()

    def _alarm(self, instance_id: str, due: datetime, callback: Callable[[], None]) -> None:
        alarms = self._timers[instance_id]

        def ring() -> None:
            alarms.discard(alarm)
            callback()

        alarm = self._alarms.at(due, ring)
        alarms.add(alarm)

    def _cancel_timers(self, instance_id: str) -> None:
        for alarm in self._timers.pop(instance_id, ()):
            alarm.cancel()

    def _start_delayed(self, instance_id: str) -> None:
        self._delayed.discard(instance_id)
        self._enqueue_orchestration(instance_id)

    def _forget(self, instance_id: str) -> None:
        self._instances.pop(instance_id, None)
        self._executions.pop(instance_id, None)
        self._cancel_timers(instance_id)
        self._delayed.discard(instance_id)

    def _changed(self, instance_id: str) -> None:
        for future in self._watchers.pop(instance_id, ()):
            if not future.done():
                future.set_result(None)
        self._on_change()
