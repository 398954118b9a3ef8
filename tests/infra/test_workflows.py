"""The workflows for those who fork: they parse, call what exists, and may do no more than they need."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra.tree import ROOT

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

READ = re.compile(r"readEnvironmentVariable\(\s*'(\w+)'")
AZ = """#!{python}
import json, os, sys
print(json.dumps([sys.argv[1:], dict(os.environ)]))
"""


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


@pytest.fixture
def comparison() -> dict[str, Any]:
    """The step that asks Azure what would change."""
    (step,) = (step for step in steps(FILES[1]) if "what-if \\" in step.get("run", ""))
    return step


def test_what_if_passes_every_variable_that_the_parameter_file_reads(comparison: dict[str, Any]) -> None:
    read = set(READ.findall((ROOT / "infra" / "main.bicepparam").read_text(encoding="utf-8")))
    assert set(comparison["env"]) == read
    assert all(value == f"${{{{ vars.{name} }}}}" for name, value in comparison["env"].items())


def test_what_if_asks_for_no_more_than_to_read(comparison: dict[str, Any]) -> None:
    assert "--validation-level ProviderNoRbac" in comparison["run"]


def test_a_variable_that_is_not_set_does_not_reach_the_parameter_file_as_an_empty_text(
    comparison: dict[str, Any], tmp_path: Path
) -> None:
    az = tmp_path / "az"
    az.write_text(AZ.format(python=sys.executable), encoding="utf-8")
    az.chmod(0o755)
    given = dict.fromkeys(comparison["env"], "") | {"AZURE_LOCATION": "westus3", "ROLLOUT_TAGS": '{"team": "images"}'}
    ran = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", comparison["run"]],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "GITHUB_RUN_ID": "1", **given},
        text=True,
        capture_output=True,
        check=True,
    )
    arguments, environment = json.loads(ran.stdout)
    assert arguments[:3] == ["deployment", "sub", "what-if"]
    assert arguments[arguments.index("--location") + 1] == "westus3"
    arrived = {name: environment[name] for name in comparison["env"] if name in environment}
    assert arrived == {"AZURE_LOCATION": "westus3", "ROLLOUT_TAGS": '{"team": "images"}'}
