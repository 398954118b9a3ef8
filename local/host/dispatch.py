"""Gives the engine's work to the app's functions, by direct calls through the worker library.

An orchestrator function receives its history as base64 protobuf and answers likewise, an activity receives
the bare JSON of its input: what the Durable extension sends and takes. host.py runs one Dispatcher; the
engine wakes it whenever there is work.
"""

import asyncio
import base64
import logging
from collections.abc import Coroutine
from typing import Any

import durabletask.internal.orchestrator_service_pb2 as pb
from durabletask.entities import EntityInstanceId
from durabletask.internal import helpers

from local.host.config import DurableOptions
from local.host.engine import Engine
from local.host.protos import TypedData
from local.host.pulse import Pulse
from local.host.work import Activity, EntityWork, OrchestratorWork
from local.host.worker import Function, FunctionError, Worker

log = logging.getLogger("host")


class Dispatcher:
    """Runs durable work, at most so many functions of a kind at once as host.json allows."""

    def __init__(
        self,
        worker: Worker,
        engine: Engine,
        pulse: Pulse,
        options: DurableOptions,
        *,
        client: TypedData,
        keep_stacks: bool,
    ) -> None:
        self._worker = worker
        self._engine = engine
        self._pulse = pulse
        self._options = options
        self._client = client
        self._keep_stacks = keep_stacks
        self._orchestrators = _by_name(worker, "orchestrationTrigger", "orchestration")
        self._activities = _by_name(worker, "activityTrigger", "activity")
        self._entities = _by_name(worker, "entityTrigger", "entityName")
        self._running = {"orchestrator": 0, "activity": 0}
        self._tasks: set[asyncio.Task[None]] = set()
        self._woken = False
        self._stopped = False

    def wake(self) -> None:
        """There may be work: look at the next turn of the loop."""
        if not self._woken and not self._stopped:
            self._woken = True
            asyncio.get_running_loop().call_soon(self._pump)

    async def stop(self, grace: float) -> None:
        """Take no more work; wait `grace` seconds for what runs, then cancel it."""
        self._stopped = True
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _pump(self) -> None:
        self._woken = False
        if self._stopped:
            return
        engine = self._engine
        # Entities are orchestrators to the extension: they count against the same limit.
        while self._running["orchestrator"] < self._options.max_orchestrators:
            turn = engine.take_orchestration()
            if turn is not None:
                self._spawn("orchestrator", self._orchestrate(turn))
                continue
            batch = engine.take_entity()
            if batch is None:
                break
            self._spawn("orchestrator", self._operate(batch))
        while self._running["activity"] < self._options.max_activities:
            activity = engine.take_activity()
            if activity is None:
                break
            self._spawn("activity", self._act(activity))
        self._pulse.settle()

    def _spawn(self, kind: str, work: Coroutine[Any, Any, None]) -> None:
        self._running[kind] += 1
        self._pulse.begin()
        task = asyncio.create_task(work)
        self._tasks.add(task)

        def done(task: asyncio.Task[None]) -> None:
            self._running[kind] -= 1
            self._tasks.discard(task)
            self._pulse.watch(task)
            self.wake()
            self._pulse.end()

        task.add_done_callback(done)

    async def _orchestrate(self, turn: OrchestratorWork) -> None:
        function = self._orchestrators.get(turn.name.lower())
        try:
            if function is None:
                raise LookupError(_missing("orchestrator", turn.name))
            answer = await self._invoke(function, _base64(turn.request))
            response = pb.OrchestratorResponse.FromString(base64.b64decode(answer))
        except asyncio.CancelledError:
            self._engine.abandon_orchestration(turn)
            raise
        except FunctionError as error:
            log.error("'%s' (%s) failed: %s at %s", turn.name, turn.instance_id, error.type, error.where)
            response = _failed(error.type, f"Function '{turn.name}' failed with an unhandled exception.")
        except LookupError as error:
            response = _failed("System.ArgumentException", str(error))
        self._engine.complete_orchestration(turn, response)

    async def _act(self, activity: Activity) -> None:
        function = self._activities.get(activity.name.lower())
        failure: pb.TaskFailureDetails | None = None
        result: str | None = None
        try:
            if function is None:
                raise LookupError(_missing("activity", activity.name))
            given = TypedData() if activity.input is None else TypedData(json=activity.input)
            result = await self._invoke(function, given)
        except asyncio.CancelledError:
            self._engine.abandon_activity(activity)
            raise
        except FunctionError as error:
            log.warning("'%s' (%s) failed: %s at %s", activity.name, activity.instance_id, error.type, error.where)
            failure = pb.TaskFailureDetails(errorType=error.type, errorMessage=error.text)
            if self._keep_stacks:
                failure.stackTrace.value = error.stack
        except LookupError as error:
            failure = pb.TaskFailureDetails(errorType="System.ArgumentException", errorMessage=str(error))
        self._engine.complete_activity(activity, result, failure)

    async def _operate(self, batch: EntityWork) -> None:
        name = EntityInstanceId.parse(batch.instance_id).entity
        function = self._entities.get(name.lower())
        try:
            if function is None:
                raise LookupError(_missing("entity", name))
            answer = await self._invoke(function, _base64(batch.request))
            result = pb.EntityBatchResult.FromString(base64.b64decode(answer))
        except asyncio.CancelledError:
            self._engine.abandon_entity(batch)
            raise
        except (FunctionError, LookupError) as error:
            log.error("Entity '%s' failed: %s", batch.instance_id, type(error).__name__)
            result = _failed_batch(batch, error)
        self._engine.complete_entity(batch, result)

    async def _invoke(self, function: Function, value: TypedData) -> str:
        data = {str(function.trigger["name"]): value}
        data |= {binding["name"]: self._client for binding in function.of_type("durableClient")}
        response = await self._worker.invoke(function, data)
        return "" if response.return_value is None else str(response.return_value.value)


def _base64(message: bytes) -> TypedData:
    return TypedData(string=base64.b64encode(message).decode())


def _by_name(worker: Worker, trigger: str, key: str) -> dict[str, Function]:
    return {
        (function.trigger.get(key) or function.name).lower(): function
        for function in worker.functions
        if function.trigger["type"] == trigger
    }


def _missing(kind: str, name: str) -> str:
    return f"The {kind} function '{name}' doesn't exist, is disabled, or is not {_article(kind)} function."


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeo" else f"a {kind}"


def _failed(error_type: str, message: str) -> pb.OrchestratorResponse:
    details = pb.TaskFailureDetails(errorType=error_type, errorMessage=message)
    action = helpers.new_complete_orchestration_action(-1, pb.ORCHESTRATION_STATUS_FAILED, failure_details=details)
    return pb.OrchestratorResponse(actions=[action])


def _failed_batch(batch: EntityWork, error: Exception) -> pb.EntityBatchResult:
    """Every operation failed, and the state is what it was."""
    request = pb.EntityBatchRequest.FromString(batch.request)
    kind = error.type if isinstance(error, FunctionError) else "System.ArgumentException"
    text = error.text if isinstance(error, FunctionError) else str(error)
    details = pb.TaskFailureDetails(errorType=kind, errorMessage=text)
    failure = pb.OperationResult(failure=pb.OperationResultFailure(failureDetails=details))
    return pb.EntityBatchResult(
        results=[failure] * len(request.operations),
        entityState=request.entityState if request.HasField("entityState") else None,
    )
