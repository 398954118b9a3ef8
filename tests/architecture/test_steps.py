"""A step is named once: `domain.steps` and `activities` match, and nobody writes a step's name again."""

import ast
import inspect
import typing
from pathlib import Path

import pytest

from activities import ACTIVITIES
from domain.steps import STEPS, Step
from orchestrators import ENTITIES, ORCHESTRATORS
from tests.architecture.source import PRODUCTION, nodes
from wiring.app import build_app
from wiring.settings import Settings

DEPENDENCIES = {"arm", "now", "secret"}


def test_every_step_has_its_activity_and_every_activity_its_step() -> None:
    assert set(ACTIVITIES) == set(STEPS)
    assert len({step.name for step in STEPS}) == len(STEPS)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_an_activity_is_a_file_of_its_name_and_has_its_steps_types(step: Step[typing.Any, typing.Any]) -> None:
    function = ACTIVITIES[step]
    assert function.__name__ == step.name
    assert Path(inspect.getfile(function)).stem == step.name
    request, *dependencies = inspect.signature(function).parameters.values()
    hints = typing.get_type_hints(function)
    assert hints[request.name] is step.takes
    assert hints["return"] is step.returns
    assert {one.name for one in dependencies} <= DEPENDENCIES
    assert all(one.kind is inspect.Parameter.KEYWORD_ONLY for one in dependencies)


def test_nobody_writes_a_steps_name_again() -> None:
    names = {step.name for step in STEPS}
    again = [
        where
        for where, node in nodes(ast.Constant, *PRODUCTION)
        if node.value in names and not where.startswith("domain/steps.py:")
    ]
    assert again == []


def test_every_step_is_taken_by_an_orchestrator() -> None:
    """A step that nobody takes is a leftover."""
    from domain import steps

    names = {name for name, value in vars(steps).items() if isinstance(value, Step)}
    taken = {node.id for _, node in nodes(ast.Name, "orchestrators")}
    assert names - taken == set()


def test_the_app_registers_everything_under_its_own_name() -> None:
    app = build_app(Settings.from_env({}))
    registered = {function.get_function_name() for function in app.get_functions()}
    assert registered >= {step.name for step in STEPS} | set(ORCHESTRATORS) | set(ENTITIES)
