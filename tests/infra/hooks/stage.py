"""A stage for the hooks: a copy of what they read, and an az that does as it is told and notes what it was asked."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.architecture.source import ROOT

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
AZ = """#!{python}
import json, os, pathlib, signal, sys, time
stage = pathlib.Path(__file__).parent
with (stage / "asked").open("a") as asked:
    asked.write(json.dumps(sys.argv[1:]) + "\\n")
answers = json.loads((stage / "answers").read_text())
answer = answers.pop(0) if len(answers) > 1 else answers[0]
(stage / "answers").write_text(json.dumps(answers))
if "groups" in answer:
    print("true" if sys.argv[sys.argv.index("--name") + 1] in answer["groups"] else "false")
sys.stdout.buffer.write(answer.get("output", "").encode("latin-1"))
if answer.get("stops"):
    os.kill(os.getppid(), signal.SIGINT)
    time.sleep(60)
sys.stderr.write(answer.get("error", ""))
sys.exit(1 if "error" in answer else 0)
"""


@dataclass
class Stage:
    """One folder that looks like a checkout, and the az beside it."""

    root: Path

    def answers(self, *answers: dict[str, Any]) -> None:
        """What az does, call by call; the last answer holds for all that come after.

        groups: those that it says exist. output: what it prints. error: what it complains of, and fails. stops: the
        person at the terminal presses Ctrl-C while it runs.
        """
        (self.root / "bin" / "answers").write_text(json.dumps(answers))

    def asked(self) -> list[list[str]]:
        """The arguments of every call of az so far."""
        noted = self.root / "bin" / "asked"
        return [json.loads(line) for line in noted.read_text().splitlines()] if noted.exists() else []

    def run(self, hook: str, **values: str) -> subprocess.CompletedProcess[str]:
        """The hook as azd starts it on Linux, with these values in the azd environment."""
        path = f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}"
        given = {"PATH": path, "PYTHON": sys.executable, "AZURE_ENV_NAME": "test", "AZURE_LOCATION": "westus3"}
        return subprocess.run(
            ["sh", "infra/hooks/run.sh", hook],
            cwd=self.root,
            env={**given, "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION, **values},
            text=True,
            capture_output=True,
            timeout=120,
            check=False,
        )


def build(folder: Path) -> Stage:
    """A fresh stage; az says yes to everything until it is told otherwise."""
    for name in ("infra/hooks", "domain", "wiring"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "rollouts.yaml", folder)
    (folder / "bin").mkdir()
    az = folder / "bin" / "az"
    az.write_text(AZ.format(python=sys.executable))
    az.chmod(0o755)
    stage = Stage(folder)
    stage.answers({})
    return stage
