"""Packaging refuses what must not be deployed, and says why; what it writes depends on nothing but its input."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from scripts import package
from scripts.package import (
    FILES,
    FOLDERS,
    LOG_LEVELS,
    STORAGE_PROVIDERS,
    PackageError,
    app_files,
    build,
    check_rollouts,
    files_of,
    host_json,
    retire,
    write_zip,
)
from scripts.vendor import VendorError
from tests.architecture.source import ROOT


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the app, for a test to spoil."""
    copy = tmp_path / "copied"
    for name in FOLDERS:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (*FILES, ".funcignore"):
        shutil.copyfile(ROOT / name, copy / name)
    return copy


def local_host_json() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    return read


def test_host_json_of_the_scheduler_names_its_provider_and_connection() -> None:
    assert host_json(local_host_json(), "durableTaskScheduler")["extensions"]["durableTask"]["storageProvider"] == {
        "type": "azureManaged",
        "connectionStringName": "DURABLE_TASK_SCHEDULER_CONNECTION_STRING",
    }


def test_host_json_of_azure_storage_names_the_hosts_own_storage() -> None:
    block = host_json(local_host_json(), "azureStorage")["extensions"]["durableTask"]["storageProvider"]
    assert (block["type"], block["connectionName"]) == ("AzureStorage", "AzureWebJobsStorage")
    assert block["maxQueuePollingInterval"] == "00:00:10"


@pytest.mark.parametrize("provider", STORAGE_PROVIDERS)
def test_host_json_is_otherwise_the_local_one(provider: str) -> None:
    packaged, local = host_json(local_host_json(), provider), local_host_json()
    assert packaged["extensions"]["durableTask"].pop("storageProvider")
    levels, before = packaged["logging"].pop("logLevel"), local["logging"].pop("logLevel")
    assert packaged == local
    assert (
        levels == {name: level for name, level in before.items() if "DurableTask." not in name} | LOG_LEVELS[provider]
    )
    assert levels["Host.Triggers.DurableTask"] == "Information"


def test_the_local_host_json_names_no_provider() -> None:
    assert "storageProvider" not in local_host_json()["extensions"]["durableTask"]


