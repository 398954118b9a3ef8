"""The stage that every test of the hooks plays on."""

from pathlib import Path

import pytest

from tests.infra.hooks.stage import Stage, build


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A checkout with an az that does as it is told."""
    return build(tmp_path)
