"""How orchestrators take a step: retries, waiting, cancelling, and saying so in the custom status.

`Run` belongs to one execution of one orchestrator. Retrying has this one layer: a transient error is repeated with
the server's Retry-After, or a growing delay, within a budget of time; a terminal one ends the step at once.
"""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any

from durabletask.entities import EntityInstanceId
from durabletask.task import OrchestrationContext, Task, TaskFailedError, when_any

from domain import errors, naming
from domain.errors import AccessDeniedError, RolloutCancelled, RolloutError, TerminalError
from domain.models import Operation, Outcome, StepRequest, Wire
from domain.status import ErrorRecord, Outcomes, Status, StepRecord, StepStatus, Waiting
from domain.steps import CANCEL, POLL_OPERATION, Step

type Steps[T] = Generator[Task[Any], Any, T]

RETRY_BUDGET = timedelta(minutes=30)
"""How long a step is repeated after transient errors: an outage of half an hour ends no rollout."""

_LONGEST_DELAY = 60.0
_DENIED_DELAY = 30.0
"""A new role takes minutes to arrive; asking more often does not hurry it."""

_PATIENT_AFTER = 20
_PATIENT_DELAY = 30.0
"""After so many looks at one operation, at most two a minute: histories stay short however long it takes."""

_RESEND_CANCEL = timedelta(seconds=0.5)


class Superseded(Exception):  # noqa: N818 - it is an outcome, not a fault
    """The rollout has nothing left to do: a newer image or version has taken its place."""


class Run:
    """One execution: its context, its custom status so far, and its one wait for `cancel`.

    The wait is created once: an abandoned one would swallow the event.
    """

    def __init__(self, ctx: OrchestrationContext, status: Status | None = None) -> None:
        self.ctx = ctx
        self.status = status or Status()
        self._dumped: tuple[Wire, dict[str, Any]] | None = None
        self.cancelled: Task[Any] = ctx.wait_for_external_event(CANCEL)

    @property
    def now(self) -> datetime:
        """The orchestration's clock, aware, the same at every replay."""
        moment = self.ctx.current_utc_datetime
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def check(self) -> None:
        """RolloutCancelled where somebody asked to stop; called at every boundary."""
        if self.cancelled.is_complete:
            raise RolloutCancelled("Cancelled", "The rollout was cancelled.")

    def update(self, **changes: Any) -> None:
        """Change the custom status; it is published with the next task that is waited for."""
        self.status = self.status.model_copy(update=changes)

    def _wait[T](self, task: Task[T]) -> Generator[Task[T], Any, T]:
        """Yield a task. Only what is new says so in the custom status: a replay would say it over and over."""
        if not self.ctx.is_replaying:
            self.publish()
        result: T = yield task
        return result

    def publish(self) -> None:
        """Hand the custom status to the engine."""
        self.ctx.set_custom_status(self.status.fit())

    def _dump(self, request: Wire) -> dict[str, Any]:
        """Plain JSON; most steps of a run share one request, which is dumped once an execution."""
        if self._dumped is None or self._dumped[0] is not request:
            self._dumped = (request, request.dump())
        return self._dumped[1]

    def waiting(self, what: str, until: datetime | None = None) -> None:
        """Say what is waited for; `since` stays while `what` does."""
        now, before = _text(self.now), self.status.waiting_for
        since = before.since if before and before.what == what else now
        self.update(waiting_for=Waiting(what=what, since=since, next=_text(until) if until else None))

    def found(self, role: str, resource: str) -> None:
        """Remember an ARM id that exists now."""
        self.update(resources={**self.status.resources, role: resource})

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
        if journal:
            self._open(step.name, resource)
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
            delay = _retry_delay(error, attempt)
            out_of_time = self.now + timedelta(seconds=delay) > first_failure + RETRY_BUDGET
            if not error.transient or out_of_time:
                if journal:
                    self.close(step.name, resource, "Failed", f"{error.code}: {error.message}")
                raise error
            if journal:
                self._again(step.name, resource, f"{error.code}; trying again")
            yield from self.pause(delay, f"{step.title}: {error.code}, trying again")
        if journal and close:
            self.close(step.name, resource, "Completed")
        return result

    def converge(
        self, step: Step[Any, Outcome], request: StepRequest, *, role: str, resource: str, within: timedelta
    ) -> Steps[Outcome]:
        """Call an activity until its resource is there: wait for what it started, or for what others have under way."""
        ends = self.now + within
        while True:
            outcome = yield from self.step(step, request, resource=resource, close=False)
            try:
                yield from self.follow(outcome.operation, ends, within, step.title)
            except RolloutError as error:
                if not isinstance(error, RolloutCancelled):
                    self.close(step.name, resource, "Failed", f"{error.code}: {error.message}")
                raise
            if outcome.action != "waiting":
                self.close(step.name, resource, "Completed", told(outcome))
                self.found(role, resource)
                return outcome

    def follow(self, operation: Operation | None, ends: datetime, within: timedelta, what: str) -> Steps[None]:
        """Wait until an operation is over. TerminalError where it failed, or where the deadline passed."""
        looks = 0
        while operation is not None and not operation.finished:
            operation = yield from self.look(operation, looks, ends, within, what)
            looks += 1
        raise_failure(operation)

    def look(self, operation: Operation, looks: int, ends: datetime, within: timedelta, what: str) -> Steps[Operation]:
        """Pause as long as the server asked to, then look once."""
        self.deadline(ends, within, what, operation.resource)
        yield from self.pause(poll_delay(operation.retry_after, looks), what)
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
            f"{what} was not finished within {within}. It is still under way in Azure, and is not stopped there.",
            resource=resource,
            remedy="Wait until Azure is done, or raise the deadline in the profile, then start the rollout again: "
            "it continues from what exists.",
        )

    def pause(self, seconds: float, what: str) -> Steps[None]:
        """A durable timer, raced with `cancel`."""
        self.check()
        fire_at = self.now + timedelta(seconds=seconds)
        self.waiting(what, fire_at)
        timer = self.ctx.create_timer(timedelta(seconds=seconds))
        yield from self._wait(when_any([timer, self.cancelled]))
        if not timer.is_complete:
            timer.cancel()
        self.check()

    def claim(self, entity: str, key: str, request: Wire) -> Steps[str]:
        """Ask an entity."""
        self.check()
        answer: Any = yield from self._wait(
            self.ctx.call_entity(EntityInstanceId(entity, key), "claim", request.dump())
        )
        return str(answer)

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
            failure = _collect(pending, results)
            if failure or self.cancelled.is_complete:
                yield from self._end(pending)
                self.check()
                assert failure is not None
                raise failure
        return results

    def _end(self, pending: dict[str, Task[Any]]) -> Steps[None]:
        """Tell children to stop until they have: one that is just starting over could miss the first word."""
        while pending:
            for name in pending:
                self.ctx.send_event(naming.child_id(self.ctx.instance_id, name), CANCEL)
            timer = self.ctx.create_timer(_RESEND_CANCEL)
            yield from self._wait(when_any([*pending.values(), timer]))
            if not timer.is_complete:
                timer.cancel()
            _collect(pending, {})

    def finish(self, outcome: Outcomes, note: str = "", error: RolloutError | None = None) -> None:
        """The last custom status. Steps that still ran end as the run does."""
        status: StepStatus = "Failed" if outcome == "Failed" else "Cancelled"
        steps = tuple(
            step.model_copy(update={"status": status, "ended_at": _text(self.now)}) if step.ended_at is None else step
            for step in self.status.steps
        )
        self.update(
            outcome=outcome,
            note=note,
            waiting_for=None,
            steps=steps,
            error=ErrorRecord.of(error) if error else None,
        )
        self.publish()

    def close(self, name: str, resource: str, status: StepStatus, detail: str = "") -> None:
        """End the record of a step."""
        self._change(name, resource, status=status, ended_at=_text(self.now), detail=detail)

    def _open(self, name: str, resource: str) -> None:
        if not any(_is(step, name, resource) for step in self.status.steps):
            record = StepRecord(name=name, status="Running", started_at=_text(self.now), resource=resource)
            self.update(steps=(*self.status.steps, record))

    def _again(self, name: str, resource: str, detail: str) -> None:
        attempts = next(step.attempts for step in self.status.steps if _is(step, name, resource))
        self._change(name, resource, attempts=attempts + 1, detail=detail)

    def polled(self, name: str, resource: str) -> None:
        """Count a look in the record of a step that waits."""
        polls = next((step.polls for step in self.status.steps if _is(step, name, resource)), 0)
        self._change(name, resource, polls=polls + 1)

    def _change(self, name: str, resource: str, **changes: Any) -> None:
        self.update(
            steps=tuple(
                step.model_copy(update=changes) if _is(step, name, resource) else step for step in self.status.steps
            )
        )


