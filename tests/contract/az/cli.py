"""The az CLI as the tests use it: a command as one would type it, and what came of it."""

import json
import os
import shlex
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PYTHON = HERE.parents[2] / "build" / "az" / "bin" / "python"
POLLING = 0.3
DEFAULT_POLLING = 30.0
LONGEST = 180  # seconds that one command may take


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command left: exit code, what it printed, what it said on standard error."""

    code: int
    out: str
    err: str


class Az:
    """azure-cli in a process of its own, one for all tests. `az("group list")` must succeed and gives the JSON."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.commands = 0

    def __call__(self, command: str, polling: float = POLLING) -> Any:
        """Run a command that must succeed; the JSON it printed, None if it printed nothing."""
        done = self.run(command, polling)
        assert done.code == 0, f"az {command}\nexit code {done.code}\n{done.err}"
        return json.loads(done.out) if done.out.strip() else None

    def refused(self, command: str, code: int = 1) -> str:
        """Run a command that must fail with this exit code; what it said."""
        done = self.run(command)
        assert done.code == code, f"az {command}\nexit code {done.code}, not {code}\n{done.out}{done.err}"
        return done.err

    def run(self, command: str, polling: float = POLLING) -> Outcome:
        """Run a command, whatever comes of it."""
        self.commands += 1
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"arguments": shlex.split(command), "interval": polling}
        watch = threading.Timer(LONGEST, self._process.kill)
        watch.start()
        try:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        finally:
            watch.cancel()
        assert line, f"az {command}: no answer within {LONGEST} s"
        return Outcome(**json.loads(line))


def environment(folder: Path, ca_file: str) -> dict[str, str]:
    """The recipe for a custom cloud: a profile of its own, our authority, nobody asked but the simulator."""
    return {
        **os.environ,
        "AZURE_CONFIG_DIR": str(folder),
        "AZURE_EXTENSION_DIR": str(folder / "extensions"),
        "REQUESTS_CA_BUNDLE": ca_file,
        "AZURE_CORE_INSTANCE_DISCOVERY": "False",
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_CORE_CHECK_FOR_UPDATES": "no",
        "AZURE_CORE_NO_COLOR": "yes",
        "PYTHONDONTWRITEBYTECODE": "",  # the CLI is large, and only what is used of it gets compiled, once
    }


@contextmanager
def started(folder: Path, ca_file: str) -> Iterator[Az]:
    """azure-cli's process while the context is open."""
    assert PYTHON.exists(), "azure-cli is not installed: `make contract` does it (scripts/contract.sh)"
    process = subprocess.Popen(
        [PYTHON, HERE / "driver.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(folder, ca_file),
    )
    try:
        yield Az(process)
    finally:
        process.kill()
        process.communicate()
