"""Galleries and image definitions: names, uniqueness, what is fixed, defaults by api-version, deletion order."""

from typing import Any

import pytest

from tests.armsim.arm import AWAY, HOME, Arm, definition, make_definition, make_version, version_of

GALLERY = "Microsoft.Compute/galleries/g"
DEFINITION = f"{GALLERY}/images/d"


async def test_a_new_gallery_is_creating_without_retry_after_and_done_in_a_moment(arm: Arm) -> None:
    answer = await arm.send("PUT", GALLERY, {"location": "West Central US", "properties": {"description": "d"}})
    assert answer.status_code == 201
    assert "/capsOperations/" in answer.headers["Azure-AsyncOperation"]
    assert "Location" not in answer.headers
    assert "Retry-After" not in answer.headers
    body = answer.json()
    assert body["location"] == HOME
    assert body["properties"]["provisioningState"] == "Creating"
    assert body["properties"]["identifier"]["uniqueName"] == f"{arm.sim.subscription_id}-G"
    polled = await arm.poll(answer)
    assert polled.json()["status"] == "InProgress"
    assert "Retry-After" not in polled.headers
    ended = await arm.finish(answer)
    assert set(ended) == {"startTime", "endTime", "status", "name"}
    assert ended["startTime"].endswith("+00:00")


@pytest.mark.parametrize(("version", "announced"), [("2022-03-03", False), ("2025-03-03", True)])
async def test_writes_in_a_gallery_that_a_client_of_today_made_are_notified_of(
    arm: Arm, version: str, announced: bool
) -> None:
    """Definitions and deletions, too, for which such a client still uses an older api-version (recorded)."""
    answers = [await arm.send("PUT", GALLERY, {"location": HOME}, version=version)]
    await arm.finish(answers[0])
    answers.append(await arm.send("PUT", DEFINITION, definition(), version="2021-10-01"))
    await arm.finish(answers[1])
    answers.append(await arm.send("DELETE", DEFINITION, version="2021-10-01"))
    assert ["Azure-AsyncNotification" in one.headers for one in answers] == [announced] * 3


@pytest.mark.parametrize("name", ["has-dash", "_g", "g.", "g" * 81, "gü"])
async def test_a_gallery_name_that_breaks_the_rule_is_refused(arm: Arm, name: str) -> None:
    refused = await arm.refused("PUT", f"Microsoft.Compute/galleries/{name}", {"location": HOME})
    assert refused["status"] == 400
    assert "invalid" in refused["message"]


async def test_a_gallery_name_is_unique_in_the_subscription(arm: Arm) -> None:
    await arm.done(GALLERY, {"location": HOME})
    await arm.put(f"{arm.subscription}/resourceGroups/other", {"location": HOME})
    elsewhere = arm.id("Microsoft.Compute/galleries/G", "other")
    refused = await arm.refused("PUT", elsewhere, {"location": HOME})
    assert (refused["status"], refused["code"]) == (409, "OperationNotAllowed")
    assert "is not unique within the subscription" in refused["message"]


async def test_a_gallery_cannot_move(arm: Arm) -> None:
    await arm.done(GALLERY, {"location": HOME})
    refused = await arm.refused("PUT", GALLERY, {"location": AWAY})
    assert refused["status"] == 409
    assert "already exists in location" in refused["message"]


async def test_the_list_of_a_group_spells_the_group_in_capitals_and_no_other_list_does(arm: Arm) -> None:
    await make_definition(arm)
    listed = await arm.get("Microsoft.Compute/galleries")
    assert "/resourceGroups/RG/" in listed["value"][0]["id"]
    everywhere = await arm.get(f"{arm.subscription}/providers/Microsoft.Compute/galleries")
    assert "/resourceGroups/rg/" in everywhere["value"][0]["id"]
    definitions = await arm.get(f"{GALLERY}/images")
    assert definitions["value"][0]["id"] == arm.id(DEFINITION)


async def test_a_definition_needs_its_gallery(arm: Arm) -> None:
    refused = await arm.refused("PUT", DEFINITION, definition())
    assert refused["status"] == 404
    assert "Parent resource" in refused["message"]
    assert "not found" in refused["message"]


async def test_defaults_of_a_definition_follow_the_api_version(arm: Arm) -> None:
    await arm.done(GALLERY, {"location": HOME})
    old, new = definition(sku="old"), definition(sku="new")
    for body in (old, new):
        del body["properties"]["hyperVGeneration"], body["properties"]["features"]
        body["properties"]["disallowed"] = {}
    before = (await arm.done(f"{GALLERY}/images/old", old, version="2022-03-03"))["properties"]
    assert (before["hyperVGeneration"], before["architecture"]) == ("V1", "x64")
    assert "features" not in before
    assert "disallowed" not in before
    since = (await arm.done(f"{GALLERY}/images/new", new, version="2025-03-03"))["properties"]
    assert since["hyperVGeneration"] == "V2"
    assert since["features"] == [{"name": "SecurityType", "value": "TrustedLaunchSupported"}]


