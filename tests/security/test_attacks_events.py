"""Events and images that lie: about who they are, how often they came, and whose they are."""

import asyncio
import base64
import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from arm.errors import struck
from domain import naming
from local.armsim import Fault
from tests.unit.test_parsing import cloud_event, grid_event
from tests.world import PASSWORD, QUEUE, World, rollouts_file, world

CLAIMS = {
    "name": "Alice-Claim-Example",
    "ipaddr": "192.0.2.77",
    "aio": "Bearer-eyJ0eXAiOiJKV1QiLCJ",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "alice-upn@contoso.example",
}
MARKS = (*CLAIMS.values(), "Planted-Elsewhere")
SIGNS = PASSWORD + "\"\\<é&%'> /+?`\\u00e4"


def dotnet_json(text: str) -> str:
    """System.Text.Json with its default encoder."""
    kept = text.replace("\\", "\\\\")
    return re.sub("[<>&'\"+`]|[^ -~]", lambda one: f"\\u{ord(one[0]):04X}", kept)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in JSON": lambda text: json.dumps(text)[1:-1],
    "in JSON in JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "in JSON of .NET": dotnet_json,
    "in JSON of .NET in JSON": lambda text: json.dumps(dotnet_json(text))[1:-1],
    "in JSON of .NET in JSON of .NET": lambda text: dotnet_json(dotnet_json(text)),
    "in JSON of Newtonsoft": lambda text: re.sub(
        "[<>&'\"]", lambda one: f"\\u{ord(one[0]):04x}", text.replace("\\", "\\\\")
    ),
    "in JSON of Go": lambda text: re.sub(
        "[<>&]", lambda one: f"\\u{ord(one[0]):04x}", json.dumps(text, ensure_ascii=False)[1:-1]
    ),
    "in JSON of PHP": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "in an address": lambda text: quote(text, safe=""),
    "in a path": quote,
    "in a form": quote_plus,
    "in an address of .NET": lambda text: re.sub("%..", lambda found: found[0].lower(), quote(text, safe="")),
    "in HTML": html.escape,
    "in text of HTML": lambda text: html.escape(text, quote=False),
    "in HTML of .NET": lambda text: html.escape(text).replace("&#x27;", "&#39;").replace("é", "&#233;"),
    "in entities by number": lambda text: "".join(
        one if one.isalnum() and one < "z" else f"&#{ord(one)};" for one in text
    ),
    "in entities by hex number": lambda text: re.sub("[^A-Za-z0-9]", lambda one: f"&#x{ord(one[0]):x};", text),
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in base64 of an address": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "in base64 of Windows": lambda text: base64.b64encode(text.encode("utf-16-le")).decode(),
    "in hex": lambda text: text.encode().hex(),
    "in hex of Windows": lambda text: text.encode("utf-16-le").hex().upper(),
}
"""How a server may echo a value: its own encoders, not ours."""


async def recorded(w: World) -> str:
    """Everything that the engine keeps and the API shows."""
    shown = [(await w.http.get("/api/rollouts")).text]
    for name in w.host.engine.instance_ids():
        shown.append(str(list(w.host.engine.history(name))))
        for end in ("", "/history"):
            shown.append((await w.http.get(f"/api/rollouts/{name}{end}")).text)
    return "\n".join(shown)


async def test_nothing_of_an_events_claims_survives_the_door(tmp_path: Path) -> None:
    """Neither claims nor anything else that was put into the event, wherever it was put."""
    async with world(tmp_path, hold_events=lambda _: True) as w:
        image = await w.publish()
        await w.settle()
        data = {"claims": CLAIMS, "httpRequest": {"url": "Planted-Elsewhere"}, "Planted-Elsewhere": 1}
        await w.send(grid_event(image, data=data) | {"extra": "Planted-Elsewhere"})
        await w.send(
            cloud_event(image, data=grid_event(image, data=data)["data"]) | {"traceparent": "Planted-Elsewhere"}
        )
        await w.settle()
        assert (await w.only())["status"] == "Completed"
        kept = await recorded(w)
        assert grid_event(image)["id"] in kept
        assert not [mark for mark in MARKS if mark in kept]


async def test_tags_of_an_image_that_claim_to_be_ours_change_nothing(tmp_path: Path) -> None:
    """The version carries our own lineage, and no other image is taken for one that was rolled out already."""
    async with world(tmp_path) as w:
        first = await w.roll_out()
        stolen = w.sim.resource(w.version_id("1.0.0"))
        assert stolen is not None
        lie = {**stolen["tags"], naming.TAG_PROFILE: "somebody", naming.TAG_AGAIN: "x"}
        second = await w.roll_out(source="vm-2", **lie)
        assert (second["status"], second["version"]) == ("Completed", "1.0.1")
        assert second["id"] != first["id"]
        made = w.sim.resource(w.version_id("1.0.1"))
        assert made is not None
        assert made["tags"][naming.TAG_PROFILE] == "web"
        assert made["tags"][naming.TAG_FINGERPRINT] == second["fingerprint"] != first["fingerprint"]
        assert naming.TAG_AGAIN not in made["tags"]
        assert w.model() == "1.0.1"


