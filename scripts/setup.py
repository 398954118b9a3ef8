"""Brings .venv and node_modules to what the lock files say; scripts/setup.sh runs it with a Python 3.13.

Each environment carries a stamp that is written last and names all it was made from: no stamp, an older lock
file, another place on disk or a file gone missing since, and the environment is made anew, never repaired.
Standard library only. Package indexes come from the configuration of pip and npm; none is named here.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
MODULES = ROOT / "node_modules"
PYTHON_STAMP = VENV / "setup-stamp.json"
NODE_STAMP = MODULES / ".setup-stamp.json"
NODE_AT_LEAST = 20


class SetupError(Exception):
    """Something that only a person can mend; the message says what and how."""


def main() -> int:
    """`--check` answers by exit code whether all is in place; without it, whatever is not is made."""
    if "--check" in sys.argv[1:]:
        return 0 if python_is_ready() and node_is_ready() else 1
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / "setup.lock").open("w") as lock:
        # Two makes at once: the second waits, then finds everything done. The kernel drops the lock with
        # its holder, so a killed setup blocks nobody.
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if not node_is_ready():
                check_node()  # before the long part, so that a missing Node is said at once
            if not python_is_ready():
                make_python()
            if not node_is_ready():
                make_node()
        except SetupError as error:
            say(str(error))
            return 1
    return 0


def python_wanted() -> dict[str, str]:
    """What .venv is made from. Its scripts hold absolute paths, hence the place."""
    return {
        "requirements": digest(ROOT / "requirements-dev.txt"),
        "project": project_digest(),
        "python": sys.version.split()[0],
        "place": str(VENV),
    }


def python_is_ready() -> bool:
    """Whether .venv was made whole, from these lock files, here, and every file of it is still as it was."""
    stamp = read_stamp(PYTHON_STAMP)
    if stamp.get("from") != python_wanted() or not (VENV / "bin" / "python").exists():
        return False
    there = dict(files(VENV))
    made: dict[str, int] = stamp.get("files", {})
    return all(there.get(name) == size for name, size in made.items())


def make_python() -> None:
    """A new .venv: locked packages, then this project as an editable install (the `rollout` command)."""
    say(f"Setting up .venv with Python {sys.version.split()[0]} (once, a minute or so) ...")
    remove(VENV)
    if run(sys.executable, "-I", "-m", "venv", str(VENV)).returncode:
        raise SetupError(
            f"{sys.executable} cannot make virtual environments. On Debian and Ubuntu that takes one more "
            "package: apt-get install python3.13-venv. Then run the same command again."
        )
    pip = (str(VENV / "bin" / "python"), "-I", "-m", "pip", "--disable-pip-version-check", "-q", "install")
    must("installing the locked packages", *pip, "--require-hashes", "-r", "requirements-dev.txt")
    must("installing this project", *pip, "--no-build-isolation", "--no-deps", "-e", ".")
    write_stamp(PYTHON_STAMP, {"from": python_wanted(), "files": dict(files(VENV))})


def node_wanted() -> dict[str, str]:
    """What node_modules is made from."""
    return {"lock": digest(ROOT / "package-lock.json"), "package": digest(ROOT / "package.json")}


def node_is_ready() -> bool:
    """Whether node_modules was made whole from this lock file and holds every package of it."""
    stamp = read_stamp(NODE_STAMP)
    packages: list[str] = stamp.get("packages", [])
    return (
        stamp.get("from") == node_wanted()
        and shutil.which("node") is not None
        and all((ROOT / name / "package.json").exists() for name in packages)
    )


def check_node() -> None:
    """Refuse with a remedy unless Node and npm are here and new enough."""
    needed = f"Node.js {NODE_AT_LEAST} or newer with npm is needed (the local storage queue runs on it)"
    remedy = "Debian/Ubuntu: apt-get install nodejs npm; macOS: brew install node; anywhere: nvm install 20."
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        missing = ", ".join(name for name, path in (("node", node), ("npm", npm)) if path is None)
        raise SetupError(f"{needed}. Not found on PATH: {missing}.\n{remedy}")
    version = run(node, "--version").stdout.strip().removeprefix("v")
    major = version.split(".")[0]
    if not major.isdigit() or int(major) < NODE_AT_LEAST:
        raise SetupError(f"{needed}; {node} is {version or 'not working'}.\n{remedy}")


def make_node() -> None:
    """A new node_modules (npm ci removes the old one itself). Azurite needs no install scripts of anybody."""
    say("Setting up Azurite, the local storage queue (once) ...")
    must("installing Azurite", "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    lock = json.loads((MODULES / ".package-lock.json").read_text())
    write_stamp(NODE_STAMP, {"from": node_wanted(), "packages": sorted(lock["packages"])})


def files(folder: Path) -> Iterator[tuple[str, int]]:
    """Every file below `folder` with its size; without bytecode, which comes and goes."""
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            if entry.name != "__pycache__":
                yield from files(Path(entry.path))
        elif entry.name != PYTHON_STAMP.name:
            yield os.path.relpath(entry.path, VENV), entry.stat(follow_symlinks=False).st_size


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def project_digest() -> str:
    """SHA-256 of the parts of pyproject.toml that an editable install depends on; tool settings are not."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    parts = [pyproject["build-system"], pyproject["project"], pyproject["tool"]["setuptools"]]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def read_stamp(path: Path) -> dict[str, Any]:
    """The stamp, or an empty one where there is none or it is damaged."""
    try:
        stamp = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(path: Path, stamp: dict[str, Any]) -> None:
    """Put a stamp down whole or not at all."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(stamp))
    new.replace(path)


def remove(folder: Path) -> None:
    """Delete a folder; its stamp first, so that a removal cut short leaves nothing that looks whole."""
    PYTHON_STAMP.unlink(missing_ok=True)
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the checkout and keep what it says."""
    return subprocess.run(  # noqa: S603 — the commands are written above
        command, cwd=ROOT, text=True, capture_output=True, check=False
    )


def must(what: str, *command: str) -> None:
    """Run a command in the checkout; if it fails, show all it said."""
    done = run(*command)
    if done.returncode:
        raise SetupError(f"{done.stdout}{done.stderr}\n{what} failed: {' '.join(command)}")


def say(text: str) -> None:
    """Tell the person at the terminal; standard output belongs to the target that comes after."""
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
