"""What a run says of itself: its custom status, with a record of every step. `_steps.Run` builds on it."""

from datetime import UTC, datetime
from typing import Any

from durabletask.task import OrchestrationContext

from domain.errors import RolloutError
from domain.models import Outcome
from domain.status import ErrorRecord, Outcomes, Status, StepRecord, StepStatus, Waiting

_OPEN_ENDS: dict[Outcomes, StepStatus] = {
    "Completed": "Completed",
    "Superseded": "Skipped",
    "Failed": "Failed",
    "Cancelled": "Cancelled",
}
"""How a step ends that was still open when the run ended so."""

_LONGEST_DETAIL = 400


class Journal:
    """The custom status of one execution. A status is never changed in place: `update` makes the next one."""

    def __init__(self, ctx: OrchestrationContext, status: Status | None = None) -> None:
        self.ctx = ctx
        self.status = status or Status()

    @property
    def now(self) -> datetime:
        """The orchestration's clock, aware, the same at every replay."""
        moment = self.ctx.current_utc_datetime
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def update(self, **changes: Any) -> None:
        """Change the custom status; it is published with the next task that is waited for."""
        self.status = self.status.model_copy(update=changes)

    def publish(self) -> None:
        """Hand the custom status to the engine."""
        self.ctx.set_custom_status(self.status.fit())

    def waiting(self, what: str, until: datetime | None = None) -> None:
        """Say what is waited for; `since` stays while `what` does."""
        now, before = _text(self.now), self.status.waiting_for
        since = before.since if before and before.what == what else now
        self.update(waiting_for=Waiting(what=what, since=since, next=_text(until) if until else None))

    def found(self, role: str, resource: str) -> None:
        """Remember an ARM id that exists now."""
        self.found_all({role: resource})

    def found_all(self, resources: dict[str, str]) -> None:
        """Remember ARM ids by role; a child's are its rollout's too."""
        number = resources.get("version", "").rpartition("/")[2] or self.status.version
        self.update(resources={**self.status.resources, **resources}, version=number)

    def open(self, name: str, resource: str) -> bool:
        """Begin the record of a step; False where it has one already."""
        if any(_is(step, name, resource) for step in self.status.steps):
            return False
        record = StepRecord(name=name, status="Running", started_at=_text(self.now), resource=resource)
        self.update(steps=(*self.status.steps, record))
        return True

    def close(self, name: str, resource: str, status: StepStatus, detail: str = "") -> None:
        """End the record of a step."""
        self._change(name, resource, status=status, ended_at=_text(self.now), detail=detail)

    def again(self, name: str, resource: str, detail: str) -> None:
        """Count a repetition after a transient error."""
        attempts = next(step.attempts for step in self.status.steps if _is(step, name, resource))
        self._change(name, resource, attempts=attempts + 1, detail=detail)

    def polled(self, name: str, resource: str) -> None:
        """Count a look in the record of a step that waits."""
        polls = next((step.polls for step in self.status.steps if _is(step, name, resource)), 0)
        self._change(name, resource, polls=polls + 1)

    def finish(self, outcome: Outcomes, note: str = "", error: RolloutError | None = None) -> None:
        """The last custom status. Steps that were still open end as the run does."""
        ends = {"status": _OPEN_ENDS[outcome], "ended_at": _text(self.now)}
        steps = tuple(step.model_copy(update=ends) if step.ended_at is None else step for step in self.status.steps)
        record = ErrorRecord.of(error) if error else None
        self.update(outcome=outcome, note=note, waiting_for=None, steps=steps, error=record)
        self.publish()

    def _change(self, name: str, resource: str, **changes: Any) -> None:
        self.update(
            steps=tuple(
                step.model_copy(update=changes) if _is(step, name, resource) else step for step in self.status.steps
            )
        )


def told(outcome: Outcome) -> str:
    """An outcome as one line of the run list: what was done, and what was left as it is."""
    return line(outcome.action, *outcome.notes)


def line(*parts: str) -> str:
    """The detail of a step: one line that is not endless."""
    whole = "; ".join(parts)
    return whole if len(whole) <= _LONGEST_DETAIL else whole[: _LONGEST_DETAIL - 1] + "…"


def _is(step: StepRecord, name: str, resource: str) -> bool:
    return step.name == name and step.resource == resource


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
