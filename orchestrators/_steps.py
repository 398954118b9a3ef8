"""How orchestrators take a step: retries, waiting, cancelling.

`Run` belongs to one execution of one orchestrator. Retrying has this one layer: a transient error is repeated with
the server's Retry-After, or a growing delay, within a budget of time; a terminal one ends the step at once.
"""

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

from durabletask.entities import EntityInstanceId
from durabletask.task import OrchestrationContext, Task, TaskFailedError, when_any

from domain import errors, naming
from domain.errors import RolloutCancelled, RolloutError, TerminalError
from domain.models import Operation, Outcome, StepRequest, Wire
from domain.status import Outcomes, Status
from domain.steps import CANCEL, POLL_OPERATION, Step
from orchestrators._delays import PATIENT_DELAY, RETRY_BUDGET, poll_delay, retry_delay
from orchestrators._journal import Journal, told

type Steps[T] = Generator[Task[Any], Any, T]

_RESOURCES = "resources"
"""Where a child's result, or its error, tells its rollout what exists."""
_CANCELLED = "cancelled"


class Superseded(Exception):  # noqa: N818 - it is an outcome, not a fault
    """The rollout has nothing left to do: a newer image or version has taken its place."""


class Run(Journal):
    """One execution: its context, its custom status so far, and its wait for `cancel`.

    `cancelled` is created once and kept: an abandoned wait would swallow the event.
    """

    def __init__(self, ctx: OrchestrationContext, status: Status | None = None) -> None:
        super().__init__(ctx, status)
        self._dumped: tuple[Wire, dict[str, Any]] | None = None
        self.cancelled: Task[Any] = ctx.wait_for_external_event(CANCEL)
        self._word = self.cancelled

    def check(self) -> None:
        """RolloutCancelled where somebody asked to stop; called at every boundary."""
        if self.cancelled.is_complete:
            raise _stopped()

    def _wait[T](self, task: Task[T]) -> Steps[T]:
        """Wait for a task; its result, or its TaskFailedError.

        The engine drops the custom status after an execution that sets none. So each word to stop, the second too,
        wakes us, although only `cancelled` counts; and only executions that bring news publish, for a replay would
        say the same over and over.
        """
        while not task.is_complete:
            if not self.ctx.is_replaying:
                self.publish()
            yield when_any([task, self._word])
            if self._word.is_complete:
                self._word = self.ctx.wait_for_external_event(CANCEL)
        return task.get_result()

    def _dump(self, request: Wire) -> dict[str, Any]:
        """Plain JSON; most steps of a run share one request, which is dumped once an execution."""
        if self._dumped is None or self._dumped[0] is not request:
            self._dumped = (request, request.dump())
        return self._dumped[1]

    def step[T: Wire, R: Wire](
        self,
        step: Step[T, R],
        request: T,
        *,
        resource: str = "",
        hand_back: type[RolloutError] | None = None,
        journal: bool = True,
        close: bool = True,
    ) -> Steps[R]:
        """Run one activity until it answers.

        hand_back: an error of this kind is the caller's business, at once. journal: keep a record of the step; close:
        the record ends with it.
        """
        self.check()
        if journal and self.open(step.name, resource):
            self.waiting(step.title)
        first_failure: datetime | None = None
        attempt = 0
        while True:
            attempt += 1
            try:
                answer: Any = yield from self._wait(self.ctx.call_activity(step.name, input=self._dump(request)))
                result = step.returns.load(answer)
                break
            except TaskFailedError as failure:
                error = errors.from_wire(failure.details.message)
            if hand_back and isinstance(error, hand_back):
                raise error
            first_failure = first_failure or self.now
            delay = retry_delay(error, attempt)
            out_of_time = self.now + timedelta(seconds=delay) > first_failure + RETRY_BUDGET
            if not error.transient or out_of_time:
                if journal:
                    self.close(step.name, resource, "Failed", f"{error.code}: {error.message}")
                raise error
            if journal:
                self.again(step.name, resource, f"{error.code}; trying again")
            yield from self.pause(delay, f"{step.title}: {error.code}, trying again")
        if journal and close:
            self.close(step.name, resource, "Completed")
        return result

    def converge(
        self, step: Step[Any, Outcome], request: StepRequest, *, role: str, resource: str, within: timedelta
    ) -> Steps[Outcome]:
        """Call an activity until its resource is there: wait for what it started, or for what others have under way."""
        ends, looks = self.now + within, 0
        while True:
            outcome = yield from self.step(step, request, resource=resource, close=False)
            operation = outcome.operation
            try:
                while operation is not None and not operation.finished:
                    operation = yield from self.look(operation, looks, ends, within, step.title)
                    looks += 1
                if outcome.action == "waiting":  # somebody else's change: whatever came of it, look again
                    continue
                raise_failure(operation)
            except RolloutCancelled:
                raise
            except RolloutError as error:
                self.close(step.name, resource, "Failed", f"{error.code}: {error.message}")
                raise
            self.close(step.name, resource, "Completed", told(outcome))
            self.found(role, resource)
            return outcome

    def look(self, operation: Operation, looks: int, ends: datetime, within: timedelta, what: str) -> Steps[Operation]:
        """Pause as long as the server asked to, though not past the deadline, then look once."""
        self.deadline(ends, within, what, operation.resource)
        left = (ends - self.now).total_seconds()
        yield from self.pause(min(poll_delay(operation.retry_after, looks), left), what)
        try:
            looked = yield from self.step(POLL_OPERATION, operation, journal=False)
        except TerminalError as error:
            if error.code != "OperationNotFound":
                raise
            return operation.model_copy(update={"kind": "resource", "url": "", "retry_after": None})
        running = next((step for step in reversed(self.status.steps) if step.ended_at is None), None)
        if running:
            self.polled(running.name, running.resource)
        return looked

    def deadline(self, ends: datetime, within: timedelta, what: str, resource: str) -> None:
        """TerminalError where the deadline has passed; it says what runs on in Azure."""
        if self.now < ends:
            return
        raise TerminalError(
            "DeadlineExceeded",
            f"{what[0].upper()}{what[1:]} was not finished within {_span(within)}. "
            "It is still under way in Azure, and is not stopped there.",
            resource=resource,
            remedy="Wait until Azure is done, or raise the deadline in the profile, then start the rollout again: "
            "it continues from what exists.",
        )

    def pause(self, seconds: float, what: str) -> Steps[None]:
        """A durable timer, raced with `cancel`."""
        self.check()
        self.waiting(what, self.now + timedelta(seconds=seconds))
        timer = self.ctx.create_timer(timedelta(seconds=seconds))
        yield from self._wait(when_any([timer, self.cancelled]))
        if not timer.is_complete:
            timer.cancel()
        self.check()

    def claim(self, entity: str, key: str, request: Wire) -> Steps[str]:
        """Ask an entity for something of which it has each once."""
        self.check()
        try:
            answer: Any = yield from self._wait(
                self.ctx.call_entity(EntityInstanceId(entity, key), "claim", request.dump())
            )
        except TaskFailedError as failure:
            inner = failure.details.inner_failure or failure.details
            raise errors.from_wire(inner.message) from None
        return str(answer)

    def tell(self, entity: str, key: str, operation: str, payload: Any) -> None:
        """Tell an entity something; nobody waits for it."""
        self.ctx.signal_entity(EntityInstanceId(entity, key), operation, payload)

    def children(self, wanted: dict[str, dict[str, Any]]) -> Steps[dict[str, dict[str, Any]]]:
        """Run child orchestrations side by side; the first failure, or `cancel`, ends the others before it ends us."""
        self.check()
        pending: dict[str, Task[Any]] = {
            name: self.ctx.call_sub_orchestrator(
                name, input=data, instance_id=naming.child_id(self.ctx.instance_id, name)
            )
            for name, data in wanted.items()
        }
        results: dict[str, dict[str, Any]] = {}
        while pending:
            yield from self._wait(when_any([*pending.values(), self.cancelled]))
            failure = self._collect(pending, results)
            if failure or self.cancelled.is_complete:
                yield from self._end(pending)
                self.check()
                assert failure is not None
                raise failure
        return results

    def _end(self, pending: dict[str, Task[Any]]) -> Steps[None]:
        """Tell children to stop until they have: one that is just starting over could miss the first word."""
        delay = 0.5
        while pending:
            for name in pending:
                self.ctx.send_event(naming.child_id(self.ctx.instance_id, name), CANCEL)
            timer = self.ctx.create_timer(timedelta(seconds=delay))
            yield from self._wait(when_any([*pending.values(), timer]))
            if not timer.is_complete:
                timer.cancel()
            self._collect(pending, {})
            delay = min(2 * delay, PATIENT_DELAY)

    def _collect(self, pending: dict[str, Task[Any]], results: dict[str, dict[str, Any]]) -> RolloutError | None:
        """Move what is complete from pending to results, and take over what exists; the first failure, if any."""
        failure: RolloutError | None = None
        for name, child in list(pending.items()):
            if not child.is_complete:
                continue
            del pending[name]
            if child.is_failed:
                error = errors.from_wire(child.get_exception().details.message)
                self.found_all(error.facts.pop(_RESOURCES, {}))
                failure = failure or error
            else:
                results[name] = child.get_result() or {}
                self.found_all(results[name].get(_RESOURCES, {}))
                if results[name].get(_CANCELLED):  # a word to stop that did not come from us
                    failure = failure or _stopped()
        return failure

    def finish(self, outcome: Outcomes, note: str = "", error: RolloutError | None = None) -> None:
        """See Journal; one that was cancelled says by whom, where the word to stop did."""
        if outcome == "Cancelled" and self.cancelled.is_complete:
            word: Any = self.cancelled.get_result()
            self.update(cancelled_by=str(word["caller"]) if isinstance(word, dict) and word.get("caller") else None)
        super().finish(outcome, note, error)

    def ended(self, outcome: Outcomes, note: str = "", result: dict[str, Any] | None = None) -> dict[str, Any]:
        """End a child well, or on `cancel`; its result, with what exists."""
        self.finish(outcome, note)
        return {**(result or {}), _CANCELLED: outcome == "Cancelled", _RESOURCES: self.status.resources}

    def failed(self, error: RolloutError) -> RolloutError:
        """End a child badly; the error to raise tells the rollout what exists."""
        self.finish("Failed", error=error)
        error.facts[_RESOURCES] = self.status.resources
        return error

    def start_over(self, state: Wire) -> None:
        """Continue as new, with `state`."""
        self.publish()
        self.ctx.continue_as_new(state.dump(), save_events=True)


def _stopped() -> RolloutCancelled:
    return RolloutCancelled("Cancelled", "The rollout was cancelled.")


def _span(length: timedelta) -> str:
    """`12 h`, `90 min`, `45 s`: the largest unit that tells it exactly."""
    seconds = int(length.total_seconds())
    unit, name = next(((size, name) for size, name in ((3600, "h"), (60, "min")) if seconds % size == 0), (1, "s"))
    return f"{seconds // unit} {name}"


def raise_failure(operation: Operation | None) -> None:
    """TerminalError where an operation ended badly."""
    if operation is None or operation.status in ("Succeeded", "InProgress"):
        return
    raise TerminalError(
        operation.error_code or f"Operation{operation.status}",
        operation.error_message or f"Azure ended the operation as {operation.status} and did not say why.",
        resource=operation.resource,
        remedy=operation.remedy
        or "Mend what the message names, then start the rollout again: it continues from what exists.",
    )
