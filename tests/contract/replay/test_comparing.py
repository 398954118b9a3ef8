"""The replay finds what was falsified and nothing else: shown on a recording of another simulator."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.armsim import Simulator
from local.clock import ManualClock
from tests.contract.replay.player import Interaction, play
from tests.contract.replay.recordings import load
from tests.contract.replay.report import differences, score

type Row = dict[str, Any]
GROUP, IP = "resourceGroups/shop", "resourceGroups/shop/providers/Microsoft.Network/publicIPAddresses/door"
NETWORK, GROUPS = "api-version=2024-05-01", "api-version=2022-09-01"
ADDRESS = {"location": "westus2", "properties": {"publicIPAllocationMethod": "Static"}, "sku": {"name": "Standard"}}


class Recorder:
    """Keeps what a simulator answers, as the published recordings do."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.simulator = Simulator(clock=self.clock, seed=7)
        self.rows: list[Row] = []

    async def send(self, method: str, url: str, sent: Any = None, after: float = 0.0) -> httpx.Response:
        self.clock.advance(after)
        transport = httpx.ASGITransport(app=self.simulator.app)
        token = {"Authorization": f"Bearer {self.simulator.token()}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="https://management.azure.com", headers=token
        ) as http:
            answer = await http.request(method, url, json=sent)
        self.rows.append(
            {
                "t": self.clock.now().timestamp(),
                "m": method,
                "u": str(answer.request.url),
                "req": None if sent is None else json.dumps(sent),
                "s": answer.status_code,
                "h": dict(answer.headers),
                "b": answer.json() if answer.content else "",
            }
        )
        return answer


@pytest.fixture
async def rows() -> list[Row]:
    """A public IP is made, polled twice, read, deleted with its group and not found any more."""
    recorder = Recorder()
    base = f"/subscriptions/{recorder.simulator.subscription_id}"
    await recorder.send("PUT", f"{base}/{GROUP}?{GROUPS}", {"location": "westus2"})
    recorder.rows.clear()
    await recorder.send("GET", f"{base}/{GROUP}?{GROUPS}")
    made = await recorder.send("PUT", f"{base}/{IP}?{NETWORK}", ADDRESS)
    await recorder.send("GET", made.headers["Azure-AsyncOperation"])
    await recorder.send("GET", made.headers["Azure-AsyncOperation"], after=60)
    await recorder.send("GET", f"{base}/{IP}?{NETWORK}")
    gone = await recorder.send("DELETE", f"{base}/{GROUP}?{GROUPS}")
    await recorder.send("GET", gone.headers["Location"], after=600)
    await recorder.send("GET", f"{base}/{IP}?{NETWORK}")
    return recorder.rows


async def replayed(folder: Path, rows: list[Row]) -> list[Interaction]:
    file = folder / "made-up.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in rows))
    return [interaction for recording in load([file]) for interaction in await play(recording)]


async def test_another_world_with_the_same_behaviour_has_no_difference(rows: list[Row], tmp_path: Path) -> None:
    played = await replayed(tmp_path, rows)
    assert differences(played) == []
    assert [one.method for one in played] == ["GET", "PUT", "GET", "GET", "DELETE", "GET", "GET"]
    assert score(played) == 100.0


def status(rows: list[Row]) -> None:
    rows[5]["s"] = 200


def code(rows: list[Row]) -> None:
    rows[7]["b"]["error"]["code"] = "ResourceNotFound"


def retry(rows: list[Row]) -> None:
    rows[1]["h"]["retry-after"] = "3"


def header(rows: list[Row]) -> None:
    del rows[1]["h"]["azure-asyncnotification"]
    rows[4]["h"]["azure-asyncnotification"] = "Enabled"


def missing(rows: list[Row]) -> None:
    rows[4]["b"]["properties"]["colour"] = "blue"


def extra(rows: list[Row]) -> None:
    del rows[4]["b"]["properties"]["idleTimeoutInMinutes"]


def value(rows: list[Row]) -> None:
    rows[4]["b"]["properties"]["idleTimeoutInMinutes"] = "4"


def state(rows: list[Row]) -> None:
    rows[3]["b"]["status"] = "Failed"


@pytest.mark.parametrize(
    ("falsify", "found"),
    [
        (status, ["5 status"]),
        (code, ["7 code"]),
        (retry, ["1 retry-after"]),
        (header, ["1 header", "4 header"]),
        (missing, ["4 missing"]),
        (extra, ["4 extra"]),
        (value, ["4 value"]),
        (state, ["2 value"]),
    ],
)
async def test_what_was_falsified_is_found(
    falsify: Callable[[list[Row]], None], found: list[str], rows: list[Row], tmp_path: Path
) -> None:
    falsify(rows)
    played = await replayed(tmp_path, rows)
    assert [f"{one.index} {each.kind}" for one in played for each in one.differences] == found


async def test_an_operation_that_runs_on_in_the_recording_runs_on_here(rows: list[Row], tmp_path: Path) -> None:
    rows[3]["b"] = {"status": "InProgress"}
    rows[3]["h"]["retry-after"] = "10"
    rows.insert(4, {**rows[3], "t": rows[3]["t"] + 3600, "b": {"status": "Succeeded"}, "h": dict(rows[2]["h"])})
    for later in rows[5:]:
        later["t"] += 3600
    rows[4]["h"].pop("retry-after")
    assert differences(await replayed(tmp_path, rows)) == []


async def test_faults_of_the_day_and_strange_types_are_skipped_with_a_reason(rows: list[Row], tmp_path: Path) -> None:
    strange = {**rows[1], "u": rows[1]["u"].replace("Microsoft.Network/publicIPAddresses", "Microsoft.KeyVault/vaults")}
    fault = {**rows[1], "s": 503, "b": "<html/>", "h": {}}
    played = await replayed(tmp_path, [rows[0], strange, {**strange, "m": "DELETE"}, fault, *rows[1:]])
    assert [one.skipped for one in played if one.skipped] == [
        "type not simulated: Microsoft.KeyVault/vaults",
        "type not simulated: Microsoft.KeyVault/vaults",
        "recorded fault",
    ]
    assert differences(played) == []


async def test_what_only_a_skipped_write_made_is_made_as_it_is_shown_later(rows: list[Row], tmp_path: Path) -> None:
    door = {"type": "Microsoft.Network/publicIPAddresses", "name": "door", "properties": "[variables('door')]"}
    template = {"resources": [door, {"type": "A.B/c"}]}
    deployment = rows[1]["u"].replace("Microsoft.Network/publicIPAddresses", "Microsoft.Resources/deployments")
    rows[1].update(u=deployment, req=json.dumps({"properties": {"template": template}}))
    played = await replayed(tmp_path, rows)
    assert [one.skipped.partition(":")[0] for one in played if one.skipped] == [
        "type not simulated",
        "polls what was not replayed",
    ]
    assert differences(played) == []
