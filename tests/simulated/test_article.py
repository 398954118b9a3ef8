"""The article, end to end: an image that appears becomes a gallery, a definition, a version and a scale set."""

from pathlib import Path
from typing import Any

import pytest

from tests.world import World, world


async def assert_the_articles_world(w: World) -> None:
    """What the article makes, as ARM shows it."""
    gallery = w.sim.resource(w.gallery_id())
    definition = w.sim.resource(w.gallery_id("images", "myImageDefinition"))
    version = w.sim.resource(w.version_id("1.0.0"))
    scale_set = w.sim.resource(w.scale_set_id())
    assert gallery
    assert definition
    assert version
    assert scale_set
    assert gallery["location"] == "westcentralus"
    assert gallery["properties"]["description"] == "Shared Image Gallery for my organization"
    assert gallery["tags"]["gallery-rollout-profile"] == "web"
    properties = definition["properties"]
    assert properties["identifier"] == {"publisher": "myPublisher", "offer": "myOffer", "sku": "mySKU"}
    assert (properties["osType"], properties["osState"], properties["hyperVGeneration"]) == (
        "Windows",
        "Generalized",
        "V1",
    )
    assert {"name": "SecurityType", "value": "Standard"} in properties["features"]
    targets = version["properties"]["publishingProfile"]["targetRegions"]
    assert {(target["name"], target["regionalReplicaCount"]) for target in targets} == {
        ("South Central US", 1),
        ("West Central US", 2),
    }
    assert version["properties"]["safetyProfile"]["blockDeletionBeforeEndOfLife"] is False
    assert version["properties"]["provisioningState"] == "Succeeded"
    assert scale_set["location"] == "southcentralus"
    assert scale_set["sku"]["capacity"] == 2
    assert scale_set["properties"]["upgradePolicy"]["mode"] == "Automatic"
    assert (await w.instances()) == {"0": "1.0.0", "1": "1.0.0"}


async def test_an_event_becomes_the_articles_world(tmp_path: Path) -> None:
    """A managed image is written; by nobody's hand its rollout runs to the end."""
    async with world(tmp_path) as w:
        shown = await w.roll_out()

        assert (shown["status"], shown["outcome"], shown["error"]) == ("Completed", "Completed", None)
        assert shown["startedBy"]["kind"] == "event"
        assert shown["version"] == "1.0.0"
        assert {(region["name"], region["state"], region["progress"]) for region in shown["regions"]} == {
            ("southcentralus", "Completed", 100),
            ("westcentralus", "Completed", 100),
        }
        await assert_the_articles_world(w)


async def test_a_post_becomes_the_articles_world(tmp_path: Path) -> None:
    """The same over HTTP, where no event came."""
    async with world(tmp_path, hold_events=lambda _: True) as w:
        image = await w.publish()
        await w.settle()
        answer = await w.post(image)

        assert answer.status_code == 202, answer.text
        await w.settle()
        shown = await w.rollout(answer.json()["id"])
        assert shown["status"] == "Completed"
        assert shown["startedBy"]["kind"] == "http"
        await assert_the_articles_world(w)


@pytest.mark.parametrize("schema", ["grid", "cloud"])
async def test_both_event_schemas_start_a_rollout(tmp_path: Path, schema: str) -> None:
    """Event Grid's own schema and CloudEvents 1.0."""
    async with world(tmp_path, hold_events=lambda _: True) as w:
        await w.publish()
        await w.settle()
        await w.send(w.events[0] if schema == "grid" else _as_cloud_event(w.events[0]))
        await w.settle()

        assert (await w.only())["status"] == "Completed"


def _as_cloud_event(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event["id"],
        "source": event["topic"],
        "subject": event["subject"],
        "type": event["eventType"],
        "time": event["eventTime"],
        "data": event["data"],
    }
