"""The queue trigger's promises: nothing is lost, nothing is tried for ever, nothing is taken too early."""

import base64
import json
import logging
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from azure.core.exceptions import ServiceRequestError

from local.clock import ManualClock
from local.host import AppError, Host, MemoryQueues, QueueMessage
from tests.host.support import TRIGGER_SETTINGS, TRIGGERS


@pytest.fixture
async def host(queues: MemoryQueues, clock: ManualClock) -> AsyncIterator[Host]:
    async with Host(TRIGGERS, TRIGGER_SETTINGS, clock=clock, queues=queues) as running:
        yield running


@pytest.fixture
def app(host: Host) -> ModuleType:
    return sys.modules["function_app"]


async def test_a_message_arrives_with_its_metadata_and_is_deleted(
    host: Host, app: ModuleType, queues: MemoryQueues, clock: ManualClock
) -> None:
    await queues.send("work", "héllo")
    [sent] = queues.messages("work")
    await host.idle()
    [message] = app.seen
    assert message.get_body().decode() == "héllo"
    assert message.id == sent.id
    assert message.dequeue_count == 1
    assert message.insertion_time == clock.now()
    assert message.expiration_time == clock.now() + timedelta(days=7)
    assert message.time_next_visible == clock.now() + timedelta(minutes=10)
    assert message.pop_receipt
    assert queues.messages("work") == []


async def test_a_failing_message_is_retried_after_the_delay_and_then_poison(
    host: Host, app: ModuleType, queues: MemoryQueues, clock: ManualClock
) -> None:
    before = clock.now()
    await queues.send("work", "fail: this text")
    await host.idle()
    assert [message.dequeue_count for message in app.seen] == [1, 2, 3]
    assert clock.now() - before == timedelta(seconds=60)
    assert queues.messages("work") == []
    [poison] = queues.messages("work-poison")
    assert (poison.text, poison.dequeue_count) == ("fail: this text", 0)


