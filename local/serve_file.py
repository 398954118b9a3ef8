"""build/serve.json: where a running local stack says how to reach it.

`local.serve` writes it, the command line and `local.publish` read it. It holds keys, so only its owner may read
it; it goes away with the stack and names the stack's process, so that one left behind is recognised.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SERVE_FILE = Path(__file__).resolve().parent.parent / "build" / "serve.json"


@contextmanager
def announced(stack: dict[str, Any], file: Path) -> Iterator[None]:
    """The file while the block lasts. Another stack that came later and took it over keeps it."""
    text = json.dumps({**stack, "pid": os.getpid()})
    write_private(file, text)
    try:
        yield
    finally:
        if file.exists() and file.read_text() == text:
            file.unlink()


def write_private(file: Path, text: str) -> None:
    """Put a file down whole or not at all, readable by its owner only from its first moment on."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    new.replace(file)
