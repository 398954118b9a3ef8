"""azure.yaml: azd finds what it names, on Linux, macOS and Windows, and is new enough."""

from typing import Any

import pytest
import yaml

from tests.architecture.source import ROOT

AZURE = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))
SERVICE = AZURE["services"]["app"]
HOOKS = {**AZURE["hooks"], **SERVICE["hooks"]}


def test_azd_deploys_the_folder_that_the_hook_builds_and_builds_nothing_itself() -> None:
    assert (SERVICE["project"], SERVICE["dist"]) == (".", "build/package")
    assert (SERVICE["host"], SERVICE["language"], SERVICE["remoteBuild"]) == ("function", "py", False)


def test_the_package_is_built_by_a_hook_of_the_service_which_a_mere_azd_deploy_runs_too() -> None:
    assert set(SERVICE["hooks"]) == {"prepackage"}
    assert set(AZURE["hooks"]) == {"preprovision", "postprovision"}


@pytest.mark.parametrize("name", HOOKS)
def test_each_hook_starts_the_python_file_of_its_name_on_every_system(name: str) -> None:
    hook: dict[str, dict[str, Any]] = HOOKS[name]
    assert hook["posix"]["run"] == f"sh infra/hooks/run.sh {name}"
    assert hook["posix"]["shell"] == "sh"
    assert hook["windows"]["run"] == f"./infra/hooks/run.ps1 {name}; exit $LASTEXITCODE"
    assert hook["windows"]["shell"] == "pwsh"
    assert (ROOT / "infra" / "hooks" / f"{name}.py").exists()
    assert f"'{name}'" in (ROOT / "infra/hooks/run.ps1").read_text(encoding="utf-8")


def test_no_older_azd_is_let_near_resource_groups_that_hold_images() -> None:
    assert AZURE["requiredVersions"]["azd"] == ">= 1.24.2"
