"""Faults as they are given: control routes, files, and what is refused at once."""

from pathlib import Path
from typing import Any

import pytest

from local.armsim import Fault
from local.armsim.__main__ import UsageError, read_faults
from tests.armsim.arm import Arm, managed_image

IMAGE = "Microsoft.Compute/images/i"
GALLERY = "Microsoft.Compute/galleries/g"


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


async def test_the_control_route_adds_shows_and_clears(arm: Arm) -> None:
    added = await arm.http.post("/_sim/faults", json={"kind": "status", "status": 418, "method": "GET"})
    assert added.status_code == 201
    assert (await arm.send("GET", GALLERY)).status_code == 418
    (shown,) = (await arm.http.get("/_sim/faults")).json()["value"]
    assert (shown["hits"], shown["seen"]) == (1, 1)
    for wrong in ({"kind": "status", "colour": 1}, {"kind": "none"}, {"kind": "status", "nth": "x"}, {"nth": 1}):
        assert (await arm.http.post("/_sim/faults", json=wrong)).status_code == 400
    assert (await arm.http.delete("/_sim/faults")).json() == {"value": []}


def test_a_file_of_faults_is_read_whole_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("faults:\n- {kind: status, status: 429, retry_after: 2, method: PUT}\n- {kind: hang, nth: 3}\n")
    assert [(one.kind, one.nth) for one in read_faults(path)] == [("status", 1), ("hang", 3)]
    for text, said in (
        ("- {kind: status, statsu: 429}", "statsu"),
        ("- {kind: nothing}", "unknown kind"),
        ("faults: [{kind: hang}]\nmore: 1", "a list of faults"),
        ("- kind: [", "while parsing"),
    ):
        path.write_text(text)
        with pytest.raises(UsageError, match=said):
            read_faults(path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": 5},
        {"name": 5},
        {"count": "x"},
        {"lasts": "x"},
        {"retry_after": "soon"},
        {"status": 99},
        {"status": 9999},
        {"nth": True},
        {"probability": float("inf")},
        {"begins": -1},
        {"kind": "lost_update", "body": "x"},
        {"phase": "never"},
    ],
    ids=str,
)
async def test_a_fault_that_cannot_be_is_refused_at_once(arm: Arm, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"wrong kind|out of range|lies between|unknown"):
        Fault.from_json({"kind": "status", **wrong})
    assert (await arm.send("GET", GALLERY)).status_code == 404


async def test_no_secret_of_a_fault_is_kept(arm: Arm) -> None:
    body = {"properties": {"osProfile": {"AdminPassword": "Hidden-5", "adminUsername": "me"}}}
    await arm.http.post("/_sim/faults", json={"kind": "lost_update", "body": body})
    shown = (await arm.http.get("/_sim/world")).text
    assert "adminUsername" in shown
    assert "Hidden-5" not in shown