async def test_security_type_standard_opts_out_of_trusted_launch(arm: Arm) -> None:
    await arm.done(GALLERY, {"location": HOME})
    body = await arm.done(DEFINITION, definition(generation="V2"), version="2026-03-03")
    assert body["properties"]["features"] == [{"name": "SecurityType", "value": "Standard"}]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"osType": "Windows"}, "osType"),
        ({"osState": "Specialized"}, "osState"),
        ({"hyperVGeneration": "V2"}, "hyperVGeneration"),
        ({"architecture": "Arm64"}, "architecture"),
        ({"identifier": {"publisher": "publisher", "offer": "offer", "sku": "other"}}, "identifier.sku"),
    ],
)
async def test_what_a_definition_is_cannot_change(arm: Arm, change: dict[str, Any], name: str) -> None:
    await make_definition(arm)
    refused = await arm.refused(
        "PUT", DEFINITION, {**definition(), "properties": {**definition()["properties"], **change}}
    )
    assert f"Changing property 'galleryImage.properties.{name}' is not allowed" in refused["message"]


async def test_what_describes_a_definition_can_change(arm: Arm) -> None:
    await make_definition(arm)
    body = await arm.done(DEFINITION, definition(description="new", recommended={"vCPUs": {"min": 1, "max": 4}}))
    assert body["properties"]["description"] == "new"
    patched = await arm.done(DEFINITION, {"tags": {"a": "b"}}, method="PATCH")
    assert patched["tags"] == {"a": "b"}
    assert patched["properties"]["description"] == "new"


async def test_publisher_offer_and_sku_are_unique_in_a_gallery_in_any_case(arm: Arm) -> None:
    await make_definition(arm)
    refused = await arm.refused("PUT", f"{GALLERY}/images/other", definition(sku="SKU"))
    assert refused["status"] == 409
    assert "already exists" in refused["message"]


@pytest.mark.parametrize(
    ("more", "phrase"),
    [
        ({"osType": "Amiga"}, "Unable to match the identifier name"),
        ({"endOfLifeDate": "2020-01-01"}, "must be set to a future date"),
        ({"endOfLifeDate": "soon"}, "Could not convert string to DateTimeOffset"),
        ({"recommended": {"memory": {"min": 9, "max": 8}}}, "must not be greater than the maximum"),
        ({"identifier": {"publisher": "p.", "offer": "o", "sku": "s"}}, "Asset name"),
        ({"identifier": {"publisher": "p", "offer": "o" * 65, "sku": "s"}}, "Asset name"),
        ({"identifier": {"publisher": "p"}}, "is missing (null)"),
    ],
)
async def test_a_definition_that_breaks_a_rule_is_refused(arm: Arm, more: dict[str, object], phrase: str) -> None:
    await arm.done(GALLERY, {"location": HOME})
    body = definition()
    body["properties"].update(more)
    refused = await arm.refused("PUT", DEFINITION, body)
    assert refused["status"] == 400
    assert phrase in refused["message"]


async def test_deletion_goes_from_version_to_definition_to_gallery(arm: Arm) -> None:
    await make_definition(arm)
    version = await make_version(arm)
    for path in (GALLERY, DEFINITION):
        refused = await arm.refused("DELETE", path)
        assert (refused["status"], refused["code"]) == (409, "CannotDeleteResource")
        assert "nested resources" in refused["message"]
    for path in (version, DEFINITION, GALLERY):
        answer = await arm.send("DELETE", path)
        assert answer.status_code == 202
        assert "monitor=true" in answer.headers["Location"]
        await arm.finish(answer)
        assert (await arm.send("GET", path)).status_code == 404
        arm.clock.advance(20)


async def test_a_parent_sees_a_deleted_child_for_ten_to_twenty_seconds_more(arm: Arm) -> None:
    await make_definition(arm)
    version = await make_version(arm)
    await arm.finish(await arm.send("DELETE", version))
    arm.clock.advance(9)
    assert (await arm.send("GET", version)).status_code == 404
    refused = await arm.refused("DELETE", DEFINITION)
    assert refused["code"] == "CannotDeleteResource"
    assert version in refused["message"]
    arm.clock.advance(11)
    assert (await arm.send("DELETE", DEFINITION)).status_code == 202


async def test_nothing_is_made_in_a_gallery_or_a_definition_that_is_being_deleted(arm: Arm) -> None:
    await make_definition(arm)
    await arm.send("DELETE", DEFINITION)
    refused = await arm.refused("PUT", f"{DEFINITION}/versions/1.0.0", version_of(arm))
    assert (refused["status"], "marked for deletion" in refused["message"]) == (409, True)
    assert arm.id(DEFINITION) in refused["message"]
    arm.clock.advance(60)
    await arm.send("DELETE", GALLERY)
    refused = await arm.refused("PUT", DEFINITION, definition())
    assert (refused["status"], "marked for deletion" in refused["message"]) == (409, True)
    arm.clock.advance(60)
    assert not [one for one in arm.sim.resources() if "/galleries/" in one]
