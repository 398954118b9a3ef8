"""`ArmClient` and writes: the conditions that they carry, the operations that follow, and no secret in what is told."""

from pathlib import Path

import pytest

from domain.errors import RolloutError, TerminalError
from domain.models import Operation
from tests.unit.arm_server import Answer, arm_server
from tests.unit.test_arm_client import BODY, CALLS, NETWORK, SCALE_SET, SECRET, VERSION, refusal


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
