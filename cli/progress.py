"""A running rollout, live on a terminal: `rollout watch` redraws this at every look.

A pure function of the rollout, the time and the room there is, so that what people see can be tested.
"""

from datetime import datetime

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from cli import times
from cli.details import ending, error_view, step_detail, step_title
from cli.output import short_id, status_text
from cli.shapes import Region, Rollout, StepRun

BAR_WIDTH = 32
MARKS = {
    "completed": ("✓", "green"),
    "succeeded": ("✓", "green"),
    "failed": ("✗", "bold red"),
    "cancelled": ("■", "yellow"),
    "skipped": ("·", "dim"),
}
RUNNING = {"running", "waiting", "started"}
ENDED = {"Completed", "Failed", "Cancelled"}


class ProgressView:
    """Draws one rollout again and again; keeps the spinner, which must turn on between two looks."""

    def __init__(self) -> None:
        self._spinner = Spinner("dots", style="cyan")

    def draw(self, rollout: Rollout, now: datetime, *, room: int, note: str = "") -> RenderableType:
        """The rollout in at most about `room` lines: heading, steps, a bar a region, what it waits for."""
        ended = rollout.get("status") in ENDED
        steps, regions = rollout.get("steps", []), rollout.get("regions", [])
        parts: list[RenderableType] = [_heading(rollout, now), Text(), self._steps(steps, now)]
        if regions:
            parts += [Text(), _bars(regions, max(room - len(steps) - 8, 4))]
        waiting = rollout.get("waitingFor")
        if waiting and not ended:
            since = times.span(waiting.get("since"), None, now)
            parts += [Text(), Text.assemble(("waiting for ", "dim"), waiting.get("what", ""), (f"  {since}", "dim"))]
        if ended and rollout.get("note"):
            parts += [Text(), Text(rollout.get("note") or "")]
        error = rollout.get("error")
        if error:
            parts += [Text(), error_view(error, whole_ids=False)]
        if note:
            parts += [Text(), Text(note, style="yellow")]
        return Group(*parts)

    def _steps(self, steps: list[StepRun], now: datetime) -> Table:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=1)
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(style="dim", overflow="ellipsis", no_wrap=True)
        for step in steps:
            status = (step.get("status") or "").lower()
            mark, style = MARKS.get(status, ("○", "dim"))
            spins = status in RUNNING and not step.get("endedAt")
            table.add_row(
                self._spinner if spins else Text(mark, style=style),
                Text(step_title(step.get("name")), style="dim" if mark == "○" and not spins else ""),
                times.span(step.get("startedAt"), step.get("endedAt"), now),
                step_detail(step),
            )
        return table


def _heading(rollout: Rollout, now: datetime) -> Text:
    version = rollout.get("version")
    return Text.assemble(
        (rollout.get("id", ""), "bold"),
        "  ",
        short_id(rollout.get("image")),
        f" → {version}" if version else "",
        "  ",
        status_text(rollout.get("status")),
        ending(rollout),
        (f"  {times.span(rollout.get('createdAt'), rollout.get('completedAt'), now)}", "dim"),
    )


def _bars(regions: list[Region], room: int) -> RenderableType:
    """A bar a region. Where there are more regions than lines, those that are done give way first."""
    shown = regions
    if len(regions) > room:
        unfinished = [region for region in regions if not _is_done(region)]
        done = [region for region in regions if _is_done(region)]
        shown = (unfinished + done)[: room - 1]
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(width=BAR_WIDTH)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(style="dim", no_wrap=True)
    for region in shown:
        percent = region.get("progress") or 0
        table.add_row(
            region.get("name", "–"),
            ProgressBar(total=100, completed=percent, width=BAR_WIDTH, complete_style=_bar_style(region)),
            f"{percent} %",
            status_text(region.get("state")),
            _replicas(region.get("replicas")),
        )
    hidden = len(regions) - len(shown)
    return Group(table, Text(f"and {hidden} more", style="dim")) if hidden else table


def _bar_style(region: Region) -> str:
    return "red" if region.get("state") == "Failed" else "cyan"


def _replicas(count: int | None) -> str:
    return "" if count is None else f"{count} replica{'' if count == 1 else 's'}"


def _is_done(region: Region) -> bool:
    return region.get("state") == "Completed"
