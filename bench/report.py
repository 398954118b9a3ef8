"""The measures as a table for people, as JSON for whoever compares runs, and as the results of docs/benchmarks.md."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.measure import Measure

_BEGIN, _END = "<!-- results -->\n", "<!-- end of results -->\n"


def write(file: Path, facts: dict[str, Any], runs: int, measures: list[Measure]) -> None:
    """Write everything, raw samples included."""
    file.parent.mkdir(parents=True, exist_ok=True)
    document = {**facts, "runs": runs, "measures": [one.to_json() for one in measures]}
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def show(console: Console, facts: dict[str, Any], runs: int, measures: list[Measure]) -> None:
    """One table: what, median, range, bound, whether it is met."""
    table = Table(title=_circumstances(facts, runs), title_justify="left", show_lines=True)
    table.add_column("measure")
    for heading in ("median", "range", "bound", ""):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in measures:
        verdict = {None: "", True: "[green]met[/]", False: "[bold red]missed[/]"}[one.met]
        name = f"{one.name} [dim]({one.unit})\n{one.note}[/]" if one.note else f"{one.name} [dim]({one.unit})[/]"
        table.add_row(name, _number(one.median), _spread(one), _bound(one), verdict)
    console.print(table)


def publish(page: Path, facts: dict[str, Any], runs: int, measures: list[Measure]) -> None:
    """Replace the results on a Markdown page, which stand between two comments."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    parts = [_main_table(facts, runs, measures), *(_share_tables(measures))]
    page.write_text(before + _BEGIN + "\n" + "\n".join(parts) + "\n" + _END + after, encoding="utf-8")


def _main_table(facts: dict[str, Any], runs: int, measures: list[Measure]) -> str:
    rows = [
        (
            f"{one.name} ({one.unit})" + (f"; {one.note}" if one.note else ""),
            _number(one.median),
            _spread(one),
            _bound(one),
            {None: "", True: "yes", False: "**no**"}[one.met],
        )
        for one in measures
    ]
    return f"{_circumstances(facts, runs)}.\n\n" + _markdown(("measure", "median", "range", "bound", "met"), rows)


def _share_tables(measures: list[Measure]) -> list[str]:
    """What explains overhead and load: seconds by part, shares of processor time by component."""
    details = {one.name: one.details for one in measures}
    tables = []
    if "overhead" in details:
        seconds = details["overhead"]["secondsByPart"]
        parts = [(part, f"{took:.2f}") for part, took in seconds.items()]
        tables.append("Overhead, in seconds by part:\n\n" + _markdown(("part", "s"), parts))
    if "requests" in details:
        sent = details["requests"]["bySteps"]
        steps = [(step, str(table.get("GET", "")), str(table.get("PUT", ""))) for step, table in sent.items()]
        tables.append("Requests of a first rollout, by step:\n\n" + _markdown(("step", "GET", "PUT"), steps))
    if "load" in details:
        shares = details["load"]["shares"]
        components = [(name, f"{share:.0%}") for name, share in shares.items() if share >= 0.005]
        tables.append(
            "Load, processor time of the host by component:\n\n" + _markdown(("component", "share"), components)
        )
    return tables


def _markdown(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [headings, ("---",) * len(headings), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _circumstances(facts: dict[str, Any], runs: int) -> str:
    machine = facts["machine"]
    where = f"{machine['cores']} × {machine['processor']}, Python {facts['versions']['python']}"
    return (
        f"Median of {runs} on {where}, load average {machine['loadAverageBefore']} before it began, {facts['at'][:10]}"
    )


def _spread(one: Measure) -> str:
    return f"{_number(min(one.samples))} … {_number(max(one.samples))}"


def _bound(one: Measure) -> str:
    return "" if one.bound is None else f"{one.bound.kind} {one.bound.value:g}"


def _number(value: float) -> str:
    return f"{value:g}" if value == int(value) else f"{value:.3g}" if value < 100 else f"{value:.0f}"
