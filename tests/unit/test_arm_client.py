"""`ArmClient` on the wire: whatever comes back, nothing but a `RolloutError` leaves it, and it says what happened."""

import asyncio
import json
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceRequestError
from azure.core.rest import HttpRequest
from azure.identity import CredentialUnavailableError

from arm.client import ArmClient
from domain.errors import AccessDeniedError, RolloutError, TerminalError, TransientError
from domain.models import Operation
from tests.unit.arm_server import Answer, ArmServer, Asked, Credential, arm_server

GROUP = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg"
COMPUTE = f"{GROUP}/providers/Microsoft.Compute"
GALLERY = f"{COMPUTE}/galleries/g"
VERSION = f"{GALLERY}/images/d/versions/1.0.0"
SCALE_SET = f"{COMPUTE}/virtualMachineScaleSets/s"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v"
BODY = {"location": "westeurope", "properties": {"osProfile": {"adminPassword": "Planted-Secret-9f3c"}}}
SECRET = "Planted-Secret-9f3c"

Call = Callable[[ArmClient, ArmServer], Awaitable[Any]]

CALLS: dict[str, Call] = {
    "get compute": lambda arm, _: arm.get(VERSION, expand="ReplicationStatus"),
    "get network": lambda arm, _: arm.get(NETWORK),
    "get group": lambda arm, _: arm.get(GROUP),
    "get rolling upgrade": lambda arm, _: arm.get(f"{SCALE_SET}/rollingUpgrades/latest"),
    "list versions": lambda arm, _: arm.list(f"{GALLERY}/images/d/versions"),
    "list instances": lambda arm, _: arm.list(f"{SCALE_SET}/virtualMachines"),
    "list galleries": lambda arm, _: arm.list(
        f"{GROUP.partition('/resourceGroups')[0]}/providers/Microsoft.Compute/galleries"
    ),
    "put compute": lambda arm, _: arm.put(SCALE_SET, BODY, only_if_missing=True, secrets=[SECRET]),
    "put network": lambda arm, _: arm.put(NETWORK, BODY, secrets=[SECRET]),
    "patch": lambda arm, _: arm.patch(SCALE_SET, BODY, etag='"1"'),
    "poll": lambda arm, server: arm.poll(
        Operation(resource=SCALE_SET, url=f"{server.url}/operations/1"), secrets=[SECRET]
    ),
}


def refusal(code: str, message: str = "Whatever.") -> dict[str, Any]:
    """ARM's error envelope."""
    return {"error": {"code": code, "message": message}}


HTML = b"<html><body>503 Service Unavailable</body></html>"

TRANSIENT: dict[str, Answer] = {
    **{str(status): Answer(status, refusal("ServerBusy")) for status in (408, 429, 500, 502, 503, 504)},
    "412": Answer(412, refusal("PreconditionFailed")),
    "401": Answer(401, refusal("InvalidAuthenticationToken")),
    "403": Answer(403, refusal("AuthorizationFailed")),
    "503 HTML": Answer(503, HTML, {"Content-Type": "text/html"}),
    "500 HTML said to be JSON": Answer(500, HTML),
    "502 empty": Answer(502),
    "409 concurrent": Answer(409, refusal("Conflict", "The request failed due to conflict with a concurrent request.")),
    "dropped": Answer(kind="drop"),
    "cut off": Answer(200, {"id": VERSION, "properties": {"a": "x" * 2000}}, kind="half"),
    "no JSON": Answer(200, b'{"id": "/subscr', {}),
    "a page": Answer(200, HTML, {"Content-Type": "text/html"}),
    "a list": Answer(200, [1, 2, 3]),
    "a text": Answer(200, "hello"),
    "bad UTF-8": Answer(200, b'{"properties": "\xff\xfe"}'),
}

