"""`rollout demo`: the main job, end to end, on this machine. Run as `python -m local.demo`.

Publishes the article's image by a PUT to ARM and from then on only looks: the image's event starts the
rollout, the user's own commands follow it, and ARM is asked what exists in the end. Exit code 0 if, and only
if, the rollout completed.
"""

import argparse
import asyncio
import os
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from rich.console import Console

from local.logs import log_to
from local.running import run_to_the_end

if TYPE_CHECKING:
    from local.stack import Stack

ROOT = Path(__file__).resolve().parent.parent

IMAGE = "myImage"
PAPER = 160
"""Columns where there is no terminal, so that a log has a line for a line."""

PATIENCE = 60.0
"""Seconds for an event to become a rollout; it takes one or two."""


async def main(speed: float, data: Path) -> int:
    """The demo, start to end."""
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PAPER)
    log = log_to(data, terminal=False)
    begun = time.monotonic()
    async with AsyncExitStack() as up:
        with console.status("Starting Azurite, the Azure simulator and the function app …"):
            from local.stack import Stack  # takes a second or two, which the line above accounts for

            stack = await up.enter_async_context(Stack(speed=speed))
        said(console, "Up", f"Azurite, the function app and a simulated Azure, {speed:g} times faster ({since(begun)})")
        return await show(console, stack, begun, log)


async def show(console: Console, stack: "Stack", begun: float, log: Path) -> int:
    """Publish, follow, look."""
    from local.arm_client import ArmClient
    from local.inventory import inventory
    from local.publish import LOCATION, image_id, publish_image

    async with ArmClient(stack.endpoints) as arm:
        await publish_image(arm, IMAGE)
        said(console, "Published", f"managed image {IMAGE} in {LOCATION}, by a PUT to ARM. Nobody starts anything now.")
        rollout_id = await started_by_itself(stack, image_id(arm.subscription, IMAGE))
        if rollout_id is None:
            said(console, "Failed", f"no rollout was started within {PATIENCE:.0f} s; the log says why: {log}")
            return 1
        said(console, "Started", f"rollout {rollout_id}, by the image's event")
        code = await command(console, stack, "watch", rollout_id, "--interval", "0.25")
        console.print()
        said(console, "Exists", "asked from ARM:")
        console.print(await inventory(arm), soft_wrap=False)
        await command(console, stack, "history", rollout_id)
    console.print()
    if code:
        said(console, "Failed", f"after {since(begun)}; the log is {log}")
    else:
        said(console, "Done", f"in {since(begun)}. Next: `make serve` keeps all this up for you to try things.")
    return code


async def started_by_itself(stack: "Stack", image: str) -> str | None:
    """The id of the rollout of this image, as soon as there is one."""
    import httpx

    query = urlencode({"image": image})
    async with httpx.AsyncClient(base_url=stack.url, headers={"x-functions-key": stack.key}, trust_env=False) as app:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            answer = await app.get(f"/api/rollouts?{query}")
            answer.raise_for_status()
            found: list[dict[str, Any]] = answer.json()["rollouts"]
            if found:
                return str(found[0]["id"])
            await asyncio.sleep(0.2)
    return None


async def command(console: Console, stack: "Stack", *arguments: str) -> int:
    """Run the command line as its user would, in this terminal; its exit code."""
    console.print(f"\n[bold]$ rollout {' '.join(arguments[:2])}[/bold]")
    environment = os.environ | {"ROLLOUT_URL": stack.url, "ROLLOUT_KEY": stack.key}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", *arguments, env=environment, cwd=ROOT, stdin=asyncio.subprocess.DEVNULL
    )
    try:
        return await child.wait()
    finally:
        if child.returncode is None:  # we are being stopped
            child.terminate()
            await child.wait()


def said(console: Console, what: str, words: str) -> None:
    """One line of the demo's own."""
    style = "bold red" if what == "Failed" else "bold green"
    console.print(f"[{style}]{what:<10}[/{style}] {words}")


def since(begun: float) -> str:
    """Seconds since a moment of the monotonic clock, in words."""
    return f"{time.monotonic() - begun:.0f} s"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("--speed", type=float, default=40.0)
    parser.add_argument("--data", type=Path, default=ROOT / "build" / "demo")
    options = parser.parse_args()
    sys.exit(run_to_the_end(main(options.speed, options.data)))
