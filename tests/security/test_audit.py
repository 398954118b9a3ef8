"""The audit's exit code: what stands for safe, for found, for not looked, and that they are never mixed up.

The stand-ins for pip-audit say what it says, word for word; `make audit` runs the marked tests, with pip-audit itself
against a database on this machine.
"""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from scripts import audit

CLEAN = json.dumps({"dependencies": [{"name": "yarl", "version": "1.0", "vulns": []}], "fixes": []})
VULNERABLE = CLEAN.replace('"vulns": []', '"vulns": [{"id": "OSV-1", "fix_versions": ["1.1"]}]')
SKIPPED = CLEAN.replace('"vulns": []', '"skip_reason": "not found"')
NO_NAME = "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='api.osv.dev', port=443): Max retries exceeded"
NO_ANSWER = "ERROR:pip_audit._cli:Could not connect to OSV's vulnerability feed"
NO_ENTRY = "requests.exceptions.HTTPError: 403 Client Error: Forbidden for url: https://api.osv.dev/v1/query"
TROUBLE = "requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: https://api.osv.dev/v1/query"
BAD_LOCK = "ERROR:pip_audit._cli:requirement x is missing a hash"
BAD_QUERY = "requests.exceptions.HTTPError: 400 Client Error: Bad Request for url: https://api.osv.dev/v1/query"


def stand_in(tmp_path: Path, code: int, out: str, err: str) -> list[str]:
    """Options that name a program which answers so."""
    program = tmp_path / "pip-audit"
    (tmp_path / "out").write_text(out)
    (tmp_path / "err").write_text(err)
    program.write_text(f"#!/bin/sh\ncat {tmp_path}/out\ncat {tmp_path}/err >&2\nexit {code}\n")
    program.chmod(0o755)
    return ["--pip-audit", str(program)]


@pytest.mark.parametrize(
    ("code", "out", "err", "wanted", "required"),
    [
        (0, CLEAN, "No known vulnerabilities found", 0, 0),
        (1, VULNERABLE, "Found 1 known vulnerability in 1 package", 1, 1),
        (0, SKIPPED, "", 2, 2),
        (1, "", NO_NAME, 0, 2),
        (1, "", NO_ANSWER, 0, 2),
        (1, "", NO_ENTRY, 0, 2),
        (1, "", TROUBLE, 0, 2),
        (1, "", BAD_LOCK, 2, 2),
        (1, "", BAD_QUERY, 2, 2),
        (0, "", "", 2, 2),
        (0, '{"dependencies": []}', "", 2, 2),
    ],
)
def test_the_exit_code_says_what_the_audit_saw(
    tmp_path: Path, code: int, out: str, err: str, wanted: int, required: int
) -> None:
    options = stand_in(tmp_path, code, out, err)
    assert audit.main(options) == wanted
    assert audit.main([*options, "--required"]) == required


def test_a_vulnerability_is_named_with_what_mends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audit.main(stand_in(tmp_path, 1, VULNERABLE, ""))
    assert capsys.readouterr().out == "yarl 1.0: OSV-1, mended in 1.1\n1 packages, 1 known vulnerabilities.\n"


def test_what_was_not_looked_at_is_never_called_safe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audit.main(stand_in(tmp_path, 1, "", NO_NAME))
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("Skipped")


@contextmanager
def database(vulnerable: str) -> Iterator[str]:
    """A database in OSV's format in which one package has a vulnerability; its address."""
    known: dict[str, Any] = {
        "id": "OSV-2026-1",
        "summary": "Made up.",
        "affected": [{"package": {"name": vulnerable, "ecosystem": "PyPI"}, "versions": []}],
    }

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps({"vulns": [known]} if asked["package"]["name"] == vulnerable else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()


@pytest.fixture
def tool() -> None:
    if not audit.PIP_AUDIT.exists():
        pytest.skip("`make audit` installs pip-audit first")


@pytest.mark.infra
@pytest.mark.usefixtures("tool")
@pytest.mark.parametrize(("vulnerable", "wanted"), [("nobody-has-this", 0), ("aiohttp", 1)])
def test_pip_audit_itself_looks_at_every_locked_package(
    vulnerable: str, wanted: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with database(vulnerable) as url:
        assert audit.main(["--osv-url", url]) == wanted
    said = capsys.readouterr().out
    locked = [line for line in (audit.ROOT / "requirements.txt").read_text().splitlines() if "==" in line]
    assert f"{len(locked)} packages, {wanted} known" in said


@pytest.mark.infra
@pytest.mark.usefixtures("tool")
def test_pip_audit_itself_without_its_database_is_skipped() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1/query"  # bound, not listening: refused
        assert audit.main(["--osv-url", url]) == 0
        assert audit.main(["--osv-url", url, "--required"]) == 2
