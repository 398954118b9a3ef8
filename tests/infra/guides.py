"""The guides' commands, and a shell to run them in: az and azd are stand-ins that note what they are asked."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.architecture.source import ROOT

GUIDES = {
    name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/deploy.md", "docs/operations.md")
}
BLOCK = re.compile(r"^( *)```sh\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def command(name: str, heading: str, mark: str) -> str:
    """The commands below a heading of a guide that hold `mark`."""
    section = GUIDES[name].partition(f"\n{heading}\n")[2]
    found: str = next(block[2] for block in BLOCK.finditer(section) if mark in block[2])
    return found


def install(place: Path, name: str, script: str) -> None:
    """Put a stand-in, a Python script, where `run` finds it."""
    (place / name).write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
    (place / name).chmod(0o755)


def run(commands: str, place: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """In bash, with the stand-ins of `place` first on PATH."""
    return subprocess.run(
        ["bash", "-c", commands],
        cwd=place,
        env={"PATH": f"{place}{os.pathsep}{os.environ['PATH']}", **variables},
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )


NOTE = """
import json, pathlib, sys
place, arguments = pathlib.Path(__file__).parent, sys.argv[1:]
with (place / "asked").open("a") as asked:
    asked.write(json.dumps(arguments) + "\\n")
def option(name):
    return arguments[arguments.index(name) + 1]
"""


def asked(place: Path) -> list[list[str]]:
    """The arguments of every call of a stand-in that begins with NOTE."""
    noted = place / "asked"
    return [json.loads(line) for line in noted.read_text().splitlines()] if noted.exists() else []


def environment(place: Path, values: dict[str, Any]) -> None:
    """An azd whose environment holds these values."""
    install(place, "azd", f"import sys\nprint({values!r}.get(sys.argv[-1], ''))\n")
