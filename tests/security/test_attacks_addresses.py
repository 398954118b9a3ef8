"""Addresses that Azure, or whoever answers in its place, sends back: no token and no request goes anywhere else."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from arm.client import ArmClient
from domain.errors import RolloutError, TerminalError
from domain.models import Operation
from tests.security.hostile import GROUP
from tests.unit.arm_server import Answer, ArmServer, Asked, arm_server

COMPUTE = f"{GROUP}/providers/Microsoft.Compute"
SCALE_SET = f"{COMPUTE}/virtualMachineScaleSets/s"
VERSIONS = f"{COMPUTE}/galleries/g/images/d/versions"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v"
DONE = {"properties": {"provisioningState": "Succeeded"}, "status": "Succeeded"}

FOREIGN: dict[str, str] = {
    "another host": "https://attacker.example/operations/1",
    "another port": "https://localhost:1/operations/1",
    "another scheme": "http://{ours}/operations/1",
    "a file": "file:///etc/passwd",
    "a user's name before another host": "https://{ours}@attacker.example/operations/1",
    "a user's name before our host": "https://someone@{ours}/operations/1",
    "a backslash before another host": "https://{ours}\\@attacker.example/operations/1",
    "our host as the start of another": "https://{ours}.attacker.example/operations/1",
    "no scheme": "//attacker.example/operations/1",
    "a path alone": "/operations/1",
    "the metadata service": "http://169.254.169.254/metadata/identity/oauth2/token",
    "another way to write this machine": "https://127.1:{port}/operations/1",
    "a dot after the host": "https://localhost.:{port}/operations/1",
    "a blank in front": " https://attacker.example/operations/1",
    "a line break and a header": "https://{ours}/operations/1\r\nX-Injected: 1",
    "a tab in the host": "https://{ours}\t/operations/1",
    "nothing": "",
}


@asynccontextmanager
async def two_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Callable[[Asked, str], Answer]
) -> AsyncIterator[tuple[ArmClient, ArmServer, ArmServer]]:
    """ARM, which is told where the attacker's server is, and that server; the client trusts its certificate too."""
    (tmp_path / "attacker").mkdir()
    async with arm_server(tmp_path / "attacker", monkeypatch, Answer(200, DONE)) as (_, attacker):
        foreign = (tmp_path / "attacker" / "ca.pem").read_bytes()
        async with arm_server(tmp_path, monkeypatch, lambda asked: answer(asked, attacker.url)) as (arm, server):
            trusted = tmp_path / "ca.pem"
            trusted.write_bytes(trusted.read_bytes() + foreign)
            yield arm, server, attacker


@pytest.mark.parametrize("url", FOREIGN.values(), ids=FOREIGN)
async def test_an_operation_elsewhere_is_never_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """Terminal, without a request to anybody: an operation's address may be in a history for hours."""
    async with arm_server(tmp_path, monkeypatch, Answer(200, DONE)) as (arm, server):
        ours = server.url.removeprefix("https://")
        sent = url.format(ours=ours, port=ours.partition(":")[2])
        with pytest.raises(TerminalError) as raised:
            await arm.poll(Operation(resource=SCALE_SET, url=sent))
        assert raised.value.code == "ForeignOperationUrl"
        assert server.asked == []


@pytest.mark.parametrize("header", ["Azure-AsyncOperation", "Location"])
async def test_a_write_whose_operation_is_elsewhere_ends_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    """The address is kept, and refused when its turn comes."""

    def answer(asked: Asked, attacker: str) -> Answer:
        return Answer(202, {"properties": {"provisioningState": "Updating"}}, {header: f"{attacker}/operations/1"})

    async with two_servers(tmp_path, monkeypatch, answer) as (arm, server, attacker):
        written = await arm.put(NETWORK, {"location": "westeurope"})
        assert written.operation is not None
        with pytest.raises(TerminalError, match="ForeignOperationUrl"):
            await arm.poll(written.operation)
        assert (len(server.asked), attacker.asked) == (1, [])


CALLS: dict[str, Callable[[ArmClient, str], Awaitable[Any]]] = {
    "get compute": lambda arm, _: arm.get(SCALE_SET),
    "get network": lambda arm, _: arm.get(NETWORK),
    "put compute": lambda arm, _: arm.put(SCALE_SET, {"location": "westeurope"}, only_if_missing=True),
    "put network": lambda arm, _: arm.put(NETWORK, {"location": "westeurope"}),
    "patch": lambda arm, _: arm.patch(SCALE_SET, {}, etag='"1"'),
    "list": lambda arm, _: arm.list(VERSIONS),
    "poll": lambda arm, ours: arm.poll(Operation(resource=SCALE_SET, url=f"{ours}/operations/1")),
}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_no_redirect_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Callable[[ArmClient, str], Awaitable[Any]], status: int
) -> None:
    """Neither elsewhere nor back to ARM: ARM has no use for them, and a token in a redirect is a token given away."""

    def answer(asked: Asked, attacker: str) -> Answer:
        return Answer(status, None, {"Location": f"{attacker}/landed"})

    async with two_servers(tmp_path, monkeypatch, answer) as (arm, server, attacker):
        with pytest.raises(RolloutError):
            await call(arm, server.url)
        assert (len(server.asked), attacker.asked) == (1, [])


async def test_the_next_page_of_a_list_is_not_fetched_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK would follow `nextLink` anywhere, token in hand."""

    def answer(asked: Asked, attacker: str) -> Answer:
        return Answer(200, {"value": [{"id": "x", "properties": {}}], "nextLink": f"{attacker}/next"})

    async with two_servers(tmp_path, monkeypatch, answer) as (arm, server, attacker):
        with pytest.raises(TerminalError, match="ForeignOperationUrl"):
            await arm.list(VERSIONS)
        assert (len(server.asked), attacker.asked) == (1, [])
