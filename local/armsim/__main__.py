"""`python -m local.armsim`: the simulator alone, until SIGINT or SIGTERM.

Prints one JSON line once it is ready, for the program that started it.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import math
import os
import re
import secrets
import signal
import sqlite3
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import trustme

from local.armsim.errors import ArmError
from local.armsim.faults import Fault
from local.armsim.permissions import Role, roles_of
from local.armsim.server import Identity, serve
from local.armsim.simulator import Simulator
from local.armsim.state import State, StateInUseError

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_REMEMBERED = 10_000  # requests that the control route can show


_SLOWEST = 0.001
_log = logging.getLogger(__name__)


class UsageError(Exception):
    """What was asked for cannot be done; the text says why."""


def _positive(text: str) -> float:
    value = float(text)
    if not _SLOWEST <= value < math.inf:
        raise argparse.ArgumentTypeError(f"must be at least {_SLOWEST}")
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**16:
        raise argparse.ArgumentTypeError("must lie between 0 and 65535")
    return value


def _subscription(text: str) -> str:
    if not _GUID.fullmatch(text.lower()):
        raise argparse.ArgumentTypeError("must be a GUID")
    return text.lower()


def parser() -> argparse.ArgumentParser:
    """The options of the program."""
    made = argparse.ArgumentParser(prog="python -m local.armsim", description="Azure Resource Manager, simulated.")
    add = made.add_argument
    add("--port", type=_port, default=0, help="HTTPS port on 127.0.0.1 (default: a free one, or the state's)")
    add("--speed", type=_positive, default=1.0, help="divides service durations, delays and Retry-After")
    add("--instant", action="store_true", help="operations take no time")
    add("--seed", type=int, help="the same seed and requests give the same world (default: 0, or the state's)")
    add("--state", type=Path, metavar="FILE", help="keep the world in FILE, kill -9 included")
    add("--subscription", type=_subscription, action="append", metavar="GUID", help="a subscription; repeatable")
    add("--seed-image", action="append", default=[], metavar="GROUP/NAME[@REGION][:OS]", help="an image that exists")
    add("--page-size", type=int, metavar="N", help="items of a page of a list (default: all)")
    add("--faults", type=Path, metavar="FILE", help="YAML or JSON list of faults to begin with")
    add("--throttle", action="store_true", help="answer 429 where Azure's limits are passed")
    add("--roles", type=Path, action="append", default=[], metavar="FILE", help="role definitions: refuse all else")
    add("--log", type=Path, metavar="FILE", help="append a line of JSON for each request")
    add("--queue-connection", help="storage connection string of the queue that gets events")
    add("--queue-name", help="name of that queue; created if missing")
    add("--events", choices=("prompt", "chaotic"), default="prompt", help="how events of images are delivered")
    add("--event-schema", choices=("eventgrid", "cloudevents"), default="eventgrid", help="how they are written")
    return made


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    made = parser()
    arguments = made.parse_args(given)
    if (arguments.queue_connection is None) != (arguments.queue_name is None):
        made.error("--queue-connection and --queue-name go together")
    if arguments.page_size is not None and arguments.page_size < 1:
        made.error("--page-size must be at least 1")
    return arguments


def _identity(state: State | None, port: int) -> Identity:
    """The server's identity: the state's where there is one, made and kept there the first time."""
    if state is None:
        return Identity(port=port)
    saved = state.known("authority")
    authority = trustme.CA.from_pem(saved[0].encode(), saved[1].encode()) if saved else trustme.CA()
    if not saved:
        state.fact("authority", [authority.cert_pem.bytes().decode(), authority.private_key_pem.bytes().decode()])
    made = Identity()
    return Identity(
        authority,
        state.fact("header", made.header),
        state.path.with_name(f"{state.path.name}.ca.pem"),
        port or state.known("port") or 0,
        state.known("identity port") or 0,
    )


def _simulator(arguments: argparse.Namespace, state: State | None, sink: Any) -> Simulator:
    def kept(name: str, asked: Any, default: Any) -> Any:
        """What was asked for; else what the state says; a state is not to be contradicted."""
        if state is None:
            return default if asked is None else asked
        found = state.fact(name, default if asked is None else asked)
        if asked is not None and found != asked:
            raise UsageError(f"{state.path} was begun with --{name} {found}; leave it out, or take another file.")
        return found

    simulator = Simulator(
        speed=arguments.speed,
        instant=arguments.instant,
        seed=kept("seed", arguments.seed, 0),
        on_event=sink,
        delivery=arguments.events,
        schema=arguments.event_schema,
        subscriptions=kept("subscription", arguments.subscription, []),
        page_size=arguments.page_size,
        throttle=arguments.throttle,
        remember=_REMEMBERED,
        token_key=bytes.fromhex(kept("token key", None, secrets.token_hex(32))),
    )
    simulator.world.agenda.on_error = _tell
    faults = read_faults(arguments.faults) if arguments.faults is not None else []
    told = [one.to_json() for one in faults]
    if state is not None:
        state.attach(simulator)
        simulator.on_change(_or_end(simulator.save))
        if state.known("faults") == told:
            faults = []  # in force since an earlier start, with what they have counted
        state.keep("faults", told)
    for one in arguments.seed_image:
        seed_image(simulator, one)
    for fault in faults:
        simulator.faults.add(fault)
    if arguments.roles:
        simulator.permissions.allow([role for path in arguments.roles for role in read_roles(path)])
    simulator.save()
    return simulator


def _or_end(save: Callable[[], None]) -> Callable[[], None]:
    """`save`, which ends the process where it fails: what was not saved must not be answered."""

    def saved() -> None:
        try:
            save()
        except (sqlite3.Error, OSError) as error:
            print(f"armsim: the state cannot be written: {error}", file=sys.stderr, flush=True)
            os._exit(1)

    return saved


def _tell(error: Exception) -> None:
    """Say what failed by itself; the simulator goes on."""
    _log.error("something that was due failed", exc_info=error)


def seed_image(simulator: Simulator, wanted: str) -> str:
    """Make the managed image `GROUP/NAME[@REGION][:OS]` as if it had been there before; returns its id."""
    found = re.fullmatch(r"([^/@:]+)/([^/@:]+)(?:@(\w+))?(?::(Windows|Linux))?", wanted)
    if found is None:
        raise UsageError(f"--seed-image {wanted}: GROUP/NAME, perhaps with @REGION and :Windows or :Linux, is wanted.")
    group, name, region, system = found.groups()
    try:
        return simulator.seed_image(group, name, region or "westcentralus", system or "Linux")
    except ArmError as refused:
        raise UsageError(f"--seed-image {wanted}: {refused.message}") from None


def read_roles(path: Path) -> list[Role]:
    """The roles of a JSON file; UsageError names what is wrong."""
    try:
        return roles_of(json.loads(path.read_text(encoding="utf-8")))
    except RecursionError:
        raise UsageError(f"{path}: is nested deeper than any role definition") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}") from None


def read_faults(path: Path) -> list[Fault]:
    """The faults of a YAML or JSON file: a list, or a mapping with `faults`; UsageError names what is wrong."""
    # Imported here: the simulator starts without a YAML reader.
    import yaml

    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UsageError(f"{path}: {error}") from None
    several = found.get("faults") if isinstance(found, dict) and set(found) == {"faults"} else found
    if not isinstance(several, list):
        raise UsageError(f"{path}: a list of faults is wanted, or a mapping with `faults` alone.")
    faults = []
    for place, one in enumerate(several):
        try:
            faults.append(Fault.from_json(one if isinstance(one, dict) else {}))
        except (ValueError, TypeError) as error:
            raise UsageError(f"{path}: fault {place + 1}: {error}") from None
    return faults


async def run(given: Sequence[str] | None = None) -> None:
    """Serve until a signal asks to stop."""
    arguments = _arguments(given)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        state = State(arguments.state) if arguments.state is not None else None
        if state is not None:
            stack.callback(state.close)
        sink = None
        if arguments.queue_connection is not None:
            # Imported here: the SDK of the queue doubles the time to the ready line.
            from local.armsim.event_sink import queue_sink

            sink = await stack.enter_async_context(queue_sink(arguments.queue_connection, arguments.queue_name))
        simulator = _simulator(arguments, state, sink)
        if arguments.log is not None:
            log = stack.enter_context(arguments.log.open("a", encoding="utf-8", buffering=1))
            simulator.app.log = lambda line: print(json.dumps(line), file=log)
        endpoints = await stack.enter_async_context(serve(simulator, identity=_identity(state, arguments.port)))
        if state is not None:
            state.fact("port", int(endpoints.arm_endpoint.rpartition(":")[2]))
            state.fact("identity port", int(endpoints.identity_endpoint.split(":")[2].partition("/")[0]))
        print(json.dumps(endpoints.to_json()), flush=True)
        await stop.wait()


def main(given: Sequence[str] | None = None) -> int:
    """Run, and say in one line why not: exit code 2."""
    try:
        asyncio.run(run(given))
    except (UsageError, StateInUseError, ValueError, OSError) as error:
        print(f"armsim: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
