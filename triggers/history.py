"""A rollout's history on one screen, told from the journal of its steps. `http` calls it.

The engine's own history counts thousands of events for a replication of hours, and forgets a child's each time that
one continues as new. The journal in the custom status keeps one record a step, with its repetitions and its looks.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from domain.models import RegionState, RolloutInput
from domain.resource_ids import parse
from domain.status import Status, StepRecord
from domain.steps import READ_REPLICATION, STEPS
from triggers.durable import Instance
from triggers.views import Shown, input_of, rfc3339, shown_status, whole_status

_TITLES = {step.name: step.title for step in STEPS}

_DETAIL_LIMIT = 300


def history(instance: Instance, children: Sequence[Instance] = ()) -> dict[str, Any]:
    """`{"id", "events": [{at, kind, step, region, text}]}`, oldest first.

    kind: started, running, completed, failed, cancelled, skipped, waiting. A step that ended before anything else
    happened takes one line, else one for its start and one for its end.
    """
    status = whole_status(instance, children)
    events = [_began(instance, input_of(instance))]
    events += sorted(_steps(status), key=lambda event: str(event["at"]))
    events = list(_folded(events))
    events += _ending(instance, status)
    return {"id": instance.id, "events": events}


def _event(at: str, kind: str, text: str, *, step: str | None = None, region: str | None = None) -> dict[str, Any]:
    return {"at": at, "kind": kind, "step": step, "region": region, "text": text}


def _began(instance: Instance, asked: RolloutInput | None) -> dict[str, Any]:
    text = "The rollout was requested."
    if asked is not None:
        who = asked.started_by
        by = f"the image event {who.event_id}" if who.kind == "event" else "a request"
        by += f" of {who.caller}" if who.caller else ""
        text = f"The rollout of {parse(asked.image).name} under profile {asked.profile_name} was started by {by}."
        if asked.earlier:
            text += f" It retries {asked.earlier}."
        if asked.again:
            text += " It rolls an unchanged image out once more."
    return _event(rfc3339(instance.created), "started", text)


def _steps(status: Status) -> Iterator[dict[str, Any]]:
    for step in status.steps:
        title = _TITLES.get(step.name, step.name.replace("_", " "))
        yield _event(step.started_at, "running", f"{title}: begun.", step=step.name)
        if step.name == READ_REPLICATION.name:
            yield from _regions(step, status.regions)
        if step.ended_at:
            yield _event(step.ended_at, step.status.lower(), f"{title}: {_told(step)}", step=step.name)


def _regions(step: StepRecord, regions: Sequence[RegionState]) -> Iterator[dict[str, Any]]:
    """Regions that are done, at the end of the step: when each of them was is not recorded."""
    if step.ended_at is None:
        return
    for region in regions:
        if region.state in ("Completed", "Failed"):
            detail = f": {region.details[:_DETAIL_LIMIT]}" if region.details else ""
            text = f"{region.name}: {region.state.lower()}{detail}."
            yield _event(step.ended_at, region.state.lower(), text, step=step.name, region=region.name)


def _told(step: StepRecord) -> str:
    parts = [step.detail[:_DETAIL_LIMIT].rstrip(".") or step.status.lower()]
    if step.attempts > 1:
        parts.append(f"{step.attempts} attempts")
    if step.polls > 1:
        parts.append(f"looked {step.polls} times")
    return ", ".join(parts) + "."


def _folded(events: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Leave out the start of a step where its own end is what comes next."""
    for place, event in enumerate(events):
        following = events[place + 1] if place + 1 < len(events) else None
        ends_next = following is not None and following["step"] == event["step"] and not following["region"]
        if not (event["kind"] == "running" and ends_next):
            yield event


def _ending(instance: Instance, status: Status) -> list[dict[str, Any]]:
    if not instance.over:
        waiting = status.waiting_for
        return [_event(waiting.since, "waiting", f"Waiting for {waiting.what}.")] if waiting else []
    shown = shown_status(instance)
    return [_event(rfc3339(instance.updated), shown.lower(), _end_text(status, shown))]


def _end_text(status: Status, shown: Shown) -> str:
    outcome = status.outcome if status.outcome == "Superseded" else shown
    by = f" by {status.cancelled_by}" if status.cancelled_by else ""
    text = f"The rollout ended: {outcome}{by}."
    if status.note:
        text += f" {status.note}"
    if status.error:
        text += f" {status.error.code}: {status.error.message} {status.error.remedy}".rstrip()
    return text
