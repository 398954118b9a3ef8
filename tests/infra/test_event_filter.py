"""The filter's reader itself, and that what passes the committed filter is an image to the parser."""

import json
from typing import Any

import pytest

from tests.infra.checks.events import SUBSCRIPTION
from tests.infra.filters import FilterError, passes
from tests.infra.samples import OTHER_EVENTS, written
from tests.infra.tree import ROOT, Tree
from triggers.parsing import Ignored, ImageRequested, parse_message

IMAGE = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/myGroup/providers/Microsoft.Compute/images/one"
)
SCHEMAS = ("EventGridSchema", "CloudEventSchemaV1_0")
BY_OPERATION: dict[str, Any] = {
    "advancedFilters": [
        {"operatorType": "StringIn", "key": "data.operationName", "values": ["microsoft.compute/IMAGES/write"]}
    ]
}


def committed() -> list[tuple[str, dict[str, Any]]]:
    """The filter of every event subscription of every shape."""
    found = [(shape, one.properties["filter"]) for shape, one in Tree(ROOT).each(SUBSCRIPTION)]
    assert found
    return found


def advanced(**changed: Any) -> dict[str, Any]:
    """A filter by operation, with something else about it."""
    return {"advancedFilters": [BY_OPERATION["advancedFilters"][0] | changed]}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_event_that_passes_the_committed_filter_asks_for_its_image(schema: str) -> None:
    event = written(IMAGE, schema)
    assert [shape for shape, wanted in committed() if not passes(wanted, event)] == []
    requested = parse_message(json.dumps(event))
    assert isinstance(requested, ImageRequested)
    assert requested.image == IMAGE


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("other", OTHER_EVENTS)
def test_what_the_committed_filter_keeps_out_would_start_nothing_either(other: str, schema: str) -> None:
    event = OTHER_EVENTS[other](written(IMAGE, schema))
    assert [shape for shape, wanted in committed() if passes(wanted, event)] == []
    assert isinstance(parse_message(json.dumps(event)), Ignored)


def test_texts_are_compared_without_regard_to_case_but_keys_are_not() -> None:
    assert passes(BY_OPERATION, written(IMAGE, "EventGridSchema"))
    assert not passes(advanced(key="Data.OperationName"), written(IMAGE, "EventGridSchema"))


def test_a_key_that_an_event_lacks_does_not_pass() -> None:
    assert not passes(advanced(key="data.nothing.there"), written(IMAGE, "EventGridSchema"))
    assert not passes(advanced(key="data.authorization"), written(IMAGE, "EventGridSchema"))


def test_all_advanced_filters_must_hold_and_one_value_of_each_is_enough() -> None:
    several = advanced(values=["Microsoft.Compute/disks/write", "Microsoft.Compute/images/write"])
    failing = {"operatorType": "StringBeginsWith", "key": "subject", "values": ["/subscriptions/other"]}
    assert passes(several, written(IMAGE, "EventGridSchema"))
    assert not passes({"advancedFilters": [*several["advancedFilters"], failing]}, written(IMAGE, "EventGridSchema"))


def test_subjects_are_compared_by_case_only_where_the_filter_asks_for_it() -> None:
    begins = {"subjectBeginsWith": IMAGE[:70]}  # resourceGroups; the event says resourcegroups
    assert passes(begins, written(IMAGE, "EventGridSchema"))
    assert not passes(begins | {"isSubjectCaseSensitive": True}, written(IMAGE, "EventGridSchema"))
    assert not passes({"subjectEndsWith": "/two"}, written(IMAGE, "EventGridSchema"))


@pytest.mark.parametrize(
    "refused",
    [
        advanced(operatorType="StringEquals"),
        advanced(values=[]),
        advanced(values=["x" * 513]),
        advanced(values=["x"] * 26),
        advanced(key="data.a.b.c"),
    ],
    ids=["operator", "no value", "long value", "many values", "deep key"],
)
def test_a_filter_that_event_grid_would_refuse_is_refused(refused: dict[str, Any]) -> None:
    with pytest.raises(FilterError):
        passes(refused, written(IMAGE, "EventGridSchema"))
