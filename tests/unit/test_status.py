"""The custom status: it fits its limit whatever happens, and a reader makes one of the rollout's and its children's."""

import json

from hypothesis import given
from hypothesis import strategies as st

from domain.errors import TerminalError
from domain.models import RegionState
from domain.status import ErrorRecord, Status, StepRecord, Waiting, merged

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
