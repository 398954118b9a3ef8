"""Orchestrators are replayed: what they do must depend on their history alone."""

import ast
import inspect

import pytest

from activities import ACTIVITIES
from orchestrators import ENTITIES, ORCHESTRATORS
from tests.architecture.source import nodes

CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter", "localtime", "gmtime"}
BUILDERS = {"property", "classmethod", "staticmethod", "dataclass"}


def test_no_orchestrator_asks_a_clock_but_the_contexts() -> None:
    """`run.now` is the orchestration's own time and a property; a call of such a name is a clock."""
    asked = [
        where
        for where, node in nodes(ast.Call, "orchestrators")
        if isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS
    ]
    assert asked == []


def test_no_orchestrator_waits_for_anything_but_the_engine() -> None:
    waits = [where for where, _ in nodes((ast.Await, ast.AsyncFunctionDef), "orchestrators")]
    assert waits == []


def test_no_orchestrator_depends_on_the_order_of_a_set() -> None:
    sets = [
        where
        for where, node in nodes((ast.For, ast.comprehension), "orchestrators")
        if isinstance(node.iter, ast.Set | ast.SetComp)
        or (isinstance(node.iter, ast.Call) and getattr(node.iter.func, "id", "") in ("set", "frozenset"))
    ]
    assert sets == []


@pytest.mark.parametrize("folder", ["orchestrators", "activities", "triggers"])
def test_decorators_of_the_functions_library_are_called_not_worn(folder: str) -> None:
    """A decorated function becomes a builder, which nobody can call or test."""
    worn = [
        (where, ast.unparse(decorator))
        for where, node in nodes((ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef), folder)
        for decorator in node.decorator_list
        if ast.unparse(decorator).partition("(")[0] not in BUILDERS
    ]
    assert worn == []


def test_what_is_registered_is_a_plain_function() -> None:
    for name, function in {**ORCHESTRATORS, **ENTITIES}.items():
        assert inspect.isfunction(function), name
        assert function.__name__ == name
    assert all(inspect.isgeneratorfunction(function) for function in ORCHESTRATORS.values())
    assert all(inspect.iscoroutinefunction(function) for function in ACTIVITIES.values())
