"""Runs a program of the local stack to its end, whichever way that comes. The demo and `rollout serve` use it.

Imports nothing heavy: whoever presses Ctrl-C while the rest is still being imported deserves better than a
traceback.
"""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any

INTERRUPTED = 130
"""Exit code of a program that Ctrl-C ended, as shells have it."""


class StackError(Exception):
    """The stack cannot start; the message says why and what to do."""


def run_to_the_end(work: Coroutine[Any, Any, int], *, interrupted: int = INTERRUPTED) -> int:
    """Run `work`; Ctrl-C, SIGTERM and a closed terminal cancel it, so that it cleans up after itself.

    Its exit code, or `interrupted`: 0 for a program that is meant to be ended so.
    """
    try:
        return asyncio.run(_guarded(work))
    except StackError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except asyncio.CancelledError:
        print("Stopped; nothing is left running.", file=sys.stderr)
        return interrupted


async def _guarded(work: Coroutine[Any, Any, int]) -> int:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup asked to ignore it
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await work
