"""Where the local stack's log goes: a file always, the terminal where somebody wants to see it."""

import logging
from pathlib import Path

FORMAT = "%(asctime)s %(levelname).1s %(name)s  %(message)s"
CHATTY = ("azure", "httpx", "httpcore", "uvicorn", "asyncio", "durabletask")


def log_to(folder: Path, *, terminal: bool) -> Path:
    """Send all log records to `folder`/stack.log, begun anew and readable by its owner only; the file.

    With `terminal`, those of the app and its host go to standard error as well.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "stack.log"
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    handlers: list[logging.Handler] = [logging.FileHandler(file)]
    if terminal:
        handlers.append(logging.StreamHandler())
    for handler in handlers:
        handler.setFormatter(logging.Formatter(FORMAT, datefmt="%H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    return file
