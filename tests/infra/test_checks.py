"""Templates, roles, package and code keep what each check promises; committed files are all that it takes."""

import pytest

from tests.infra.checks import LIGHT
from tests.infra.tree import ROOT, Tree

TREE = Tree(ROOT)

SHAPES = (
    "azure-storage",
    "default",
    "entra",
    "everything",
    "existing-topic",
    "network-isolation",
    "resource-group-creation",
    "second-subscription",
    "two-image-groups",
)


def test_there_is_a_snapshot_of_every_supported_shape() -> None:
    assert TREE.shapes == SHAPES
    assert all(snapshot.resources for snapshot in TREE.snapshots.values())


@pytest.mark.parametrize("shape", SHAPES)
def test_a_snapshot_was_taken_without_a_diagnostic(shape: str) -> None:
    assert TREE.snapshots[shape].content["diagnostics"] == []


@pytest.mark.parametrize("promise", LIGHT)
def test_a_promise_holds(promise: str) -> None:
    """The promise is the check's name; what it says is its docstring."""
    assert list(LIGHT[promise](TREE)) == []


def test_every_promise_is_said() -> None:
    assert [name for name, check in LIGHT.items() if not check.__doc__] == []
