"""A Python that has the app's packages: reading rollouts.yaml takes the app's own models.

.venv where it is set up; else build/deploy-venv, made here from requirements.txt, with hashes, and made anew when that
file changes.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

from infra.hooks.shell import ROOT, HookError, say

OWN = ROOT / "build" / "deploy-venv"
BIN = Path("Scripts/python.exe") if os.name == "nt" else Path("bin/python")


def python() -> Path:
    """The interpreter; a refusal where the packages cannot be installed."""
    for candidate in (Path(sys.executable), ROOT / ".venv" / BIN):
        if candidate.exists() and _has_packages(candidate):
            return candidate
    stamp = OWN / "made-from"
    wanted = hashlib.sha256((ROOT / "requirements.txt").read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        _make()
        stamp.write_text(wanted, encoding="utf-8")
    return OWN / BIN


def _has_packages(interpreter: Path) -> bool:
    probe = [str(interpreter), "-c", "import pydantic, yaml"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0  # noqa: S603 - fixed


def _make() -> None:
    say("Installing the app's packages in build/deploy-venv (once) ...")
    venv.create(OWN, clear=True, with_pip=True)
    pip = [str(OWN / BIN), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    done = subprocess.run(  # noqa: S603 - fixed
        [*pip, "--require-hashes", "-r", "requirements.txt"], cwd=ROOT, text=True, capture_output=True, check=False
    )
    if done.returncode:
        raise HookError(f"The app's packages cannot be installed:\n{done.stdout}{done.stderr}")
