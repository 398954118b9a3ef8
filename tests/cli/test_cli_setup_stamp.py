"""scripts/setup.py trusts an environment only if it was made whole, from these lock files, and still is."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SETUP = Path(__file__).parents[2] / "scripts" / "setup.py"


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, its environments moved to a folder of the test, both whole."""
    spec = importlib.util.spec_from_file_location("setup_script", SETUP)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    venv, modules = tmp_path / ".venv", tmp_path / "node_modules"
    for file in (venv / "bin" / "python", venv / "lib" / "package.py", modules / "azurite" / "package.json"):
        file.parent.mkdir(parents=True)
        file.write_text("as installed")
    for name in ("package.json", "package-lock.json", "requirements-dev.txt", "pyproject.toml"):
        (tmp_path / name).write_bytes((SETUP.parents[1] / name).read_bytes())
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", venv)
    monkeypatch.setattr(module, "MODULES", modules)
    monkeypatch.setattr(module, "PYTHON_STAMP", venv / module.PYTHON_STAMP.name)
    monkeypatch.setattr(module, "NODE_STAMP", modules / module.NODE_STAMP.name)
    python = {"from": module.python_wanted(), "files": dict(module.files(venv))}
    module.write_stamp(module.PYTHON_STAMP, python)
    module.write_stamp(module.NODE_STAMP, {"from": module.node_wanted(), "packages": ["node_modules/azurite"]})
    assert module.python_is_ready()
    assert module.node_is_ready()
    return module


def test_bytecode_and_packages_of_ones_own_do_no_harm(setup: ModuleType) -> None:
    (setup.VENV / "lib" / "mine.py").write_text("added by hand")
    (setup.VENV / "lib" / "__pycache__").mkdir()
    assert setup.python_is_ready()


@pytest.mark.parametrize("gone", ["bin/python", "lib/package.py", "setup-stamp.json"])
def test_a_file_gone_missing_is_not_trusted(setup: ModuleType, gone: str) -> None:
    (setup.VENV / gone).unlink()
    assert not setup.python_is_ready()


def test_a_file_cut_short_is_not_trusted(setup: ModuleType) -> None:
    (setup.VENV / "lib" / "package.py").write_text("as inst")
    assert not setup.python_is_ready()


@pytest.mark.parametrize("stamp", ["", "{", "[]", '"x"'])
def test_a_damaged_stamp_is_none(setup: ModuleType, stamp: str) -> None:
    setup.PYTHON_STAMP.write_text(stamp)
    setup.NODE_STAMP.write_text(stamp)
    assert not setup.python_is_ready()
    assert not setup.node_is_ready()


def test_a_changed_lock_file_makes_its_own_environment_anew_and_only_that(setup: ModuleType) -> None:
    with (setup.ROOT / "requirements-dev.txt").open("a") as lock:
        lock.write("another==1\n")
    assert not setup.python_is_ready()
    assert setup.node_is_ready()


def test_settings_of_tools_do_not_make_the_environment_anew(setup: ModuleType) -> None:
    with (setup.ROOT / "pyproject.toml").open("a") as project:
        project.write("\n[tool.something]\nspeed = 1\n")
    assert setup.python_is_ready()


def test_an_environment_moved_elsewhere_is_not_trusted(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = setup.VENV.rename(setup.ROOT / "moved")
    monkeypatch.setattr(setup, "VENV", moved)
    monkeypatch.setattr(setup, "PYTHON_STAMP", moved / "setup-stamp.json")
    assert not setup.python_is_ready()


def test_a_node_package_gone_missing_is_not_trusted(setup: ModuleType) -> None:
    (setup.MODULES / "azurite" / "package.json").unlink()
    assert not setup.node_is_ready()


def test_a_node_too_old_is_refused_with_a_remedy(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = setup.ROOT / "tools"
    tools.mkdir()
    for name in ("node", "npm"):
        (tools / name).write_text("#!/bin/sh\necho v18.20.0\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    with pytest.raises(setup.SetupError, match=r"is 18\.20\.0") as refused:
        setup.check_node()
    assert "nvm install 20" in str(refused.value)
