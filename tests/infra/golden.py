"""The golden list: every role assignment of a shape, for people to read in a review.

`python -m tests.infra.golden` writes the lists anew from the snapshots; `make infra` does so. Each principal is a
heading, and below it are scope and role, one assignment a line; `sub1` stands for the first subscription of the shapes,
`sub2` for the second. The hash at the end of a custom role's name is left out: it repeats the scope; checks/names.py
sees to it.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from tests.infra.snapshot import Snapshot, short

FOLDER = Path("tests/infra/golden")
INDENT = "  "
_HASH = re.compile(r" \([a-z0-9]{13}\)$")

type Entry = tuple[str, str]
"""A principal, and a scope with a role."""


def entries(snapshot: Snapshot) -> list[Entry]:
    """The assignments of a snapshot, sorted, each once."""
    return sorted({(short(one.principal), f"{short(one.scope)}  {_HASH.sub('', one.role)}") for one in snapshot.grants})


def written(found: list[Entry]) -> str:
    """The list as it is committed."""
    groups = [
        "\n".join([principal, *(INDENT + what for _, what in held)])
        for principal, held in groupby(found, key=lambda entry: entry[0])
    ]
    return "\n\n".join(groups) + "\n"


def read(text: str) -> Iterator[Entry]:
    """The entries of a committed list."""
    principal = ""
    for line in filter(None, text.splitlines()):
        if line.startswith(INDENT):
            yield principal, line.removeprefix(INDENT)
        else:
            principal = line


def main() -> None:
    """Write every list."""
    from tests.infra.tree import ROOT, Tree

    (ROOT / FOLDER).mkdir(exist_ok=True)
    for shape, snapshot in Tree().snapshots.items():
        (ROOT / FOLDER / f"{shape}.txt").write_text(written(entries(snapshot)), encoding="utf-8")


if __name__ == "__main__":
    main()
