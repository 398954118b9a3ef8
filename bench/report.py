"""The measures as a table for people and as JSON for whoever compares runs."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.measure import Measure


def write(file: Path, facts: dict[str, Any], runs: int, measures: list[Measure]) -> None:
    """Write everything, raw samples included."""
    file.parent.mkdir(parents=True, exist_ok=True)
    document = {**facts, "runs": runs, "measures": [one.to_json() for one in measures]}
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def show(console: Console, facts: dict[str, Any], runs: int, measures: list[Measure]) -> None:
    """One table: what, median, range, bound, whether it is met."""
    machine = facts["machine"]
    title = f"median of {runs} on {machine['cores']} × {machine['processor']}, Python {facts['versions']['python']}"
    table = Table(title=title, title_justify="left", show_lines=True)
    table.add_column("measure")
    for heading in ("median", "range", "bound", ""):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in measures:
        bound = "" if one.bound is None else f"{one.bound.kind} {one.bound.value:g}"
        verdict = {None: "", True: "[green]met[/]", False: "[bold red]missed[/]"}[one.met]
        spread = f"{_number(min(one.samples))} … {_number(max(one.samples))}"
        name = f"{one.name} [dim]({one.unit})\n{one.note}[/]" if one.note else f"{one.name} [dim]({one.unit})[/]"
        table.add_row(name, _number(one.median), spread, bound, verdict)
    console.print(table)


def _number(value: float) -> str:
    return f"{value:g}" if value == int(value) else f"{value:.3g}" if value < 100 else f"{value:.0f}"
