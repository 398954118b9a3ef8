"""Lists of rollouts: filters, order, pages, and cursors that nobody can make up."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from domain.naming import rollout_id
from tests.unit.engine import START, FakeEngine
from tests.unit.functions import IMAGE, Triggers, json_of
from tests.unit.test_views import rollout
from triggers.listing import LARGEST_LIMIT, Filters, page
from triggers.parsing import Rejected


@pytest.fixture
def app() -> Triggers:
    return Triggers()


def hold(engine: FakeEngine, number: int, **more: Any) -> str:
    """A rollout, created `number` minutes after the start of time, in place of anything else with its id."""
    shown = rollout(more.pop("runtime", "Running"), status=more.pop("status", None))
    asked = dict(shown.input) | more.pop("input", {})
    instance = engine.put(
        rollout_id(asked["profileName"], asked["image"], f"{number:032}", 1),
        runtime=shown.runtime,
        created=more.pop("created", START + timedelta(minutes=number)),
        updated=START + timedelta(minutes=number + 1),
        input=asked,
        custom_status=shown.custom_status,
        **more,
    )
    return instance.id


async def ids(app: Triggers, **query: Any) -> list[str]:
    """The ids of one page."""
    return [row["id"] for row in json_of(await app.call("list_rollouts", **query))["rollouts"]]


async def test_the_newest_come_first_and_pages_join_without_gap_or_overlap(app: Triggers) -> None:
    made = [hold(app.engine, number) for number in range(7)]
    twin = hold(app.engine, 100, created=START + timedelta(minutes=6))
    app.engine.put("web-child-1-replicate", name="replicate", created=START + timedelta(minutes=9))
    collected: list[str] = []
    query: dict[str, Any] = {"limit": "3"}
    while True:
        body = json_of(await app.call("list_rollouts", **query))
        collected += [row["id"] for row in body["rollouts"]]
        if body["nextCursor"] is None:
            break
        assert len(body["rollouts"]) == 3
        query["cursor"] = body["nextCursor"]
    assert collected == sorted([made[6], twin], reverse=True) + made[5::-1]


async def test_each_filter_admits_what_it_names(app: Triggers) -> None:
    running = hold(app.engine, 1)
    cancelled = hold(app.engine, 2, runtime="Completed", status={"outcome": "Cancelled"})
    failed = hold(app.engine, 3, runtime="Failed", status={"outcome": "Failed"})
    killed = hold(app.engine, 4, runtime="Terminated")
    batch = hold(app.engine, 5, input={"profileName": "web-2", "image": IMAGE + "2"})
    assert await ids(app, status="running") == [batch, running]
    assert await ids(app, status="Cancelled") == [killed, cancelled]
    assert await ids(app, status="Failed") == [failed]
    assert await ids(app, status="Completed") == []
    assert await ids(app, profile="web") == [killed, failed, cancelled, running]
    assert await ids(app, profile="web-2") == [batch]
    assert await ids(app, image=(IMAGE + "2").upper()) == [batch]


async def test_a_window_of_time_begins_inclusive_and_ends_exclusive(app: Triggers) -> None:
    first, second, third = (hold(app.engine, number) for number in (1, 2, 3))
    assert await ids(app, **{"from": "2026-11-24T08:02:00Z"}) == [third, second]
    assert await ids(app, to="2026-11-24T08:02:00Z") == [first]
    assert await ids(app, **{"from": "2026-11-24T09:02:00+01:00", "to": "2026-11-24T09:03:00 01:00"}) == [second]


async def test_running_rollouts_in_a_list_show_their_childrens_progress(app: Triggers) -> None:
    running = hold(app.engine, 1)
    app.engine.put(f"{running}-replicate", name="replicate", custom_status={"version": "1.0.7"})
    [row] = json_of(await app.call("list_rollouts"))["rollouts"]
    assert row["version"] == "1.0.7"


def forged(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "Done"}, "status"),
        ({"image": "myImage"}, "image"),
        ({"profile": "Web!"}, "profile"),
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-13-01"}, "to"),
        ({"limit": "0"}, "limit"),
        ({"limit": str(LARGEST_LIMIT + 1)}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "١"}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
        ({"cursor": forged([1, 2])}, "cursor"),
        ({"cursor": forged(["2026-11-24T08:00:00", "id"])}, "cursor"),
        ({"cursor": forged({"a": 1})}, "cursor"),
        ({"cursor": forged(["2026-11-24T08:00:00Z", "x" * 500])}, "cursor"),
        ({"profil": "web"}, "profil"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_400_and_named(app: Triggers, query: dict[str, Any], field: str) -> None:
    answer = await app.call("list_rollouts", **query)
    assert answer.status_code == 400
    assert json_of(answer)["field"] == field


async def test_a_list_of_nothing_is_empty() -> None:
    assert await page(Filters(), FakeEngine()) == ([], None)


def test_an_unknown_filter_is_rejected_before_anything_is_asked() -> None:
    with pytest.raises(Rejected):
        Filters.of({"top": "3"})


async def test_a_cursor_at_the_end_of_time_is_a_page_like_any_other() -> None:
    """There is no moment after it."""
    filters = Filters.of({"cursor": forged(["9999-12-31T23:59:59.999999+00:00", "web-0123456789-1"])})

    rows, _ = await page(filters, FakeEngine())
    assert rows == []
