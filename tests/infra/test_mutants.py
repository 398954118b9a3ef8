"""The checks are checked: each fault that is seeded into a copy is a problem to the check that is there for it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.infra import bicep
from tests.infra.bicep import MISSING
from tests.infra.checks import LIGHT, Check, compiled
from tests.infra.copies import compile_again, copy_to, edit
from tests.infra.mutants import Mutant, code, events, network, roles, site, templates, values
from tests.infra.tree import Tree

pytestmark = pytest.mark.infra

CHECKS: dict[str, Check] = {**LIGHT, **{check.__name__: check for check in compiled.CHECKS}}
MUTANTS: tuple[Mutant, ...] = (
    *code.MUTANTS,
    *events.MUTANTS,
    *network.MUTANTS,
    *roles.MUTANTS,
    *site.MUTANTS,
    *templates.MUTANTS,
    *values.MUTANTS,
)
BY_COMPILER = {check.__name__ for check in compiled.CHECKS}


@pytest.fixture
def copied(tmp_path: Path) -> Tree:
    """A copy of what the checks look at."""
    return copy_to(tmp_path)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_seeded_fault_is_caught_by_the_check_that_is_there_for_it(mutant: Mutant, copied: Tree) -> None:
    if bicep.find() is None and (mutant.compiled or mutant.caught_by in BY_COMPILER):
        pytest.skip(MISSING)
    edit(copied, mutant.path, mutant.old, mutant.new)
    faulty = Tree(copied.root)
    if mutant.compiled and mutant.caught_by not in BY_COMPILER:
        faulty = compile_again(faulty, mutant.shapes, linted=False)
    assert list(CHECKS[mutant.caught_by](faulty))


def test_a_copy_without_a_fault_passes_every_check(copied: Tree) -> None:
    """The control: what wakes a check up is the fault and not the copying."""
    assert {name: list(check(copied)) for name, check in LIGHT.items()} == {name: [] for name in LIGHT}


@pytest.mark.skipif(bicep.find() is None, reason=MISSING)
def test_a_copy_that_is_compiled_again_passes_every_check(copied: Tree) -> None:
    again = compile_again(copied, copied.shapes)
    assert {name: list(check(again)) for name, check in CHECKS.items()} == {name: [] for name in CHECKS}


def test_every_check_has_a_fault_that_it_catches() -> None:
    """A check that nothing wakes up may be a check of nothing."""
    assert set(CHECKS) - {mutant.caught_by for mutant in MUTANTS} == set()
    assert {mutant.caught_by for mutant in MUTANTS} <= set(CHECKS)


@pytest.mark.parametrize("of", [lambda one: one.name, lambda one: (one.path, one.old, one.new)], ids=["name", "edit"])
def test_no_fault_is_seeded_twice(of: Callable[[Mutant], object]) -> None:
    assert len({of(mutant) for mutant in MUTANTS}) == len(MUTANTS)
    assert len(MUTANTS) >= 45
