"""docs/infra-verification.md names what verifies each claim; this holds those names to what there is."""

import re

import pytest

from tests.infra.tree import ROOT

PAGE = (ROOT / "docs" / "infra-verification.md").read_text(encoding="utf-8")
NAMED = sorted({*re.findall(r"`((?:tests|infra|local)/[\w./-]+)`", PAGE), *re.findall(r"\]\(\.\./([\w./-]+)\)", PAGE)})


@pytest.mark.parametrize("path", NAMED)
def test_what_the_page_names_exists(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_module_of_checks_is_on_the_page() -> None:
    """A new one makes a claim, which the page has to tell."""
    told = {name.rpartition("/")[2] for name in NAMED if name.startswith("tests/infra/checks/")}
    there = {file.name for file in (ROOT / "tests" / "infra" / "checks").glob("*.py")}
    assert there - told == {"__init__.py", "compiled.py"}
