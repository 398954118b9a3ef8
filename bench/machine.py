"""What the numbers were taken on: machine, versions and commit, as build/bench.json and the table's title say."""

import importlib.metadata
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.processes import ROOT

LIBRARIES = (
    "azure-functions-durable",
    "azure-functions-runtime",
    "durabletask",
    "azure-mgmt-compute",
    "azure-mgmt-network",
    "aiohttp",
    "grpcio",
    "protobuf",
    "pydantic",
    "uvicorn",
)


def facts() -> dict[str, Any]:
    """Taken when called: the load average then says how quiet the machine was."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "system": f"{platform.system()} {platform.release()}",
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memoryMegabytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 10**6,
            "loadAverageBefore": round(os.getloadavg()[0], 2),
        },
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in LIBRARIES},
        "commit": _git("rev-parse", "HEAD") or None,
        "changedFiles": len(_git("status", "--porcelain", "--untracked-files=no").splitlines()),
    }


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _git(*arguments: str) -> str:
    try:
        return subprocess.run(("git", *arguments), cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""  # a source archive without git has neither commit nor changes
