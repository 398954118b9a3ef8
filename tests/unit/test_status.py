"""The custom status: it fits its limit whatever happens, and a reader makes one of the rollout's and its children's."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

import durabletask.internal.orchestrator_service_pb2 as pb
from durabletask.internal import helpers
from durabletask.serialization import JsonDataConverter
from durabletask.worker import _OrchestrationExecutor, _Registry
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import TerminalError
from domain.models import RegionState
from domain.status import ErrorRecord, Status, StepRecord, Waiting, merged
from domain.steps import CANCEL
from orchestrators.rollout import rollout
from tests.unit import samples

UTF16_LIMIT = 16 * 1024
MOMENT = "2026-11-24T08:00:00.000Z"
LONGEST_ID = "/subscriptions/" + "x" * 258
texts = st.text(max_size=900)


def size(status: Status) -> int:
    """Bytes in UTF-16 of what the worker sends: `json.dumps` with its default separators."""
    return len(json.dumps(status.fit()).encode("utf-16-le"))


def full(regions: int, steps: int) -> Status:
    """A status with everything in it at its longest."""
    return Status(
        waiting_for=Waiting(what="replication of 2147483647.2147483647.2147483647", since=MOMENT, next=MOMENT),
        version="2147483647.2147483647.2147483647",
        resources={f"networkSecurityGroup{index}": LONGEST_ID for index in range(10)},
        regions=tuple(
            RegionState(
                name=f"southafricanorth{index}", state="Replicating", progress=55, replicas=100, details="d" * 300
            )
            for index in range(regions)
        ),
        steps=tuple(
            StepRecord(
                name=f"create_public_ip_address{index}",
                status="Completed",
                started_at=MOMENT,
                ended_at=MOMENT,
                detail="ä" * 400,
                resource=LONGEST_ID,
            )
            for index in range(steps)
        ),
        error=ErrorRecord.of(TerminalError("Code", "ß" * 2000, resource=LONGEST_ID, remedy="r" * 2000)),
        note="n" * 3000,
    )


def test_forty_regions_with_all_else_at_its_longest_fit() -> None:
    shown = Status.load(full(40, 16).fit())
    assert size(full(40, 16)) <= UTF16_LIMIT
    assert [(region.state, region.progress) for region in shown.regions] == [("Replicating", 55)] * 40
    assert shown.waiting_for
    assert shown.error


@given(
    regions=st.integers(0, 150),
    steps=st.integers(0, 60),
    note=texts,
    detail=texts,
    name=texts,
)
def test_no_status_is_ever_too_long(regions: int, steps: int, note: str, detail: str, name: str) -> None:
    status = full(regions, steps).model_copy(
        update={
            "note": note,
            "regions": tuple(RegionState(name=f"{name}{index}", details=detail) for index in range(regions)),
            "waiting_for": Waiting(what=detail, since=MOMENT),
        }
    )
    assert size(status) <= UTF16_LIMIT
    Status.load(status.fit())


def test_a_status_that_fits_is_whole() -> None:
    status = full(2, 1).model_copy(update={"error": None, "note": "", "resources": {"version": LONGEST_ID}})
    assert Status.load(status.fit()) == status


def test_what_is_known_best_goes_last() -> None:
    """Details go before ids, and ids before the percentage of each region."""
    shown = full(40, 16).fit()
    assert all("detail" not in step for step in shown["steps"])
    assert all("progress" in region for region in shown["regions"])


def test_a_waiting_child_says_what_the_rollout_waits_for() -> None:
    rollout = Status(waiting_for=Waiting(what="the scale set", since=MOMENT), resources={"gallery": "g"})
    child = Status(waiting_for=Waiting(what="instances", since=MOMENT), resources={"version": "v"}, version="1.0.0")
    both = merged(rollout, [Status(), child])
    assert both.waiting_for == child.waiting_for
    assert both.resources == {"gallery": "g", "version": "v"}
    assert both.version == "1.0.0"


def test_a_rollout_that_is_over_waits_for_nothing() -> None:
    child = Status(waiting_for=Waiting(what="instances", since=MOMENT))
    assert merged(Status(outcome="Cancelled"), [child]).waiting_for is None


def executed(past: list[pb.HistoryEvent], new: list[pb.HistoryEvent]) -> Status:
    """What the orchestrator `rollout` hands to the engine at the end of one execution."""
    registry: Any = _Registry()  # type: ignore[no-untyped-call]
    registry.add_named_orchestrator("rollout", rollout)
    executor = _OrchestrationExecutor(registry, logging.getLogger("test"), JsonDataConverter())
    done = executor.execute("web-0123456789-1", past, new)
    assert done.encoded_custom_status, "the engine would drop the status"
    return Status.load(json.loads(done.encoded_custom_status))


def test_every_execution_sets_a_status_even_one_that_brings_no_news() -> None:
    """A word to stop arrives while an activity runs, and once more: the activity is still what is waited for."""
    asked = samples.request().rollout.dump()
    began = [
        helpers.new_orchestrator_started_event(datetime(2026, 11, 24, 8, 0, tzinfo=UTC)),
        helpers.new_execution_started_event("rollout", "web-0123456789-1", json.dumps(asked)),
    ]
    scheduled = [helpers.new_task_scheduled_event(1, "read_image")]
    stop = [helpers.new_event_raised_event(CANCEL)]
    first = executed([], began)
    for past, new in (
        ([*began, *scheduled], stop),
        ([*began, *scheduled, *stop], stop),
        ([*began, *scheduled, *stop, *stop], stop),
    ):
        status = executed(past, new)
        assert status == first
        assert status.waiting_for
        assert status.waiting_for.what == "Read the image"
