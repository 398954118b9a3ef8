"""What the hooks share: the azd environment, the az CLI, and how they speak.

azd runs a hook with every value of its environment as an environment variable. Standard library only: a machine that
deploys has Python and the az CLI, and not necessarily this project's packages.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class HookError(Exception):
    """Why the hook stops azd; the message says what is wrong and what to do, and is all that is shown."""


def value(name: str, default: str | None = None) -> str:
    """A value of the azd environment; without one and without a default, a refusal that says how to set it."""
    found = os.environ.get(name) or default
    if found is None:
        raise HookError(f"{name} is not set. Hooks are run by azd (azd up, azd hooks run ...), which sets it.")
    return found


def number(name: str, default: int, least: int, most: int) -> int:
    """A whole number of the azd environment, from `least` to `most`; a refusal where it is anything else."""
    text = value(name, str(default))
    if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise HookError(
            f"{name} is '{text}', and has to be a whole number from {least} to {most}: azd env set {name} {default}"
        )
    return int(text)


def az(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the az CLI and keep what it says, whatever comes of it."""
    command = shutil.which("az")
    if command is None:
        raise HookError("The az CLI is needed and is not on PATH. Install it, then: az login")
    return subprocess.run(  # noqa: S603 - no shell; what is passed are names out of rollouts.yaml and azd
        [command, *arguments], cwd=ROOT, text=True, errors="replace", capture_output=True, check=False
    )


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """What a command that failed said of it, never nothing."""
    said = done.stderr.strip() or done.stdout.strip()
    return said or f"it ended with {done.returncode} and said nothing."


def say(text: str) -> None:
    """Tell the person at the terminal, at once: a hook may wait for half an hour after this line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def exit_code(hook: Callable[[], None]) -> int:
    """Run a hook; 0, or 1 after its refusal was shown, which makes azd stop, or 130 after Ctrl-C."""
    try:
        hook()
    except HookError as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 130
    return 0
