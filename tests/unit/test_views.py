"""A rollout as every place shows it, and its history."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import TerminalError
from domain.models import RolloutInput, StartedBy
from domain.naming import rollout_id
from tests.unit.engine import START, FakeEngine
from triggers.durable import Instance, Runtime
from triggers.history import history
from triggers.views import children_of, shown_status, view
from wiring.rollouts_file import load_rollouts
from wiring.settings import APP_DIR

SUBSCRIPTION = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
IMAGE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/myResourceGroup/providers/Microsoft.Compute/images/myImage"
ID = rollout_id("web", IMAGE, "f" * 32, 1)
PROMISED = {
    *("id", "profile", "image", "fingerprint", "attempt", "status", "createdAt", "updatedAt", "completedAt"),
    *("startedBy", "waitingFor", "version", "resources", "regions", "error", "outcome", "note", "earlier", "again"),
    "cancelledBy",
}


def at(minutes: float) -> str:
    moment = START + timedelta(minutes=minutes)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def step(name: str, begun: float, ended: float | None, **more: Any) -> dict[str, Any]:
    record = {"name": name, "status": "Completed" if ended is not None else "Running", "startedAt": at(begun)}
    return record | ({"endedAt": at(ended)} if ended is not None else {}) | more


def rollout(runtime: Runtime = "Running", minutes: float = 5, **more: Any) -> Instance:
    profile = load_rollouts(APP_DIR / "rollouts.yaml").profiles["web"]
    asked = RolloutInput(
        profile_name="web",
        profile=profile,
        image=IMAGE,
        fingerprint="f" * 32,
        started_by=StartedBy(kind="event", event_id="e-1", event_time=at(0)),
    )
    status = more.pop("status", None)
    updated = START + timedelta(minutes=minutes)
    base = {"input": asked.dump(), "custom_status": status}
    return Instance(ID, "rollout", runtime, START, updated, **(base | more))


def child(name: str, status: dict[str, Any], minutes: float = 9) -> Instance:
    return Instance(
        f"{ID}-{name}", name, "Running", START, START + timedelta(minutes=minutes), input={}, custom_status=status
    )


REPLICATING = {
    "waitingFor": {"what": "replication of 1.0.0", "since": at(2), "next": at(3)},
    "regions": [
        {"name": "southcentralus", "state": "Completed", "progress": 100, "replicas": 1},
        {"name": "westcentralus", "state": "Replicating", "progress": 40, "replicas": 2},
    ],
    "version": "1.0.0",
    "resources": {"version": "/the/version"},
    "steps": [step("read_replication", 2, None, polls=7)],
}


def test_a_view_holds_what_is_promised_and_lists_leave_the_steps_out() -> None:
    assert set(view(rollout(), steps=False)) == PROMISED
    assert set(view(rollout())) == PROMISED | {"steps"}


def test_a_rollout_that_has_not_begun_shows_what_was_asked() -> None:
    shown = view(rollout("Pending", 0))
    assert (shown["id"], shown["profile"], shown["image"], shown["attempt"]) == (ID, "web", IMAGE, 1)
    assert shown["status"] == "Pending"
    assert shown["createdAt"] == "2026-11-24T08:00:00.000Z"
    assert shown["startedBy"] == {"kind": "event", "eventId": "e-1", "eventTime": at(0)}
    assert (shown["completedAt"], shown["waitingFor"], shown["version"], shown["error"]) == (None, None, None, None)
    assert (shown["resources"], shown["regions"], shown["steps"]) == ({}, [], [])


def test_a_childs_progress_is_the_rollouts() -> None:
    own = {
        "waitingFor": {"what": "the version's replication", "since": at(1)},
        "steps": [step("create_gallery", 0, 1, resource="/the/gallery")],
        "resources": {"gallery": "/the/gallery"},
    }
    shown = view(rollout(status=own), [child("replicate", REPLICATING)])
    assert shown["waitingFor"] == {"what": "replication of 1.0.0", "since": at(2), "next": at(3)}
    assert [region["progress"] for region in shown["regions"]] == [100, 40]
    assert shown["regions"][1]["replicas"] == 2
    assert shown["resources"] == {"gallery": "/the/gallery", "version": "/the/version"}
    assert [one["name"] for one in shown["steps"]] == ["create_gallery", "read_replication"]
    assert shown["steps"][0] == {
        "name": "create_gallery",
        "status": "Completed",
        "startedAt": at(0),
        "endedAt": at(1),
        "attempts": 1,
        "polls": 0,
        "detail": "",
        "resource": "/the/gallery",
    }
    assert shown["updatedAt"] == at(9)


@pytest.mark.parametrize(
    ("runtime", "outcome", "status"),
    [
        ("Pending", None, "Pending"),
        ("Running", None, "Running"),
        ("Completed", "Completed", "Completed"),
        ("Completed", "Superseded", "Completed"),
        ("Completed", "Cancelled", "Cancelled"),
        ("Completed", None, "Completed"),
        ("Failed", "Failed", "Failed"),
        ("Failed", None, "Failed"),
        ("Terminated", None, "Cancelled"),
    ],
)
def test_one_word_for_every_end(runtime: Runtime, outcome: str | None, status: str) -> None:
    instance = rollout(runtime, status={"outcome": outcome} if outcome else None)
    assert shown_status(instance) == status
    assert (view(instance)["completedAt"] is None) == (status in ("Pending", "Running"))


def test_a_rollout_ended_by_force_waits_for_nothing_and_runs_no_step() -> None:
    shown = view(rollout("Terminated", status=REPLICATING), [child("replicate", REPLICATING)])
    assert shown["waitingFor"] is None
    assert {one["status"] for one in shown["steps"]} == {"Cancelled"}
    assert {one["endedAt"] for one in shown["steps"]} == {at(5)}


def test_the_error_of_the_status_is_shown() -> None:
    error = {"code": "AllocationFailed", "message": "No room.", "resource": "/vmss", "remedy": "Another size."}
    assert view(rollout("Failed", status={"error": error, "outcome": "Failed"}))["error"] == error


def test_a_failure_that_wrote_no_status_is_read_from_its_message() -> None:
    line = TerminalError("GalleryLimit", "Too many.", remedy="Delete some.").to_wire()
    error = view(rollout("Failed", failure=line))["error"]
    assert (error["code"], error["message"], error["remedy"]) == ("GalleryLimit", "Too many.", "Delete some.")


def test_a_failure_nobody_knows_shows_no_text_of_its_own() -> None:
    error = view(rollout("Failed", failure="KeyError: the-secret"))["error"]
    assert error["code"] == "InternalError"
    assert "the-secret" not in str(error)


def test_what_another_version_of_the_app_wrote_hides_no_rollout() -> None:
    shown = view(rollout(status={"steps": 7}, input={"profileName": "web"}))
    assert (shown["id"], shown["status"], shown["profile"], shown["steps"]) == (ID, "Running", None, [])


async def test_children_are_found_by_their_computed_ids() -> None:
    engine = FakeEngine()
    parent = engine.put(ID)
    engine.put(f"{ID}-replicate", name="replicate")
    engine.put(f"{ID}-2", name="rollout")
    assert [one.id for one in await children_of(parent, engine)] == [f"{ID}-replicate"]


def told(instance: Instance, *children: Instance) -> list[tuple[str, str | None]]:
    return [(event["kind"], event["step"]) for event in history(instance, children)["events"]]


def test_a_history_tells_start_steps_and_what_is_waited_for() -> None:
    own = {"steps": [step("create_gallery", 0, 1, attempts=3, detail="created")]}
    shown = history(rollout(status=own), [child("replicate", REPLICATING)])
    assert shown["id"] == ID
    assert [event["kind"] for event in shown["events"]] == ["started", "completed", "running", "waiting"]
    assert "e-1" in shown["events"][0]["text"]
    assert "3 attempts" in shown["events"][1]["text"]
    assert shown["events"][3] == {
        "at": at(2),
        "kind": "waiting",
        "step": None,
        "region": None,
        "text": "Waiting for replication of 1.0.0.",
    }


def test_polls_are_folded_into_one_line_with_the_regions_beside_it() -> None:
    done = REPLICATING | {
        "waitingFor": None,
        "steps": [step("read_replication", 2, 360, polls=740)],
        "regions": [
            {"name": "southcentralus", "state": "Completed", "progress": 100},
            {"name": "westcentralus", "state": "Failed", "progress": 40, "details": "storage is full"},
        ],
    }
    events = history(rollout(minutes=400), [child("replicate", done)])["events"]
    assert [(event["kind"], event["region"]) for event in events] == [
        ("started", None),
        ("running", None),
        ("completed", "southcentralus"),
        ("failed", "westcentralus"),
        ("completed", None),
    ]
    assert "storage is full" in events[3]["text"]
    assert "740" in events[4]["text"]


def test_steps_that_overlap_take_a_line_for_their_start_and_one_for_their_end() -> None:
    own = {"steps": [step("publish_version", 0, 10), step("create_virtual_network", 1, 2)]}
    assert told(rollout(status=own)) == [
        ("started", None),
        ("running", "publish_version"),
        ("completed", "create_virtual_network"),
        ("completed", "publish_version"),
    ]


def test_two_resources_of_one_step_are_two_lines() -> None:
    own = {
        "steps": [
            step("create_resource_group", 0, 1, resource="/a"),
            step("create_resource_group", 1, 2, resource="/b"),
        ]
    }
    assert told(rollout(status=own))[1:] == [("completed", "create_resource_group")] * 2


@pytest.mark.parametrize(
    ("runtime", "status", "kind", "said"),
    [
        ("Completed", {"outcome": "Completed", "note": "All 2 instances run 1.0.0."}, "completed", "All 2 instances"),
        ("Completed", {"outcome": "Superseded", "note": "A newer one."}, "completed", "Superseded"),
        ("Completed", {"outcome": "Cancelled"}, "cancelled", "Cancelled"),
        (
            "Failed",
            {"outcome": "Failed", "error": {"code": "X", "message": "m.", "remedy": "r."}},
            "failed",
            "X: m. r.",
        ),
        ("Terminated", None, "cancelled", "Cancelled"),
    ],
)
def test_a_history_ends_with_how_it_ended(runtime: Runtime, status: Any, kind: str, said: str) -> None:
    last = history(rollout(runtime, 30, status=status))["events"][-1]
    assert (last["at"], last["kind"]) == (at(30), kind)
    assert said in last["text"]


def test_the_history_of_forty_regions_and_every_step_stays_on_a_screen() -> None:
    """Each step twice at most, each region once."""
    names = ["create_gallery", "define_image", "publish_version", "create_load_balancer", "create_scale_set"]
    own = {"steps": [step(name, place, place + 1) for place, name in enumerate(names)]}
    replicated = {
        "steps": [step("read_replication", 2.5, 360, polls=900)],
        "regions": [{"name": f"region{n}", "state": "Completed", "progress": 100} for n in range(40)],
    }
    events = history(rollout("Completed", 361, status=own), [child("replicate", replicated)])["events"]
    assert len(events) <= 2 + 2 * (len(names) + 1) + 40


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(sorted(REPLICATING)), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(deadline=None, derandomize=True)
@given(status=anything, runtime=st.sampled_from(["Pending", "Running", "Completed", "Failed", "Terminated"]))
def test_whatever_a_status_holds_the_rollout_is_shown(status: Any, runtime: Runtime) -> None:
    shown = view(rollout(runtime, status=status), [child("replicate", status)])
    assert set(shown) == PROMISED | {"steps"}
    assert history(rollout(runtime, status=status))["events"]