async def test_no_log_holds_a_message_or_an_error_text(
    host: Host, queues: MemoryQueues, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await queues.send("work", "fail: the text of the message")
    await host.idle()
    assert "ValueError" in caplog.text
    assert "the text of the message" not in caplog.text
    assert "a secret that no log may hold" not in caplog.text


async def test_a_message_over_its_count_is_poison_without_a_call(
    app: ModuleType, host: Host, queues: MemoryQueues
) -> None:
    await queues.send("orders-of-nobody", "x")
    host.auto_advance = False
    await queues.send("work", "wait")
    await host.wait_until(lambda: len(app.seen) == 1)
    # Somebody else took it as often as is allowed meanwhile.
    for _ in range(3):
        [message] = queues.messages("work")
        queues._put("work", message, message.inserted)
        await queues.receive("work", 1, timedelta(0))
    app.gate.set()
    await host.idle()
    assert [message.text for message in queues.messages("work-poison")] == ["wait"]
    assert len(app.seen) == 1


async def test_no_more_run_at_once_than_batch_and_threshold(host: Host, app: ModuleType, queues: MemoryQueues) -> None:
    for number in range(20):
        await queues.send("work", f"wait {number}")
    await host.wait_until(lambda: app.running == 4)
    app.gate.set()
    await host.idle()
    assert len(app.seen) == 20
    assert app.most_at_once <= 6


async def test_a_long_run_renews_its_message(
    host: Host, app: ModuleType, queues: MemoryQueues, clock: ManualClock
) -> None:
    await queues.send("work", "wait")
    await host.wait_until(lambda: app.running == 1)
    for _ in range(4):
        clock.advance(5 * 60)
        [hidden] = queues.messages("work")
        renewed = clock.now() + timedelta(minutes=10)
        await host.wait_until(lambda: queues.messages("work")[0].next_visible == renewed)  # noqa: B023
    assert hidden.dequeue_count == 1
    app.gate.set()
    await host.idle()
    assert len(app.seen) == 1
    assert queues.messages("work") == []


async def test_stopping_lets_the_functions_finish(queues: MemoryQueues, clock: ManualClock) -> None:
    async with Host(TRIGGERS, TRIGGER_SETTINGS, clock=clock, queues=queues) as host:
        app = sys.modules["function_app"]
        await queues.send("work", "wait")
        await host.wait_until(lambda: app.running == 1)
        app.gate.set()
    assert queues.messages("work") == []


async def test_a_function_that_does_not_finish_is_cancelled_and_its_message_stays(
    queues: MemoryQueues, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.host.host.GRACE", 0.05)
    async with Host(TRIGGERS, TRIGGER_SETTINGS, clock=clock, queues=queues) as host:
        app = sys.modules["function_app"]
        await queues.send("work", "wait")
        await host.wait_until(lambda: app.running == 1)
    [message] = queues.messages("work")
    assert message.next_visible == clock.now() + timedelta(minutes=10)
    clock.advance(600)
    [again] = await queues.receive("work", 1, timedelta(minutes=1)) or []
    assert again.dequeue_count == 2


async def test_outputs_of_a_queue_function_are_sent(host: Host, queues: MemoryQueues) -> None:
    await queues.send("orders", "copy me")
    await host.idle()
    assert [message.text for message in queues.messages("copies")] == ["copy me"]
    assert [message.text for message in queues.messages("returns")] == ["returned"]


class FlakyQueues(MemoryQueues):
    """The first request of a kind fails, as if the service could not be reached."""

    def __init__(self, clock: ManualClock, method: str, queue: str) -> None:
        super().__init__(clock)
        self._trouble = [(method, queue)]

    def _stumble(self, method: str, queue: str) -> None:
        if (method, queue) in self._trouble:
            self._trouble.remove((method, queue))
            raise ServiceRequestError("unreachable")

    async def receive(self, queue: str, count: int, visibility: timedelta) -> list[QueueMessage] | None:
        self._stumble("receive", queue)
        return await super().receive(queue, count, visibility)

    async def send(self, queue: str, text: str) -> None:
        self._stumble("send", queue)
        await super().send(queue, text)

    async def delete(self, queue: str, message: QueueMessage) -> None:
        self._stumble("delete", queue)
        await super().delete(queue, message)


@pytest.mark.parametrize(
    ("method", "queue", "minutes"),
    [("receive", "orders", 0), ("send", "returns", 0.5), ("delete", "orders", 10)],
)
async def test_trouble_with_the_service_loses_nothing(
    clock: ManualClock, method: str, queue: str, minutes: float
) -> None:
    """Trouble while polling costs nothing, an output that fails the retry delay, a lost delete the lease."""
    before = clock.now()
    queues = FlakyQueues(clock, method, queue)
    async with Host(TRIGGERS, TRIGGER_SETTINGS, clock=clock, queues=queues) as host:
        await queues.send("orders", "copy me")
        await host.idle()
    assert queues.messages("orders") == []
    assert "copy me" in [message.text for message in queues.messages("copies")]
    assert "returned" in [message.text for message in queues.messages("returns")]
    assert clock.now() - before == timedelta(minutes=minutes)


@pytest.fixture
def base64_app(tmp_path: Path) -> Path:
    document = json.loads((TRIGGERS / "host.json").read_text())
    document["extensions"]["queues"]["messageEncoding"] = "base64"
    (tmp_path / "host.json").write_text(json.dumps(document))
    (tmp_path / "function_app.py").write_text((TRIGGERS / "function_app.py").read_text())
    return tmp_path


async def test_base64_messages_are_decoded_and_others_are_poison_unseen(
    base64_app: Path, queues: MemoryQueues, clock: ManualClock
) -> None:
    async with Host(base64_app, TRIGGER_SETTINGS, clock=clock, queues=queues) as host:
        await queues.send("orders", base64.b64encode(b"good").decode())
        await queues.send("work", "not base64!")
        await host.idle()
        assert sys.modules["function_app"].seen == []
    assert [base64.b64decode(message.text) for message in queues.messages("copies")] == [b"good"]
    assert [message.text for message in queues.messages("work-poison")] == ["not base64!"]


async def test_a_name_or_connection_that_does_not_resolve_is_refused_at_the_start(
    queues: MemoryQueues,
) -> None:
    with pytest.raises(AppError, match="WORK_QUEUE"):
        async with Host(TRIGGERS, {"RETURNS_QUEUE": "returns"}, queues=queues):
            pass
    with pytest.raises(AppError, match="Storage__queueServiceUri"):
        async with Host(TRIGGERS, TRIGGER_SETTINGS):
            pass