def test_a_provider_that_does_not_exist_is_refused() -> None:
    ran = subprocess.run(
        [sys.executable, "scripts/package.py", "--provider", "netherite"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 2
    assert "netherite" in ran.stderr
    assert all(name in ran.stderr for name in STORAGE_PROVIDERS)


def test_another_python_is_refused(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # There is no second Python to run this with on most machines; the version is all that is looked at.
    monkeypatch.setattr(sys, "version_info", (3, 12, 9, "final", 0))
    with pytest.raises(PackageError, match=r"CPython 3\.13"):
        build(copied, copied.parent / "package", "azureStorage")


def test_rollouts_that_the_app_would_refuse_are_refused_with_every_problem(copied: Path) -> None:
    (copied / "rollouts.yaml").write_text("profiles:\n  web:\n    match: {name: x}\n    gallery: {nam: g}\n")
    with pytest.raises(PackageError, match=r"^rollouts\.yaml cannot be deployed:\n") as refused:
        check_rollouts(copied)
    assert "profiles.web.gallery.nam" in str(refused.value)
    assert "profiles.web.version" in str(refused.value)


def test_rollouts_that_ship_are_accepted(copied: Path) -> None:
    check_rollouts(copied)


def test_a_stray_file_is_not_deployed_unless_it_is_named(copied: Path) -> None:
    (copied / "passwords.txt").touch()
    with pytest.raises(PackageError, match=r"passwords\.txt"):
        app_files(copied, also=())
    assert copied / "passwords.txt" in app_files(copied, also=["passwords.txt"])


@pytest.mark.parametrize("name", ["domain/passwords.txt", "wiring/prod.pem", "arm/pgpass", "activities/keys/id_rsa"])
def test_a_stray_file_below_the_apps_folders_is_refused(copied: Path, name: str) -> None:
    (copied / name).parent.mkdir(exist_ok=True)
    (copied / name).touch()
    with pytest.raises(PackageError, match=re.escape(name)):
        app_files(copied, also=())


@pytest.mark.parametrize("name", ["domain/more.py", "domain/more", "more.py"])
@pytest.mark.parametrize("leads", ["file.py", "folder", "nowhere"])
def test_a_link_is_refused_wherever_it_lies_and_leads(copied: Path, name: str, leads: str) -> None:
    elsewhere = copied.parent / "elsewhere"
    (elsewhere / "folder").mkdir(parents=True)
    for file in ("file.py", "folder/file.py"):
        (elsewhere / file).touch()
    (copied / name).symlink_to(elsewhere / leads)
    with pytest.raises(PackageError, match=re.escape(name)):
        app_files(copied, also=["more.py"] if name == "more.py" else ())


def test_a_missing_part_of_the_app_is_named(copied: Path) -> None:
    (copied / "rollouts.yaml").unlink()
    with pytest.raises(PackageError, match=r"rollouts\.yaml"):
        app_files(copied, also=())


def test_a_package_that_cannot_be_built_leaves_none(copied: Path) -> None:
    target = copied.parent / "package"
    target.mkdir()
    (target / "function_app.py").touch()
    target.with_name("package.zip").touch()
    (copied / "requirements.txt").write_text("pydantic==2.14.4\n")  # no hash: pip refuses before it asks anybody
    with pytest.raises(VendorError, match="hash"):
        build(copied, target, "azureStorage")
    assert [path.name for path in copied.parent.iterdir()] == ["copied"]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"logging": {"logLevel": []}, "extensions": {"durableTask": {}}}'])
def test_a_host_json_that_cannot_be_read_is_told_and_leaves_nothing(copied: Path, text: str) -> None:
    (copied / "host.json").write_text(text)
    with pytest.raises(PackageError, match=r"^host\.json "):
        build(copied, copied.parent / "package", "azureStorage")
    assert [path.name for path in copied.parent.iterdir()] == ["copied"]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds take no libraries and no bytecode: how they end is all that is looked at."""
    monkeypatch.setattr(package, "install", lambda _requirements, _into: None)
    monkeypatch.setattr(package, "compile_all", lambda _folder: None)


def test_a_build_interrupted_while_it_packs_leaves_nothing(
    copied: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(folder: Path, archive: Path) -> None:
        write_zip(folder / "domain", archive)
        raise KeyboardInterrupt

    monkeypatch.setattr(package, "write_zip", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build(copied, copied.parent / "package", "azureStorage")
    assert [path.name for path in copied.parent.iterdir()] == ["copied"]


def test_two_builds_at_once_disturb_neither(copied: Path, quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one is done from start to end while the other packs; what is there then is whole."""
    target = copied.parent / "package"

    def slowly(folder: Path, archive: Path) -> None:
        monkeypatch.setattr(package, "write_zip", write_zip)
        build(copied, target, "azureStorage")
        write_zip(folder, archive)

    monkeypatch.setattr(package, "write_zip", slowly)
    archive = build(copied, target, "durableTaskScheduler")
    files = {file.relative_to(target).as_posix(): file.read_bytes() for file in files_of(target)}
    assert set(files) == {file.relative_to(copied).as_posix() for file in app_files(copied, also=())}
    assert b"azureManaged" in files["host.json"]
    with zipfile.ZipFile(archive) as packed:
        assert {name: packed.read(name) for name in packed.namelist()} == files
    assert sorted(path.name for path in copied.parent.iterdir()) == ["copied", "package", "package.zip"]


def test_a_build_that_another_gets_in_the_way_of_says_so(
    copied: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one's folder comes at the last moment: after the old one was moved away."""
    target = copied.parent / "package"

    def too_late(paths: Sequence[Path], place: Path) -> None:
        retire(paths, place)
        if (place / "zip").exists():
            (target / "of-another-build").mkdir(parents=True)

    monkeypatch.setattr(package, "retire", too_late)
    with pytest.raises(PackageError, match="another build"):
        build(copied, target, "azureStorage")
    assert sorted(path.name for path in copied.parent.iterdir()) == ["copied", "package"]


STOPPED = """
import os, signal, sys
sys.path.insert(0, {root!r})
from pathlib import Path
from scripts import package
package.ROOT = Path({copied!r})
package.install = lambda _requirements, _into: os.kill(os.getpid(), signal.SIGTERM)
sys.argv = ["package.py"]
sys.exit(package.main())
"""


def test_a_build_that_is_told_to_end_leaves_nothing(copied: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", STOPPED.format(root=str(ROOT), copied=str(copied))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (143, "")
    assert list((copied / "build").iterdir()) == []


def test_the_zip_depends_on_names_and_content_alone(tmp_path: Path) -> None:
    for copy, names in (("one", ["b.py", "a/c.py"]), ("two", ["a/c.py", "b.py"])):
        for name in names:
            file = tmp_path / copy / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(name)
            os.utime(file, (len(copy) * len(names[0]) * 10**8,) * 2)
    (tmp_path / "two" / "b.py").chmod(0o700)
    for copy in ("one", "two"):
        write_zip(tmp_path / copy, tmp_path / f"{copy}.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
