"""The workflows for those who fork: they parse, call what exists, and may do no more than they need."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.tree import ROOT

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def workflow(file: Path) -> dict[str, Any]:
    """The parsed file."""
    parsed: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return parsed


def steps(file: Path) -> Iterator[dict[str, Any]]:
    """Every step of every job."""
    for job in workflow(file)["jobs"].values():
        yield from job["steps"]


def test_there_is_one_for_the_tests_and_one_for_what_a_deployment_would_change() -> None:
    assert [file.name for file in FILES] == ["ci.yml", "what-if.yml"]


def test_ci_runs_what_this_repository_runs() -> None:
    runs = [step["run"] for step in steps(FILES[0]) if "run" in step]
    assert {"make check", "make contract", "make infra-check"} <= set(runs)
    assert any(run.startswith("az bicep install") for run in runs)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_workflow_calls_targets_that_exist(file: Path) -> None:
    called = {name for step in steps(file) for name in re.findall(r"\bmake ([a-z-]+)", step.get("run", ""))}
    assert called <= TARGETS


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_workflow_names_files_that_exist(file: Path) -> None:
    named = {name for step in steps(file) for name in re.findall(r"\binfra/[\w./-]+", step.get("run", ""))}
    assert [name for name in named if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_workflow_may_read_and_nothing_else_unless_it_signs_in(file: Path) -> None:
    parsed = workflow(file)
    assert parsed["permissions"] == {"contents": "read"}
    for job in parsed["jobs"].values():
        signs_in = any(step.get("uses", "").startswith("azure/login@") for step in job["steps"])
        assert job.get("permissions", {}) == ({"contents": "read", "id-token": "write"} if signs_in else {})
        assert not signs_in or job["environment"] == "azure-what-if"
        assert job["timeout-minutes"] <= 60


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_actions_are_pinned_by_their_full_version_and_get_no_secret(file: Path) -> None:
    used = [step["uses"] for step in steps(file) if "uses" in step]
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+\.\d+\.\d+", action)] == []
    assert "secrets." not in file.read_text(encoding="utf-8")
    checkouts = [step for step in steps(file) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)
