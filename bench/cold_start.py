"""What the app adds to the import that every durable app in Python pays, in fresh interpreters with bytecode.

The two are started in turn, so that a machine that gets slower slows both, and compared pair by pair.
"""

import asyncio
import compileall
import json
import os
import sys
import time

from bench.measure import Bound, Measure
from bench.processes import ROOT, BenchError

MOST = 1.5
PAIRS_PER_RUN = 2

APP, LIBRARY = "function_app", "azure.durable_functions"

_TIMED = "import time; began = time.perf_counter(); import {module}; print(time.perf_counter() - began)"
_LOADED = "import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"

_SETTINGS = {
    "IMAGE_EVENTS_QUEUE": "image-events",
    "ImageEvents": "UseDevelopmentStorage=true",
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    "SCALE_SET_ADMIN_PASSWORD": "",
    "ROLLOUTS_FILE": "rollouts.yaml",
}


async def measure(runs: int) -> list[Measure]:
    """Time of the whole process, and of the import alone."""
    _compile()
    for module in (APP, LIBRARY):
        await _run(_TIMED, module)  # the first one reads the disk
    whole: list[float] = []
    imports: list[float] = []
    seconds: list[dict[str, float]] = []
    for _ in range(runs * PAIRS_PER_RUN):
        ours, ours_import = await _timed(APP)
        theirs, theirs_import = await _timed(LIBRARY)
        whole.append(ours / theirs)
        imports.append(ours_import / theirs_import)
        seconds.append({APP: round(ours, 4), LIBRARY: round(theirs, 4)})
    loaded: list[str] = json.loads(await _run(_LOADED, APP))
    azure = [name for name in loaded if name.startswith("azure.mgmt.")]
    return [
        Measure(
            "cold start",
            "import function_app / import azure.durable_functions",
            whole,
            Bound("at most", MOST),
            note="whole processes with bytecode",
            details={"importAlone": [round(one, 4) for one in imports], "processSeconds": seconds},
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


async def _timed(module: str) -> tuple[float, float]:
    began = time.perf_counter()
    alone = float(await _run(_TIMED, module))
    return time.perf_counter() - began, alone


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
