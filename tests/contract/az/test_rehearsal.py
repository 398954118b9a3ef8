"""docs/rehearse.md, run as it is written: the first day, another day, and where the simulator cannot start."""

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.az.cli import PYTHON

ROOT = Path(__file__).parents[3]
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "docs" / "rehearse.md").read_text(), re.MULTILINE | re.DOTALL)
START, IN_CI = BLOCKS[0], BLOCKS[-1]
STOP = "kill $simulator && wait $simulator"


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    """A port of this machine that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


def port_of(sock: socket.socket) -> int:
    port: int = sock.getsockname()[1]
    return port


def follow(*blocks: str, folder: Path, port: int, seconds: int = 30) -> "subprocess.CompletedProcess[str]":
    """Run blocks in one shell. Only port and folder differ, so that a rehearsal of your own is left alone."""
    script = "\n".join(["set -euo pipefail", "trap 'kill $(jobs -p) 2> /dev/null || true; wait' EXIT", *blocks])
    script = script.replace("$PWD/build/rehearsal", str(folder)).replace("build/rehearsal", str(folder))
    script = script.replace("build/", f"{folder}/ci-").replace("8443", str(port))
    return subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@pytest.mark.contract
def test_a_newcomer_can_follow_the_page_and_once_more_another_day(tmp_path: Path, taken: socket.socket) -> None:
    port = port_of(taken)
    taken.close()
    for _day in range(2):
        done = follow(*BLOCKS, folder=tmp_path, port=port, seconds=240)
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


def test_after_a_restart_the_page_finds_the_world_and_its_authority_again(tmp_path: Path, taken: socket.socket) -> None:
    port = port_of(taken)
    taken.close()
    asked = 'curl -fsS --cacert "$(ready caFile)" "$(ready armEndpoint)/_sim/resources"'
    days = [f'cp "$(ready caFile)" {tmp_path}/{day}.pem\n{asked} > {tmp_path}/{day}.json' for day in (1, 2)]
    done = follow(START, days[0], STOP, START, days[1], folder=tmp_path, port=port)
    assert done.returncode == 0, done.stderr
    assert "myimage" in (tmp_path / "1.json").read_text().lower()
    for kept in ("json", "pem"):
        assert (tmp_path / f"2.{kept}").read_text() == (tmp_path / f"1.{kept}").read_text()


def test_a_start_on_a_port_that_is_taken_says_so_at_once(tmp_path: Path, taken: socket.socket) -> None:
    done = follow(START, folder=tmp_path, port=port_of(taken))
    assert re.search(r"(?i)^armsim: .*address already in use", done.stderr), done.stderr
    assert not (tmp_path / "ready.json").exists()


def test_a_second_start_beside_the_first_says_so_and_leaves_that_usable(tmp_path: Path, taken: socket.socket) -> None:
    port = port_of(taken)
    taken.close()
    done = follow(START, START, "ready armEndpoint", STOP, "echo stopped", folder=tmp_path, port=port)
    assert re.search(r"armsim: .*is in use by another simulator", done.stderr), done.stderr
    assert done.stdout == f"https://localhost:{port}\nstopped\n"


def test_ci_fails_where_the_simulator_does_not_start(tmp_path: Path) -> None:
    done = follow(IN_CI.replace("--speed 1000", "--speed none"), folder=tmp_path, port=0)
    assert done.returncode != 0
    assert "invalid _positive value: 'none'" in done.stderr


def test_ci_has_a_world_of_its_own_which_ends_with_it(tmp_path: Path) -> None:
    twice = [follow(IN_CI, folder=tmp_path, port=0) for _ in range(2)]
    for done in twice:
        assert re.fullmatch(r"https://localhost:\d+\n", done.stdout), done.stderr
        with socket.socket() as sock:
            assert sock.connect_ex(("127.0.0.1", int(done.stdout.rpartition(":")[2])))
