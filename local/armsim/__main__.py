"""`python -m local.armsim`: the simulator alone, until SIGINT or SIGTERM.

Prints one JSON line once it is ready, for the program that started it.
"""

import argparse
import asyncio
import contextlib
import json
import signal
from collections.abc import Sequence

from local.armsim.server import serve
from local.armsim.simulator import Simulator


def _positive(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError("must be greater than 0")
    return value


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.armsim", description="Azure Resource Manager, simulated.")
    parser.add_argument("--port", type=int, default=0, help="HTTPS port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--speed", type=_positive, default=1.0, help="divides service durations and Retry-After")
    parser.add_argument("--instant", action="store_true", help="operations take no time")
    parser.add_argument("--seed", type=int, default=0, help="the same seed and requests give the same world")
    parser.add_argument("--queue-connection", help="storage connection string of the queue that gets events")
    parser.add_argument("--queue-name", help="name of that queue; created if missing")
    arguments = parser.parse_args(given)
    if (arguments.queue_connection is None) != (arguments.queue_name is None):
        parser.error("--queue-connection and --queue-name go together")
    return arguments


async def run(given: Sequence[str] | None = None) -> None:
    """Serve until a signal asks to stop."""
    arguments = _arguments(given)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        sink = None
        if arguments.queue_connection is not None:
            # Imported here: the SDK of the queue doubles the time to the ready line.
            from local.armsim.event_sink import queue_sink

            sink = await stack.enter_async_context(queue_sink(arguments.queue_connection, arguments.queue_name))
        simulator = Simulator(speed=arguments.speed, instant=arguments.instant, seed=arguments.seed, on_event=sink)
        endpoints = await stack.enter_async_context(serve(simulator, port=arguments.port))
        print(json.dumps(endpoints.to_json()), flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(run())
