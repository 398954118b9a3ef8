"""Events of written images: in either schema, late, twice and out of order when asked for, and never lost."""

from datetime import timedelta
from typing import Any, Literal

import pytest

from local.armsim import Simulator
from local.clock import ManualClock


async def _publish(count: int, *, seed: int = 0, **more: Any) -> tuple[list[dict[str, Any]], list[timedelta]]:
    """The events of `count` images, made at once, and when each came."""
    clock, taken, times = ManualClock(), [], []
    start = clock.now()

    async def take(event: dict[str, Any]) -> None:
        taken.append(event)
        times.append(clock.now() - start)

    sim = Simulator(clock=clock, seed=seed, on_event=take, **more)
    group = f"/subscriptions/{sim.subscription_id}/resourceGroups/rg"
    disk = {"osType": "Linux", "osState": "Generalized", "blobUri": "https://s.blob.example/v/i.vhd"}
    sim.world.submit("PUT", group, "2024-11-01", {"location": "westus2"})
    for number in range(count):
        image = {"location": "westus2", "properties": {"storageProfile": {"osDisk": disk}}}
        sim.world.submit("PUT", f"{group}/providers/Microsoft.Compute/images/i{number}", "2024-07-01", image)
    while (due := sim.next_due()) is not None:
        clock.move_to(due)
        await sim.events_sent()
    return taken, times


async def test_prompt_events_come_once_each() -> None:
    events, _ = await _publish(20)
    assert len({event["id"] for event in events}) == len(events) == 20


async def test_chaotic_events_come_late_twice_and_out_of_order() -> None:
    events, times = await _publish(40, delivery="chaotic")
    subjects = [event["subject"].rpartition("/")[2] for event in events]
    assert set(subjects) == {f"i{number}" for number in range(40)}
    assert len(events) > 40, "none came twice"
    made = list(dict.fromkeys(subjects))
    assert made != sorted(made, key=lambda one: int(one[1:])), "all came in order"
    assert max(times) > timedelta(seconds=30)


async def test_the_same_seed_gives_the_same_chaos_and_another_one_another() -> None:
    first = await _publish(15, delivery="chaotic", seed=3)
    assert await _publish(15, delivery="chaotic", seed=3) == first
    assert (await _publish(15, delivery="chaotic", seed=4))[1] != first[1]


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ("eventgrid", {"id", "topic", "subject", "eventType", "eventTime", "dataVersion", "metadataVersion", "data"}),
        ("cloudevents", {"id", "source", "subject", "type", "time", "specversion", "data"}),
    ],
)
async def test_each_schema_has_its_own_envelope(schema: Literal["eventgrid", "cloudevents"], names: set[str]) -> None:
    ((event,), _) = await _publish(1, schema=schema)
    assert set(event) == names
    assert event["data"]["operationName"] == "Microsoft.Compute/images/write"


async def test_an_event_that_the_queue_refused_is_sent_again() -> None:
    clock, attempts = ManualClock(), []

    async def refuse_twice(event: dict[str, Any]) -> None:
        attempts.append(event["id"])
        if len(attempts) < 3:
            raise ConnectionError("the queue is away")

    sim = Simulator(clock=clock, on_event=refuse_twice)
    sim.world.submit(
        "PUT", f"/subscriptions/{sim.subscription_id}/resourceGroups/rg", "2024-11-01", {"location": "westus2"}
    )
    disk = {"osType": "Linux", "osState": "Generalized", "blobUri": "https://s.blob.example/v/i.vhd"}
    image = f"/subscriptions/{sim.subscription_id}/resourceGroups/rg/providers/Microsoft.Compute/images/i"
    body = {"location": "westus2", "properties": {"storageProfile": {"osDisk": disk}}}
    sim.world.submit("PUT", image, "2024-07-01", body)
    for _ in range(6):
        clock.advance(20)
        await sim.events_sent()
    assert len(attempts) == 3
    assert len(set(attempts)) == 1
