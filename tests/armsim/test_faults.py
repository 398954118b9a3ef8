"""Faults: which request they hit, and what happens to it and to the world."""

import asyncio
from typing import Any

import pytest

from local.armsim import Fault
from tests.armsim.arm import HOME, Arm, managed_image

IMAGE = "Microsoft.Compute/images/i"
GALLERY = "Microsoft.Compute/galleries/g"


async def test_a_status_is_answered_before_any_effect(arm: Arm) -> None:
    fault = arm.sim.faults.add(
        Fault(kind="status", method="PUT", status=429, code="TooManyRequests", message="Slow down.", retry_after=0.5)
    )
    answer = await arm.send("PUT", IMAGE, managed_image(arm))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "0.5")
    assert answer.json()["error"] == {"code": "TooManyRequests", "message": "Slow down."}
    assert arm.sim.resource(arm.id(IMAGE)) is None
    assert fault.hits == 1
    await arm.put(IMAGE, managed_image(arm))


async def test_the_nth_match_is_hit_and_count_says_how_many(arm: Arm) -> None:
    fault = arm.sim.faults.add(Fault(kind="status", status=503, path_contains="/IMAGES/", nth=2, count=2))
    statuses = [(await arm.send("GET", IMAGE)).status_code for _ in range(5)]
    assert statuses == [404, 503, 503, 404, 404]
    assert (fault.hits, fault.seen) == (2, 5)


async def test_a_fault_without_filters_counts_every_request_polls_too_if_it_says_so(arm: Arm) -> None:
    arm.sim.faults.add(Fault(kind="status", status=500, phase=None, nth=3))
    answer = await arm.send("PUT", IMAGE, managed_image(arm))
    assert (await arm.poll(answer)).status_code == 200
    assert (await arm.poll(answer)).status_code == 500
    assert (await arm.poll(answer)).status_code == 200


async def test_a_fault_of_the_poll_phase_counts_polls_of_that_type_alone(arm: Arm) -> None:
    fault = arm.sim.faults.add(
        Fault(kind="status", status=503, phase="poll", resource_type="microsoft.compute/IMAGES", count=None)
    )
    image = await arm.send("PUT", IMAGE, managed_image(arm))
    gallery = await arm.send("PUT", GALLERY, {"location": HOME})
    assert (await arm.poll(gallery)).status_code == 200
    assert [(await arm.poll(image)).status_code for _ in range(3)] == [503] * 3
    arm.sim.faults.clear()
    assert (await arm.poll(image)).status_code == 200
    assert fault.hits == 3


async def test_dropped_before_nothing_is_done_dropped_after_all_is(arm: Arm) -> None:
    arm.sim.faults.add(Fault(kind="drop_before", method="PUT"))
    with pytest.raises(ConnectionResetError):
        await arm.send("PUT", IMAGE, managed_image(arm))
    assert arm.sim.resource(arm.id(IMAGE)) is None
    arm.sim.faults.clear()
    arm.sim.faults.add(Fault(kind="drop_after", method="PUT"))
    with pytest.raises(ConnectionResetError):
        await arm.send("PUT", IMAGE, managed_image(arm))
    assert arm.sim.resource(arm.id(IMAGE)) is not None
    assert [one.status for one in arm.sim.requests[-2:]] == [0, 0]


async def test_an_operation_that_fails_leaves_its_resource_failed_and_a_put_again_mends_it(arm: Arm) -> None:
    arm.sim.faults.add(Fault(kind="operation_fails", code="InternalExecutionError", message="Bad luck."))
    answer = await arm.send("PUT", GALLERY, {"location": HOME})
    assert answer.status_code == 201
    ended = await arm.finish(answer)
    assert ended["status"] == "Failed"
    assert ended["error"] == {"code": "InternalExecutionError", "message": "Bad luck."}
    assert (await arm.get(GALLERY))["properties"]["provisioningState"] == "Failed"
    mended = await arm.done(GALLERY, {"location": HOME})
    assert mended["properties"]["provisioningState"] == "Succeeded"


async def test_faults_of_writes_do_not_count_reads_or_polls(arm: Arm) -> None:
    fault = arm.sim.faults.add(Fault(kind="operation_fails", phase=None, nth=2))
    answer = await arm.send("PUT", IMAGE, managed_image(arm))
    await arm.get(IMAGE)
    await arm.poll(answer)
    assert (await arm.finish(await arm.send("PUT", GALLERY, {"location": HOME})))["status"] == "Failed"
    assert fault.seen == 2


