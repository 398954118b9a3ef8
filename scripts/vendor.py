"""The app's dependencies as they run in Azure, laid where the Python worker looks for them, and bytecode for all.

`scripts/package.py` calls it. Azure runs CPython 3.13 on Linux x86-64; the wheels are chosen for that, whatever
machine packages them.
"""

import shutil
import subprocess
import sys
from pathlib import Path

SITE_PACKAGES = Path(".python_packages/lib/site-packages")
"""Where the Python worker adds to its path, relative to the app (Microsoft Learn, "Python build options")."""

# Each project publishes under the oldest glibc that it supports, and pip takes only what is named.
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
TARGET = ("--python-version", "3.13", "--implementation", "cp", "--abi", "cp313", "--abi", "abi3", "--abi", "none")

# Never imported when the app runs. Metadata stays: libraries read versions and entry points from it, people licences.
UNUSED_FOLDERS = ("tests",)
UNUSED_SUFFIXES = (".pyi", ".pyx", ".pxd", ".h", ".c", ".cpp")


class VendorError(Exception):
    """What a tool said when it could not do its part."""


def install(requirements: Path, into: Path) -> None:
    """Lay out the locked wheels below `into`: hashes checked, nothing built, nothing that is never imported."""
    platforms = [part for platform in PLATFORMS for part in ("--platform", platform)]
    pip_install(requirements, into, "--no-compile", *TARGET, *platforms)
    shutil.rmtree(into / "bin", ignore_errors=True)  # commands
    for name in UNUSED_FOLDERS:
        for folder in [found for found in into.rglob(name) if found.is_dir()]:
            shutil.rmtree(folder)
    for file in [found for found in into.rglob("*") if found.suffix in UNUSED_SUFFIXES]:
        file.unlink()


def pip_install(requirements: Path, into: Path, *options: str) -> None:
    """Install exactly what the lock file names, from wheels with the hashes that it gives."""
    command = (sys.executable, "-I", "-m", "pip", "--disable-pip-version-check", "-q", "install", "--require-hashes")
    run(*command, "--only-binary", ":all:", "--no-deps", "--target", str(into), "-r", str(requirements), *options)


def compile_all(folder: Path) -> None:
    """Bytecode for every source below `folder`, valid whatever becomes of the sources' times.

    Packing and unpacking change times, by which Python would tell that bytecode is out of date; with an unchecked
    hash it does not look. Paths in the bytecode are relative to `folder`; an import puts the real ones in.
    """
    run(
        *(sys.executable, "-I", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
        *("-s", str(folder), str(folder)),
    )


def run(*command: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """What the command printed; VendorError with all that it said if it failed."""
    done = subprocess.run(  # noqa: S603 - the commands are written here
        command, cwd=cwd, env=env, text=True, capture_output=True, check=False
    )
    if done.returncode:
        raise VendorError(f"{done.stdout}{done.stderr}".strip() or f"{command[0]} ended with {done.returncode}.")
    return done.stdout
