"""One rollout an image: which id, started or joined or left alone."""

from typing import Any

import pytest

from domain.errors import AccessDeniedError, TerminalError, TransientError
from tests.unit.engine import START, FakeEngine
from tests.unit.intake import HTTP, IMAGE, Intake
from triggers.parsing import ImageRequested
from triggers.starting import NothingToStart, Started, look, to_plan


@pytest.fixture
def intake() -> Intake:
    return Intake()


async def test_an_event_starts_the_first_attempt(intake: Intake) -> None:
    started = await intake.event()
    assert started == Started(intake.attempt(1), "web", created=True, status="Pending")
    given = intake.input(started.id)
    assert (given["image"], given["profileName"], given["attempt"]) == (IMAGE, "web", 1)
    assert given["startedBy"] == {"kind": "event", "eventId": "e-1", "eventTime": "2026-11-24T07:59:58Z"}
    assert given["profile"]["gallery"]["name"] == "myGallery"


async def test_a_duplicate_starts_nothing_and_says_which_rollout_exists(intake: Intake) -> None:
    first = await intake.event()
    for again in (await intake.event(), await intake.post(), await intake.post(image=IMAGE.replace("myI", "MYi"))):
        assert not again.created
        assert again.id == first.id
        assert first.id in again.reason
    assert len(intake.engine.held) == 1


async def test_a_completed_rollout_is_not_repeated(intake: Intake) -> None:
    first = await intake.event()
    intake.engine.end(first.id, "Completed", outcome="Completed", version="1.0.0")
    for again in (await intake.event(), await intake.post()):
        assert (again.created, again.id, again.status) == (False, first.id, "Completed")


async def test_new_content_under_the_old_name_starts_a_new_rollout(intake: Intake) -> None:
    first = await intake.event()
    intake.source = "/vm-2"
    second = await intake.event()
    assert second.created
    assert second.id != first.id


@pytest.mark.parametrize(
    ("runtime", "outcome"), [("Failed", "Failed"), ("Completed", "Cancelled"), ("Terminated", None)]
)
async def test_only_a_person_retries_what_failed_or_was_cancelled(
    intake: Intake, runtime: Any, outcome: str | None
) -> None:
    first = await intake.event()
    intake.engine.end(first.id, runtime, outcome=outcome)
    ignored = await intake.event()
    assert not ignored.created
    assert "rollout start" in ignored.reason
    retry = await intake.post()
    assert (retry.created, retry.id) == (True, intake.attempt(2))
    assert intake.input(retry.id)["earlier"] == first.id
    assert intake.input(retry.id)["attempt"] == 2


async def test_the_retry_of_a_retry_is_the_third_attempt(intake: Intake) -> None:
    for number in (1, 2):
        started = await intake.post()
        assert started.id == intake.attempt(number)
        intake.engine.end(started.id, "Failed", outcome="Failed")
    third = await intake.post()
    assert third.id == intake.attempt(3)
    assert intake.input(third.id)["earlier"] == intake.attempt(2)


async def test_a_rollout_superseded_before_it_published_is_done_anew_by_an_event_too(intake: Intake) -> None:
    first = await intake.event()
    intake.engine.end(first.id, "Completed", outcome="Superseded")
    second = await intake.event()
    assert (second.created, second.id) == (True, intake.attempt(2))
    assert "earlier" not in intake.input(second.id)


async def test_a_rollout_superseded_after_it_published_is_done(intake: Intake) -> None:
    first = await intake.event()
    intake.engine.end(first.id, "Completed", outcome="Superseded", version="1.0.0")
    assert (await intake.event()).id == first.id


async def test_again_repeats_a_completed_rollout_under_a_key_of_its_own(intake: Intake) -> None:
    first = await intake.event()
    intake.engine.end(first.id, "Completed", outcome="Completed", version="1.0.0")
    again = await intake.post(again=True)
    assert again.id == intake.attempt(2)
    assert intake.input(again.id)["again"] == "20261124T080000.000000Z"
    assert "earlier" not in intake.input(again.id)


async def test_again_joins_a_rollout_that_is_under_way(intake: Intake) -> None:
    first = await intake.event()
    assert (await intake.post(again=True)).id == first.id


