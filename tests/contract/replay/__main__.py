"""`python -m tests.contract.replay [FILE…] [--recordings FOLDER] [--differences] [--kind KIND] [--limit N]`."""

import argparse
import asyncio
import sys
from pathlib import Path

from tests.contract.replay.player import play_all
from tests.contract.replay.recordings import folder, load
from tests.contract.replay.report import differences, summary


def main() -> None:
    """Replay, print the differences if asked for, then the scores."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract.replay", description=__doc__)
    parser.add_argument("files", nargs="*", help="recordings, or parts of their names; all of the folder if none")
    parser.add_argument("--recordings", help="folder of recordings; else ARMSIM_RECORDINGS, else ../shared/recordings")
    parser.add_argument("--differences", action="store_true", help="print every difference, one a line")
    parser.add_argument("--kind", default="", help="only differences of this kind")
    parser.add_argument("--limit", type=int, default=10_000, help="print no more differences than this")
    asked = parser.parse_args()
    played = asyncio.run(play_all(load(_files(asked.files, folder(asked.recordings)))))
    if asked.differences or asked.kind:
        sys.stdout.write("\n".join([*differences(played, asked.kind)[: asked.limit], "", ""]))
    sys.stdout.write(f"{summary(played)}\n")


def _files(named: list[str], where: Path) -> list[Path]:
    there = sorted(where.glob("*.jsonl"))
    given = [Path(one) for one in named if Path(one).is_file()]
    parts = [one for one in named if not Path(one).is_file()]
    matching = [one for one in there if not named or any(part in one.name for part in parts)]
    found = given + [one for one in matching if one not in given]
    if not found:
        raise SystemExit(f"no recordings in {where}" if not named else f"no recording is called {' or '.join(named)}")
    return found


if __name__ == "__main__":
    main()
