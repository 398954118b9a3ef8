"""Untrusted text: what is understood, what is ignored, what is refused, and that nothing else ever happens."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.models import StartedBy
from triggers.parsing import LIMIT, Ignored, ImageRequested, Rejected, parse_body, parse_message

SUBSCRIPTION = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
IMAGE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/myResourceGroup/providers/Microsoft.Compute/images/myImage"


def grid_event(image: str = IMAGE, **changes: Any) -> dict[str, Any]:
    """As Event Grid sends it for an image that was written, its claims included."""
    event: dict[str, Any] = {
        "id": "4db48cba-50a2-455a-93b4-de41a3b5b7f6",
        "topic": f"/subscriptions/{SUBSCRIPTION}",
        "subject": image.replace("resourceGroups", "resourcegroups"),
        "eventType": "Microsoft.Resources.ResourceWriteSuccess",
        "eventTime": "2026-11-22T18:38:04.6117357Z",
        "dataVersion": "2",
        "metadataVersion": "1",
        "data": {
            "authorization": {"action": "Microsoft.Compute/images/write", "scope": image},
            "claims": {"name": "Alice Example", "ipaddr": "192.0.2.7", "appid": "an application"},
            "correlationId": "b6e2d2b2-8f61-4a4e-8f2e-1c1f7d7a3b55",
            "resourceProvider": "Microsoft.Compute",
            "resourceUri": image,
            "operationName": "Microsoft.Compute/images/write",
            "status": "Succeeded",
            "subscriptionId": SUBSCRIPTION,
        },
    }
    event["data"] |= changes.pop("data", {})
    return event | changes


def cloud_event(image: str = IMAGE, **changes: Any) -> dict[str, Any]:
    """The same as CloudEvents 1.0."""
    event = grid_event(image)
    return {
        "specversion": "1.0",
        "id": event["id"],
        "source": event["topic"],
        "subject": event["subject"],
        "type": event["eventType"],
        "time": event["eventTime"],
        "data": event["data"],
    } | changes


def encoded(sent: object, *, as_base64: bool = False, in_array: bool = False) -> str:
    text = json.dumps([sent] if in_array else sent)
    return base64.b64encode(text.encode()).decode() if as_base64 else text


@pytest.mark.parametrize("as_base64", [False, True], ids=["plain", "base64"])
@pytest.mark.parametrize("in_array", [False, True], ids=["object", "array"])
@pytest.mark.parametrize("event", [grid_event(), cloud_event()], ids=["event grid", "cloudevents"])
def test_an_image_event_is_understood_in_every_envelope(event: dict[str, Any], in_array: bool, as_base64: bool) -> None:
    assert parse_message(encoded(event, as_base64=as_base64, in_array=in_array)) == ImageRequested(
        image=IMAGE,
        started_by=StartedBy(
            kind="event",
            event_id="4db48cba-50a2-455a-93b4-de41a3b5b7f6",
            event_time="2026-11-22T18:38:04.611735Z",
            correlation_id="b6e2d2b2-8f61-4a4e-8f2e-1c1f7d7a3b55",
        ),
    )


def test_an_event_that_was_dead_lettered_is_understood_as_it_is() -> None:
    """With what Event Grid adds to it (learn.microsoft.com, Event Grid, dead-letter and retry policies)."""
    why = {
        "deadLetterReason": "MaxDeliveryAttemptsExceeded",
        "deliveryAttempts": 30,
        "lastDeliveryOutcome": "Forbidden",
    }
    times = {"publishTime": "2026-11-22T18:38:05Z", "lastDeliveryAttemptTime": "2026-11-23T18:38:05Z"}
    for event, added in (
        (grid_event(), why | times | {"lastHttpStatusCode": 403}),
        (cloud_event(), {name.lower(): value for name, value in (why | times).items()}),
    ):
        assert parse_message(json.dumps(event | added)) == parse_message(json.dumps(event))
        assert isinstance(parse_message(json.dumps(event | added)), ImageRequested)


def test_nothing_of_the_claims_survives() -> None:
    event = grid_event(data={"claims": {"name": "Alice Example"}, "httpRequest": {"clientIpAddress": "192.0.2.7"}})
    kept = repr(parse_message(json.dumps(event)))
    assert "Alice" not in kept
    assert "192.0.2.7" not in kept


def test_a_subject_without_resource_uri_is_enough() -> None:
    event = grid_event()
    del event["data"]["resourceUri"]
    assert parse_message(json.dumps(event)) == parse_message(json.dumps(grid_event()))


def test_ids_are_spelled_one_way_however_they_arrive() -> None:
    wild = IMAGE.upper().replace("MYIMAGE", "myImage").replace("MYRESOURCEGROUP", "myResourceGroup")
    assert wild != IMAGE
    assert parse_body(json.dumps({"image": wild})).image == IMAGE


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"eventType": "Microsoft.Resources.ResourceDeleteSuccess"}, "ResourceDeleteSuccess"),
        ({"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent"}, "subscription validation"),
        ({"eventType": "<script>"}, "another type"),
        ({"data": {"operationName": "Microsoft.Compute/virtualMachines/write"}}, "another operation"),
        ({"data": {"operationName": "Microsoft.Resources/tags/write"}}, "another operation"),
        ({"data": {"status": "Failed"}}, "did not succeed"),
    ],
)
def test_other_events_are_ignored_with_the_reason(changes: dict[str, Any], said: str) -> None:
    result = parse_message(json.dumps(grid_event(**changes)))
    assert isinstance(result, Ignored)
    assert said in result.reason
    assert result.event_id == grid_event()["id"]


def test_a_body_carries_every_wish() -> None:
    body = {"image": IMAGE, "profile": "web", "again": True, "dryRun": True}
    assert parse_body(json.dumps(body)) == ImageRequested(
        image=IMAGE, started_by=StartedBy(kind="http"), profile="web", again=True, dry_run=True
    )
    assert parse_message(encoded(body, as_base64=True)) == parse_body(json.dumps(body))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", "body"),
        ("not JSON", "body"),
        ("{", "body"),
        ("3", "body"),
        ("[]", "body"),
        (json.dumps([{"image": IMAGE}, {"image": IMAGE}]), "body"),
        (json.dumps([[{"image": IMAGE}]]), "body"),
        ("[" * 20_000, "body"),
        (json.dumps({"image": IMAGE, "pad": "x" * LIMIT}), "body"),
        (json.dumps({}), "image"),
        (json.dumps({"image": 3}), "image"),
        (json.dumps({"image": "myImage"}), "image"),
        (json.dumps({"image": IMAGE + "/x"}), "image"),
        (json.dumps({"image": IMAGE.replace("images", "disks")}), "image"),
        (json.dumps({"image": IMAGE.replace(SUBSCRIPTION, "mine")}), "image"),
        (json.dumps({"image": IMAGE.replace("myImage", "my/../Image")}), "image"),
        (json.dumps({"image": IMAGE + "x" * 600}), "image"),
        (json.dumps({"image": IMAGE, "profile": "Web!"}), "profile"),
        (json.dumps({"image": IMAGE, "profile": 1}), "profile"),
        (json.dumps({"image": IMAGE, "again": "yes"}), "again"),
        (json.dumps({"image": IMAGE, "dryRun": 1}), "dryRun"),
        (json.dumps({"image": IMAGE, "profil": "web"}), "profil"),
    ],
)
def test_a_body_that_cannot_be_understood_names_the_field(body: str, field: str) -> None:
    with pytest.raises(Rejected) as rejected:
        parse_body(body)
    assert rejected.value.field == field


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (grid_event(id=None), "id"),
        (grid_event(eventType=7), "eventType"),
        (grid_event(eventTime="yesterday"), "eventTime"),
        (grid_event() | {"data": "text"}, "data"),
        (grid_event(data={"operationName": None}), "data.operationName"),
        (grid_event(data={"resourceUri": "/subscriptions/x"}), "data.resourceUri"),
        (grid_event(subject="", data={"resourceUri": None}), "subject"),
        (cloud_event(specversion="0.3"), "specversion"),
        (cloud_event(time=None), "time"),
    ],
)
def test_an_event_that_cannot_be_understood_names_the_field(event: dict[str, Any], field: str) -> None:
    with pytest.raises(Rejected) as rejected:
        parse_message(json.dumps(event))
    assert rejected.value.field == field


def test_an_oversized_correlation_id_costs_no_event() -> None:
    result = parse_message(json.dumps(grid_event(data={"correlationId": "x" * 5_000})))
    assert isinstance(result, ImageRequested)
    assert result.started_by.correlation_id is None


@pytest.mark.parametrize("spoiled", ["half \ud800", "\x1b[31mred", "two\nlines"])
def test_text_that_no_answer_or_terminal_could_show_is_rejected(spoiled: str) -> None:
    """One such event id would spoil every list that its rollout stands in."""
    with pytest.raises(Rejected):
        parse_message(json.dumps(grid_event(id=spoiled)))
    with pytest.raises(Rejected):
        parse_body(json.dumps({spoiled: 1}))


repeatable = settings(deadline=None, derandomize=True)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(sorted({*grid_event(), *cloud_event(), "image", "profile", "again", "dryRun"}))


@repeatable
@given(st.binary(max_size=300) | st.text(max_size=300))
def test_no_bytes_and_no_text_do_anything_but_be_rejected_or_understood(content: bytes | str) -> None:
    assert _answer(content)


@repeatable
@given(st.sampled_from([grid_event(), cloud_event(), {"image": IMAGE}]), st.dictionaries(fields, values, max_size=4))
def test_no_spoiled_field_does_anything_but_be_rejected_or_understood(
    sent: dict[str, Any], spoiled: dict[str, Any]
) -> None:
    assert _answer(json.dumps(sent | spoiled))


@repeatable
@given(st.dictionaries(st.sampled_from(sorted(grid_event()["data"])), values, max_size=4))
def test_no_spoiled_data_does_anything_but_be_rejected_or_understood(spoiled: dict[str, Any]) -> None:
    assert _answer(json.dumps(grid_event(data=spoiled)))


def _answer(content: bytes | str) -> str:
    """What parsing gives; any exception but Rejected fails the test that calls."""
    try:
        return type(parse_message(content)).__name__
    except Rejected as rejected:
        return rejected.field and rejected.reason


names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.()-]{0,40}[A-Za-z0-9_]", fullmatch=True)


@repeatable
@given(group=names, name=names, as_base64=st.booleans(), in_array=st.booleans(), upper=st.booleans())
def test_every_image_id_survives_the_way_in(
    group: str, name: str, as_base64: bool, in_array: bool, upper: bool
) -> None:
    image = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Compute/images/{name}"
    sent = image.upper() if upper else image
    for shape in (grid_event(sent), cloud_event(sent), {"image": sent}):
        result = parse_message(encoded(shape, as_base64=as_base64, in_array=in_array))
        assert isinstance(result, ImageRequested)
        assert result.image.lower() == image.lower()
        assert upper or result.image == image
