"""`rollout serve`: the whole local stack until Ctrl-C. Run as `python -m local.serve`.

Once all is up it leaves the app's address and key in build/serve.json, where the command line looks, so that
`rollout list` in a second terminal just works.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.logs import log_to
from local.running import run_to_the_end

if TYPE_CHECKING:
    from local.stack import Stack

BUILD = Path(__file__).resolve().parent.parent / "build"


async def main(arguments: argparse.Namespace) -> int:
    """Serve until cancelled."""
    log = log_to(arguments.data, terminal=not arguments.json)
    if not arguments.json:
        print("Starting Azurite, the Azure simulator and the function app …", flush=True)
    from local.serve_file import announced
    from local.stack import Stack

    async with Stack(speed=arguments.speed, port=arguments.port) as stack:
        with announced(described(stack), arguments.announce):
            print(json.dumps(described(stack)) if arguments.json else welcome(stack, arguments.speed, log), flush=True)
            await asyncio.Event().wait()
    return 0


def described(stack: "Stack") -> dict[str, Any]:
    """The stack for programs: the app, its queue, and how to reach the simulator as if it were Azure."""
    return {
        "url": stack.url,
        "key": stack.key,
        "queue": {"connection": stack.queue_connection, "name": stack.queue},
        "arm": stack.endpoints.to_json(),
    }


def welcome(stack: "Stack", speed: float, log: Path) -> str:
    """The stack for people: where it is and what to do with it. Every command can be pasted as it stands."""
    from local.publish import image_id

    ends = stack.endpoints
    image = image_id(f"/subscriptions/{ends.subscription_id}", "myImage")
    return f"""
  app            {stack.url}
  function key   {stack.key}
  ARM            {ends.arm_endpoint}  (simulated, {speed:g} times faster than Azure)
  its CA         {ends.ca_file}
  queue          {stack.queue}  (Azurite; connection string and all else: build/serve.json)
  log            {log}

In a second terminal of this checkout:

  .venv/bin/python -m local.publish          publish an image; its event starts a rollout by itself
  .venv/bin/python -m local.publish --replace   the next one: new content under the old name
  .venv/bin/rollout list                     see the rollout, and its id
  .venv/bin/rollout watch ID                 follow it
  .venv/bin/rollout start IMAGE_ID           start one by hand; the image just published is
      {image}

Ctrl-C stops everything and leaves nothing behind.
"""


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options; `rollout serve --help` explains them."""
    parser = argparse.ArgumentParser(prog="python -m local.serve", description=__doc__)
    parser.add_argument("--port", type=int, default=7071)
    parser.add_argument("--speed", type=float, default=10.0)
    parser.add_argument("--data", type=Path, default=BUILD / "stack")
    parser.add_argument("--announce", type=Path, default=BUILD / "serve.json", help="file that says where the stack is")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(run_to_the_end(main(parse(sys.argv[1:])), interrupted=0))
