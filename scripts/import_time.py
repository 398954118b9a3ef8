"""How long the package takes to import: most of a cold start that is ours. `scripts/package.py` prints it."""

import platform
import statistics
import sys
import tempfile
from pathlib import Path

from scripts.vendor import SITE_PACKAGES, run

RUNS = 5
PROBE = """
import sys, time
sys.path[:0] = sys.argv[1:]
started = time.perf_counter()
import function_app
print(time.perf_counter() - started)
"""


def can_import() -> bool:
    """Whether this machine is of the kind that the package is for: Linux x86-64 with glibc."""
    here = (platform.system(), platform.machine(), platform.libc_ver()[0])
    return here == ("Linux", "x86_64", "glibc")


def seconds(package: Path, *, bytecode: bool) -> float:
    """The median of several fresh processes that import function_app with nothing but the package on their path."""
    paths = (str(package), str(package / SITE_PACKAGES))
    with tempfile.TemporaryDirectory() as empty:
        # Bytecode is looked for in an empty folder instead, and none is written.
        flags = () if bytecode else ("-X", f"pycache_prefix={empty}")
        command = (sys.executable, "-I", "-S", "-B", *flags, "-c", PROBE, *paths)
        return statistics.median(float(run(*command, env={})) for _ in range(RUNS))
