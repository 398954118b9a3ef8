"""A running rollout, line by line: what `rollout watch` prints where there is no terminal to redraw.

A pure function of two looks at one rollout: what changed between them, in words.
"""

from collections.abc import Iterator
from datetime import datetime

from cli import times
from cli.details import ending, step_detail, step_title
from cli.output import short_id
from cli.shapes import Region, Rollout, StepRun

PERCENT_STEP = 25
"""A region's percentage is worth a line at every quarter; a change of its state always is."""


def changes(before: Rollout | None, after: Rollout, now: datetime) -> Iterator[str]:
    """Lines for all that is new in `after`; without `before`, for all that is."""
    old: Rollout = before or {}
    if before is None:
        yield f"{after.get('id', '')}  image {short_id(after.get('image'))}, profile {after.get('profile', '–')}"
    if after.get("version") and after.get("version") != old.get("version"):
        yield f"version    {after.get('version')}"
    yield from _steps(old, after, now)
    yield from _regions(old, after)
    waiting, waited = after.get("waitingFor") or {}, old.get("waitingFor") or {}
    if waiting.get("what") and waiting.get("what") != waited.get("what"):
        yield f"waiting    for {waiting.get('what')}"
    if after.get("status") != old.get("status"):
        took = f" after {times.span(after.get('createdAt'), after.get('completedAt'), now)}"
        yield f"rollout    {after.get('status')}{ending(after)}{took if after.get('completedAt') else ''}"
        if after.get("note"):
            yield f"note       {after.get('note')}"
    error = after.get("error")
    if error and error != old.get("error"):
        yield f"error      {error.get('code', '')}: {error.get('message', '')}"
        yield from (f"{name:<9}  {error.get(name)}" for name in ("resource", "remedy") if error.get(name))


def _steps(old: Rollout, new: Rollout, now: datetime) -> Iterator[str]:
    known = {_key(step): step for step in old.get("steps", [])}
    for step in new.get("steps", []):
        was: StepRun = known.get(_key(step), {})
        if step.get("status") == was.get("status") or (step.get("status") == "Pending" and not was):
            continue
        took = times.span(step.get("startedAt"), step.get("endedAt"), now) if step.get("endedAt") else ""
        words = [f"{step_title(step.get('name'))}: {step.get('status')}"]
        words += [f"in {took}"] if took else []
        words += [f"({step_detail(step)})"] if step_detail(step) else []
        yield "step       " + " ".join(words)


def _key(step: StepRun) -> tuple[str | None, str | None]:
    """Some steps run more than once in a rollout, a resource group's for one."""
    return step.get("name"), step.get("startedAt")


def _regions(old: Rollout, new: Rollout) -> Iterator[str]:
    known = {region.get("name"): region for region in old.get("regions", [])}
    for region in new.get("regions", []):
        was: Region = known.get(region.get("name"), {})
        percent, old_percent = region.get("progress") or 0, was.get("progress") or 0
        moved = percent // PERCENT_STEP > old_percent // PERCENT_STEP
        if moved or region.get("state") != was.get("state"):
            yield f"region     {region.get('name')}: {region.get('state')}, {percent} %"
