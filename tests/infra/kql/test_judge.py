"""The queries, read by Microsoft's own KQL language service: what Azure Monitor would say of them.

`make infra-check` installs it. It knows the whole language and the tables' columns, but runs nothing; the engine that
runs the queries in the other tests knows less of the language. Both have to agree on what a query answers.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.infra.kql.workspace import SCHEMA, Workspace, all_queries

FOLDER = Path(__file__).parent

pytestmark = pytest.mark.infra


def test_no_query_has_a_problem_and_each_answers_what_the_engine_answers() -> None:
    queries = all_queries()
    judged, workspace = _judge(queries), Workspace()
    for name, text in queries.items():
        assert judged[name]["problems"] == [], name
        assert sorted(judged[name]["columns"]) == sorted(workspace.columns(text)), name


@pytest.mark.parametrize(
    "wrong",
    [
        "AppTraces | where Mesage == 'x'",
        "AppTraces | extend level = tointt(SeverityLevel)",
        "AppTraces | summarise count()",
    ],
    ids=["a column", "a function", "an operator"],
)
def test_a_misspelling_is_a_problem(wrong: str) -> None:
    """What guards the test above."""
    assert _judge({"wrong": wrong})["wrong"]["problems"]


def _judge(queries: dict[str, str]) -> dict[str, Any]:
    asked = json.dumps({"tables": SCHEMA, "queries": queries})
    ran = subprocess.run(
        ["node", "judge.cjs"], input=asked, cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer
