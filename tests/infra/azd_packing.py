"""What azd puts into the zip of a function app in Python, said again.

Source: Azure/azure-dev, cli/azd/pkg/project/project_utils.go (createDeployableZip) and framework_service_python.go, as
of azd 1.24: the folder is zipped where it is. `.azure` folders, the ignore file and local.settings.json never go in.
With a .funcignore in the folder, it decides about the rest; without one, __pycache__ and virtual environments stay out.
"""

from collections.abc import Iterator
from pathlib import Path

from pathspec import GitIgnoreSpec

IGNORE_FILE = ".funcignore"


def packed(folder: Path) -> set[str]:
    """The files of `folder` that azd packs, by their path in the zip."""
    rules = folder / IGNORE_FILE
    spec = GitIgnoreSpec.from_lines(rules.read_text("utf-8-sig").splitlines()) if rules.exists() else None
    return {file.relative_to(folder).as_posix() for file in _walk(folder, folder, spec)}


def _walk(root: Path, folder: Path, spec: GitIgnoreSpec | None) -> Iterator[Path]:
    for entry in folder.iterdir():
        if not _goes_in(entry, entry.relative_to(root).as_posix(), spec):
            continue
        if entry.is_dir():
            yield from _walk(root, entry, spec)
        else:
            yield entry


def _goes_in(entry: Path, name: str, spec: GitIgnoreSpec | None) -> bool:
    if entry.is_dir():
        if entry.name == ".azure":
            return False
        if spec is None:
            return entry.name.lower() != "__pycache__" and not (entry / "pyvenv.cfg").exists()
        return not spec.match_file(f"{name}/")
    if entry.name in (IGNORE_FILE, "local.settings.json"):
        return False
    return spec is None or not spec.match_file(name)
