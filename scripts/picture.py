"""Takes the README's picture: `make picture` runs a rollout on the local stack and writes docs/images/demo.svg.

What it shows is what `rollout watch` drew half-way through that very rollout, and what ARM said in the end. To
be run again whenever either looks different.
"""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console, RenderableType
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from cli.api import RolloutApi  # noqa: E402 - a script outside the packages has to find them first
from cli.connection import Connection  # noqa: E402
from cli.progress import ENDED, ProgressView  # noqa: E402
from cli.shapes import Rollout  # noqa: E402
from local.arm_client import ArmClient  # noqa: E402
from local.inventory import inventory  # noqa: E402
from local.publish import publish_image  # noqa: E402
from local.running import run_to_the_end  # noqa: E402
from local.stack import Stack  # noqa: E402

PICTURE = ROOT / "docs" / "images" / "demo.svg"
WIDTH = 124


async def main() -> int:
    """Roll one image out and draw it."""
    console = Console(record=True, width=WIDTH, file=sys.stderr, force_terminal=True, highlight=False)
    async with Stack(speed=40) as stack, ArmClient(stack.endpoints) as arm:
        await publish_image(arm, "myImage")
        with RolloutApi(Connection(stack.url, stack.key, "given")) as api:

            async def look() -> Rollout | None:
                found = (await asyncio.to_thread(api.list)).get("rollouts", [])
                return await asyncio.to_thread(api.show, found[0]["id"]) if found else None

            half_way = await first(look, is_half_way)
            console.print(Text.assemble(("$ ", "dim"), (f"rollout watch {half_way['id']}", "bold")))
            console.print(drawn(half_way))
            ended = await first(look, lambda rollout: rollout.get("status") in ENDED)
        console.print(Text("\n… and once it has ended, asked from ARM:\n", style="dim"))
        console.print(await inventory(arm))
    if ended.get("status") != "Completed":
        return 1
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(without_web_fonts(console.export_svg(title="make demo")))
    return 0


async def first(look: Callable[[], Awaitable[Rollout | None]], fits: Callable[[Rollout], bool]) -> Rollout:
    """The first look at the rollout that fits."""
    while True:
        rollout = await look()
        if rollout is not None and fits(rollout):
            return rollout
        await asyncio.sleep(0.2)


def is_half_way(rollout: Rollout) -> bool:
    """Whether every region has got somewhere (or, failing that, the rollout has ended)."""
    regions = rollout.get("regions", [])
    moving = bool(regions) and all(region.get("progress", 0) >= 30 for region in regions)
    return moving or rollout.get("status") in ENDED


def drawn(rollout: Rollout) -> RenderableType:
    """What `rollout watch` draws of it."""
    return ProgressView().draw(rollout, datetime.now(UTC), room=40)


def without_web_fonts(svg: str) -> str:
    """The picture without fonts from elsewhere: it must look the same offline."""
    return re.sub(r"@font-face\s*\{[^}]*\}\s*", "", svg)


if __name__ == "__main__":
    sys.exit(run_to_the_end(main()))
