"""What alerts watch: their queries run where the logs go, and the logs that they read are kept."""

import re
from collections.abc import Iterator

from tests.infra.checks.values import LOG_ALERT
from tests.infra.tree import Tree

QUEUE_LOG, WORKSPACE = "Microsoft.Insights/diagnosticSettings", "Microsoft.OperationalInsights/workspaces"
CATEGORIES = {"PutMessage": "StorageWrite", "DeleteMessage": "StorageDelete", "GetMessages": "StorageRead"}
"""Operation of a queue and the category of its log: learn.microsoft.com, "Monitor Azure Queue Storage"."""


def logs_are_kept_that_the_queries_read(tree: Tree) -> Iterator[str]:
    """Each operation that a query asks StorageQueueLogs for is of a category that the account of the events writes."""
    texts = {file.name: file.read_text(encoding="utf-8") for file in (tree.root / "infra/queries").glob("*.kql")}
    asked = {
        name: re.findall(r'OperationName == "(\w+)"', text)
        for name, text in texts.items()
        if "StorageQueueLogs" in text
    }
    if not any(asked.values()):
        yield "no query reads the log of the queues"
    for shape, snapshot in tree.snapshots.items():
        logs = [log for one in snapshot.of(QUEUE_LOG) for log in one.properties["logs"]]
        kept = {log["category"] for log in logs if log["enabled"]}
        for name, operations in asked.items():
            missing = sorted(one for one in operations if CATEGORIES.get(one) not in kept)
            yield from (f"{shape}: {name} reads {one}, and kept are {sorted(kept)}" for one in missing)


def queries_run_where_the_logs_go(tree: Tree) -> Iterator[str]:
    """One workspace for what the app writes, for the log of the queues, and for the alerts."""
    for shape, snapshot in tree.snapshots.items():
        (workspace,) = snapshot.of(WORKSPACE)
        places = {
            **{str(one): one.properties["WorkspaceResourceId"] for one in snapshot.of("Microsoft.Insights/components")},
            **{str(one): one.properties["workspaceId"] for one in snapshot.of(QUEUE_LOG)},
            **{str(one): ",".join(one.properties["scopes"]) for one in snapshot.of(LOG_ALERT)},
        }
        yield from (f"{shape}: {one} is of {place}" for one, place in places.items() if place != workspace.id)


CHECKS = (logs_are_kept_that_the_queries_read, queries_run_where_the_logs_go)
