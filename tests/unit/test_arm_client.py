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


async def test_a_missing_group_refuses_a_put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with arm_server(tmp_path, monkeypatch, Answer(404, refusal("ResourceGroupNotFound"))) as (arm, _):
        with pytest.raises(TerminalError) as raised:
            await arm.put(NETWORK, BODY)
    assert raised.value.code == "ResourceGroupNotFound"
    assert "createResourceGroups" in raised.value.remedy


async def test_an_operation_that_azure_forgot_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with arm_server(tmp_path, monkeypatch, Answer(404, refusal("NotFound"))) as (arm, server):
        with pytest.raises(TerminalError) as raised:
            await CALLS["poll"](arm, server)
    assert raised.value.code == "OperationNotFound"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/operations/1",
        "http://localhost/operations/1",
        "https://localhost:1/operations/1",
        "https://localhost@evil.example/operations/1",
        "https://evil.example\\@localhost/operations/1",
        "https://localhost.evil.example/operations/1",
        "",
        "/operations/1",
    ],
)
async def test_no_token_goes_to_a_foreign_operation_url(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with arm_server(tmp_path, monkeypatch, Answer()) as (arm, server):
        with pytest.raises(TerminalError) as raised:
            await arm.poll(Operation(resource=SCALE_SET, url=url))
        assert server.asked == []
    assert raised.value.code == "ForeignOperationUrl"


async def test_an_operation_url_is_sent_back_verbatim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    query = "api-version=2026-03-03&t=1%2B2&c=MII%2F==&s=a_b-c~d&h=%20"
    async with arm_server(tmp_path, monkeypatch, Answer(200, {"status": "Succeeded"})) as (arm, server):
        await arm.poll(Operation(resource=SCALE_SET, url=f"{server.url}/operations/1?{query}"))
        assert server.asked[0].target == f"/operations/1?{query}"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Answer(200), "Succeeded"),
        (Answer(204), "Succeeded"),
        (Answer(202, None, {"Retry-After": "7"}), "InProgress"),
        (Answer(200, {"status": "InProgress"}, {"Retry-After": "7"}), "InProgress"),
        (Answer(200, {"status": "Canceled"}), "Canceled"),
        (Answer(200, {"status": "Failed", "error": {"code": "A", "message": f"no {SECRET}"}}), "Failed"),
    ],
)
async def test_an_operation_is_looked_at_once(
    answer: Answer, status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with arm_server(tmp_path, monkeypatch, answer) as (arm, server):
        looked = await CALLS["poll"](arm, server)
        assert (looked.status, len(server.asked)) == (status, 1)
    assert looked.retry_after == (7.0 if status == "InProgress" else None)
    assert SECRET not in looked.model_dump_json()


@pytest.mark.parametrize("call", ["put compute", "put network", "poll"])
@pytest.mark.parametrize("status", [400, 401, 409, 429, 500])
async def test_a_secret_that_arm_echoes_is_struck_out(
    call: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    echo = {"error": {"code": f"Bad {SECRET}", "message": f"x {SECRET}", "details": [{"code": "y", "message": SECRET}]}}
    async with arm_server(tmp_path, monkeypatch, Answer(status, echo)) as (arm, server):
        with pytest.raises(RolloutError) as raised:
            await CALLS[call](arm, server)
    assert SECRET not in str(raised.value)
    assert "***" in raised.value.message


@pytest.mark.parametrize(("resource", "header"), [(SCALE_SET, "*"), (VERSION, None), (NETWORK, None)])
async def test_only_a_scale_set_can_be_put_if_missing(
    resource: str, header: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Answer(201, {"id": resource, "properties": {"provisioningState": "Creating"}})
    async with arm_server(tmp_path, monkeypatch, made) as (arm, server):
        await arm.put(resource, BODY, only_if_missing=True)
        assert server.asked[0].headers.get("if-none-match") == header


async def test_a_patch_carries_the_etag_that_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = Answer(200, {"id": SCALE_SET, "properties": {"provisioningState": "Updating"}})
    async with arm_server(tmp_path, monkeypatch, changed) as (arm, server):
        await arm.patch(SCALE_SET, BODY, etag='"17"')
        assert server.asked[0].headers["if-match"] == '"17"'


async def test_a_patch_without_an_etag_is_never_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK would leave If-Match out, and whoever was faster would be overruled."""
    async with arm_server(tmp_path, monkeypatch, Answer()) as (arm, server):
        with pytest.raises(RolloutError):
            await arm.patch(SCALE_SET, BODY, etag="")
        assert server.asked == []


async def test_all_pages_of_a_list_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def page(asked: Asked) -> Answer:
        number = 2 if "page=2" in asked.target else 1
        items = [{"id": f"{VERSION}{number}", "name": f"1.0.{number}", "properties": {}}]
        more = {"nextLink": f"{server.url}/next?page=2"} if number == 1 else {}
        return Answer(200, {"value": items, **more})

    async with arm_server(tmp_path, monkeypatch, page) as (arm, server):
        found = await arm.list(f"{GALLERY}/images/d/versions")
    assert [item["name"] for item in found] == ["1.0.1", "1.0.2"]


@pytest.mark.parametrize("named", ["https://evil.example", "https://localhost:1", "http://localhost", "HERE@evil"])
async def test_no_token_goes_to_a_foreign_page_of_a_list(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def page(_: Asked) -> Answer:
        link = f"{named.replace('HERE', server.url)}/next?page=2"
        return Answer(200, {"value": [{"id": VERSION, "properties": {}}], "nextLink": link})

    async with arm_server(tmp_path, monkeypatch, page) as (arm, server):
        with pytest.raises(TerminalError) as raised:
            await arm.list(f"{GALLERY}/images/d/versions")
        assert len(server.asked) == 1
    assert (raised.value.code, raised.value.resource) == ("ForeignOperationUrl", f"{GALLERY}/images/d/versions")


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


@pytest.mark.parametrize("items", [[{"name": "1.0.0"}], [{"properties": None}], [7], "none", {"a": 1}])
async def test_items_of_a_list_that_are_no_resources_are_not_passed_on(
    items: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with arm_server(tmp_path, monkeypatch, Answer(200, {"value": items})) as (arm, _):
        with pytest.raises(TransientError):
            await arm.list(f"{GALLERY}/images/d/versions")


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


@pytest.mark.parametrize(
    "collection", [GALLERY, GROUP, f"{GALLERY}/images/d/ver?sions", f"{GALLERY}/../g/versions", f"{COMPUTE}/galleries"]
)
async def test_what_is_no_collection_is_refused_without_a_request(
    collection: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with arm_server(tmp_path, monkeypatch, Answer()) as (arm, server):
        with pytest.raises(TerminalError):
            await arm.list(collection)
        assert server.asked == []


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


async def test_the_time_of_a_write_is_when_it_was_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the server's clock: what Azure starts because of it has started later."""
    answer = Answer(
        200,
        {"id": SCALE_SET, "properties": {"provisioningState": "Updating"}},
        {"Date": "Tue, 24 Nov 2026 08:00:10 GMT"},
    )
    async with arm_server(tmp_path, monkeypatch, answer) as (arm, _):
        written = await arm.patch(SCALE_SET, BODY, etag='"1"')
    assert written.operation
    assert written.operation.at
    assert "2026-11-24T07:59:" < written.operation.at.isoformat() < "2026-11-24T08:00:10"
