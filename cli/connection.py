"""Where the app is and which key opens it: options, then environment, then the local stack that is running.

`local/serve.py` leaves the address of a running stack in build/serve.json of the checkout; the file is only
readable by its owner, goes away with the stack, and names the process, so that one left behind is ignored.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from cli.errors import UnreachableError, UsageError

CHECKOUT = Path(__file__).resolve().parent.parent
SERVE_FILE = CHECKOUT / "build" / "serve.json"


@dataclass(frozen=True)
class Connection:
    """An app's base address (no path, no slash at the end), its function key, and who said so.

    audience: what Entra calls the app, where callers need a token too.
    """

    url: str
    key: str | None
    source: str
    audience: str | None = None


def find_connection(
    url: str | None, key: str | None, audience: str | None = None, *, serve_file: Path = SERVE_FILE
) -> Connection:
    """The app to talk to; what is given comes from options, or ROLLOUT_URL, ROLLOUT_KEY and ROLLOUT_AUDIENCE.

    A running local stack, which is taken where no `url` is given, brings its own key and wants no token. Raises
    UnreachableError where nothing names an app, UsageError where address, key or audience cannot be one.
    """
    if url:
        return Connection(base_address(url), _sendable(key), "given", _audience(audience))
    local = running_stack(serve_file)
    if local is None:
        raise UnreachableError(
            "which app? No address was given and no local stack is running.",
            remedy="pass --url and --key (or set ROLLOUT_URL and ROLLOUT_KEY), or run `rollout serve`.",
        )
    return local  # its own key: one in the environment is for another app


def _sendable(key: str | None) -> str | None:
    """The key as a header can carry it; a line break at its end is what files and CI secrets leave."""
    cut = (key or "").strip()
    if not (cut.isascii() and cut.isprintable()):
        raise UsageError("the key holds characters that no function key has; it is not shown here.", fields=("key",))
    return cut or None


def _audience(text: str | None) -> str | None:
    """An audience as Entra takes it, `api://…`, an address or a client id; kept as it is given."""
    cut = (text or "").strip()
    if not (cut.isascii() and cut.isprintable()) or " " in cut:
        raise UsageError("the audience is neither api://… nor a client id.", fields=("audience",))
    return cut or None


def base_address(url: str) -> str:
    """The address as people paste it, without the parts that every route adds itself.

    UsageError where it holds a user's name or password: it is shown in messages, and the app knows of no such thing.
    """
    if "@" in url:
        raise UsageError(
            "the address holds a user name or a password, which the app takes neither of; it is not shown here.",
            fields=("url",),
            remedy="name the app as https://…, and pass its function key as --key or ROLLOUT_KEY.",
        )
    address = url.strip().rstrip("/").removesuffix("/api")
    return address if "://" in address else f"https://{address}"


def running_stack(serve_file: Path = SERVE_FILE) -> Connection | None:
    """The local stack of this checkout, if one is running."""
    try:
        said = json.loads(serve_file.read_text())
        alive = is_running(int(said["pid"]))
        url, key = str(said["url"]), str(said["key"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Connection(url, key, "local stack") if alive else None


def is_running(pid: int) -> bool:
    """Whether a process with this id exists."""
    if pid <= 0:
        return False  # to the kernel that means whole groups of processes, which always exist
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
