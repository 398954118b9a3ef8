"""`rollout demo` and `rollout serve` as their users run them: whole programs, on free ports, to their end."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.arm_client import ArmClient
from local.publish import endpoints_of, publish_image

ROOT = Path(__file__).parents[2]
FAST = "400"
WIDE = {"COLUMNS": "200"}
"""Some test runners say how wide a terminal they would have; these tests read whole lines."""


@dataclass
class Served:
    """A stack that runs: its process, what it printed once ready, and where it announced itself."""

    process: asyncio.subprocess.Process
    said: dict[str, Any]
    announced: Path

    async def rollout(self, *arguments: str) -> tuple[int, str]:
        """Run a command against it; exit code and standard output."""
        app = {"ROLLOUT_URL": self.said["url"], "ROLLOUT_KEY": self.said["key"]}
        command = (sys.executable, "-m", "cli.main", *arguments)
        child = await asyncio.create_subprocess_exec(
            *command, env=os.environ | WIDE | app, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await child.communicate()
        return child.returncode or 0, out.decode()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """`rollout serve --json` on free ports; the file of a stack that a developer runs is left alone."""
    announced = tmp_path / "serve.json"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local.serve", "--json", "--port", "0", "--speed", FAST),
        *("--data", str(tmp_path / "data"), "--announce", str(announced)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    try:
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        yield Served(process, json.loads(line), announced)
    finally:
        if process.returncode is None:  # a test failed; killed outright, it could not take Azurite with it
            process.terminate()
            await process.wait()


async def test_a_served_stack_rolls_out_what_is_published_and_leaves_nothing_behind(served: Served) -> None:
    await rolls_out_what_is_published(served)
    await leaves_nothing_behind(served)


async def rolls_out_what_is_published(served: Served) -> None:
    """The image's event starts a rollout; the commands tell of it what the app says."""
    async with ArmClient(endpoints_of(served.said["arm"])) as arm:
        image = await publish_image(arm, "myImage")
    for _ in range(100):  # the event takes its way through the queue, which tells nobody when
        code, out = await served.rollout("list", "--json")
        assert code == 0
        if found := json.loads(out)["rollouts"]:
            break
    [rollout] = found
    assert rollout["image"] == image["id"]
    assert rollout["startedBy"]["kind"] == "event"

    code, out = await served.rollout("watch", rollout["id"], "--interval", "0.1")
    assert code == 0, out
    assert "rollout    Completed" in out
    code, out = await served.rollout("history", rollout["id"])
    assert (code, "The rollout ended: Completed" in out) == (0, True)
    code, out = await served.rollout("start", image["id"], "--json")
    assert (code, json.loads(out)["id"], json.loads(out)["existing"]) == (0, rollout["id"], True)


async def leaves_nothing_behind(served: Served) -> None:
    """The stack says where it is to its owner only; SIGTERM ends all of it."""
    assert served.announced.stat().st_mode & 0o777 == 0o600
    assert json.loads(served.announced.read_text()) == {**served.said, "pid": served.process.pid}

    served.process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(served.process.wait(), 20) == 0
    assert not served.announced.exists()
    assert not os.path.exists(served.said["arm"]["caFile"])  # noqa: ASYNC240 - a local file
    queue = dict(part.split("=", 1) for part in served.said["queue"]["connection"].strip(";").split(";"))
    for address in (served.said["url"], served.said["arm"]["armEndpoint"], queue["QueueEndpoint"]):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", urlsplit(address).port)


def test_the_demo_ends_well_and_shows_what_exists(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local.demo", "--speed", FAST, "--data", str(tmp_path)]
    environment = os.environ | WIDE
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for words in (
        "southcentralus: Completed, 100 %",
        "rollout    Completed",
        "asked from ARM",
        "replicated to",
        "myScaleSet_1",
        "$ rollout history web-",
        "The rollout ended: Completed",
    ):
        assert words in done.stdout
