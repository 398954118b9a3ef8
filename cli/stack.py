"""`rollout demo`, `serve` and `simulate`: the local stack, which only a checkout has.

The command line must install without it, so it is started as a program of its own and never imported.
"""

import importlib.util
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.connection import CHECKOUT
from cli.errors import UsageError
from cli.options import Json

Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")]
Speed = Annotated[float, typer.Option(min=0.01, help="How many times faster than Azure operations run.")]


def demo(speed: Speed = 40.0) -> None:
    """Publish an image on the local stack and watch its rollout, start to end. No Azure account needed."""
    become("local.demo", "--speed", str(speed))


def serve(
    port: Port = 7071,
    speed: Speed = 10.0,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder for what the stack keeps on disk. Default: build/stack.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run the whole local stack until Ctrl-C: storage queue, Azure simulator and the app."""
    folder = ["--data", str(data.resolve())] if data else []
    become("local.serve", "--port", str(port), "--speed", str(speed), *folder, *(["--json"] if as_json else []))


def simulate(
    *,
    port: Port = 0,
    speed: Speed = 1.0,
    state: Annotated[Path | None, typer.Option(help="Keep the world in this file, across restarts.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed and requests give the same world.")] = None,
    subscription: Annotated[
        list[str] | None, typer.Option(help="Id of a subscription; may be given several times.")
    ] = None,
    seed_image: Annotated[
        list[str] | None, typer.Option(help="A managed image that exists: GROUP/NAME[@REGION][:OS]. Repeatable.")
    ] = None,
    page_size: Annotated[int | None, typer.Option(min=1, help="Items of a page of a list.")] = None,
    faults: Annotated[Path | None, typer.Option(help="YAML file of faults to begin with.")] = None,
    roles: Annotated[
        list[Path] | None, typer.Option(help="JSON file of role definitions: all else is refused. Repeatable.")
    ] = None,
    throttle: Annotated[bool, typer.Option("--throttle", help="Answer 429 where Azure's limits are passed.")] = False,
    log: Annotated[Path | None, typer.Option(help="Append a line of JSON for each request to this file.")] = None,
) -> None:
    """Run the Azure simulator alone until Ctrl-C; prints its addresses as one line of JSON once ready."""
    given: dict[str, object] = {
        "--port": port,
        "--speed": speed,
        "--state": state,
        "--seed": seed,
        "--subscription": subscription,
        "--seed-image": seed_image,
        "--page-size": page_size,
        "--faults": faults,
        "--roles": roles,
        "--log": log,
    }
    arguments = ["--throttle"] if throttle else []
    for name, value in given.items():
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                # The simulator starts in the checkout's folder, not in this one.
                arguments += [name, str(one.resolve() if isinstance(one, Path) else one)]
    become("local.armsim", *arguments)


def become(module: str, *arguments: str) -> None:
    """Replace this process by `python -m module`, so that signals and exit code are the module's own."""
    if importlib.util.find_spec("local") is None or importlib.util.find_spec(module) is None:
        raise UsageError(
            "the local stack is not part of this installation.",
            remedy="run this in a checkout of the project, after `make test` or `make demo` set it up.",
        )
    os.chdir(CHECKOUT)
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606 — our own interpreter
