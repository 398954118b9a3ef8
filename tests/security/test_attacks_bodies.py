"""Bodies and messages that are meant to break a parser, or to mean two things at once."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.functions import IMAGE, Triggers, json_of
from tests.unit.test_parsing import grid_event
from tests.world import QUEUE, world

GOOD = json.dumps({"image": IMAGE})
OTHER = IMAGE.replace("myImage", "other")

BODIES: dict[str, bytes] = {
    "nothing": b"",
    "a NUL": b"\x00",
    "no UTF-8": b'{"image": "\xff\xfe"}',
    "UTF-16": GOOD.encode("utf-16"),
    "larger than a queue's message": json.dumps({"image": IMAGE, "x": "a" * 70_000}).encode(),
    "larger than a queue's message, in blanks": b" " * 70_000 + GOOD.encode(),
    "ten megabytes": b"[" * 10_000_000,
    "nested as deep as it goes": b"[" * 30_000 + b"]" * 30_000,
    "nested objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "nested where the image is": b'{"image":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "a number of 60 000 digits": b'{"image": ' + b"9" * 60_000 + b"}",
    "a number that is infinite": b'{"image": 1e999999}',
    "a number that is none": b'{"image": NaN}',
    "half a surrogate pair": b'{"image": "\\ud800"}',
    "half a surrogate pair as a name": b'{"\\udfff": 1}',
    "an image twice": f'{{"image": "{IMAGE}", "image": "{OTHER}"}}'.encode(),
    "an image twice, spelt otherwise": f'{{"image": "{IMAGE}", "im\\u0061ge": "{OTHER}"}}'.encode(),
    "two documents": (GOOD + GOOD).encode(),
    "a comment": (GOOD + " // and so on").encode(),
    "two objects": f"[{GOOD}, {GOOD}]".encode(),
    "base64 of base64": base64.b64encode(base64.b64encode(GOOD.encode())),
    "a class": json.dumps({"__class__": "X", "__module__": "os", "__data__": {}, "image": IMAGE}).encode(),
    "a prototype": json.dumps({"__proto__": {"again": True}, "image": IMAGE}).encode(),
    "a form": b"image=%2Fsubscriptions",
    "an entity of XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "a text that says yes": json.dumps({"image": IMAGE, "again": "true"}).encode(),
    "a number that says yes": json.dumps({"image": IMAGE, "dryRun": 1}).encode(),
    "a profile that is a path": json.dumps({"image": IMAGE, "profile": "../../etc/passwd"}).encode(),
    "a profile that is a wildcard": json.dumps({"image": IMAGE, "profile": "*"}).encode(),
    "a profile with a line break": json.dumps({"image": IMAGE, "profile": "web\n"}).encode(),
    "a profile with a NUL": json.dumps({"image": IMAGE, "profile": "web\x00"}).encode(),
}


def echoed(sent: bytes, answer: bytes) -> set[bytes]:
    """Pieces of eight bytes that were sent and are in the answer too; the first 64 KiB say enough."""
    pieces = {sent[start : start + 8] for start in range(min(len(sent) - 7, 64 * 1024))} or {sent}
    return {piece for piece in pieces if piece and piece in answer}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_a_hostile_body_starts_nothing_and_is_answered_as_a_problem(body: bytes) -> None:
    """4xx, a problem document, nothing of what was sent in it but the name of a field, and no rollout."""
    app = Triggers()
    answer = await app.call("start_rollout", "POST", body)
    assert 400 <= answer.status_code < 500
    assert answer.mimetype == "application/problem+json"
    told = json_of(answer)
    assert told["detail"]
    assert not echoed(body, b"".join(answer.get_body().split(told["field"].encode())))
    assert app.engine.held == {}


async def test_hostile_messages_lie_in_poison_as_they_came_and_nothing_waits_for_them(tmp_path: Path) -> None:
    """Through the queue each is given up at once, whole; a good message behind them is served."""
    texts = [body.decode() for what, body in BODIES.items() if body.isascii() and len(body) <= 64 * 1024]
    assert len(texts) > 20
    async with world(tmp_path) as w:
        image = await w.publish()
        for text in texts:
            await w.queues.send(QUEUE, text)
        await w.queues.send(QUEUE, json.dumps({"image": image}))
        await w.settle()
        assert sorted(one.text for one in w.queues.messages(f"{QUEUE}-poison")) == sorted(texts)
        assert w.queues.messages(QUEUE) == []
        assert (await w.only())["status"] == "Completed"


AMBIGUOUS: dict[str, str] = {
    "an operation": '"operationName": "Microsoft.Compute/images/delete"',
    "a resource": f'"resourceUri": "{OTHER}"',
}


@pytest.mark.parametrize("again", AMBIGUOUS.values(), ids=AMBIGUOUS)
async def test_an_event_that_says_a_thing_twice_is_refused(again: str) -> None:
    """Event Grid's filter and this app would each read another of the two."""
    app = Triggers()
    event = json.dumps(grid_event(IMAGE)).replace('"data": {', '"data": {' + again + ", ")
    await app.deliver(event)
    assert (app.engine.held, app.poison.texts) == ({}, [event])


@pytest.mark.parametrize(
    "changed",
    [
        {"data": {"resourceUri": OTHER}},
        {"data": {"resourceUri": {"id": IMAGE}}},
        {"data": {"status": {"a": 1}}},
        {"data": {"operationName": "Microsoft.Compute/images/write\n"}},
        {"data": {"operationName": "Microsoft.Compute/images/delete"}},
        {"eventType": "Microsoft.Resources.ResourceDeleteSuccess"},
        {"eventType": "Microsoft.Resources.ResourceWriteSuccess\x00"},
        {"id": "a\nb"},
        {"id": ""},
        {"id": ["x"]},
        {"eventTime": "yesterday"},
        {"eventTime": "0001-01-01T00:00:00+23:59"},
        {"specversion": "1.0"},
        {"specversion": "2.0"},
        {"data": {"resourceUri": IMAGE.replace("/images/", "/virtualMachines/")}},
    ],
    ids=lambda changed: json.dumps(changed)[:50],
)
async def test_a_mutated_event_starts_nothing(changed: dict[str, Any]) -> None:
    """It is ignored, or lies in poison; `resourceUri` of an image that no profile is for is an answer too."""
    app = Triggers()
    await app.deliver(json.dumps(grid_event(IMAGE, **changed)))
    assert app.engine.held == {}
    assert app.poison.texts in ([], [json.dumps(grid_event(IMAGE, **changed))])
