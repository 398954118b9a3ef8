"""A server over HTTPS that answers whatever a test wants, well-formed or not, and an `ArmClient` that talks to it."""

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
import trustme
from azure.core.credentials import AccessToken

from arm.client import ArmClient

SCOPE = "https://management.azure.com/.default"


@dataclass(frozen=True)
class Answer:
    """What the server does with a request. body: bytes as they are, anything else as JSON.

    kind `drop`: the connection is closed without a byte; `half`: after half of the body; `hang`: nothing comes.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    kind: Literal["answer", "drop", "half", "hang"] = "answer"

    def raw(self) -> bytes:
        """The whole answer on the wire."""
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        body = b"" if self.body is None else body
        headers = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(body)), **self.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        whole = f"HTTP/1.1 {self.status} Whatever\r\n{head}Connection: close\r\n\r\n".encode() + body
        return whole[: len(whole) - len(body) // 2 - 1] if self.kind == "half" else whole


@dataclass
class Asked:
    """A request as the server got it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class ArmServer:
    """Gives `answer` to every request, and remembers them. answer: one for all, or chosen by the request."""

    answer: Answer | Callable[[Asked], Answer] = field(default_factory=Answer)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            await self._one(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort() if self._abrupt(writer) else writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        asked = Asked(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))
        self.asked.append(asked)
        answer = self.answer(asked) if callable(self.answer) else self.answer
        if answer.kind == "hang":
            await reader.read()  # until the client has had enough
        elif answer.kind != "drop":
            writer.write(answer.raw())
            await writer.drain()

    def _abrupt(self, writer: asyncio.StreamWriter) -> bool:
        return isinstance(self.answer, Answer) and self.answer.kind in ("drop", "half")


class Credential:
    """Always the same token; `error` is raised instead where there is one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        if self.error:
            raise self.error
        return AccessToken("a-token", int(time.time()) + 3600)

    async def close(self) -> None:
        """Nothing to give back."""


@asynccontextmanager
async def arm_server(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer | Callable[[Asked], Answer],
    *,
    credential: Any = None,
    timeout: float = 20.0,  # noqa: ASYNC109 - the client's own
) -> AsyncIterator[tuple[ArmClient, ArmServer]]:
    """A server that gives this answer, and a client that trusts it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    held = ArmServer(answer)
    server = await asyncio.start_server(held.serve, "127.0.0.1", 0, ssl=context)
    held.url = f"https://localhost:{server.sockets[0].getsockname()[1]}"
    given: Any = credential or Credential()
    client = ArmClient(held.url, SCOPE, lambda: given, timeout=timeout)
    try:
        yield client, held
    finally:
        await client.close()
        server.close()
