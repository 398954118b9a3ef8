"""scripts/setup.sh finds Python 3.13 where it usually is, or says exactly what to install."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
REAL = Path(getattr(sys, "_base_executable", sys.executable)).resolve()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A place with the real finder, and a second half that only tells which interpreter it was given."""
    scripts = tmp_path / "checkout" / "scripts"
    scripts.mkdir(parents=True)
    shutil.copy(SCRIPTS / "setup.sh", scripts)
    (scripts / "setup.py").write_text("import sys; print(*sys.version_info[:2])")
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "dirname", "cat"):
        found = shutil.which(tool)
        assert found
        (tools / tool).symlink_to(found)
    return tmp_path


def find(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the finder as on a machine that has nothing but what the test put there."""
    bare = {"PATH": str(checkout / "tools"), "HOME": str(checkout / "home")} | environment
    script = checkout / "checkout" / "scripts" / "setup.sh"
    return subprocess.run(["/bin/sh", str(script)], env=bare, text=True, capture_output=True, check=False)


def script(path: Path, text: str) -> None:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_a_python_on_the_path_is_taken_whatever_it_is_called(checkout: Path) -> None:
    script(checkout / "tools" / "python3", f'exec {REAL} "$@"')
    assert find(checkout).stdout == "3 13\n"


def test_shims_that_refuse_and_older_versions_are_passed_over_for_pyenvs_own(checkout: Path) -> None:
    script(checkout / "tools" / "python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    script(checkout / "tools" / "python3", "exit 1")
    script(checkout / "home" / ".pyenv" / "versions" / "3.13.7" / "bin" / "python3.13", f'exec {REAL} "$@"')
    assert find(checkout).stdout == "3 13\n"


def test_pyenv_elsewhere_is_found_by_its_variable(checkout: Path) -> None:
    script(checkout / "far" / "versions" / "3.13.0" / "bin" / "python3.13", f'exec {REAL} "$@"')
    assert find(checkout, PYENV_ROOT=str(checkout / "far")).stdout == "3 13\n"


def test_uv_is_asked(checkout: Path) -> None:
    script(checkout / "tools" / "uv", f'[ "$1 $2" = "python find" ] && echo {REAL}')
    assert find(checkout).stdout == "3 13\n"


def test_a_named_python_goes_first(checkout: Path) -> None:
    script(checkout / "mine", f'exec {REAL} "$@"')
    assert find(checkout, PYTHON=str(checkout / "mine")).stdout == "3 13\n"


@pytest.mark.skipif(
    os.path.exists("/usr/local/bin/python3.13") or os.path.exists("/opt/homebrew/bin/python3.13"),
    reason="the finder looks there by absolute path, which no test can hide; with a Python 3.13 there it is found",
)
def test_no_python_says_what_to_install(checkout: Path) -> None:
    done = find(checkout)
    assert (done.returncode, done.stdout) == (1, "")
    for words in ("Python 3.13 is needed", "pyenv install 3.13", "uv python install 3.13", "python3.13-venv"):
        assert words in done.stderr
