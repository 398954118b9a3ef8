"""`python -m bench.host_process`: the app in its embedded host, as a process that a benchmark can ask.

The first line of its input is JSON: `{"settings": {…}, "sample": false}`. It answers with `{"url", "key"}` once it
listens, then one JSON line to every further line: `left` (rollouts not over), `usage` (what it has used so far).
It ends with its input.
"""

import asyncio
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from bench.sampler import Sampler
from local.clock import WallClock
from local.host import Host, MemoryQueues

ROOT = Path(__file__).resolve().parent.parent


async def run() -> None:
    """Serve until the input ends."""
    lines = await _input()
    wanted = json.loads(await lines.readline())
    clock = WallClock()
    sampler = Sampler() if wanted["sample"] else None
    async with Host(ROOT, wanted["settings"], clock=clock, queues=MemoryQueues(clock)) as host:
        _say({"url": host.url, "key": host.key})
        if sampler is not None:
            sampler.start()
        while line := (await lines.readline()).decode().strip():
            _say(_usage(sampler) if line == "usage" else {"left": _left(host)})


def _left(host: Host) -> int:
    return sum(
        host.engine.status(name) in ("Pending", "Running")
        for name in host.engine.instance_ids()
        if not name.startswith("@")
    )


def _usage(sampler: Sampler | None) -> dict[str, Any]:
    return {
        "peakMegabytes": round(peak_bytes() / 1e6, 1),
        "cpuSeconds": round(time.process_time(), 2),
        "shares": sampler.shares() if sampler else None,
        "spots": sampler.spots() if sampler else None,
    }


def peak_bytes() -> int:
    """The largest resident size of this process so far.

    Linux says it of the program that runs now; getrusage would count what the parent had when it forked.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


async def _input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(run())
