"""docs/security.md names what stops each attacker; this holds those names to what there is."""

import json
import re

import pytest

from tests.world import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text()
FILES = sorted(set(re.findall(r"`((?:tests|domain|arm|triggers|wiring|cli|infra)/[\w./-]*)`", PAGE)))
TESTS = sorted(set(re.findall(r"`(test_\w+)`", PAGE)))
ROWS = [str(row["name"]) for row in json.loads((ROOT / "infra" / "roles.json").read_text())]


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_the_page_names_exists(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("name", TESTS)
def test_a_test_that_the_page_names_exists(name: str) -> None:
    files = (ROOT / "tests").glob("**/test_*.py")
    assert any(f"def {name}(" in file.read_text() for file in files)


def test_every_attack_test_is_on_the_page() -> None:
    written = {f"tests/security/{path.name}" for path in (ROOT / "tests" / "security").glob("test_attacks_*.py")}
    assert written <= set(FILES)
    assert len(TESTS) >= 3


def test_what_each_role_can_break_is_told() -> None:
    """One row a role, in the order of roles.json; a role that is new, or gone, is one to think about."""
    table = PAGE.partition("## What the identity can break at most")[2].partition("\n## ")[0]
    assert re.findall(r"^\| ([a-z ]+) \| [^|]+ \|$", table, re.MULTILINE)[1:] == ROWS


def test_the_page_says_plainly_who_runs_code_on_production() -> None:
    assert "Whoever may write a managed image that a profile matches runs code on production scale sets" in PAGE
