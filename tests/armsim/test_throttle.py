"""The throttle: what headers say is left, what is refused, when to come back, and that it can be saved."""

import json
from typing import Any

import pytest

from local.armsim.table import TABLE
from local.armsim.throttle import Throttle
from local.armsim.world import World
from local.clock import ManualClock
from tests.armsim.arm import HOME, Arm

SUB = "/subscriptions/s1"
GALLERY = f"{SUB}/resourceGroups/rg/providers/Microsoft.Compute/galleries/g"
VMSS = f"{SUB}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/v"
NET = f"{SUB}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/n"
REST = "x-ms-ratelimit-remaining-"


def throttle(clock: ManualClock, speed: float = 1.0, *, on: bool = True) -> Throttle:
    return Throttle(World(clock=clock, speed=speed, instant=False, seed=0, kinds=TABLE), on=on)


def left(headers: dict[str, str]) -> dict[str, int]:
    """Compute's own header, by name."""
    pairs = headers[f"{REST}resource"].replace("Microsoft.Compute/", "").split(",")
    return {name: int(number) for name, _, number in (pair.partition(";") for pair in pairs)}


@pytest.mark.parametrize(
    ("method", "path", "wanted"),
    [
        ("GET", NET, {"subscription-global-reads": "16499"}),
        ("PUT", NET, {"subscription-writes": "199", "subscription-global-writes": "11999"}),
        ("DELETE", NET, {"subscription-deletes": "199", "subscription-global-deletes": "11999"}),
        ("POST", f"{SUB}/providers/Microsoft.Compute/register", {"subscription-writes": "199"}),
        ("GET", GALLERY, {"resource": "Microsoft.Compute/GetGallery3Min;349,Microsoft.Compute/GetGallery30Min;2499"}),
        ("GET", f"{SUB}/providers/Microsoft.Compute/virtualMachineScaleSets", {"resource": None}),
        ("GET", "/tenants", {}),
    ],
)
def test_a_first_request_shows_what_recorded_ones_show(
    clock: ManualClock, method: str, path: str, wanted: dict[str, str | None]
) -> None:
    headers, refused = throttle(clock).take(method, path)
    assert refused is None
    shown = {name.removeprefix(REST): value for name, value in headers.items()}
    assert {name: shown.get(name) for name in wanted} == wanted
    assert bool(shown) == bool(wanted)


@pytest.mark.parametrize(
    ("method", "tail", "names"),
    [
        ("PUT", "", ["CreateVMScaleSetSubscriptionMaximum", "CreateVMScaleSetResource"]),
        ("POST", "/manualupgrade", ["VMScaleSetActionsSubscriptionMaximum"]),
        ("POST", "/POWEROFF", ["DeleteVMScaleSetSubscriptionMaximum"]),
        ("GET", "/instanceView", ["HighCostGetVMScaleSetSubscriptionMaximum", "HighCostGetVMScaleSetResource"]),
        ("GET", "/virtualMachines/0", ["GetVMScaleSetVMSubscriptionMaximum", "GetVMScaleSetVMResource"]),
        ("GET", "/skus", ["GetVMScaleSetSubscriptionMaximum", "GetVMScaleSetResource"]),
    ],
)
def test_each_operation_of_compute_counts_by_its_own_name(
    clock: ManualClock, method: str, tail: str, names: list[str]
) -> None:
    headers, _ = throttle(clock).take(method, VMSS + tail)
    assert list(left(headers))[: len(names)] == names


def test_what_is_left_is_counted_down_and_filled_again(clock: ManualClock) -> None:
    one = throttle(clock)
    for _ in range(51):
        headers, refused = one.take("PUT", NET)
        assert refused is None
    assert headers[f"{REST}subscription-writes"] == "149"
    clock.advance(2)
    assert one.take("PUT", NET)[0][f"{REST}subscription-writes"] == "168"
    clock.advance(60)
    assert one.take("PUT", NET)[0][f"{REST}subscription-writes"] == "199"