TERMINAL: dict[str, Answer] = {
    "400": Answer(400, refusal("InvalidParameter")),
    "400 HTML": Answer(400, HTML, {"Content-Type": "text/html"}),
    "404 of a subscription": Answer(404, refusal("SubscriptionNotFound")),
    "409": Answer(409, refusal("OperationNotAllowed")),
    "302": Answer(302, b"", {"Location": "https://elsewhere.example/"}),
    "400 error is a text": Answer(400, {"error": "invalid_request"}),
    "400 error is a list": Answer(400, {"error": [1]}),
    "400 details are odd": Answer(400, {"error": {"code": 7, "message": None, "details": ["x", {"details": 3}]}}),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("answer", TRANSIENT)
async def test_what_may_pass_is_transient(
    call: str, answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with arm_server(tmp_path, monkeypatch, TRANSIENT[answer]) as (arm, server):
        with pytest.raises(TransientError) as raised:
            await CALLS[call](arm, server)
    told(raised.value)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("answer", TERMINAL)
async def test_what_stays_is_terminal(call: str, answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with arm_server(tmp_path, monkeypatch, TERMINAL[answer]) as (arm, server):
        with pytest.raises(TerminalError) as raised:
            await CALLS[call](arm, server)
    told(raised.value)


def told(error: RolloutError) -> None:
    """It says what happened to which resource, and what to do; it drags nothing of the request along."""
    assert error.code
    assert error.message
    assert error.resource.startswith("/subscriptions/")
    assert error.remedy
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None


@pytest.mark.parametrize("call", CALLS)
async def test_a_write_is_sent_once_and_a_read_may_be_repeated(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks once: whoever sends a PUT again must have looked first."""

    fine = Answer(200, {"id": VERSION, "properties": {}, "value": [], "status": "Succeeded"})

    def broken_once(asked: Asked) -> Answer:
        return Answer(kind="drop") if len(server.asked) == 1 else fine

    lost = ""
    async with arm_server(tmp_path, monkeypatch, broken_once) as (arm, server):
        try:
            await CALLS[call](arm, server)
        except TransientError as error:
            lost = error.code
    is_read = server.asked[0].method == "GET"
    assert (len(server.asked), lost) == ((2, "") if is_read else (1, "ConnectionLost"))


@pytest.mark.parametrize("call", CALLS)
async def test_silence_is_a_lost_connection(call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with arm_server(tmp_path, monkeypatch, Answer(kind="hang"), timeout=0.2) as (arm, server):
        with pytest.raises(TransientError) as raised:
            await asyncio.wait_for(CALLS[call](arm, server), 10)
    assert raised.value.code == "ConnectionLost"


@pytest.mark.parametrize("call", CALLS)
async def test_nobody_there_is_a_lost_connection(call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with arm_server(tmp_path, monkeypatch, Answer()) as (_, server):
        gone = server.url
    arm = ArmClient(gone, "scope", Credential)  # type: ignore[arg-type]
    with pytest.raises(TransientError) as raised:
        await CALLS[call](arm, server)
    await arm.close()
    assert raised.value.code == "ConnectionLost"


@pytest.mark.parametrize("call", CALLS)
async def test_a_server_that_we_do_not_trust_gets_no_token(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with arm_server(tmp_path, monkeypatch, Answer()) as (_, server):
        monkeypatch.delenv("SSL_CERT_FILE")
        arm = ArmClient(server.url, "scope", Credential)  # type: ignore[arg-type]
        with pytest.raises(TransientError):
            await CALLS[call](arm, server)
        await arm.close()
        assert server.asked == []


@pytest.mark.parametrize(
    "error",
    [
        CredentialUnavailableError("No managed identity endpoint found."),
        ClientAuthenticationError("The token endpoint refused."),
        ServiceRequestError("Cannot connect to the token endpoint."),
        HttpResponseError("Something else."),
        ConnectionResetError("reset"),
        TimeoutError("late"),
        ValueError("AZURE_CLIENT_ID is malformed"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_no_token_is_told_and_may_pass(error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with arm_server(tmp_path, monkeypatch, Answer(), credential=Credential(error)) as (arm, server):
        for call in CALLS.values():
            with pytest.raises(TransientError) as raised:
                await call(arm, server)
            told(raised.value)
        assert server.asked == []


async def test_a_refusal_of_the_token_endpoint_is_not_taken_for_one_of_arm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a status, too: 400 for an identity that does not exist. That may be one that is still arriving."""
    endpoint = HttpRequest("GET", "http://169.254.169.254/metadata/identity/oauth2/token")
    refusal_of_token = ClientAuthenticationError("Identity not found.")
    refusal_of_token.response = SimpleNamespace(status_code=400, headers={}, request=endpoint)
    async with arm_server(tmp_path, monkeypatch, Answer(), credential=Credential(refusal_of_token)) as (arm, _):
        with pytest.raises(AccessDeniedError) as raised:
            await arm.get(NETWORK)
    assert raised.value.code == "CredentialUnavailable"


@pytest.mark.parametrize("code", ["ResourceNotFound", "ResourceGroupNotFound", "NotFound", "ParentResourceNotFound"])
async def test_a_resource_that_is_not_there_is_none(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with arm_server(tmp_path, monkeypatch, Answer(404, refusal(code))) as (arm, server):
        for name, call in CALLS.items():
            if name.startswith("get"):
                assert await call(arm, server) is None
            elif name.startswith("list"):
                assert await call(arm, server) == []


@pytest.mark.parametrize("body", [HTML, b"", refusal("InvalidResourceNamespace"), {"message": "No such page"}])
async def test_another_servers_404_says_nothing_about_the_resource(
    body: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a wrong ARM_ENDPOINT would look like an empty subscription."""
    async with arm_server(tmp_path, monkeypatch, Answer(404, body)) as (arm, server):
        for name, call in CALLS.items():
            if name.startswith(("get", "list")):
                with pytest.raises(TerminalError):
                    await call(arm, server)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", CALLS)
async def test_a_redirect_is_followed_nowhere(
    call: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even within the endpoint: neither the token nor the body of a write is sent on."""
    answer = Answer(status, headers={"Location": "/elsewhere", "Azure-AsyncOperation": "/elsewhere"})
    async with arm_server(tmp_path, monkeypatch, answer) as (arm, server):
        with pytest.raises(RolloutError):
            await CALLS[call](arm, server)
        assert [asked.target for asked in server.asked if "elsewhere" in asked.target] == []
        assert len(server.asked) == 1


async def test_compressed_answers_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ARM compresses where the client says that it takes it, as aiohttp does."""
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(json.dumps({"id": GROUP, "properties": {"a": "b"}}).encode()) + packer.flush()
    answer = Answer(200, packed, {"Content-Encoding": "gzip"})
    async with arm_server(tmp_path, monkeypatch, answer) as (arm, _):
        for resource in (GROUP, VERSION):
            body = await arm.get(resource)
            assert body
            assert body["properties"] == {"a": "b"}


@pytest.mark.parametrize("resource", ["", "nonsense", "/subscriptions/x/resourceGroups/y", f"{GALLERY}/images"])
async def test_what_is_no_resource_id_is_refused_without_a_request(
    resource: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with arm_server(tmp_path, monkeypatch, Answer()) as (arm, server):
        with pytest.raises(TerminalError):
            await arm.get(resource)
        with pytest.raises(TerminalError):
            await arm.put(resource, BODY)
        assert server.asked == []
