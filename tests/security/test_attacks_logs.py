"""What is logged: one line a record whatever was sent, nothing of what was refused, no key and no token."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from domain.errors import AccessDeniedError, TerminalError, TransientError
from tests.unit.functions import IMAGE, Triggers
from tests.unit.test_parsing import cloud_event, grid_event
from tests.world import world
from triggers.logs import log

LIES: dict[str, str] = {
    "a line": '\nERROR gallery_rollout.triggers: A rollout ended. {"outcome": "Completed"}',
    "a line of Windows": "\r\nforged",
    "a line of Unicode": "\u2028forged\u2029forged\u0085forged",
    "a colour": "\x1b[31mforged\x1b[0m",
    "a form of logging": "%s%s%n%(password)s{0.__class__}",
    "the end of the JSON": '"}} {"outcome": "Completed"}',
    "a query of Log Analytics": '"; traces | project customDimensions //',
}


def lines_of(records: list[logging.LogRecord]) -> list[str]:
    """Each record as a handler writes it."""
    return [logging.Formatter("%(levelname)s %(name)s %(message)s").format(record) for record in records]


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
async def test_no_message_forges_a_record(lie: str, caplog: pytest.LogCaptureFixture) -> None:
    """Wherever it stands: in names, ids, kinds and fields of messages, in what Azure answers."""
    caplog.set_level(logging.DEBUG)
    app = Triggers()
    hostile: list[Any] = [
        {lie: 1},
        {"image": IMAGE, lie: True},
        {"image": lie},
        {"image": IMAGE, "profile": lie},
        grid_event(IMAGE, id=lie),
        grid_event(IMAGE, eventType=lie),
        grid_event(IMAGE, subject=lie, data={"resourceUri": lie}),
        grid_event(IMAGE, data={"operationName": lie}),
        grid_event(IMAGE, data={"correlationId": lie}),
        cloud_event(IMAGE, specversion=lie),
        cloud_event(IMAGE, time=lie),
    ]
    for message in hostile:
        await app.deliver(json.dumps(message))
    for error in (
        TransientError(lie, lie, remedy=lie, correlation_id=lie),
        TerminalError(lie, lie, remedy=lie, resource=lie),
        AccessDeniedError(lie, lie, facts={"action": lie}),
    ):
        app.error = error
        with pytest.raises(type(error)):
            await app.deliver(json.dumps(grid_event(IMAGE.replace("myImage", "MYIMAGE"))))
    records = [record for record in caplog.records if record.name == log.name]
    assert len(records) >= 12
    for line in lines_of(records):
        assert line.isprintable(), line
        assert len(line.splitlines()) == 1
        json.loads(line[line.index("{") :])  # what follows the sentence is one object, and whole


async def test_nothing_of_a_refused_message_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Its length, a digest and the field at fault are; a field of the sender's own making is not named either."""
    caplog.set_level(logging.DEBUG)
    app = Triggers()
    for message in ({"Planted-Name": 1}, {"image": "Planted-Value"}, {"image": IMAGE, "profile": "Planted-Value"}):
        await app.deliver(json.dumps(message))
    await app.deliver("Planted-Value, no JSON")
    assert len(app.poison.texts) == 4
    assert "Planted" not in caplog.text
    assert caplog.text.count("sha256") == 4


async def test_a_fault_of_the_host_or_a_library_repeats_nothing_that_was_sent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Through a whole app, with every logger wide open."""
    caplog.set_level(logging.DEBUG)
    async with world(tmp_path) as w:
        await w.http.post("/api/rollouts", content=b"\xff{Planted-Body")
        await w.http.post("/api/rollouts", json={"image": IMAGE, "Planted-Body": 1})
        await w.http.get("/api/rollouts/Planted-Body")
        await w.send({"Planted-Body": 1})
        await w.queues.send("image-events", "Planted-Body")
        await w.settle()
    ours = ("gallery_rollout", "host", "azure", "aiohttp", "durabletask", "uvicorn", "asyncio")
    records = [record for record in caplog.records if record.name.startswith(ours)]
    assert records
    assert not [line for line in lines_of(records) if "Planted-Body" in line]