async def test_an_operation_that_never_ends_stays_in_progress(arm: Arm) -> None:
    arm.sim.faults.add(Fault(kind="never_ends", method="PUT"))
    answer = await arm.send("PUT", IMAGE, managed_image(arm))
    arm.clock.advance(10 * 24 * 3600)
    assert (await arm.poll(answer)).json()["status"] == "InProgress"
    assert (await arm.get(IMAGE))["properties"]["provisioningState"] == "Creating"
    assert arm.sim.operations[-1].ends is None


async def test_a_load_balancer_can_fail_although_it_is_done_at_once(arm: Arm) -> None:
    body = {"location": HOME, "sku": {"name": "Standard"}}
    arm.sim.faults.add(Fault(kind="operation_fails", path_contains="loadBalancers"))
    answer = await arm.send("PUT", "Microsoft.Network/loadBalancers/lb", body)
    assert answer.json()["properties"]["provisioningState"] == "Updating"
    assert (await arm.poll(answer)).json()["status"] == "Failed"
    assert (await arm.get("Microsoft.Network/loadBalancers/lb"))["properties"]["provisioningState"] == "Failed"


async def test_a_request_that_hangs_gets_no_answer(arm: Arm) -> None:
    arm.sim.faults.add(Fault(kind="hang", method="GET"))
    hanging = asyncio.create_task(arm.send("GET", IMAGE))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not hanging.done()
    assert arm.sim.requests[-1].status == 0
    hanging.cancel()
    assert (await arm.send("GET", IMAGE)).status_code == 404


async def test_deletions_can_fail(arm: Arm) -> None:
    await arm.done(IMAGE, managed_image(arm))
    arm.sim.faults.add(Fault(kind="operation_fails", method="DELETE"))
    await arm.finish(await arm.send("DELETE", IMAGE))
    assert (await arm.get(IMAGE))["properties"]["provisioningState"] == "Failed"


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("conflict", 409, "Conflict"), ("forbidden", 403, "AuthorizationFailed"), ("expired_token", 401, "Expired")],
)
async def test_refusals_come_in_arms_own_words(arm: Arm, kind: Any, status: int, code: str) -> None:
    arm.sim.faults.add(Fault(kind=kind))
    answer = await arm.send("PUT", IMAGE, managed_image(arm))
    assert answer.status_code == status
    assert code in answer.json()["error"]["code"]
    assert ("www-authenticate" in answer.headers) is (status == 401)
    assert arm.sim.resource(arm.id(IMAGE)) is None


async def test_a_proxy_in_front_answers_html(arm: Arm) -> None:
    arm.sim.faults.add(Fault(kind="status", status=503, html=True))
    answer = await arm.send("GET", IMAGE)
    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<html>")


