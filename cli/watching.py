"""`rollout watch` and `rollout history`: a rollout as it goes, and as it went."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.live import Live

from cli.api import RolloutApi
from cli.changes import changes
from cli.errors import ExitCode, UnreachableError
from cli.options import Audience, Json, Key, RolloutId, Url, connect
from cli.output import out, print_json
from cli.progress import ENDED, ProgressView
from cli.shapes import Rollout
from cli.timeline import timeline

PATIENCE = 60.0
"""Seconds that `watch` goes on asking an app that does not answer: a restart must not end it."""

type Look = tuple[Rollout | None, str]
"""What one look gave: the rollout, or nothing and a note why."""


def watch(
    rollout_id: RolloutId,
    *,
    interval: Annotated[float, typer.Option(min=0.05, help="Seconds between two looks.")] = 1.0,
    as_json: Json = False,
    url: Url = None,
    key: Key = None,
    audience: Audience = None,
) -> None:
    """Follow a rollout until it ends: its steps, a progress bar a region, and what it waits for.

    Exit code 0 if it completed, 1 if it failed or was cancelled. Ctrl-C stops watching only.

    Without a terminal, prints a line for every change; with --json, the rollout at every change.
    """
    with connect(url, key, audience) as api:
        looks = look_until_ended(api, rollout_id, interval)
        if as_json:
            last = _as_json(looks)
        elif out().is_terminal:
            last = _as_bars(looks)
        else:
            last = _as_lines(looks)
    raise typer.Exit(ExitCode.OK if last.get("status") == "Completed" else ExitCode.FAILED)


def history(
    rollout_id: RolloutId, as_json: Json = False, url: Url = None, key: Key = None, audience: Audience = None
) -> None:
    """Print what a rollout did and when, repeated polls folded, on one screen."""
    with connect(url, key, audience) as api:
        told = api.history(rollout_id)
    if as_json:
        print_json(told)
    else:
        out().print(timeline(told.get("events", []), datetime.now(UTC)))


def look_until_ended(
    api: RolloutApi, rollout_id: str, interval: float, *, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Look]:
    """Look at a rollout again and again until it has ended.

    An app that does not answer for a while is asked on; the first look, and PATIENCE, end in
    UnreachableError.
    """
    seen, silent = False, 0.0
    while True:
        try:
            rollout = api.show(rollout_id)
        except UnreachableError as error:
            silent += interval
            if not seen or silent > PATIENCE:
                raise
            yield None, f"no answer, asking again: {error.message}"
        else:
            seen, silent = True, 0.0
            yield rollout, ""
            if rollout.get("status") in ENDED:
                return
        sleep(interval)


def _as_bars(looks: Iterator[Look]) -> Rollout:
    console, view, last = out(), ProgressView(), Rollout()
    with Live(console=console, refresh_per_second=8, transient=False) as live:
        for rollout, note in looks:
            last = rollout or last
            live.update(view.draw(last, datetime.now(UTC), room=console.height, note=note))
    return last


def _as_lines(looks: Iterator[Look]) -> Rollout:
    console, last, known = out(), None, Rollout()
    for rollout, note in looks:
        now = datetime.now(UTC)
        lines = [f"note       {note}"] if rollout is None else changes(last, rollout, now)
        for line in lines:
            console.print(f"{now.astimezone():%H:%M:%S}  {line}", soft_wrap=True)
        last = rollout or last
    return last or known


def _as_json(looks: Iterator[Look]) -> Rollout:
    last = Rollout()
    for rollout, _ in looks:
        if rollout is not None and rollout != last:
            print_json(rollout)
            last = rollout
    return last