async def test_the_same_again_delivered_twice_is_one_rollout(intake: Intake) -> None:
    first = await intake.post(again=True)
    intake.engine.end(first.id, "Completed", outcome="Completed", version="1.0.1")
    assert (await intake.post(again=True)).id == first.id
    intake.now = START.replace(hour=9)
    assert (await intake.post(again=True)).id == intake.attempt(2)


async def test_a_failed_repetition_is_retried_under_the_number_it_has_claimed(intake: Intake) -> None:
    first = await intake.post(again=True)
    intake.engine.end(first.id, "Failed", outcome="Failed")
    retry = await intake.post()
    assert intake.input(retry.id)["again"] == intake.input(first.id)["again"]
    intake.engine.end(retry.id, "Failed", outcome="Failed")
    intake.now = START.replace(hour=9)
    once_more = await intake.post(again=True)
    assert intake.input(once_more.id)["again"] == intake.input(first.id)["again"]


async def test_children_and_strangers_are_no_attempts(intake: Intake) -> None:
    first = await intake.event()
    intake.engine.end(first.id, "Failed", outcome="Failed")
    intake.engine.put(f"{first.id}-replicate", name="replicate")
    assert (await intake.post()).id == intake.attempt(2)


async def test_a_query_that_lags_behind_starts_nothing_twice(intake: Intake) -> None:
    first = await intake.event()
    intake.engine.lagging.add(first.id)
    again = await intake.event()
    assert (again.created, again.id) == (False, first.id)


async def test_somebody_faster_is_joined(intake: Intake) -> None:
    """Both ask, both are told that there is nothing, both start."""

    class Blind(FakeEngine):
        async def get(self, instance_id: str) -> None:
            return None

    intake.engine = Blind()
    first = await intake.event()
    intake.engine.lagging.add(first.id)
    again = await intake.event()
    assert (again.created, again.id) == (False, first.id)
    assert again.reason


async def test_a_start_whose_answer_was_lost_is_ours(intake: Intake) -> None:
    intake.engine.lost = True
    started = await intake.event()
    assert (started.created, started.id) == (True, intake.attempt(1))


async def test_a_start_that_did_not_happen_is_transient(intake: Intake) -> None:
    intake.engine.refuses = True
    with pytest.raises(TransientError):
        await intake.event()
    assert intake.engine.held == {}


@pytest.mark.parametrize("state", ["Creating", "Updating"])
async def test_an_image_under_construction_is_waited_for(intake: Intake, state: str) -> None:
    intake.state = state
    with pytest.raises(TransientError) as busy:
        await intake.event()
    assert busy.value.code == "ImageNotReady"
    assert busy.value.retry_after


@pytest.mark.parametrize("state", ["Failed", "Deleting"])
async def test_an_image_that_is_no_good_starts_nothing(intake: Intake, state: str) -> None:
    intake.state = state
    with pytest.raises(NothingToStart) as nothing:
        await intake.event()
    assert nothing.value.field == "image"
    assert state in nothing.value.reason


async def test_an_image_that_is_gone_starts_nothing(intake: Intake) -> None:
    intake.error = TerminalError("ImageNotFound", "The managed image does not exist.")
    with pytest.raises(NothingToStart, match="does not exist"):
        await intake.event()


@pytest.mark.parametrize(
    "error", [AccessDeniedError("AuthorizationFailed", "no"), TerminalError("SubscriptionNotFound", "no")]
)
async def test_any_other_error_of_the_read_is_the_callers_business(intake: Intake, error: Exception) -> None:
    intake.error = error
    with pytest.raises(type(error)):
        await intake.event()


async def test_a_dry_run_takes_no_id_of_a_rollout(intake: Intake) -> None:
    requested = ImageRequested(image=IMAGE, started_by=HTTP, dry_run=True, again=True)
    wanted = await look(requested, read_image=intake.read_image, rollouts=intake.rollouts, asked=True)
    request = to_plan(wanted, lambda: START)
    assert request.rollout.again
    assert request.image.fingerprint == request.rollout.fingerprint
    assert request.rollout_id.endswith("-dry-run")
    assert intake.engine.held == {}
