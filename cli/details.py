"""A rollout on paper: the list and the single view. `rollout list` and `rollout show` print these."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from cli import times
from cli.output import facts, plain_table, section, short_id, status_text
from cli.shapes import Rollout, RolloutError, StepRun


def list_table(rollouts: Sequence[Rollout], now: datetime) -> Table:
    """One line a rollout."""
    table = plain_table("id", "status", "image", "version", "started", "took", "waiting for, or how it ended")
    for column in table.columns:
        column.no_wrap, column.overflow = True, "ellipsis"
    for rollout in rollouts:
        table.add_row(
            rollout.get("id", "–"),
            status_text(rollout.get("status")),
            short_id(rollout.get("image")),
            rollout.get("version") or "–",
            times.moment(rollout.get("createdAt"), now),
            times.span(rollout.get("createdAt"), rollout.get("completedAt"), now),
            summary(rollout),
        )
    return table


def summary(rollout: Rollout) -> str:
    """The one thing worth knowing of a rollout in a list: what it waits for, or why it failed."""
    error = rollout.get("error")
    if error:
        return error.get("code", "")
    waiting = rollout.get("waitingFor")
    return waiting.get("what", "") if waiting else rollout.get("note") or ""


def ending(rollout: Rollout) -> str:
    """What the status alone does not tell of the end: ` (Superseded)`, or nothing."""
    outcome = rollout.get("outcome")
    return f" ({outcome})" if outcome and outcome != rollout.get("status") else ""


def full_view(rollout: Rollout, now: datetime) -> Iterator[RenderableType]:
    """All of one rollout, most important first: facts, error, regions, steps, resources."""
    yield _facts(rollout, now)
    error = rollout.get("error")
    if error:
        yield section("Error")
        yield error_view(error)
    if rollout.get("regions"):
        yield section("Regions")
        yield _regions(rollout)
    if rollout.get("steps"):
        yield section("Steps")
        yield steps_table(rollout, now)
    if rollout.get("resources"):
        yield section("Resources")
        yield _resources(rollout)


def error_view(error: RolloutError, *, whole_ids: bool = True) -> RenderableType:
    """What went wrong, where, and what to do about it. `whole_ids` as `facts` has it."""
    return facts(
        [
            ("error", Text.assemble((error.get("code", "?"), "bold red"), "  ", error.get("message", ""))),
            ("resource", error.get("resource")),
            *((item.get("rule", ""), _violation(item)) for item in error.get("violations") or ()),
            ("do", error.get("remedy") if not error.get("violations") else None),
        ],
        whole_ids=whole_ids,
    )


def _violation(item: dict[str, str]) -> str:
    """A broken rule in a line: where, what, and what to do."""
    said = " ".join(item[name] for name in ("message", "remedy") if item.get(name))
    return f"{item.get('field', '')}: {said}" if said else item.get("field", "")


def started_by(rollout: Rollout) -> str:
    """Who or what started it, in words."""
    who = rollout.get("startedBy") or {}
    kind = {"event": "an image event", "http": "a request"}.get(str(who.get("kind")), str(who.get("kind", "–")))
    rest = [f"{name} {value}" for name, value in who.items() if name != "kind" and value]
    return f"{kind} ({', '.join(rest)})" if rest else kind


def _facts(rollout: Rollout, now: datetime) -> RenderableType:
    waiting = rollout.get("waitingFor") or {}
    since = times.span(waiting.get("since"), None, now)
    earlier = f", after {rollout.get('earlier')}" if rollout.get("earlier") else ""
    return facts(
        [
            ("rollout", Text(rollout.get("id", "–"), style="bold")),
            ("status", Text.assemble(status_text(rollout.get("status")), ending(rollout))),
            ("note", rollout.get("note")),
            ("waiting for", waiting.get("what", "") + (f" (for {since})" if since else "")),
            ("image", rollout.get("image")),
            ("profile", rollout.get("profile")),
            ("version", rollout.get("version")),
            ("attempt", f"{rollout.get('attempt', '–')}{earlier}"),
            ("started by", started_by(rollout)),
            ("cancelled by", rollout.get("cancelledBy")),
            ("started", times.moment(rollout.get("createdAt"), now)),
            ("ended", times.moment(rollout.get("completedAt"), now) if rollout.get("completedAt") else None),
            ("took", times.span(rollout.get("createdAt"), rollout.get("completedAt"), now)),
        ]
    )


def _regions(rollout: Rollout) -> Table:
    table = plain_table("region", "state", "progress", "replicas", "details")
    for region in rollout.get("regions", []):
        table.add_row(
            region.get("name", "–"),
            status_text(region.get("state")),
            f"{region.get('progress') or 0} %",
            str(region.get("replicas", "–")),
            region.get("details") or "",
        )
    return table


def steps_table(rollout: Rollout, now: datetime) -> Table:
    """One line a step."""
    table = plain_table("step", "status", "at", "took", "detail")
    for step in rollout.get("steps", []):
        table.add_row(
            step_title(step.get("name")),
            status_text(step.get("status")),
            times.moment(step.get("startedAt"), now),
            times.span(step.get("startedAt"), step.get("endedAt"), now),
            step_detail(step),
        )
    return table


def step_detail(step: StepRun) -> str:
    """What a step did, and to which resource. More than one attempt is said, one is not."""
    attempts = step.get("attempts") or 1
    again = f"{attempts} attempts" if attempts > 1 else ""
    resource = short_id(step.get("resource")) if step.get("resource") else ""
    return "  ".join(filter(None, [resource, step.get("detail"), again]))


def step_title(name: str | None) -> str:
    """What people call a step. One that this version does not know keeps its name, in words."""
    return _titles().get(name or "", (name or "").replace("_", " "))


@cache
def _titles() -> dict[str, str]:
    from domain.steps import STEPS  # noqa: PLC0415 - a third of a second that `--help` and `list` need not pay

    return {step.name: step.title for step in STEPS}


def _resources(rollout: Rollout) -> RenderableType:
    return facts(
        (name, str(arm_id))
        for name, value in rollout.get("resources", {}).items()
        for arm_id in (value if isinstance(value, list) else [value])
        if arm_id
    )
