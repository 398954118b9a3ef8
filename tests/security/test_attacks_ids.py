"""Image ids as weapons: none gets further than the door, whichever door it knocks at."""

import json
import logging
from pathlib import Path

import pytest

from arm.client import ArmClient
from domain import resource_ids
from domain.errors import TerminalError
from tests.security import hostile
from tests.unit.arm_server import Answer, arm_server
from tests.unit.functions import Triggers, json_of
from tests.world import QUEUE, world


async def test_no_hostile_id_starts_anything_or_reaches_azure(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """By HTTP each is 400 and names the field; by queue each lies in poison as it came; nothing of it is logged."""
    caplog.set_level(logging.DEBUG)
    async with world(tmp_path) as w:
        before = len(w.sim.requests)
        for what, hostile_id in hostile.IDS.items():
            answer = await w.post(hostile_id)
            assert (answer.status_code, answer.json()["field"]) == (400, "image"), what
            message = json.dumps({"image": hostile_id})
            await w.send(message)
            await w.settle()
            assert w.queues.messages(f"{QUEUE}-poison")[-1].text == message, what
        assert w.sim.requests[before:] == []
        assert await w.rollouts() == []
    ours = [one.getMessage() for one in caplog.records if one.name.startswith(("gallery_rollout", "host"))]
    assert len(ours) >= len(hostile.IDS)
    for marker in ("attacker.example", "\x1b", "\n", "jndi", "<script>", "jsessionid"):
        assert not [line for line in ours if marker in line]


@pytest.mark.parametrize("hostile_id", hostile.IDS.values(), ids=hostile.IDS)
async def test_filters_refuse_hostile_ids_too(hostile_id: str) -> None:
    """`?image=` of a list goes through the same door."""
    answer = await Triggers().call("list_rollouts", image=hostile_id)
    assert answer.status_code == 400
    assert json_of(answer)["field"] == "image"


@pytest.mark.parametrize("what", ["a query", "the folder above", "another host", "a NUL", "dots in percent signs"])
async def test_the_client_of_arm_is_a_second_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """An id that came by another way is refused before a byte is sent."""
    async with arm_server(tmp_path, monkeypatch, Answer(200, {"properties": {}})) as (arm, server):
        with pytest.raises(TerminalError, match="InvalidResourceId"):
            await arm.get(hostile.IDS[what])
        with pytest.raises(TerminalError, match="InvalidResourceId"):
            await arm.put(hostile.IDS[what], {"location": "westeurope"})
        assert server.asked == []


async def test_a_letter_of_another_alphabet_is_escaped_not_spliced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Azure allows letters of every script in a group's name: they travel as percent signs, in one segment."""
    resource = hostile.IMAGES.replace("myResourceGroup", "gr\u00fc\u00dfe-\u0438") + "/myImage"
    async with arm_server(tmp_path, monkeypatch, Answer(200, {"properties": {}})) as (arm, server):
        await arm.get(resource)
        [asked] = server.asked
    path, _, query = asked.target.partition("?")
    assert path.isascii()
    assert path.count("/") == resource.count("/")
    assert query.startswith("api-version=")


@pytest.mark.parametrize("group", ["wor\u212a", "\u212bngstr\u00f6m", "\u2126hm", "stra\u1e9ee"])
def test_no_two_groups_of_azure_are_one_to_us(group: str) -> None:
    """Signs that lower case turns into an ordinary letter: in Azure, `worK` with a Kelvin sign is a group of its own,
    which a profile for `work` is not for."""
    with pytest.raises(ValueError, match="characters"):
        resource_ids.parse(f"/subscriptions/{hostile.SUBSCRIPTION}/resourceGroups/{group}")
    assert resource_ids.parse(f"/subscriptions/{hostile.SUBSCRIPTION}/resourceGroups/straße-Ω").group == "straße-Ω"


def test_the_client_of_arm_knows_no_other_way_to_an_address() -> None:
    """Every public method that takes an id is covered above or takes an operation, whose address is checked."""
    public = {name for name in vars(ArmClient) if not name.startswith("_")}
    assert public == {"get", "list", "put", "patch", "poll", "close"}
