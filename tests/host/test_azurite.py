"""The queue trigger against the real protocol: Azurite, the wall clock, the storage SDK."""

import json
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from local.azurite import PROGRAM, AzuriteError, azurite
from local.host import AzureQueues, Host
from local.host.queues import MessageGone, QueueMessage
from tests.host.support import TRIGGER_SETTINGS, TRIGGERS


@pytest.fixture
async def connection() -> AsyncIterator[str]:
    async with azurite() as running:
        yield running


@pytest.fixture
def app_dir(tmp_path: Path) -> Path:
    """The triggers' app, but a failed message is tried again at once."""
    document = json.loads((TRIGGERS / "host.json").read_text())
    document["extensions"]["queues"]["visibilityTimeout"] = "00:00:00"
    (tmp_path / "host.json").write_text(json.dumps(document))
    (tmp_path / "function_app.py").write_text((TRIGGERS / "function_app.py").read_text())
    return tmp_path


async def test_messages_are_served_retried_and_given_up(connection: str, app_dir: Path) -> None:
    queues = AzureQueues(connection)
    await queues.send("work", "good")
    await queues.send("work", "fail")
    async with Host(app_dir, {**TRIGGER_SETTINGS, "Storage": connection}) as host:
        await queues.send("orders", "copy me")
        await host.idle()
        seen = [message.get_body() for message in sys.modules["function_app"].seen]
    assert sorted(seen) == [b"fail", b"fail", b"fail", b"good"]
    assert not await queues.visible("work")
    assert [message.text for message in await _all(queues, "work-poison")] == ["fail"]
    assert [message.text for message in await _all(queues, "copies")] == ["copy me"]
    assert [message.text for message in await _all(queues, "returns")] == ["returned"]
    await queues.close()


async def test_a_pop_receipt_serves_once(connection: str) -> None:
    queues = AzureQueues(connection)
    assert await queues.receive("nothing", 1, timedelta(minutes=1)) is None
    await queues.send("work", "text")
    [message] = await _all(queues, "work")
    renewed = await queues.update("work", message, timedelta(minutes=10))
    with pytest.raises(MessageGone):
        await queues.delete("work", message)
    await queues.delete("work", renewed)
    with pytest.raises(MessageGone):
        await queues.update("work", renewed, timedelta(0))
    await queues.close()


async def test_a_port_in_use_is_reported(connection: str) -> None:
    port = int(connection.rsplit(":", 1)[1].split("/", maxsplit=1)[0])
    with pytest.raises(AzuriteError, match="ended at once"):
        async with azurite(port):
            pass


async def test_a_missing_installation_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.azurite.PROGRAM", PROGRAM.with_name("nothing"))
    with pytest.raises(AzuriteError, match="make setup"):
        async with azurite():
            pass


async def _all(queues: AzureQueues, name: str) -> list[QueueMessage]:
    return list(await queues.receive(name, 32, timedelta(minutes=1)) or ())
