"""What is deployed: exactly what .funcignore lets through must start by itself, and start quickly."""

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scripts.funcignore import deployed
from scripts.package import FILES, FOLDERS
from tests.architecture.source import PRODUCTION, ROOT

PROBE = """
import json, sys
import function_app
print(json.dumps({
    "functions": [function.get_function_name() for function in function_app.app.get_functions()],
    "modules": sorted(sys.modules),
    "from": function_app.__file__,
}))
"""
LATE = ("azure.mgmt", "azure.identity", "azure.core", "aiohttp", "yaml", "local", "cli")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as it would be deployed."""
    target = tmp_path_factory.mktemp("package")
    for file in deployed(ROOT):
        copy = target / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    return target


@pytest.fixture(scope="module")
def started(package: Path) -> dict[str, Any]:
    """What a fresh process sees that imports the package's function_app and has no setting of ours."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    ran = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=package, env=kept, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    seen: dict[str, Any] = json.loads(ran.stdout)
    assert Path(seen["from"]).parent.samefile(package)
    return seen


def test_the_package_holds_the_app_and_nothing_else(package: Path) -> None:
    assert {entry.name for entry in package.iterdir()} == {*FOLDERS, *FILES}
    assert set(FOLDERS) == set(PRODUCTION)


def test_the_package_starts_by_itself_with_every_function(started: dict[str, Any]) -> None:
    assert {"image_event", "start_rollout", "health", "rollout", "create_gallery", "version_numbers"} <= set(
        started["functions"]
    )


def test_nothing_heavy_is_imported_before_it_is_needed(started: dict[str, Any]) -> None:
    early = [
        module for module in started["modules"] if any(module == name or module.startswith(f"{name}.") for name in LATE)
    ]
    assert early == []


def test_no_secret_is_deployed(package: Path) -> None:
    assert not list(package.rglob("local.settings*"))
    assert not list(package.rglob("*.pem"))


def test_host_json_keeps_a_message_for_half_an_hour_of_outage() -> None:
    queues = host()["extensions"]["queues"]
    hours, minutes, seconds = map(int, queues["visibilityTimeout"].split(":"))
    delay = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    assert queues["maxDequeueCount"] * delay >= timedelta(minutes=30)
    assert queues["messageEncoding"] == "none"


def test_host_json_names_a_bundle_that_serves_this_sdk_and_keeps_inputs_out_of_traces() -> None:
    bundle = host()["extensionBundle"]
    assert bundle == {"id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.33.0, 5.0.0)"}
    assert host()["extensions"]["durableTask"]["tracing"]["traceInputsAndOutputs"] is False
    assert host()["extensions"]["http"]["routePrefix"] == "api"


def host() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    return read
