"""The Bicep compiler, where there is one: `$BICEP`, else `bicep` on PATH.

A compile takes two seconds in a process of its own and a tenth of one in a process that has compiled before, so all
but the linter goes through one `bicep jsonrpc` (LSP framing on standard input and output) a test run.
"""

import atexit
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

MISSING = "no Bicep compiler: $BICEP names none and there is no `bicep` on PATH"

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
METADATA = {
    "tenantId": "00000000-0000-0000-0000-00000000000a",
    "subscriptionId": SUBSCRIPTION,
    "resourceGroup": None,
    "location": "westeurope",
    "deploymentName": "gallery-rollout",
}
"""What a snapshot is taken for; scripts/infra.sh says the same to the command line."""


class BicepError(Exception):
    """The compiler refused the request itself: a file that is not there, a parameter file that does not compile."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing the compiler says about a file; `line` counts from 1."""

    file: str
    line: int
    level: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.level} {self.code}: {self.message}"


@cache
def find() -> Path | None:
    """The compiler's file, or None. A `$BICEP` that names no file is a mistake and not an absence."""
    named = os.environ.get("BICEP")
    if named:
        if not Path(named).is_file():
            raise BicepError(f"BICEP names no file: {named}")
        return Path(named)
    found = shutil.which("bicep")
    return Path(found) if found else None


def build(file: Path) -> tuple[dict[str, Any] | None, list[Diagnostic]]:
    """The compiled template, None where there are errors; and every diagnostic, the linter's included."""
    answer = _call("bicep/compile", {"path": str(file)})
    diagnostics = [
        Diagnostic(one["source"], one["range"]["start"]["line"] + 1, one["level"].lower(), one["code"], one["message"])
        for one in answer["diagnostics"]
    ]
    return (json.loads(answer["contents"]) if answer["success"] else None), diagnostics


def snapshot(parameters: Path) -> dict[str, Any]:
    """What a deployment with this parameter file would make; BicepError where it cannot be evaluated."""
    answer = _call("bicep/getSnapshot", {"path": str(parameters), "metadata": METADATA, "externalInputs": None})
    taken: dict[str, Any] = json.loads(answer["snapshot"])
    return taken


def formatted(file: Path) -> str:
    """The file as `bicep format` would write it."""
    contents: str = _call("bicep/format", {"path": str(file)})["contents"]
    return contents


def lint(folder: Path, pattern: str) -> list[Diagnostic]:
    """What `bicep lint` says about the files of a folder, read from its SARIF: its exit code forgives warnings."""
    program = find()
    assert program, MISSING
    command = [str(program), "lint", "--pattern", pattern, "--diagnostics-format", "sarif"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    documents = list(_documents(ran.stdout))
    if not documents:
        raise BicepError(f"bicep lint wrote no SARIF: {ran.stderr.strip()}")
    return [
        _from_sarif(found) for document in documents for run in document["runs"] for found in run.get("results", ())
    ]


def _documents(text: str) -> Iterator[dict[str, Any]]:
    """With a pattern, the compiler writes one document a file, end to end."""
    decoder, rest = json.JSONDecoder(), text.lstrip()
    while rest:
        document, end = decoder.raw_decode(rest)
        yield document
        rest = rest[end:].lstrip()


def _from_sarif(found: dict[str, Any]) -> Diagnostic:
    place = found["locations"][0]["physicalLocation"]
    return Diagnostic(
        place["artifactLocation"]["uri"].removeprefix("file://"),
        place["region"]["startLine"],
        found.get("level", "warning"),
        found["ruleId"],
        found["message"]["text"],
    )


@cache
def _server() -> subprocess.Popen[bytes]:
    program = find()
    assert program, MISSING
    server = subprocess.Popen(
        [str(program), "jsonrpc", "--stdio"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    atexit.register(server.kill)
    return server


def _call(method: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """One request and its answer; requests go one after another."""
    server = _server()
    assert server.stdin
    assert server.stdout
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": [parameters]}).encode()
    server.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    server.stdin.flush()
    length = 0
    while header := server.stdout.readline().strip():
        name, _, value = header.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    answer = json.loads(server.stdout.read(length) or b"{}")
    if "result" not in answer:
        raise BicepError(f"{method} of {parameters['path']}: {answer.get('error') or 'the compiler has stopped'}")
    result: dict[str, Any] = answer["result"]
    return result
