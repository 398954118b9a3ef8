"""docs/rehearse.md, run as it is written."""

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from tests.contract.az.cli import PYTHON

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parents[3]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def test_a_newcomer_can_follow_the_page(tmp_path: Path) -> None:
    """Only the port and the folder differ, so that a rehearsal of your own is left alone."""
    page = (ROOT / "docs" / "rehearse.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    script = "\n".join(["set -euo pipefail", "trap 'kill %1' EXIT", *blocks])
    script = script.replace("$PWD/build/rehearsal", str(tmp_path)).replace("build/rehearsal", str(tmp_path))
    script = script.replace("build/ready.json", f"{tmp_path}/ci.json").replace("build/requests", f"{tmp_path}/requests")
    script = script.replace("8443", str(free_port()))
    path = f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    for told in (
        '"Completed"',
        "exit code 1",
        '"Failed"',
        "1.0.1 is gone",
        "nodeGallery Succeeded",
        "https://localhost",
    ):
        assert told in done.stdout