def test_a_window_of_compute_starts_anew_once_it_has_passed(clock: ManualClock) -> None:
    one = throttle(clock)
    for _ in range(50):
        one.take("PUT", GALLERY)
        clock.advance(3)
    refused = one.take("PUT", GALLERY)[1]
    assert refused is not None
    assert refused.headers == {"Retry-After": "30"}
    clock.advance(30)
    headers, refused = one.take("PUT", GALLERY)
    assert refused is None
    assert left(headers) == {"CreateUpdateGallery3Min": 49, "CreateUpdateGallery30Min": 249}


def test_an_empty_bucket_of_arms_is_429_with_the_time_to_come_back(clock: ManualClock) -> None:
    one = throttle(clock)
    answers = [one.take("DELETE", NET)[1] for _ in range(201)]
    assert answers[:200] == [None] * 200
    refused = answers[200]
    assert refused is not None
    assert (refused.status, refused.code, refused.gateway) == (429, "SubscriptionRequestsThrottled", True)
    assert "'DELETE/SUBSCRIPTIONS/RESOURCEGROUPS/PROVIDERS/MICROSOFT.NETWORK/VIRTUALNETWORKS/'" in refused.message
    assert refused.headers == {"Retry-After": "1"}
    clock.advance(1)
    assert one.take("DELETE", NET)[1] is None


def test_compute_says_which_group_of_operations_was_too_many(clock: ManualClock) -> None:
    one = throttle(clock)
    refused = next(found for found in (one.take("PUT", VMSS)[1] for _ in range(20)) if found)
    body: Any = refused.body()["error"]
    assert (refused.status, body["code"]) == (429, "OperationNotAllowed")
    assert body["innererror"]["internalErrorCode"] == "TooManyRequestsReceived"
    (detail,) = body["details"]
    assert (detail["code"], detail["target"]) == ("TooManyRequests", "CreateVMScaleSetResource")
    measured = json.loads(detail["message"])
    assert (measured["operationGroup"], measured["allowedRequestCount"]) == ("CreateVMScaleSetResource", 12)
    assert one.take("PUT", VMSS + "2")[1] is None, "another resource"
    assert one.take("PUT", VMSS.replace("s1", "s2"))[1] is None, "another subscription"


def test_nothing_is_refused_where_the_throttle_is_off(clock: ManualClock) -> None:
    one = throttle(clock, on=False)
    for _ in range(300):
        headers, refused = one.take("PUT", GALLERY)
        assert refused is None
    assert headers[f"{REST}subscription-writes"] == "0"
    assert left(headers)["CreateUpdateGallery3Min"] == 0


def test_speed_divides_refill_and_the_time_to_come_back(clock: ManualClock) -> None:
    fast = throttle(clock, speed=100)
    refused = next(found for found in (fast.take("PUT", GALLERY)[1] for _ in range(60)) if found)
    assert refused.headers == {"retry-after-ms": "1800"}
    clock.advance(1.8)
    assert fast.take("PUT", GALLERY)[1] is None


def test_what_is_left_survives_as_json(clock: ManualClock) -> None:
    first, second = throttle(clock), throttle(clock)
    for _ in range(7):
        first.take("PUT", GALLERY)
    for name in first.names():
        second.restore(name, json.loads(json.dumps(first.level(name))))
    assert second.take("PUT", GALLERY) == first.take("PUT", GALLERY)


async def test_a_throttled_client_gets_429_and_nothing_is_written(arm: Arm) -> None:
    arm.sim.throttle.on = True
    gallery = "Microsoft.Compute/galleries/g"
    await arm.done(gallery, {"location": HOME})
    for _ in range(49):
        answer = await arm.send("PATCH", gallery, {"tags": {"a": "b"}})
    assert left(dict(answer.headers))["CreateUpdateGallery3Min"] == 0
    refused = await arm.send("PATCH", gallery, {"tags": {"c": "d"}})
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "OperationNotAllowed")
    assert int(refused.headers["Retry-After"]) > 1
    assert (await arm.get(gallery))["tags"] == {"a": "b"}


async def test_answers_of_the_gateway_itself_say_nothing_of_compute(arm: Arm) -> None:
    missing = await arm.send("GET", "Microsoft.Compute/images/none")
    assert missing.status_code == 404
    assert f"{REST}resource" not in missing.headers
