"""azure-functions-doctor, another project's judge of function apps, has nothing against ours being deployed."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.source import ROOT

DOCTOR = ROOT / "build" / "infra-tools" / "bin" / "azure-functions-doctor"

pytestmark = [
    pytest.mark.infra,
    pytest.mark.skipif(
        not DOCTOR.exists(),
        reason="azure-functions-doctor is not installed here; `make infra-check` installs it and runs this",
    ),
]


def found(folder: Path, summary: Path) -> dict[str, Any]:
    """How many of the doctor's checks passed, warned and failed."""
    options = ["--profile", "deploy", "--hosting-plan", "flex-consumption", "--deployment-mode", "local-prebuilt"]
    ran = subprocess.run(
        [str(DOCTOR), "--path", str(folder), *options, "--summary-json", str(summary)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    counts: dict[str, Any] = json.loads(summary.read_text(encoding="utf-8"))
    return counts


def test_the_project_can_be_deployed(tmp_path: Path) -> None:
    # a copy of what is tracked: the doctor would read every file of the environments below the checkout
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            copy = tmp_path / "project" / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy)
    counts = found(tmp_path / "project", tmp_path / "summary.json")
    assert counts["failed"] == 0
    assert counts["passed"] >= 20


def test_the_package_can_be_deployed(package: Path, tmp_path: Path) -> None:
    # judged where it is unpacked: the doctor looks at nothing below a folder called `build`
    counts = found(package, tmp_path / "summary.json")
    assert counts["failed"] == 0
    assert counts["passed"] >= 18
