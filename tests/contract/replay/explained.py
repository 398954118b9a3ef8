"""The differences that `local/armsim/README.md` explains, so that its list cannot rot.

A row of its table "Differences that remain": recordings (the beginnings of their names), kinds with what differs
(`*` stands for anything), reason.
"""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from tests.contract.replay.comparing import Difference

README = Path(__file__).parents[3] / "local" / "armsim" / "README.md"
_HEADING = "## Differences that remain"
_QUOTED = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Explanation:
    """One row."""

    recordings: tuple[str, ...]
    differences: tuple[str, ...]

    def covers(self, recording: str, one: Difference) -> bool:
        """Whether the row speaks of a difference."""
        said = f"{one.kind} {one.what}".strip().replace("[", "(").replace("]", ")")
        return recording.startswith(self.recordings) and any(
            fnmatchcase(said, each.replace("[", "(").replace("]", ")")) for each in self.differences
        )


def explanations(text: str) -> list[Explanation]:
    """The rows of the table below the heading."""
    section = text.partition(_HEADING)[2].partition("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    return [Explanation(tuple(_QUOTED.findall(row[1])), tuple(_QUOTED.findall(row[2]))) for row in rows]
