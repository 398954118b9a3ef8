"""The queue trigger: started, acknowledged, delivered again, or poison; and what the log says, and does not."""

import base64
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from domain.errors import AccessDeniedError, TerminalError, TransientError
from tests.unit.functions import IMAGE, Triggers
from tests.unit.test_parsing import grid_event
from triggers.logs import log


@pytest.fixture
def app() -> Triggers:
    return Triggers()


@pytest.fixture
def records() -> Iterator[list[logging.LogRecord]]:
    kept: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(record)

    handler, before = Keep(), log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield kept
    log.setLevel(before)
    log.removeHandler(handler)


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """The structured part of a record."""
    given: dict[str, Any] = record.__dict__["fields"]
    return given


async def test_an_event_starts_a_rollout_and_the_log_names_it(app: Triggers, records: list[logging.LogRecord]) -> None:
    await app.deliver(base64.b64encode(json.dumps(grid_event(IMAGE)).encode()).decode())
    [rollout] = app.engine.held
    [record] = records
    assert record.getMessage().startswith("A rollout was started.")
    assert fields(record) == {
        "rollout": rollout,
        "profile": "web",
        "image": IMAGE,
        "eventId": grid_event()["id"],
    }
    assert app.poison.texts == []


async def test_a_duplicate_is_acknowledged_with_the_rollout_that_exists(
    app: Triggers, records: list[logging.LogRecord]
) -> None:
    for _ in range(2):
        await app.deliver(json.dumps(grid_event(IMAGE)))
    [rollout] = app.engine.held
    assert fields(records[-1])["rollout"] == rollout
    assert "under way" in fields(records[-1])["reason"]


async def test_a_body_in_the_queue_starts_a_rollout_but_retries_none(
    app: Triggers, records: list[logging.LogRecord]
) -> None:
    body = json.dumps({"image": IMAGE, "profile": "web"})
    await app.deliver(body)
    [rollout] = app.engine.held
    app.engine.end(rollout, "Failed", outcome="Failed")
    await app.deliver(body)
    assert list(app.engine.held) == [rollout]
    assert "rollout start" in fields(records[-1])["reason"]


async def test_again_in_the_queue_counts_once_however_often_it_is_delivered(app: Triggers) -> None:
    await app.deliver(json.dumps({"image": IMAGE}))
    [first] = app.engine.held
    app.engine.end(first, "Completed", outcome="Completed", version="1.0.0")
    for _ in range(2):
        await app.deliver(json.dumps({"image": IMAGE, "again": True}))
        for rollout in app.engine.held:
            app.engine.end(rollout, "Completed", outcome="Completed", version="1.0.1")
    assert len(app.engine.held) == 2


@pytest.mark.parametrize("text", ["Secret-Text-9", '{"image": "Secret-Text-9"}', '{"Secret-Text-9": 1}'])
async def test_what_cannot_be_understood_is_poison_at_once_and_not_in_the_log(
    app: Triggers, records: list[logging.LogRecord], text: str
) -> None:
    await app.deliver(text)
    assert app.poison.texts == [text]
    [record] = records
    assert "Secret-Text-9" not in record.getMessage()
    assert set(fields(record)) == {"field", "reason", "length", "sha256"}
    assert fields(record)["length"] == len(text)
    assert record.levelno == logging.ERROR


@pytest.mark.parametrize(
    "event", [grid_event(IMAGE, eventType="Microsoft.Resources.ResourceDeleteSuccess"), grid_event(IMAGE + "2")]
)
async def test_what_asks_for_nothing_is_acknowledged_with_the_reason(
    app: Triggers, records: list[logging.LogRecord], event: dict[str, Any]
) -> None:
    await app.deliver(json.dumps(event))
    assert app.engine.held == {}
    assert app.poison.texts == []
    assert fields(records[-1])["reason"]


async def test_an_image_that_is_gone_is_acknowledged(app: Triggers, records: list[logging.LogRecord]) -> None:
    app.error = TerminalError("ImageNotFound", "The managed image does not exist.")
    await app.deliver(json.dumps(grid_event(IMAGE)))
    assert "does not exist" in fields(records[-1])["reason"]


async def test_an_image_from_a_group_that_is_not_allowed_is_acknowledged(
    app: Triggers, records: list[logging.LogRecord]
) -> None:
    app.groups = [{"resourceGroup": "golden"}]
    app.error = AssertionError("the image was read")
    await app.deliver(json.dumps({"image": IMAGE}))
    assert "not allowed" in records[-1].getMessage()
    assert (app.engine.held, app.poison.texts) == ({}, [])


async def test_a_dry_run_in_the_queue_is_acknowledged(app: Triggers, records: list[logging.LogRecord]) -> None:
    await app.deliver(json.dumps({"image": IMAGE, "dryRun": True}))
    assert (app.engine.held, app.planned) == ({}, [])
    assert "dry run" in fields(records[-1])["reason"]


@pytest.mark.parametrize(
    "error",
    [
        TransientError("TooManyRequests", "Slow down.", correlation_id="c-1"),
        TerminalError("SubscriptionNotFound", "No such subscription."),
    ],
)
async def test_trouble_is_raised_so_that_the_message_comes_back(
    app: Triggers, records: list[logging.LogRecord], error: Any
) -> None:
    app.error = error
    with pytest.raises(type(error)):
        await app.deliver(json.dumps(grid_event(IMAGE)), deliveries=4)
    assert app.poison.texts == []
    assert fields(records[-1])["code"] == error.code
    assert fields(records[-1])["deliveries"] == 4


async def test_a_missing_permission_is_named_in_the_log(app: Triggers, records: list[logging.LogRecord]) -> None:
    action = "Microsoft.Compute/images/read"
    app.error = AccessDeniedError("AuthorizationFailed", "No.", facts={"action": action})
    with pytest.raises(AccessDeniedError):
        await app.deliver(json.dumps(grid_event(IMAGE)))
    assert fields(records[-1])["action"] == action


def test_queue_and_poison_queue_come_from_one_setting(app: Triggers) -> None:
    bindings = {binding["type"]: binding for binding in app.bindings["image_event"]}
    assert bindings["queueTrigger"]["queueName"] == "%IMAGE_EVENTS_QUEUE%"
    assert bindings["queue"]["queueName"] == "%IMAGE_EVENTS_QUEUE%-poison"
    assert bindings["queueTrigger"]["connection"] == bindings["queue"]["connection"] == "ImageEvents"
