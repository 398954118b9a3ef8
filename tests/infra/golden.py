"""The golden list: every role assignment of a shape, one a line, for people to read in a review.

`python -m tests.infra.golden` writes the lists anew from the snapshots; `make infra` does so. A line is the principal,
the role and the scope; `sub1` stands for the first subscription of the shapes, `sub2` for the second.
"""

from pathlib import Path

from tests.infra.snapshot import Snapshot

FOLDER = Path("tests/infra/golden")


def lines(snapshot: Snapshot) -> list[str]:
    """The assignments of a snapshot, sorted, each once."""
    return sorted({str(grant) for grant in snapshot.grants})


def main() -> None:
    """Write every list."""
    from tests.infra.tree import ROOT, Tree

    (ROOT / FOLDER).mkdir(exist_ok=True)
    for shape, snapshot in Tree().snapshots.items():
        (ROOT / FOLDER / f"{shape}.txt").write_text("\n".join(lines(snapshot)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
