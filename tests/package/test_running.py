"""The unpacked package runs: by itself, as Azure's worker loads it, and all the way through a rollout."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.import_time import can_import
from scripts.vendor import SITE_PACKAGES
from tests.architecture.source import ROOT

pytestmark = [
    pytest.mark.infra,
    pytest.mark.skipif(not can_import(), reason="the package runs on Linux x86-64 with glibc only"),
]

IMPORT = "import sys; sys.path[:0] = sys.argv[1:]; import function_app"


def python(package: Path, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run Python with no library but its own, no setting, no bytecode written; `package` is where it stands."""
    command = [sys.executable, "-I", "-S", "-B", *arguments]
    return subprocess.run(command, cwd=package, env={}, capture_output=True, text=True, timeout=timeout, check=False)


def test_the_app_imports_with_nothing_but_the_package(package: Path) -> None:
    ran = python(package, "-c", f"{IMPORT}; print(function_app.__file__)", str(package), str(package / SITE_PACKAGES))
    assert ran.returncode == 0, ran.stderr
    assert Path(ran.stdout.strip()) == package / "function_app.py"


def test_what_is_imported_late_is_in_the_package_too(package: Path) -> None:
    late = (
        "azure.identity.aio, azure.mgmt.compute.aio, azure.core.pipeline.transport, aiohttp, yaml, grpc, cryptography"
    )
    check = f"{IMPORT}; import {late}.hazmat.bindings._rust as rust; print(rust.__file__)"
    ran = python(package, "-c", check, str(package), str(package / SITE_PACKAGES))
    assert ran.returncode == 0, ran.stderr
    assert package in Path(ran.stdout.strip()).parents


def test_nothing_is_compiled_although_every_file_is_newer_than_its_bytecode(package: Path) -> None:
    for source in package.rglob("*.py"):
        os.utime(source)
    ran = python(package, "-v", "-c", IMPORT, str(package), str(package / SITE_PACKAGES))
    assert ran.returncode == 0, ran.stderr[-2000:]
    loaded = [Path(found) for found in re.findall(r"^# code object from '?([^'\n]+?)'?$", ran.stderr, re.MULTILINE)]
    ours = [file for file in loaded if package in file.parents]
    assert len(ours) > 300
    assert {file.suffix for file in ours} == {".pyc"}


def test_a_rollout_runs_from_the_package_with_its_own_code_and_libraries(package: Path) -> None:
    pydantic = importlib.util.find_spec("pydantic")
    assert pydantic is not None
    assert pydantic.origin is not None
    developers = Path(pydantic.origin).parents[1]
    script = str(ROOT / "tests" / "package" / "run_rollout.py")
    ran = python(package, script, *map(str, (package, package / SITE_PACKAGES, developers, ROOT)))
    assert ran.returncode == 0, ran.stderr[-4000:]
    seen: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    assert (seen["status"], seen["version"]) == ("Completed", "1.0.0")
    assert seen["exists"] == [True, True]
    assert seen["function_app"] == str(package / "function_app.py")
    names = "print(*sorted(function.get_function_name() for function in function_app.app.get_functions()))"
    registered = python(package, "-c", f"{IMPORT}; {names}", str(package), str(package / SITE_PACKAGES))
    assert seen["indexed"] == registered.stdout.split()
    assert {"image_event", "rollout", "create_gallery", "start_rollout"} <= set(seen["indexed"])
    assert seen["strangers"] == []
