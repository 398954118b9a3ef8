"""A Log Analytics workspace for tests: the tables that the queries use, filled from what the code really logs.

`Traces` turns log records into rows of AppTraces as the Functions host does: it keeps a record's text, its level and
when it was written, by the world's clock. `Workspace` runs the files of infra/queries/ over them; the engine is
duckdb-kql, which refuses what it does not know of KQL.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb_kql

ROOT = Path(__file__).resolve().parents[3]
GUIDE = ROOT / "docs" / "operations.md"
QUERIES = {file.stem: file for file in sorted((ROOT / "infra" / "queries").glob("*.kql"))}
WINDOW = timedelta(days=2)
"""How far back an alert rule of Azure Monitor can look at most."""

SCHEMA = {
    "AppTraces": "(TimeGenerated: datetime, Message: string, SeverityLevel: int)",
    "StorageQueueLogs": "(TimeGenerated: datetime, OperationName: string, StatusText: string, Uri: string)",
}
"""The columns that the queries may use, as the workspace has them."""

_TYPES = {"datetime": "TIMESTAMP", "string": "VARCHAR", "int": "INTEGER"}
_LEVELS = {logging.DEBUG: 0, logging.INFO: 1, logging.WARNING: 2, logging.ERROR: 3, logging.CRITICAL: 4}
_LOGGERS = ("gallery_rollout", "host")
_KEPT = logging.INFO
"""host.json: logLevel.default."""


class Traces(logging.Handler):
    """Rows of AppTraces."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(_KEPT)
        self.now = now
        self.rows: list[tuple[datetime, str, int]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep text, level and time."""
        self.rows.append((_naive(self.now()), record.getMessage(), _LEVELS[record.levelno]))


@contextmanager
def traced(now: Callable[[], datetime]) -> Iterator[Traces]:
    """What the app and its host log meanwhile."""
    traces = Traces(now)
    before = {name: logging.getLogger(name).level for name in _LOGGERS}
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(_KEPT)
        logging.getLogger(name).addHandler(traces)
    try:
        yield traces
    finally:
        for name, level in before.items():
            logging.getLogger(name).removeHandler(traces)
            logging.getLogger(name).setLevel(level)


class Workspace:
    """The tables, and what the queries find in them."""

    def __init__(self) -> None:
        self._database = duckdb_kql.connect()
        for name, columns in SCHEMA.items():
            typed = ", ".join(_column(column) for column in columns.strip("()").split(", "))
            self._database.execute(f"CREATE TABLE all_{name} ({typed})")

    def add_traces(self, traces: Traces) -> None:
        """Take in what was logged."""
        if traces.rows:
            self._database.executemany("INSERT INTO all_AppTraces VALUES (?, ?, ?)", traces.rows)

    def add_queue_log(self, at: datetime, operation: str, address: str, status: str = "Success") -> None:
        """A row as the storage account writes it."""
        row = (_naive(at), operation, status, address)
        self._database.execute("INSERT INTO all_StorageQueueLogs VALUES (?, ?, ?, ?)", row)

    def find(self, query: str, now: datetime, window: timedelta = WINDOW) -> list[dict[str, Any]]:
        """What the query of that name finds at `now`, in rows no older than `window`."""
        found = self._run(QUERIES[query].read_text(), now, window)
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]

    def columns(self, text: str) -> list[str]:
        """The columns of what a query finds."""
        return list(self._run(text, datetime.now(UTC), WINDOW).columns)

    def _run(self, text: str, now: datetime, window: timedelta) -> Any:
        end = _naive(now)
        for name in SCHEMA:
            inside = f"TimeGenerated BETWEEN TIMESTAMP '{end - window}' AND TIMESTAMP '{end}'"
            self._database.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM all_{name} WHERE {inside}")
        return duckdb_kql.kql(self._database, text, query_now=end)


def all_queries() -> dict[str, str]:
    """The text of each query, and of those that docs/operations.md shows."""
    shown = re.findall(r"```kusto\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    return {name: file.read_text() for name, file in QUERIES.items()} | {
        f"operations {number}": text for number, text in enumerate(shown, start=1)
    }


def _column(column: str) -> str:
    name, _, kind = column.partition(": ")
    return f"{name} {_TYPES[kind]}"


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
