"""Writes docs/licences.md: what is deployed besides this project's own code, and under which licence.

Read from the metadata of the installed packages that requirements.txt locks; `make docs` runs it. A package that names
no licence is an error: somebody has to look.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_LOCKED = re.compile(r"^([A-Za-z0-9_.-]+)==([^ \\;]+)", re.MULTILINE)

_SPDX = {
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "BSD License": "BSD",
    "BSD 3-Clause License": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "ISC License (ISCL)": "ISC",
}
"""Names of older metadata, in SPDX's words."""

_HEAD = """# Licences

What is deployed with the app, at the versions that `requirements.txt` locks, and under which licence each package says
that it is. `make docs` writes this page from the packages' own metadata.

| package | version | licence |
|---|---|---|
"""


def page() -> str:
    """The whole page."""
    rows = [f"| {name} | {version} | {licence} |\n" for name, version, licence in licences()]
    return _HEAD + "".join(rows)


def licences() -> Iterator[tuple[str, str, str]]:
    """Name, version and licence of every locked package; those for another platform cannot be read here."""
    for name, version in locked(ROOT / "requirements.txt"):
        try:
            found = distribution(name)
        except PackageNotFoundError:
            yield name, version, "not for this platform"
            continue
        yield name, version, licence_of(found)


def locked(lock: Path) -> list[tuple[str, str]]:
    """Names and versions in a lock file."""
    return _LOCKED.findall(lock.read_text())


def licence_of(package: Distribution) -> str:
    """The SPDX expression where there is one, else the field or the classifier of old."""
    told = package.metadata
    expression: str = told.get("License-Expression") or ""
    field: str = (told.get("License") or "").strip()
    classes = [one.rpartition(" :: ")[2] for one in told.get_all("Classifier") or () if one.startswith("License ::")]
    names = [expression] if expression else [field] if field and len(field) < 60 else classes
    if not names or "UNKNOWN" in names:
        raise LookupError(f"{told['Name']} names no licence")
    return " AND ".join(_SPDX.get(name, name) for name in names)


if __name__ == "__main__":
    sys.stdout.write(page())
