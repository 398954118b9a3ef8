"""The simulator as a program of its own, for the suites that judge it from outside."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def simulator(speed: str) -> Iterator[dict[str, str]]:
    """The ready line of `python -m local.armsim`, which runs until the block ends."""
    command = [sys.executable, "-m", "local.armsim", "--speed", speed]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