async def test_events_replayed_in_other_spellings_are_one_rollout(tmp_path: Path) -> None:
    """Upper and lower case, both schemas, other ids and times: fifty messages, one rollout, one version."""
    async with world(tmp_path) as w:
        image = await w.publish()
        await w.settle()
        writes = len(w.sim.requests)
        for number in range(25):
            spelt = [image, image.upper(), image.lower(), image.replace("myImage", "MYimage")][number % 4]
            await w.send(grid_event(spelt, id=f"replay-{number}"))
            await w.send(cloud_event(spelt, id=f"replay-{number}", time="2020-01-01T00:00:00Z"))
        await w.settle()
        assert w.writes(writes) == []
        assert (await w.only())["version"] == "1.0.0"
        assert w.queues.messages(f"{QUEUE}-poison") == []


async def test_again_in_bulk_is_once_more_at_most_while_one_runs(tmp_path: Path) -> None:
    """Twenty messages that ask for it at one time: the first starts one, the others find it under way."""
    async with world(tmp_path) as w:
        await w.roll_out()
        for _ in range(20):
            await w.send({"image": w.image_id(), "again": True})
        await w.settle()
        assert [one["version"] for one in await w.rollouts()] == ["1.0.1", "1.0.0"]


async def test_requests_for_again_at_one_time_are_one(tmp_path: Path) -> None:
    """The same over HTTP."""
    async with world(tmp_path) as w:
        await w.roll_out()
        answers = await asyncio.gather(*(w.post(w.image_id(), again=True) for _ in range(10)))
        assert {answer.status_code for answer in answers} <= {200, 202}
        assert len({answer.json()["id"] for answer in answers}) == 1
        await w.settle()
        assert len(await w.rollouts()) == 2


async def test_an_image_of_another_group_that_bears_the_name_starts_nothing(tmp_path: Path) -> None:
    """Who may write images elsewhere in the subscription gets no further than an answer from the profiles."""
    async with world(tmp_path) as w:
        group = w.image_id(group="attackersGroup").partition("/providers/")[0]
        await w.put(group, {"location": "westcentralus"}, "2025-04-01")
        asked = len(w.sim.requests)
        await w.send(grid_event(w.image_id(group="attackersGroup")))
        await w.settle()
        assert (await w.post(w.image_id(group="attackersGroup"))).json()["field"] == "image"
        assert w.sim.requests[asked:] == []
        assert await w.rollouts() == []


async def test_a_key_vault_reference_that_did_not_resolve_is_no_password(tmp_path: Path) -> None:
    """Its text is public: a machine with it as its password would be anybody's."""
    reference = "@Microsoft.KeyVault(SecretUri=https://my-vault.vault.azure.net/secrets/Password1)"
    async with world(tmp_path, settings={"SCALE_SET_ADMIN_PASSWORD": reference}) as w:
        shown = await w.roll_out()
        assert (shown["status"], shown["error"]["code"]) == ("Failed", "AdminPasswordUnusable")
        assert w.sim.resource(w.scale_set_id()) is None
        assert reference not in await recorded(w)
        assert w.asked("PUT", "virtualMachineScaleSets") == 0


async def test_a_password_with_every_sign_in_it_is_struck_wherever_azure_echoes_it(tmp_path: Path) -> None:
    """In each likely spelling, in the message of an error within an error; nothing that is kept or shown has it."""
    spelt = {how: spell(SIGNS) for how, spell in SPELLINGS.items()}
    echoed = " and ".join(spelt.values())
    async with world(tmp_path, rollouts_file(), settings={"SCALE_SET_ADMIN_PASSWORD": SIGNS}) as w:
        fault = Fault(
            kind="status",
            method="PUT",
            resource_type="Microsoft.Compute/virtualMachineScaleSets",
            status=400,
            code="InvalidParameter",
            message=json.dumps({"error": {"code": "Inner", "message": echoed}}),
        )
        w.sim.faults.add(fault)
        shown = await w.roll_out()
        assert shown["status"] == "Failed"
        assert "***" in shown["error"]["message"]
        kept = await recorded(w)
        assert PASSWORD not in kept
        assert not [how for how, text in spelt.items() if text in kept]


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_a_password_is_struck_in_each_likely_spelling(spell: Callable[[str], str]) -> None:
    """Alone, so that no other spelling within it is what is struck."""
    assert struck(f"before {spell(SIGNS)} after", [SIGNS]) == "before *** after"
