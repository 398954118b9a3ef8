"""Azurite's queue service as a child process, for the demo and for tests that want the real protocol.

Needs Node and the packages of package-lock.json in the checkout (`make setup` puts them there).
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

PROGRAM = Path(__file__).parent.parent / "node_modules" / ".bin" / "azurite-queue"

# The account name and key that every Azurite has; they are public and open nothing else.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

SECONDS_TO_START = 30.0


class AzuriteError(RuntimeError):
    """Azurite is not installed or did not start."""


@asynccontextmanager
async def azurite(port: int = 0) -> AsyncIterator[str]:
    """Run it on `port` (0: a free one), in memory; gives the connection string. Ended on the way out.

    Its API version check is off because current SDKs speak newer versions of the protocol than the last
    Azurite for Node 20 knows; its telemetry is off because it is on by default.
    """
    if not PROGRAM.exists():
        raise AzuriteError(f"Azurite is not installed ({PROGRAM} is missing): run `make setup`.")
    port = port or _free_port()
    process = await asyncio.create_subprocess_exec(
        str(PROGRAM),
        *("--queueHost", "127.0.0.1", "--queuePort", str(port)),
        *("--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C belongs to whoever started us; we end it ourselves
    )
    drained: asyncio.Task[bytes] | None = None
    try:
        if process.stdout is None:
            raise AzuriteError("Azurite has no output to wait for.")
        await _listening(process.stdout)
        drained = asyncio.create_task(process.stdout.read())  # a full pipe would block it
        yield (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
            f"QueueEndpoint=http://127.0.0.1:{port}/{ACCOUNT};"
        )
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if drained is not None:
            await drained


async def _listening(output: asyncio.StreamReader) -> None:
    """Wait for the line that says so."""
    said = b""
    try:
        async with asyncio.timeout(SECONDS_TO_START):
            while line := await output.readline():
                said += line
                if b"successfully listens" in line:
                    return
    except TimeoutError:
        raise AzuriteError(f"Azurite did not start within {SECONDS_TO_START:.0f} s.") from None
    raise AzuriteError(f"Azurite ended at once: {said.decode(errors='replace').strip()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
