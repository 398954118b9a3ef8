"""A rollout's history on one screen: `rollout history` prints this.

The app folds repeated polls already; here, neighbours that say the same are folded once more, so that the
history of a rollout which took hours still fits.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from rich.table import Table
from rich.text import Text

from cli import times
from cli.details import step_title
from cli.output import plain_table
from cli.shapes import HistoryEvent

KIND_STYLES = {"failed": "red", "cancelled": "yellow", "completed": "green"}


@dataclass(frozen=True)
class Line:
    """One line of the timeline: an event and how often it came in a row, the last time at `until`."""

    event: HistoryEvent
    times: int = 1
    until: str | None = None


def fold(events: Iterable[HistoryEvent]) -> list[Line]:
    """Neighbours of the same kind, step, region and text become one line that counts them."""
    lines: list[Line] = []
    for event in events:
        last = lines[-1] if lines else None
        if last and _essence(last.event) == _essence(event):
            lines[-1] = replace(last, times=last.times + 1, until=event.get("at"))
        else:
            lines.append(Line(event))
    return lines


def timeline(events: Iterable[HistoryEvent], now: datetime) -> Table:
    """Time of day, time since the start, step, region, what happened."""
    lines = fold(events)
    start = times.parse(lines[0].event.get("at")) if lines else None
    table = plain_table("time", "since start", "step", "region", "what happened")
    table.columns[1].justify = "right"
    for column in table.columns[:4]:
        column.no_wrap = True
    for line in lines:
        event = line.event
        at = times.parse(event.get("at"))
        elapsed = f"+{times.duration((at - start).total_seconds())}" if at and start else ""
        text = Text(_told(event), style=KIND_STYLES.get(event.get("kind", "").lower(), ""))
        if line.times > 1:
            until = times.moment(line.until, now)
            more = f", until {until}" if until != times.moment(event.get("at"), now) else ""
            text.append(f"  ×{line.times}{more}", style="dim")
        table.add_row(
            times.moment(event.get("at"), now), elapsed, step_title(event.get("step")), event.get("region") or "", text
        )
    return table


def _told(event: HistoryEvent) -> str:
    """The text without the step and the region that begin it: they have columns of their own."""
    text = event.get("text", "")
    for said in (step_title(event.get("step")), event.get("region")):
        if said and text.startswith(f"{said}: "):
            text = text.removeprefix(f"{said}: ")
    return text


def _essence(event: HistoryEvent) -> tuple[str | None, ...]:
    return (event.get("kind"), event.get("step"), event.get("region"), event.get("text"))
