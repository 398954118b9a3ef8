"""The table of roles names real operations, exactly; and so does the simulator, which judges the roles."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.armsim.actions import action_of
from local.armsim.linked import LINKED
from local.armsim.table import TABLE
from tests.infra import roles

HERE = Path(__file__).resolve().parent / "operations"
ROWS = roles.rows()
ACTION = re.compile(r"Microsoft\.[A-Za-z]+(/[A-Za-z]+)+/(read|write|delete|action)")
_POLLED = {
    "Microsoft.Compute": ("operations", "capsOperations", "diskOperations"),
    "Microsoft.Network": ("operations", "operationResults"),
}
_SOFT = "Microsoft.Compute/galleries/softDeletedArtifactTypes"
_UNLISTED = {
    f"{_SOFT}/read",
    f"{_SOFT}/artifacts/read",
    f"{_SOFT}/artifacts/versions/read",
    "Microsoft.Compute/virtualMachineScaleSets/convertToSinglePlacementGroup/action",
    "Microsoft.Compute/virtualMachineScaleSets/extensionRollingUpgrade/action",
    "Microsoft.Compute/virtualMachines/reimageAll/action",
}
"""Requests that the simulator answers and that no public list has an operation for; no role of ours names them."""


def listed(name: str) -> set[str]:
    """A committed list of operations, in lower case, as Azure compares them."""
    return {line.lower() for line in (HERE / name).read_text(encoding="utf-8").splitlines()}


ACTIONS, DATA_ACTIONS = listed("actions.txt"), listed("data-actions.txt")


@pytest.mark.parametrize("name", ["actions.txt", "data-actions.txt"])
def test_the_lists_are_sorted_and_hold_names_alone(name: str) -> None:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    assert lines == sorted(set(lines), key=str.lower)
    assert [line for line in lines if not ACTION.fullmatch(line)] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_every_action_of_a_role_is_an_operation_of_its_provider(row: roles.Row) -> None:
    assert {action for action in row["actions"] if action.lower() not in ACTIONS} == set()
    assert {action for action in row.get("dataActions", []) if action.lower() not in DATA_ACTIONS} == set()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_no_role_has_a_wildcard_or_reads_keys_or_deletes(row: roles.Row) -> None:
    for action in [*row["actions"], *row.get("dataActions", [])]:
        assert ACTION.fullmatch(action)
        assert "listkeys" not in action.lower()
        assert not action.endswith("/delete")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_row_has_what_a_role_definition_needs_and_each_action_once(row: roles.Row) -> None:
    assert set(row) <= {"name", "scope", "description", "actions", "dataActions", "verified"}
    assert row["scope"] in roles.SCOPES
    assert row["description"].endswith(".")
    assert len(row["actions"]) == len(set(row["actions"])) > 0
    assert len(row.get("dataActions", [])) == len(set(row.get("dataActions", [])))


def test_every_kind_of_scope_has_a_row_and_names_are_unique() -> None:
    assert {row["scope"] for row in ROWS} == set(roles.SCOPES)
    assert len({row["name"] for row in ROWS}) == len(ROWS)


def test_the_rows_that_the_simulator_cannot_judge_say_so() -> None:
    """Polls are judged by a reading of Azure, and the queue is no part of Azure Resource Manager."""
    assert {row["scope"] for row in ROWS if row.get("verified")} == {"subscription", "eventQueue"}


def derived() -> Iterator[str]:
    """What the simulator takes a request for: each type with each verb that it answers, and each of its actions."""
    for name, kind in TABLE.items():
        namespace, _, types = name.partition("/")
        parts = [] if name.startswith("Microsoft.Resources/resourceGroups") else types.split("/")
        named = "".join(f"/{part}/x" for part in parts)
        path = (
            f"/subscriptions/s/resourceGroups/rg/providers/{namespace}{named}"
            if parts
            else "/subscriptions/s/resourceGroups/rg"
        )
        for verb in kind.verbs:
            yield _action(verb, path)
        for method, tail in kind.actions:
            yield _action(method, f"{path}/{tail}")
    for namespace, kinds in _POLLED.items():
        for polled in kinds:
            yield _action("GET", f"/subscriptions/s/providers/{namespace}/locations/westus/{polled}/1")


def _action(method: str, path: str) -> str:
    found = action_of(method, path)
    assert found is not None
    return found[0]


def test_every_action_that_the_simulator_derives_is_an_operation() -> None:
    unknown = {action for action in derived() if action.lower() not in ACTIONS}
    assert unknown == _UNLISTED


@pytest.mark.parametrize("writer", LINKED)
def test_every_linked_action_is_an_operation(writer: str) -> None:
    assert f"{writer}/write".lower() in ACTIONS
    assert {
        f"{kind}/{tail}" for kind, tail in LINKED[writer].items() if f"{kind}/{tail}".lower() not in ACTIONS
    } == set()
