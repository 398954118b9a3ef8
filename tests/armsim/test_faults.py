"""Faults: which request they hit, and what happens to it and to the world."""

import asyncio

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
    "body",
    [
        {"kind": "explode"},
        {},
        {"kind": "status", "colour": "red"},
        {"kind": "region_fails"},
        {"kind": "hang", "nth": 0},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"known|kind|region|nth"):
        Fault.from_json(body)


async def test_control_routes_put_faults_in_force_and_show_the_world(arm: Arm) -> None:
    http = arm.http
    made = await http.post("/_sim/faults", json={"kind": "status", "status": 503, "method": "GET"})
    assert (made.status_code, made.json()["hits"]) == (201, 0)
    assert (await arm.send("GET", IMAGE)).status_code == 503
    assert (await http.get("/_sim/faults")).json()["value"][0]["hits"] == 1
    assert (await http.post("/_sim/faults", json={"kind": "explode"})).status_code == 400
    assert (await http.post("/_sim/faults", content=b"{")).status_code == 400
    assert (await http.delete("/_sim/faults")).json() == {"value": []}
    assert (await arm.send("GET", IMAGE)).status_code == 404
    await arm.put(IMAGE, managed_image(arm))
    requests = (await http.get("/_sim/requests")).json()["value"]
    assert requests[-1]["resource_type"] == "Microsoft.Compute/images"
    assert requests[-1]["at"] == "2026-11-24T08:00:00+00:00"
    operations = (await http.get("/_sim/operations")).json()["value"]
    assert operations[-1]["kind"] == "images PUT"
    assert arm.id(IMAGE) in (await http.get("/_sim/resources")).json()["value"]
    assert (await http.get("/_sim/nothing")).status_code == 404
