"""Where commands print: data to standard output, everything said about it to standard error."""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.errors import CommandError
from domain import resource_ids

STATUS_STYLES = {
    "pending": "cyan",
    "running": "cyan",
    "completed": "green",
    "succeeded": "green",
    "skipped": "dim",
    "failed": "bold red",
    "cancelled": "yellow",
}


PAPER = 160
"""Columns where there is no terminal to ask: wide enough that a log has a line for a line."""


def out() -> Console:
    """Standard output. Made when needed, so that it follows redirection."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PAPER
    return Console(highlight=False, markup=False, emoji=False, width=width)


def err() -> Console:
    """Standard error."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def print_json(data: Mapping[str, Any]) -> None:
    """One JSON document on one line, for programs; never wrapped, never coloured."""
    print(json.dumps(data, ensure_ascii=False), flush=True)


def print_error(error: CommandError) -> None:
    """What is wrong, the fields at fault, and what to do."""
    console = err()
    console.print(Text.assemble(("Error: ", "bold red"), error.message), soft_wrap=True)
    lines = [("field", field) for field in error.fields] + list(error.facts.items())
    if error.remedy:
        lines.append(("do", error.remedy))
    width = max((len(name) for name, _ in lines), default=0)
    for name, value in lines:
        console.print(Text.assemble((f"  {name:<{width}}  ", "dim"), value), soft_wrap=True)


def status_text(status: str | None) -> Text:
    """A status in its colour; the word itself is always there, so that colour is never needed."""
    word = status or "–"
    return Text(word, style=STATUS_STYLES.get(word.lower(), ""))


def short_id(arm_id: str | None) -> str:
    """The names of a resource without the rest of its id: `myGallery/myImageDefinition/1.0.0`."""
    if not arm_id:
        return "–"
    try:
        parsed = resource_ids.parse(arm_id)
    except ValueError:
        return arm_id
    return "/".join(parsed.names) or parsed.group


def plain_table(*columns: str) -> Table:
    """The one look of every table: a header, a rule, no box."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def section(title: str) -> Padding:
    """A heading with a line of air above it."""
    return Padding(Text(title, style="bold underline"), (1, 0, 0, 0))


def facts(pairs: Iterable[tuple[str, str | Text | None]], *, whole_ids: bool = True) -> Group:
    """A line a fact, names in one column; facts that are not known are left out.

    Long texts wrap. With `whole_ids`, ids of resources do not, so that they can be copied whole; print with
    `crop=False` then.
    """
    known = [(name, value) for name, value in pairs if value]
    width = max((len(name) for name, _ in known), default=0)
    return Group(*(_fact(name, value, width, whole_ids) for name, value in known))


def _fact(name: str, value: str | Text, width: int, whole_ids: bool) -> Table | Text:
    label = Text(f"{name:<{width}}  ", style="dim")
    if whole_ids and isinstance(value, str) and value.startswith("/subscriptions/"):
        return Text.assemble(label, value, no_wrap=True, overflow="ignore")
    line = Table.grid()
    line.add_column(no_wrap=True)
    line.add_column(overflow="fold")
    line.add_row(label, value)
    return line