async def _let_run() -> None:
    """Let everything in the loop that can go on go on."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_a_slow_answer_comes_when_its_time_has_passed(arm: Arm) -> None:
    arm.sim.faults.add(Fault(kind="slow", method="PUT", seconds=30))
    waiting = asyncio.create_task(arm.send("PUT", IMAGE, managed_image(arm)))
    await _let_run()
    assert arm.sim.resource(arm.id(IMAGE)) is not None
    arm.clock.advance(29)
    await _let_run()
    assert not waiting.done()
    arm.clock.advance(1)
    assert (await waiting).status_code == 201


async def test_a_lost_update_says_success_and_leaves_the_others_world(arm: Arm) -> None:
    await arm.put(GALLERY, {"location": HOME, "tags": {"by": "us"}})
    arm.clock.advance(60)
    arm.sim.faults.add(Fault(kind="lost_update", method="PUT", body={"tags": {"by": "them"}}))
    answer = await arm.send("PUT", GALLERY, {"location": HOME, "tags": {"by": "us again"}})
    assert answer.status_code == 200
    assert answer.json()["tags"] == {"by": "us again"}
    arm.clock.advance(60)
    assert (await arm.get(GALLERY))["tags"] == {"by": "them"}


async def test_what_was_written_cannot_be_read_for_some_seconds(arm: Arm) -> None:
    arm.sim.faults.add(Fault(kind="not_found_after", method="PUT", seconds=20))
    assert (await arm.send("PUT", GALLERY, {"location": HOME})).status_code == 201
    for passed, status in ((0, 404), (19, 404), (1, 200)):
        arm.clock.advance(passed)
        assert (await arm.send("GET", GALLERY)).status_code == status
    assert len((await arm.get("Microsoft.Compute/galleries"))["value"]) == 1


async def test_an_operation_expires_and_the_write_holds(arm: Arm) -> None:
    arm.sim.faults.add(Fault(kind="operation_expires", method="PUT", seconds=3))
    answer = await arm.send("PUT", IMAGE, managed_image(arm))
    assert (await arm.poll(answer)).status_code == 200
    arm.clock.advance(60)
    assert (await arm.poll(answer)).status_code == 404
    assert (await arm.get(IMAGE))["properties"]["provisioningState"] == "Succeeded"


async def test_a_stuck_resource_stays_creating_though_its_operation_succeeded(arm: Arm) -> None:
    arm.sim.faults.add(Fault(kind="stuck", method="PUT"))
    answer = await arm.send("PUT", IMAGE, managed_image(arm))
    arm.clock.advance(3600)
    assert (await arm.poll(answer)).json()["status"] == "Succeeded"
    assert (await arm.get(IMAGE))["properties"]["provisioningState"] == "Creating"


async def test_a_fault_may_be_for_one_client_or_one_name(arm: Arm) -> None:
    arm.sim.faults.add(Fault(kind="status", status=503, client="az*", count=None))
    arm.sim.faults.add(Fault(kind="status", status=500, name="i*", count=None))
    assert (await arm.send("GET", GALLERY)).status_code == 404
    assert (await arm.send("GET", GALLERY, User_Agent="azsdk-python")).status_code == 503
    assert (await arm.send("GET", GALLERY, CommandName="az sig show")).status_code == 503
    assert (await arm.send("GET", IMAGE)).status_code == 500


async def test_a_fault_has_a_window(arm: Arm) -> None:
    arm.sim.faults.add(Fault(kind="status", status=503, count=None, begins=10, lasts=5))
    seen = []
    for _ in range(4):
        seen.append((await arm.send("GET", GALLERY)).status_code)
        arm.clock.advance(6)
    assert seen == [404, 404, 503, 404]


async def test_probability_is_drawn_from_the_seed_a_request_at_a_time(arm: Arm) -> None:
    async def struck(names: list[str]) -> dict[str, int]:
        arm.sim.faults.clear()
        arm.sim.world.counts.clear()
        arm.sim.faults.add(Fault(kind="status", status=503, probability=0.4, count=None))
        return {one: (await arm.send("GET", f"Microsoft.Compute/images/{one}")).status_code for one in names}

    names = [f"i{number}" for number in range(60)]
    first = await struck(names)
    assert 10 < list(first.values()).count(503) < 40
    assert await struck(names[::-1]) == first, "the order of the requests changed the draws"


async def test_a_fault_of_the_token_phase_strikes_the_token_endpoint_alone(arm: Arm) -> None:
    arm.sim.faults.add(Fault(kind="status", status=503, phase="token"))
    assert (await arm.send("GET", GALLERY)).status_code == 404
    path = f"/{arm.sim.tenant_id}/oauth2/v2.0/token"
    assert (await arm.http.post(path)).status_code == 503
    assert (await arm.http.post(path)).status_code == 400


async def test_a_fault_of_writes_waits_for_one_on_which_it_has_an_effect(arm: Arm) -> None:
    fails = arm.sim.faults.add(Fault(kind="region_fails", region="southcentralus"))
    await arm.put(GALLERY, {"location": HOME})
    stuck = arm.sim.faults.add(Fault(kind="not_found_after", method="POST"))
    arm.clock.advance(60)
    await arm.send("POST", f"{GALLERY}/share", {"operationType": "Reset"})
    assert (fails.hits, stuck.hits) == (0, 0)


async def test_an_expired_operation_of_a_deletion_is_forgotten_too(arm: Arm) -> None:
    await arm.done(GALLERY, {"location": HOME})
    fault = arm.sim.faults.add(Fault(kind="operation_expires", method="DELETE", seconds=0))
    answer = await arm.send("DELETE", GALLERY)
    assert (await arm.poll(answer)).status_code == 404
    assert fault.hits == 1


async def test_a_resource_that_is_named_token_is_no_token_endpoint(arm: Arm) -> None:
    arm.sim.faults.add(Fault(kind="status", status=503, phase="token", count=None))
    assert (await arm.send("GET", "Microsoft.Compute/images/token")).status_code == 404
