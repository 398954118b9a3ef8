"""The agenda: entries at their own moment, whoever moves the clock and from wherever."""

import asyncio
import threading
from datetime import datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.armsim import Simulator
from local.armsim.agenda import Agenda
from local.clock import ManualClock, WallClock

SECOND = timedelta(seconds=1)


def test_a_leap_runs_everything_it_passed_in_order_and_at_its_own_moment() -> None:
    clock = ManualClock()
    agenda, start = Agenda(clock), clock.now()
    seen: list[tuple[str, datetime]] = []

    def chain(when: datetime) -> None:
        seen.append(("first", when))
        agenda.after(SECOND, lambda at: seen.append(("after the first", at)), when)

    agenda.after(3 * SECOND, lambda at: seen.append(("third", at)))
    agenda.after(SECOND, chain)
    clock.advance(60)
    assert seen == [
        ("first", start + SECOND),
        ("after the first", start + 2 * SECOND),
        ("third", start + 3 * SECOND),
    ]
    assert agenda.next_due() is None


async def test_the_timer_runs_what_is_due_without_anybody_looking() -> None:
    agenda, ran = Agenda(WallClock()), asyncio.Event()
    agenda.bind(asyncio.get_running_loop())
    agenda.after(timedelta(0), lambda _: ran.set())
    async with asyncio.timeout(5):
        await ran.wait()


async def test_a_clock_moved_in_another_thread_runs_entries_in_the_loop() -> None:
    clock, ran, threads = ManualClock(), asyncio.Event(), []
    agenda = Agenda(clock)
    agenda.bind(asyncio.get_running_loop())

    def note(_: datetime) -> None:
        threads.append(threading.get_ident())
        ran.set()

    agenda.after(SECOND, note)
    await asyncio.to_thread(clock.advance, 2)
    async with asyncio.timeout(5):
        await ran.wait()
    assert threads == [threading.get_ident()]


def test_a_clock_may_move_after_the_loop_has_gone() -> None:
    clock = ManualClock()
    sim = Simulator(clock=clock)

    async def ask() -> None:
        transport = httpx.ASGITransport(app=sim.app)
        async with httpx.AsyncClient(transport=transport, base_url="https://arm.test") as http:
            http.headers["Authorization"] = f"Bearer {sim.token()}"
            group = f"/subscriptions/{sim.subscription_id}/resourceGroups/rg"
            await http.put(group, params={"api-version": "2024-11-01"}, json={"location": "westus"})
            gallery = f"{group}/providers/Microsoft.Compute/galleries/g"
            await http.put(gallery, params={"api-version": "2024-03-03"}, json={"location": "westus"})

    asyncio.run(ask())
    clock.advance(60)
    (gallery,) = sim.resources("Microsoft.Compute/galleries").values()
    assert gallery["properties"]["provisioningState"] == "Succeeded"


@given(st.floats(0.001, 5000), st.floats(0.01, 10_000), st.booleans())
def test_retry_after_is_a_whole_number_or_milliseconds_and_never_nothing(
    seconds: float, speed: float, instant: bool
) -> None:
    header = Simulator(speed=speed, instant=instant).world.retry_after(seconds)
    ((name, value),) = header.items()
    assert int(value) >= 1
    asked = int(value) if name == "Retry-After" else int(value) / 1000
    assert asked == pytest.approx(0.02 if instant else max(seconds / speed, 0.02), abs=0.001)
