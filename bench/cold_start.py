"""What the app adds to the import that every durable app in Python pays, in fresh interpreters with bytecode.

The two are started in turn, so that a machine that gets slower slows both, and compared pair by pair.
"""

import asyncio
import compileall
import json
import os
import statistics
import sys
import time
from typing import Any

from bench.measure import DIGITS, Bound, Measure
from bench.processes import ROOT, BenchError

MOST = 1.5
PAIRS_PER_RUN = 2

APP, LIBRARY = "function_app", "azure.durable_functions"

_TIMED = (
    "import time; began = time.perf_counter(), time.process_time(); import {module}; "
    "print(time.perf_counter() - began[0], time.process_time() - began[1])"
)
_LOADED = "import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"

_SETTINGS = {
    "IMAGE_EVENTS_QUEUE": "image-events",
    "ImageEvents": "UseDevelopmentStorage=true",
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "SCALE_SET_ADMIN_PASSWORD": "",
    "ROLLOUTS_FILE": "rollouts.yaml",
}


async def measure(runs: int) -> list[Measure]:
    """Time of the whole process; of the import alone, and the processor time of that, as details."""
    _compile()
    for module in (APP, LIBRARY):
        await _run(_TIMED, module)  # the first one reads the disk
    whole: list[float] = []
    imports: list[float] = []
    processor: list[float] = []
    seconds: list[dict[str, float]] = []
    for _ in range(runs * PAIRS_PER_RUN):
        ours, theirs = await _timed(APP), await _timed(LIBRARY)
        ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
        for samples, ratio in zip((whole, imports, processor), ratios, strict=True):
            samples.append(ratio)
        seconds.append({APP: round(ours[0], 4), LIBRARY: round(theirs[0], 4)})
    loaded: list[str] = json.loads(await _run(_LOADED, APP))
    azure = [name for name in loaded if name.startswith("azure.mgmt.")]
    return [
        Measure(
            "cold start",
            "import function_app / import azure.durable_functions",
            whole,
            Bound("at most", MOST),
            note="whole processes with bytecode",
            details={
                "importAlone": _told(imports),
                "importAloneProcessorTime": _told(processor),
                "processSeconds": seconds,
            },
        ),
        Measure(
            "azure.mgmt modules after import",
            "modules",
            [len(azure)],
            Bound("at most", 0),
            details={"modules": azure, "allModules": len(loaded)},
        ),
    ]


def _compile() -> None:
    for folder in ("domain", "arm", "activities", "orchestrators", "triggers", "wiring"):
        compileall.compile_dir(ROOT / folder, quiet=1)
    compileall.compile_file(ROOT / "function_app.py", quiet=1)


async def _timed(module: str) -> tuple[float, float, float]:
    """Seconds of the process, of the import in it, and of the processor for the import."""
    began = time.perf_counter()
    wall, processor = map(float, (await _run(_TIMED, module)).split())
    return time.perf_counter() - began, wall, processor


def _told(samples: list[float]) -> dict[str, Any]:
    return {"median": round(statistics.median(samples), DIGITS), "samples": [round(one, DIGITS) for one in samples]}


async def _run(code: str, module: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code.format(module=module)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | _SETTINGS,
    )
    out, trouble = await process.communicate()
    if process.returncode:
        raise BenchError(f"import {module} failed: {trouble.decode(errors='replace')[-2000:]}")
    return out.decode()
