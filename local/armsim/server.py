"""The simulator on the wire: HTTPS with a throw-away certificate authority, and a managed identity beside it.

Real Azure clients refuse plain HTTP for ARM and take it for the identity endpoint; so that is how both are
served, on ports of their own, in the caller's event loop.
"""

import contextlib
import secrets
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from local.armsim.answers import Answer
from local.armsim.app import Receive, Scope, Send
from local.armsim.faults import SILENT, Asked
from local.armsim.intake import Incoming, fields
from local.armsim.simulator import Simulator
from local.armsim.spoiling import spoilt

_KEEP_ALIVE = 600  # seconds: a client's idle connection should outlive its waits
_STOP = 1  # seconds that requests under way get when the server stops


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a served simulator is, and what a client needs to trust and to know."""

    arm_endpoint: str
    ca_file: str
    identity_endpoint: str
    identity_header: str
    subscription_id: str
    tenant_id: str

    def to_json(self) -> dict[str, str]:
        """The names of the ready line."""
        return {
            "armEndpoint": self.arm_endpoint,
            "caFile": self.ca_file,
            "identityEndpoint": self.identity_endpoint,
            "identityHeader": self.identity_header,
            "subscriptionId": self.subscription_id,
            "tenantId": self.tenant_id,
        }


class _ManagedIdentity:
    """The managed identity endpoint of App Service: GET with a secret header, a token as the answer."""

    def __init__(self, simulator: Simulator, header: str) -> None:
        self._simulator, self._header = simulator, header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        app, simulator = self._simulator.app, self._simulator
        request = await app.read(scope, receive)
        if request is None:
            return
        fault = simulator.faults.take(Asked(request.method, "", request.path, "token", request.client))
        answer = None
        if fault is None or fault.kind not in SILENT:
            answer = (spoilt(fault) if fault is not None else None) or self._answer(request)
        simulator.save()
        await app.reply(answer, fault, request, scope, receive, send)

    def _answer(self, request: Incoming) -> Answer:
        asked, sent = fields(request.query), request.headers.get("x-identity-header", "")
        if request.path != "/msi/token":
            return Answer(404, {"error": "not_found"})
        if not secrets.compare_digest(sent.encode(), self._header.encode()):
            said = "X-IDENTITY-HEADER is missing or wrong."
            return Answer(401, {"error": "invalid_header", "error_description": said})
        resource = asked.get("resource", "")
        if not resource:
            return Answer(400, {"error": "invalid_request", "error_description": "resource is required."})
        token, expires = self._simulator.tokens.issue(resource.rstrip("/"))
        return Answer(
            200,
            {
                "access_token": token,
                "expires_on": str(expires),
                "resource": resource,
                "token_type": "Bearer",
                "client_id": asked.get("client_id", ""),
            },
        )


def _protocol(connections: dict[tuple[str, int], Any]) -> type[HttpToolsProtocol]:
    """uvicorn's protocol, which also notes each client's transport so that a fault can reset it."""

    class Noting(HttpToolsProtocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            if self.client is not None:
                connections[self.client] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            if self.client is not None:
                connections.pop(self.client, None)

    return Noting


def _listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; OSError where the port is taken."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio sends at once only on these
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen(512)
    sock.setblocking(False)
    return sock


def _config(app: Any, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_STOP,
        **more,
    )


@contextlib.asynccontextmanager
async def _served(config: uvicorn.Config, sock: socket.socket, context: ssl.SSLContext | None) -> AsyncIterator[None]:
    """Run one server in this loop, without its signal handlers and without its polling loop."""
    config.load()
    config.ssl = context
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[sock])
    try:
        yield
    finally:
        await server.shutdown(sockets=[sock])


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes a server the same one to its clients after a restart."""

    authority: trustme.CA = field(default_factory=trustme.CA)
    header: str = field(default_factory=lambda: secrets.token_hex(16))
    ca_file: Path | None = None
    """Where to write the authority's certificate (None: a temporary file)."""
    port: int = 0
    identity_port: int = 0


@contextlib.asynccontextmanager
async def serve(simulator: Simulator, port: int = 0, identity: Identity | None = None) -> AsyncIterator[Endpoints]:
    """Serve `simulator` on 127.0.0.1 while the context is open; port 0 takes a free one."""
    known = identity or Identity(port=port)
    authority, header = known.authority, known.header
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    connections: dict[tuple[str, int], Any] = {}

    def reset(client: tuple[str, int]) -> bool:
        transport = connections.get(client)
        if transport is None:
            return False
        transport.abort()
        return True

    arm, tokens = _listen(known.port), _listen(known.identity_port)
    simulator.app.reset_connection = reset
    with tempfile.TemporaryDirectory(prefix="armsim-") as folder:
        ca_file = known.ca_file or Path(folder) / "ca.pem"
        authority.cert_pem.write_to_path(str(ca_file))
        arm_config = _config(simulator.app, http=_protocol(connections))
        identity_config = _config(_ManagedIdentity(simulator, header), http=_protocol(connections))
        async with _served(arm_config, arm, context), _served(identity_config, tokens, None):
            try:
                yield Endpoints(
                    arm_endpoint=f"https://localhost:{arm.getsockname()[1]}",
                    ca_file=str(ca_file),
                    identity_endpoint=f"http://localhost:{tokens.getsockname()[1]}/msi/token",
                    identity_header=header,
                    subscription_id=simulator.subscription_id,
                    tenant_id=simulator.tenant_id,
                )
            finally:
                await simulator.close()
                for transport in list(connections.values()):
                    # Connections that are idle, or that a fault left hanging, must not hold up the stop.
                    transport.abort()
