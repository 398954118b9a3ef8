"""Builds what is deployed: `build/package/`, and the same as `build/package.zip`.

`make package` and azd's hook run it. The app's files (those that .funcignore lets through), its locked dependencies
for Azure, bytecode for both, and a host.json for the chosen Durable Functions provider. Standard library and pip only:
`python scripts/package.py --provider azureStorage` works wherever there is a Python 3.13.
"""

import argparse
import contextlib
import importlib.util
import json
import os
import shutil
import signal
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))  # for the lines below, where this file is run by its path

from scripts.funcignore import UnknownPattern, deployed  # noqa: E402
from scripts.import_time import can_import, seconds  # noqa: E402
from scripts.vendor import SITE_PACKAGES, VendorError, compile_all, install, pip_install, run  # noqa: E402

FOLDERS = ("activities", "arm", "domain", "orchestrators", "triggers", "wiring")
FILES = ("function_app.py", "host.json", "requirements.txt", "rollouts.yaml")

# What the platform's scaler reads: the file of the package, not settings that override it. Names: Microsoft Learn,
# "Durable Functions settings in host.json" and "Durable Task Scheduler".
STORAGE_PROVIDERS: dict[str, dict[str, Any]] = {
    "durableTaskScheduler": {
        "type": "azureManaged",
        "connectionStringName": "DURABLE_TASK_SCHEDULER_CONNECTION_STRING",
    },
    "azureStorage": {
        "type": "AzureStorage",
        "connectionName": "AzureWebJobsStorage",
        "maxQueuePollingInterval": "00:00:10",  # Microsoft's advice for Flex Consumption: 10 seconds or less
        "partitionCount": 4,  # fixed once the hub exists
        "useTablePartitionManagement": True,
    },
}
# The engine's own records tell of each message; whole families, since each provider names its records its own way.
LOG_LEVELS = {
    "durableTaskScheduler": {"DurableTask": "Warning", "Microsoft.DurableTask": "Warning"},
    "azureStorage": {"DurableTask.Core": "Warning", "DurableTask.AzureStorage": "Warning"},
}

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the zip: two packages of the same content are the same to the byte."""


class PackageError(Exception):
    """Something that only a person can mend; the message says what and how."""


def build(root: Path, target: Path, provider: str, also: Sequence[str] = ()) -> Path:
    """Package the app in `root` as the folder `target` and the zip beside it, whose path is returned.

    Those of before go first. Both are made in a place of their own and moved last, so that each is whole or not there,
    whatever stops this and however many run at once. Of two builds at once one may be refused, and the folder may be of
    one and the zip of the other: build for one provider after the other. `also`: more names at the top to deploy.
    """
    check_python()
    archive = target.with_name(f"{target.name}.zip")
    target.parent.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=f"{target.name}-", dir=target.parent))
    try:
        with moving(target):
            retire((target, archive), place)
        folder, packed = place / "folder", place / "zip"
        lay_out(root, folder, provider, also)
        write_zip(folder, packed)
        with moving(target):
            retire((target, archive), place)  # another build may have come first
            folder.rename(target)
            packed.rename(archive)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return archive


@contextlib.contextmanager
def moving(target: Path) -> Iterator[None]:
    """Refuse with a reason where a package cannot be moved to its place or away from it."""
    try:
        yield
    except OSError as error:
        raise PackageError(
            f"{target.name} cannot be moved ({error.strerror or error}): another build, or a program that has one of "
            "its files open, is in the way; wait until that is done, then build again."
        ) from None


def retire(paths: Sequence[Path], place: Path) -> None:
    """Move what was built before into `place`, each at one stroke: deleting a folder takes a while."""
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            path.rename(Path(tempfile.mkdtemp(dir=place)) / path.name)


def lay_out(root: Path, folder: Path, provider: str, also: Sequence[str]) -> None:
    """The package as a folder: the app, its libraries, bytecode for both."""
    files = app_files(root, also)
    check_rollouts(root)
    settings = host_json(read_json(root / "host.json"), provider)
    for file in files:
        copy = folder / file.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    write_json(folder / "host.json", settings)
    install(root / "requirements.txt", folder / SITE_PACKAGES)
    compile_all(folder)


def check_python() -> None:
    """Bytecode is valid for one version of Python alone, and Azure runs 3.13."""
    if sys.version_info[:2] != (3, 13) or sys.implementation.name != "cpython":
        raise PackageError(
            f"The package needs bytecode of CPython 3.13; this is {sys.implementation.name} {sys.version.split()[0]}. "
            "Run this with the Python of .venv, which `make setup` makes, or with any other CPython 3.13."
        )


def app_files(root: Path, also: Sequence[str]) -> list[Path]:
    """What .funcignore lets through, if that is the app and what `also` names: a stray file may hold a secret."""
    files = list(deployed(root))
    found, wanted = {file.relative_to(root).parts[0] for file in files}, {*FOLDERS, *FILES, *also}
    if stray := sorted({*(found - wanted), *strays(root, files)}):
        raise PackageError(
            f"Not of the app, and not in .funcignore: {', '.join(stray)}. Add it there, or move it away; a file or "
            "folder at the top is deployed with --also NAME (make package ALSO=NAME). A link never is."
        )
    if missing := sorted(wanted - found):
        raise PackageError(f"Missing, or kept out by .funcignore: {', '.join(missing)}.")
    return files


def strays(root: Path, files: Iterable[Path]) -> list[str]:
    """What of `files` is no source of the app although it lies in its folders; and every link, wherever it leads."""
    return [
        file.relative_to(root).as_posix()
        for file in files
        if file.is_symlink() or (file.relative_to(root).parts[0] in FOLDERS and file.suffix != ".py")
    ]


def check_rollouts(root: Path) -> None:
    """Refuse rollouts.yaml as the app itself would, with every problem that it has."""
    with tempfile.TemporaryDirectory() as libraries:
        env = dict(os.environ)
        if not all(importlib.util.find_spec(name) for name in ("pydantic", "yaml")):
            pip_install(root / "requirements.txt", Path(libraries))  # this machine's wheels, not Azure's
            env["PYTHONPATH"] = libraries
        try:
            run(sys.executable, "-B", "-m", "wiring.rollouts_file", "rollouts.yaml", cwd=root, env=env)
        except VendorError as error:
            raise PackageError(f"rollouts.yaml cannot be deployed:\n{error}") from None


def host_json(local: dict[str, Any], provider: str) -> dict[str, Any]:
    """host.json for Azure: the local one with the provider's block and log levels in it."""
    try:
        levels, durable = local["logging"]["logLevel"], local["extensions"]["durableTask"]
        kept = {name: level for name, level in levels.items() if not name.startswith("DurableTask")}
        logging = {**local["logging"], "logLevel": {**kept, **LOG_LEVELS[provider]}}
        extensions = {**local["extensions"], "durableTask": {**durable, "storageProvider": STORAGE_PROVIDERS[provider]}}
    except (KeyError, TypeError, AttributeError):
        raise PackageError("host.json lacks logging.logLevel or extensions.durableTask, an object each.") from None
    return {**local, "logging": logging, "extensions": extensions}


