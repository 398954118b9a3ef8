"""Runs one rollout from an unpacked package and says on standard output what it saw; test_running.py starts it.

A process of its own, in which the package comes first: its app, its libraries. What only the host and the simulator
need (the checkout's `local` and `tests`, the developers' libraries) comes after, so that whatever the package lacks
would be found there, and `strangers` would name it.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

PACKAGE, SITE, DEVELOPERS, CHECKOUT = map(Path, sys.argv[1:5])
sys.path[:0] = [str(PACKAGE), str(SITE), str(DEVELOPERS), str(CHECKOUT)]


def strangers() -> list[str]:
    """Modules that the package holds but that came from elsewhere, and those of the app that it lacks."""
    app = {entry.stem for entry in CHECKOUT.iterdir()} & {entry.stem for entry in PACKAGE.iterdir()}
    libraries = {entry.name.partition(".")[0] for entry in SITE.iterdir()} - {"azure", "google"}  # shared by many
    ours = app | libraries | {"azure.functions", "azure.durable_functions", "azure.core", "azure.identity"}
    found = []
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if (
            file
            and any(name == one or name.startswith(f"{one}.") for one in ours)
            and PACKAGE not in Path(file).parents
        ):
            found.append(f"{name} from {file}")
    return found


async def main() -> dict[str, Any]:
    """Publish an image, and tell how its rollout ended."""
    import tests.world

    tests.world.ROOT = PACKAGE  # the app that the world runs, and the rollouts.yaml that it reads
    with tempfile.TemporaryDirectory() as place:
        async with tests.world.world(Path(place)) as world:
            rollout = await world.roll_out()
            import function_app

            return {
                "status": rollout["status"],
                "version": rollout["version"],
                "exists": [
                    world.sim.resource(one) is not None for one in (world.version_id("1.0.0"), world.scale_set_id())
                ],
                "indexed": sorted(function.name for function in world.host._worker.functions),
                "function_app": function_app.__file__,
                "strangers": strangers(),
            }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main())) + "\n")
