"""The durable engine: the mended backend, giving its work out by direct calls and refusing what Azure refuses.

dispatch.py takes work from here (`take_…`) and gives it back (`complete_…`, `abandon_…`); rpc.py serves the
client's calls; tests and tools read histories. Everything runs on the event loop's thread.
"""

from collections.abc import Callable, Iterable
from typing import Any

import durabletask.internal.orchestrator_service_pb2 as pb
import grpc
from durabletask.internal import helpers
from durabletask.testing.in_memory_backend import OrchestrationInstance

from local.host.alarms import Alarms
from local.host.mends import MendedBackend
from local.host.work import CONTEXT, TERMINAL, Activity, EntityWork, OrchestratorWork

# The extension fails an orchestration whose custom status is larger than this, counted in UTF-16.
MAX_CUSTOM_STATUS = 16 * 1024


class Engine(MendedBackend):
    """See the module; `on_change` hears every change of state, `on_work` that something can be taken."""

    def __init__(self, alarms: Alarms, on_change: Callable[[], None] = lambda: None) -> None:
        super().__init__(alarms, on_change)
        self._activities_out: dict[tuple[str, str, int], Activity] = {}

    # --- for tools and tests -------------------------------------------------------------------------

    def history(self, instance_id: str) -> list[pb.HistoryEvent]:
        """The committed events of the instance's present execution, oldest first. LookupError if unknown."""
        return list(self._instance(instance_id).history)

    def instance_ids(self) -> list[str]:
        """Every orchestration that exists, oldest first."""
        return list(self._instances)

    def status(self, instance_id: str) -> str:
        """`Pending`, `Running`, `Completed`, `Failed`, `Terminated` or `Suspended`. LookupError if unknown."""
        name = str(pb.OrchestrationStatus.Name(self._instance(instance_id).status))
        return name.removeprefix("ORCHESTRATION_STATUS_").capitalize()

    def purge(self, instance_ids: Iterable[str] | None = None) -> int:
        """Forget finished orchestrations, all or the named ones; returns how many there were."""
        purged = 0
        for instance_id in list(self._instances) if instance_ids is None else list(instance_ids):
            if instance_id in self._instances and self._instances[instance_id].status in TERMINAL:
                self._forget(instance_id)
                purged += 1
        self._on_change()
        return purged

    def has_work(self) -> bool:
        """Something is ready to be taken now."""
        return bool(self._orchestration_queue or self._activity_queue or self._entity_queue)

    # --- work, given out and taken back --------------------------------------------------------------

    def take_orchestration(self) -> OrchestratorWork | None:
        """The next orchestration that has something to do, with everything that happened to it."""
        while self._orchestration_queue:
            instance_id = self._orchestration_queue.popleft()
            self._orchestration_queue_set.discard(instance_id)
            instance = self._instances.get(instance_id)
            if (
                instance is None
                or not instance.pending_events
                or instance.status in TERMINAL
                or instance_id in self._orchestration_in_flight
            ):
                continue  # what is in flight is queued again when it completes
            self._stamp(instance.pending_events)
            events, instance.pending_events = instance.pending_events, []
            if instance.history and not events[0].HasField("orchestratorStarted"):
                events.insert(0, helpers.new_orchestrator_started_event(self._now()))
            instance.dispatched_events = events
            self._orchestration_in_flight.add(instance_id)
            execution = self._executions[instance_id]
            request = execution.past.request(instance_id, execution.id, instance.history, events)
            return OrchestratorWork(instance_id, instance.name, str(instance.completion_token), request)
        return None

    def complete_orchestration(self, work: OrchestratorWork, response: pb.OrchestratorResponse) -> None:
        """Commit a turn: its events, its actions, its status."""
        response.instanceId = work.instance_id
        response.completionToken = work.token
        size = len(response.customStatus.value.encode("utf-16-le"))
        if size > MAX_CUSTOM_STATUS:
            _fail(response, f"The custom status takes {size} bytes in UTF-16; the limit is {MAX_CUSTOM_STATUS}.")
        instance = self._instances.get(work.instance_id)
        before = len(instance.history) if instance else 0
        super().CompleteOrchestratorTask(response, CONTEXT)
        if instance is None or self._instances.get(work.instance_id) is not instance:
            self._requeue(work.instance_id)
            return
        self._stamp(instance.history[before:] if len(instance.history) >= before else instance.history)
        instance.last_updated_at = self._now()
        if instance.status in TERMINAL:
            self._finished(instance)
        self._requeue(work.instance_id)
        self._changed(work.instance_id)

    def abandon_orchestration(self, work: OrchestratorWork) -> None:
        """The turn was never run: give its events out again."""
        self.AbandonTaskOrchestratorWorkItem(pb.AbandonOrchestrationTaskRequest(completionToken=work.token), CONTEXT)

    def take_activity(self) -> Activity | None:
        """The next activity call."""
        while self._activity_queue:
            activity = self._activity_queue.popleft()
            if isinstance(activity, Activity):
                self._activities_out[_key(activity)] = activity
                return activity
        return None

    def complete_activity(
        self, activity: Activity, result: str | None = None, failure: pb.TaskFailureDetails | None = None
    ) -> None:
        """Deliver what an activity gave, unless the execution that called it is over."""
        if self._activities_out.pop(_key(activity), None) is None:
            return
        instance = self._instances.get(activity.instance_id)
        execution = self._executions.get(activity.instance_id)
        if instance is None or execution is None or execution.id != activity.execution_id:
            return
        if instance.status in TERMINAL:
            return
        response = pb.ActivityResponse(
            instanceId=activity.instance_id,
            taskId=activity.task_id,
            result=helpers.get_string_value(result),
            failureDetails=failure,
        )
        self.CompleteActivityTask(response, CONTEXT)

    def abandon_activity(self, activity: Activity) -> None:
        """The call was never finished: give it out again (F9)."""
        if self._activities_out.pop(_key(activity), None) is not None:
            self._activity_queue.appendleft(activity)
            self.on_work()

    def take_entity(self) -> EntityWork | None:
        """The next entity that has operations waiting, with all of them."""
        while self._entity_queue:
            entity_id = self._entity_queue.popleft()
            self._entity_queue_set.discard(entity_id)
            entity = self._entities.get(entity_id)
            if entity is None or not entity.pending_operations or entity_id in self._entity_in_flight:
                continue  # what is in flight is queued again when it completes
            self._entity_in_flight.add(entity_id)
            operations, entity.pending_operations = entity.pending_operations, []
            entity.dispatched_operations = operations
            state = entity.serialized_state
            batch, infos = helpers.convert_to_entity_batch_request(
                pb.EntityRequest(
                    instanceId=entity_id,
                    entityState=helpers.get_string_value(state or None),
                    operationRequests=operations,
                )
            )
            return EntityWork(entity_id, str(entity.completion_token), batch.SerializeToString(), infos)
        return None

    def complete_entity(self, work: EntityWork, result: pb.EntityBatchResult) -> None:
        """Commit a batch: state, answers, signals."""
        result.completionToken = work.token
        del result.operationInfos[:]
        result.operationInfos.extend(work.operations)
        self.CompleteEntityTask(result, CONTEXT)
        entity = self._entities.get(work.instance_id)
        if entity is not None:
            entity.last_modified_at = self._now()
        self._on_change()

    def abandon_entity(self, work: EntityWork) -> None:
        """The batch was never run: give its operations out again."""
        self.AbandonTaskEntityWorkItem(pb.AbandonEntityTaskRequest(completionToken=work.token), CONTEXT)

    # --- what the extension refuses -----------------------------------------------------------------

    def RaiseEvent(self, request: pb.RaiseEventRequest, context: Any) -> pb.RaiseEventResponse:  # noqa: N802
        """As the extension: an event for an instance that is over is refused."""
        self._refuse_if_over(request.instanceId, context)
        response = super().RaiseEvent(request, context)
        self._touch(request.instanceId)
        return response

    def TerminateInstance(self, request: pb.TerminateRequest, context: Any) -> pb.TerminateResponse:  # noqa: N802
        """As the extension: terminating what is over is refused."""
        self._refuse_if_over(request.instanceId, context)
        return super().TerminateInstance(request, context)

    def SuspendInstance(self, request: pb.SuspendRequest, context: Any) -> pb.SuspendResponse:  # noqa: N802
        """As the extension: suspending what is over is refused."""
        self._refuse_if_over(request.instanceId, context)
        return super().SuspendInstance(request, context)

    def ResumeInstance(self, request: pb.ResumeRequest, context: Any) -> pb.ResumeResponse:  # noqa: N802
        """As the extension: resuming what is over is refused."""
        self._refuse_if_over(request.instanceId, context)
        return super().ResumeInstance(request, context)

    # --- ours ---------------------------------------------------------------------------------------

    def _instance(self, instance_id: str) -> OrchestrationInstance:
        try:
            return self._instances[instance_id]
        except KeyError:
            raise LookupError(f"There is no orchestration {instance_id!r}.") from None

    def _requeue(self, instance_id: str) -> None:
        """Events that came while a turn was in flight; the backend forgets them after a stale completion."""
        instance = self._instances.get(instance_id)
        if instance is None or instance.status in (*TERMINAL, pb.ORCHESTRATION_STATUS_SUSPENDED):
            return
        if instance.pending_events and instance_id not in self._orchestration_in_flight:
            self._enqueue_orchestration(instance_id)

    def _refuse_if_over(self, instance_id: str, context: Any) -> None:
        instance = self._instances.get(instance_id)
        if instance is None:
            context.abort(grpc.StatusCode.NOT_FOUND, f"No instance with ID '{instance_id}' was found.")
        elif instance.status in TERMINAL:
            context.abort(
                grpc.StatusCode.FAILED_PRECONDITION,
                f"The orchestration instance with the ID {instance_id} is not running.",
            )

    def _touch(self, instance_id: str) -> None:
        instance = self._instances[instance_id]
        self._stamp(instance.pending_events)
        instance.last_updated_at = self._now()
        self._changed(instance_id)


def _key(activity: Activity) -> tuple[str, str, int]:
    return activity.instance_id, activity.execution_id, activity.task_id


def _fail(response: pb.OrchestratorResponse, reason: str) -> None:
    """Turn a turn's answer into the failure of its orchestration."""
    response.ClearField("customStatus")
    del response.actions[:]
    response.actions.append(
        helpers.new_complete_orchestration_action(
            -1,
            pb.ORCHESTRATION_STATUS_FAILED,
            failure_details=pb.TaskFailureDetails(errorType="System.ArgumentException", errorMessage=reason),
        )
    )
