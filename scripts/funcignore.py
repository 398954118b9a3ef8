"""What `.funcignore` lets through: the files of the app that are deployed, and nothing else.

`scripts/package.py` copies them. Only the part of the language that the file needs is understood, so that packaging
takes no library: names and wildcards of one path element, `!` to take one back, `#` comments. tests/package holds the
answers against a full reader of such files.
"""

import fnmatch
from collections.abc import Iterator
from pathlib import Path


class UnknownPattern(ValueError):  # noqa: N818 - the pattern is unknown, not an error of ours
    """A line says more than a name or wildcard of one path element."""


def read_patterns(text: str) -> list[tuple[bool, str]]:
    """Each line as (whether it ignores, pattern), in their order; UnknownPattern names the line that is too much."""
    patterns = []
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        if not pattern or any(character in pattern for character in "/\\["):
            raise UnknownPattern(f".funcignore: {line!r} is not a name or a wildcard of one path element.")
        patterns.append((not line.startswith("!"), pattern))
    return patterns


def is_ignored(name: str, patterns: list[tuple[bool, str]]) -> bool:
    """Whether an entry of that name is left out; as in .gitignore, the last pattern that matches decides."""
    decisions = [ignores for ignores, pattern in patterns if fnmatch.fnmatchcase(name, pattern)]
    return bool(decisions) and decisions[-1]


def deployed(root: Path) -> Iterator[Path]:
    """The files below `root` that its .funcignore lets through, in a fixed order.

    Ignored folders are not entered; nor are links, which come as what they are.
    """
    yield from _walk(root, read_patterns((root / ".funcignore").read_text(encoding="utf-8")))


def _walk(folder: Path, patterns: list[tuple[bool, str]]) -> Iterator[Path]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if is_ignored(entry.name, patterns):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _walk(entry, patterns)
        else:
            yield entry
