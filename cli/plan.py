"""A dry run on paper: `rollout start --dry-run` prints this."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from cli.details import step_title
from cli.output import plain_table, section, short_id
from cli.shapes import Plan

ACTION_STYLES = {"create": "green", "move": "cyan", "wait": "yellow", "refuse": "bold red", "adopt": "", "skip": "dim"}


def plan_view(plan: Plan) -> Iterator[RenderableType]:
    """What would be done, what forbids it, what could not be checked, and what will hurt."""
    yield Text.assemble(
        "Dry run: ",
        (short_id(plan.get("image")), "bold"),
        f" under profile {plan.get('profile', '–')}, version {plan.get('version') or 'not known yet'}. ",
        ("Nothing was written.", "dim"),
    )
    table = plain_table("step", "action", "resource", "detail")
    for step in plan.get("steps", []):
        action = step.get("action", "–")
        table.add_row(
            step_title(step.get("step")),
            Text(action, style=ACTION_STYLES.get(action, "")),
            short_id(step.get("resource")),
            step.get("detail") or "",
        )
    yield Text()
    yield table
    if plan.get("violations"):
        yield section("Forbids it")
        yield _violations(plan)
    for title, lines, mark in (
        ("Will hurt", plan.get("warnings", []), "!"),
        ("Not checked", plan.get("unchecked", []), "?"),
    ):
        if lines:
            yield section(title)
            yield _lines(lines, mark)


def is_refused(plan: Plan) -> bool:
    """Whether the rollout would end before its first write."""
    return bool(plan.get("violations")) or any(step.get("action") == "refuse" for step in plan.get("steps", []))


def _violations(plan: Plan) -> Table:
    table = plain_table("rule", "field", "value", "what is wrong, what to do")
    for violation in plan.get("violations", []):
        table.add_row(
            Text(violation.get("rule", "–"), style="bold red"),
            violation.get("field", "–"),
            str(violation.get("value", "–")),
            Text.assemble(violation.get("message", ""), "\n", (violation.get("remedy", ""), "dim")),
        )
    return table


def _lines(lines: list[str], mark: str) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(style="yellow", no_wrap=True)
    table.add_column(overflow="fold")
    for line in lines:
        table.add_row(mark, line)
    return table
