"""`ArmClient` and lists: every page, of nothing but resources, from nowhere but ARM."""

from pathlib import Path
from typing import Any

import pytest

from domain.errors import TerminalError, TransientError
from tests.unit.arm_server import Answer, Asked, arm_server
from tests.unit.test_arm_client import COMPUTE, GALLERY, GROUP, VERSION


async def test_all_pages_of_a_list_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def page(asked: Asked) -> Answer:
        number = 2 if "page=2" in asked.target else 1
        items = [{"id": f"{VERSION}{number}", "name": f"1.0.{number}", "properties": {}}]
        more = {"nextLink": f"{server.url}/next?page=2"} if number == 1 else {}
        return Answer(200, {"value": items, **more})

    async with arm_server(tmp_path, monkeypatch, page) as (arm, server):
        found = await arm.list(f"{GALLERY}/images/d/versions")
    assert [item["name"] for item in found] == ["1.0.1", "1.0.2"]


@pytest.mark.parametrize("named", ["https://evil.example", "https://localhost:1", "http://localhost", "HERE@evil"])
async def test_no_token_goes_to_a_foreign_page_of_a_list(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def page(_: Asked) -> Answer:
        link = f"{named.replace('HERE', server.url)}/next?page=2"
        return Answer(200, {"value": [{"id": VERSION, "properties": {}}], "nextLink": link})

    async with arm_server(tmp_path, monkeypatch, page) as (arm, server):
        with pytest.raises(TerminalError) as raised:
            await arm.list(f"{GALLERY}/images/d/versions")
        assert len(server.asked) == 1
    assert (raised.value.code, raised.value.resource) == ("ForeignOperationUrl", f"{GALLERY}/images/d/versions")


@pytest.mark.parametrize("items", [[{"name": "1.0.0"}], [{"properties": None}], [7], "none", {"a": 1}])
async def test_items_of_a_list_that_are_no_resources_are_not_passed_on(
    items: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with arm_server(tmp_path, monkeypatch, Answer(200, {"value": items})) as (arm, _):
        with pytest.raises(TransientError):
            await arm.list(f"{GALLERY}/images/d/versions")


@pytest.mark.parametrize(
    "collection", [GALLERY, GROUP, f"{GALLERY}/images/d/ver?sions", f"{GALLERY}/../g/versions", f"{COMPUTE}/galleries"]
)
async def test_what_is_no_collection_is_refused_without_a_request(
    collection: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with arm_server(tmp_path, monkeypatch, Answer()) as (arm, server):
        with pytest.raises(TerminalError):
            await arm.list(collection)
        assert server.asked == []
