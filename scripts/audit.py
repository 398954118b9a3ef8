"""`make audit`: whether what is deployed has known vulnerabilities, by pip-audit and the OSV database.

Exit code 0: none known, or the database cannot be reached, which is said; 1: some are; 2: the audit itself failed.
With --required, a database that cannot be reached is 2 as well. Standard library only.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PIP_AUDIT = ROOT / "build" / "fuzz-tools" / "bin" / "pip-audit"

_UNREACHABLE = re.compile(
    r"Could not connect|requests\.exceptions\.(ConnectionError|ProxyError|SSLError|ConnectTimeout|ReadTimeout)"
    r"|HTTPError: (403|407|429|5\d\d) "
)
"""What pip-audit says where nobody answers, something between answers instead, or the database is in trouble."""


def main(arguments: list[str]) -> int:
    """Audit the lock files that are named, requirements.txt if none is."""
    parser = argparse.ArgumentParser(description="Known vulnerabilities of the locked packages.")
    parser.add_argument("locks", nargs="*", type=Path, default=[ROOT / "requirements.txt"])
    parser.add_argument("--required", action="store_true", help="fail where the database cannot be reached")
    parser.add_argument("--osv-url", help="another address of the database")
    parser.add_argument("--pip-audit", type=Path, default=PIP_AUDIT, help="another pip-audit")
    given = parser.parse_args(arguments)
    ran = subprocess.run(command(given), capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    found = report(ran.stdout)
    if found is not None:
        return told(found)
    if _UNREACHABLE.search(ran.stderr):
        sys.stderr.write("Skipped: the database of vulnerabilities cannot be reached from here.\n")
        return 2 if given.required else 0
    sys.stderr.write(f"The audit failed ({ran.returncode}):\n{ran.stderr}")
    return 2


def command(given: argparse.Namespace) -> list[str]:
    """pip-audit over lock files as they are: nothing is resolved or installed."""
    locks = [part for lock in given.locks for part in ("--requirement", str(lock))]
    more = ["--osv-url", given.osv_url] if given.osv_url else []
    fixed = ["--vulnerability-service", "osv", "--format", "json", "--progress-spinner", "off"]
    return [str(given.pip_audit), *fixed, "--require-hashes", "--disable-pip", *locks, *more]


def report(text: str) -> list[dict[str, Any]] | None:
    """The packages that pip-audit looked at; None where it did not come so far."""
    try:
        packages: list[dict[str, Any]] = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return None
    return packages or None


def told(packages: list[dict[str, Any]]) -> int:
    """A line for each vulnerability, and one for all; the exit code."""
    found = [(package, vulnerability) for package in packages for vulnerability in package.get("vulns", [])]
    for package, vulnerability in found:
        mended = ", ".join(vulnerability.get("fix_versions", [])) or "no version yet"
        sys.stdout.write(f"{package['name']} {package['version']}: {vulnerability['id']}, mended in {mended}\n")
    left_out = [package["name"] for package in packages if "skip_reason" in package]
    sys.stdout.write(f"{len(packages)} packages, {len(found)} known vulnerabilities.\n")
    if left_out:
        sys.stdout.write(f"Not looked at: {', '.join(left_out)}.\n")
        return 2
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