def write_zip(folder: Path, archive: Path) -> None:
    """Every file below `folder`, in order, all of one time and mode."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for file in files_of(folder):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), LONG_AGO)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16  # a Unix file, readable by all
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, file.read_bytes(), compresslevel=9)


def files_of(folder: Path) -> Iterator[Path]:
    """The files below `folder` in the order of their paths."""
    return (entry for entry in sorted(folder.rglob("*"), key=lambda path: path.as_posix()) if entry.is_file())


def read_json(file: Path) -> dict[str, Any]:
    """A JSON object from a file."""
    try:
        read: Any = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PackageError(f"{file.name} is not JSON: {error}.") from None
    if not isinstance(read, dict):
        raise PackageError(f"{file.name} is not a JSON object.")
    return read


def write_json(file: Path, content: dict[str, Any]) -> None:
    """A JSON object to a file, for people too."""
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8", newline="\n")


def report(folder: Path, archive: Path, provider: str) -> str:
    """What was made, how large it is and how fast it starts."""
    sizes = [file.stat().st_size for file in files_of(folder)]
    lines = [
        f"Provider: {provider}",
        f"{folder.relative_to(ROOT)}: {len(sizes)} files, {sum(sizes) / 1e6:.1f} MB",
        f"{archive.relative_to(ROOT)}: {archive.stat().st_size / 1e6:.1f} MB",
    ]
    if can_import():
        quick, slow = (seconds(folder, bytecode=bytecode) for bytecode in (True, False))
        lines.append(f"Import of function_app: {quick:.2f} s with bytecode, {slow:.2f} s without")
    else:
        lines.append("Import of function_app: not measured, the package runs on Linux x86-64 only")
    return "\n".join(lines) + "\n"


def stopped(number: int, _frame: object) -> None:
    """End as after Ctrl-C, which clears away what was begun; left to itself, Python would not."""
    sys.exit(128 + number)


def main() -> int:
    """Build, and say what was built; 1 with a reason where it cannot be."""
    parser = argparse.ArgumentParser(description="Build the deployment package in build/package and build/package.zip.")
    parser.add_argument("--provider", choices=sorted(STORAGE_PROVIDERS), default="durableTaskScheduler")
    parser.add_argument("--also", metavar="NAME", action="append", default=[], help="deploy one more file or folder")
    arguments = parser.parse_args()
    target = ROOT / "build" / "package"
    signal.signal(signal.SIGTERM, stopped)
    try:
        archive = build(ROOT, target, arguments.provider, arguments.also)
    except (PackageError, VendorError, UnknownPattern) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(report(target, archive, arguments.provider))
    return 0


if __name__ == "__main__":
    sys.exit(main())
