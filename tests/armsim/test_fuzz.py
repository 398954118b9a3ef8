"""Whatever comes in, an answer of ARM's goes out: never a 500, never an exception, never a wait without end."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.armsim import snapshot
from local.armsim.table import TABLE
from tests.armsim import fuzzing, lives
from tests.armsim.fuzzing import HEADERS, METHODS, QUERIES, VERSIONS, Answer, World

TAILS = sorted({tail for kind in TABLE.values() for _, tail in kind.actions})
ACTION_BODY: dict[str, Any] = {
    "instanceIds": ["0"],
    "access": "Read",
    "durationInSeconds": 60,
    "permissions": "Private",
    "operationType": "EnableCommunity",
    "serviceName": "AutomaticRepairs",
    "action": "Resume",
    "activePlacementGroupId": "x",
    "properties": {"mode": "Incremental", "template": {"resources": []}},
}


def examples(count: int, **more: Any) -> Callable[[Any], Any]:
    """Settings of so many examples."""
    return settings(deadline=None, max_examples=count, suppress_health_check=list(HealthCheck), **more)


cut = examples(40, derandomize=True)
"""The same few each time; `make campaign` looks further, and elsewhere each time."""


def check(answer: Answer, method: str) -> None:
    """An answer as ARM gives them."""
    assert answer.status < 500, answer.body
    if answer.status >= 400 and method != "HEAD":
        error = answer.json["error"]
        assert set(error) >= {"code", "message"} or isinstance(error, str), answer.body


async def any_request(data: st.DataObject) -> None:
    """One request made of anything."""
    world = await fuzzing.world()
    method, path = data.draw(METHODS), world.path(data.draw(fuzzing.paths()))
    query = {"api-version": data.draw(VERSIONS), **data.draw(QUERIES)}
    headers = dict(data.draw(HEADERS))
    if data.draw(st.integers(0, 9)) == 0:
        headers["authorization"] = data.draw(st.binary(max_size=30))
    check(await world.send(method, path, query, data.draw(fuzzing.payloads()), headers), method)
    await still_whole(world)


async def a_spoilt_write(data: st.DataObject) -> None:
    """PUT or PATCH of what the world shows, or of its like under another name, with junk in it."""
    world = await fuzzing.world()
    bodies = world.bodies()
    target = data.draw(st.sampled_from(sorted(bodies)))
    body = data.draw(fuzzing.spoilt(bodies[target]))
    path = f"{target}2" if data.draw(st.booleans()) else target
    method = data.draw(st.sampled_from(["PUT", "PATCH"]))
    await write(world, method, path, version_of(data, target), body)


async def an_action(data: st.DataObject) -> None:
    """An action or a DELETE, of any type on anything, with a fitting body that is spoilt."""
    world = await fuzzing.world()
    target = data.draw(st.sampled_from(sorted(world.bodies())))
    if data.draw(st.booleans()) and "/virtualMachineScaleSets/" in target:
        target = f"{target}/virtualMachines/0"
    tail = data.draw(st.sampled_from(["", *TAILS, "validate", "cancel", "exportTemplate", "operations", "deallocate"]))
    method = data.draw(st.sampled_from(["POST", "POST", "GET", "DELETE"]))
    body = data.draw(fuzzing.spoilt(ACTION_BODY)) if data.draw(st.booleans()) else ACTION_BODY
    await write(world, method, f"{target}/{tail}".rstrip("/"), version_of(data, target), body)


async def a_life(data: st.DataObject) -> None:
    """A machine and a scale set, written and asked for things again and again, with little wrong each time."""
    number = data.draw(st.integers(0, 2**32))
    world = await fuzzing.world()
    group = world.path("/subscriptions/{subscription}/resourceGroups/rg/providers")
    life = lives.Life(number, group, f"{group}/Microsoft.Compute/galleries/g/images/d/versions/1.0.0")
    for _ in range(8):
        method, path, body = life.step()
        check(await world.send(method, path, lives.QUERY, b"" if body is None else fuzzing.dumped(body)), method)
        world.clock.advance(life.random.choice((0, 1, 60, 3600, 86400)))
        for view in life.views():
            check(await world.send("GET", view, lives.QUERY, b""), "GET")
    await still_whole(world)


async def write(world: World, method: str, path: str, version: str, body: Any) -> None:
    """Send it, let everything come of it that will, and look at the world."""
    payload = fuzzing.dumped(body)
    answer = await world.send(method, path, {"api-version": version}, payload)
    check(answer, method)
    if answer.status < 400:
        world.clock.advance(24 * 3600)
        check(await world.send("GET", path, {"api-version": version}, b""), "GET")
    await still_whole(world)


def version_of(data: st.DataObject, target: str) -> str:
    """The newest api-version of the type of an id, or its oldest."""
    parts = target.partition("/providers/")[2].split("/")
    kind = TABLE.get("/".join([parts[0], *parts[1::2]]), TABLE["Microsoft.Resources/resourceGroups"])
    return data.draw(st.sampled_from([kind.versions[1], kind.versions[1], kind.versions[0]]))


async def still_whole(world: World) -> None:
    """The world can be shown, saved, and loaded again."""
    shown = world.sim.resources()
    rows = snapshot.text(list(snapshot.rows(world.sim)))
    snapshot.clear(world.sim)
    fuzzing.load(world.sim, rows)
    assert world.sim.resources() == shown


@cut
@given(st.data())
async def test_any_request_gets_an_answer(data: st.DataObject) -> None:
    await any_request(data)


@cut
@given(st.data())
async def test_a_body_with_junk_anywhere_is_taken_or_refused(data: st.DataObject) -> None:
    await a_spoilt_write(data)


@cut
@given(st.data())
async def test_any_action_on_anything_gets_an_answer(data: st.DataObject) -> None:
    await an_action(data)


@cut
@given(st.data())
async def test_machines_and_scale_sets_live_with_a_little_that_is_wrong(data: st.DataObject) -> None:
    await a_life(data)


@pytest.mark.campaign
@pytest.mark.parametrize("promise", [any_request, a_spoilt_write, an_action, a_life], ids=lambda one: one.__name__)
def test_many_requests_of_every_kind_get_an_answer(promise: Callable[[st.DataObject], Any]) -> None:
    @examples(5000)
    @given(st.data())
    def campaign(data: st.DataObject) -> None:
        asyncio.run(promise(data))

    campaign()