def poll_delay(retry_after: float | None, looks: int) -> float:
    """Seconds until the next look: what the server asked; where it is silent, about a second, growing slowly."""
    delay = min(0.3 * 1.7**looks, 15.0) if retry_after is None else retry_after
    return max(delay, _PATIENT_DELAY) if looks >= _PATIENT_AFTER else delay


def raise_failure(operation: Operation | None) -> None:
    """TerminalError where an operation ended badly."""
    if operation is None or operation.status in ("Succeeded", "InProgress"):
        return
    raise TerminalError(
        operation.error_code or f"Operation{operation.status}",
        operation.error_message or f"Azure ended the operation as {operation.status} and did not say why.",
        resource=operation.resource,
        remedy="Mend what the message names, then start the rollout again: it continues from what exists.",
    )


def told(outcome: Outcome) -> str:
    """An outcome as one line of the run list."""
    return "; ".join([outcome.action, *outcome.notes])


def _retry_delay(error: RolloutError, attempt: int) -> float:
    if error.retry_after is not None:
        return max(error.retry_after, 0.05)
    if isinstance(error, AccessDeniedError):
        return _DENIED_DELAY
    return float(min(2.0 ** (attempt - 1), _LONGEST_DELAY))


def _collect(pending: dict[str, Task[Any]], results: dict[str, dict[str, Any]]) -> RolloutError | None:
    """Move what is complete from pending to results; the first failure, if there was one."""
    failure: RolloutError | None = None
    for name, child in list(pending.items()):
        if not child.is_complete:
            continue
        del pending[name]
        if child.is_failed:
            failure = failure or errors.from_wire(child.get_exception().details.message)
        else:
            results[name] = child.get_result() or {}
    return failure


def _is(step: StepRecord, name: str, resource: str) -> bool:
    return step.name == name and step.resource == resource


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
