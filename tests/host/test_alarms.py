"""What is due rings once, in order, on either clock."""

import asyncio
import threading
from datetime import timedelta

from local.clock import ManualClock, WallClock
from local.host.alarms import Alarms


async def test_alarms_ring_in_the_order_of_their_times_when_the_clock_is_moved() -> None:
    clock = ManualClock()
    alarms = Alarms(clock)
    rung: list[str] = []
    now = clock.now()
    alarms.at(now + timedelta(seconds=2), lambda: rung.append("second"))
    alarms.at(now + timedelta(seconds=1), lambda: rung.append("first"))
    alarms.at(now + timedelta(seconds=2), lambda: rung.append("third"))
    cancelled = alarms.at(now + timedelta(seconds=1), lambda: rung.append("never"))
    cancelled.cancel()
    clock.advance(1)
    assert rung == ["first"]
    assert alarms.next_due() == now + timedelta(seconds=2)
    clock.advance(10)
    assert rung == ["first", "second", "third"]
    assert alarms.next_due() is None


async def test_an_alarm_in_the_past_rings_at_the_next_turn() -> None:
    clock = ManualClock()
    rung = asyncio.Event()
    Alarms(clock).at(clock.now() - timedelta(hours=1), rung.set)
    assert not rung.is_set()
    await asyncio.wait_for(rung.wait(), 5)


async def test_the_clock_may_be_moved_in_another_thread() -> None:
    clock = ManualClock()
    alarms = Alarms(clock)
    rung = asyncio.Event()
    threads: list[int] = []

    def ring() -> None:
        threads.append(threading.get_ident())
        rung.set()

    alarms.at(clock.now() + timedelta(hours=1), ring)
    await asyncio.to_thread(clock.advance, 3600)
    await asyncio.wait_for(rung.wait(), 5)
    assert threads == [threading.get_ident()]


async def test_on_the_wall_clock_a_sooner_alarm_overtakes_one_that_waits() -> None:
    clock = WallClock()
    alarms = Alarms(clock)
    rung = asyncio.Event()
    alarms.at(clock.now() + timedelta(hours=1), lambda: None)
    alarms.at(clock.now() + timedelta(milliseconds=20), rung.set)
    await asyncio.wait_for(rung.wait(), 5)
    alarms.close()


async def test_nothing_rings_after_close() -> None:
    clock = ManualClock()
    alarms = Alarms(clock)
    rung: list[int] = []
    alarms.at(clock.now() + timedelta(seconds=1), lambda: rung.append(1))
    alarms.close()
    clock.advance(10)
    assert rung == []
