"""Image versions: rules of a PUT, defaults, updates, and why a deletion is refused."""

from typing import Any

import pytest

from local.armsim import Fault
from tests.armsim.arm import AWAY, HOME, Arm, definition, make_definition, make_version, managed_image, version_of

VERSION = "Microsoft.Compute/galleries/g/images/d/versions/1.0.0"


def changed(body: dict[str, Any], **publishing: Any) -> dict[str, Any]:
    """`body` with other publishing properties."""
    body["properties"]["publishingProfile"].update(publishing)
    return body


async def test_a_new_version_says_when_to_poll_and_shows_defaults(arm: Arm) -> None:
    await make_definition(arm)
    answer = await arm.send("PUT", VERSION, version_of(arm, regions=(HOME, "South Central US")))
    assert answer.status_code == 201
    assert answer.headers["Retry-After"] == "60"
    assert (await arm.poll(answer)).headers["Retry-After"] == "60"
    body = answer.json()["properties"]
    assert body["provisioningState"] == "Creating"
    assert "osDiskImage" not in body["storageProfile"]
    assert body["publishingProfile"] == {
        "targetRegions": [
            {"name": "West Central US", "regionalReplicaCount": 1, "storageAccountType": "Standard_LRS"},
            {"name": "South Central US", "regionalReplicaCount": 1, "storageAccountType": "Standard_LRS"},
        ],
        "replicaCount": 1,
        "excludeFromLatest": False,
        "publishedDate": body["publishingProfile"]["publishedDate"],
        "storageAccountType": "Standard_LRS",
    }
    await arm.finish(answer)
    done = (await arm.get(VERSION))["properties"]
    assert done["provisioningState"] == "Succeeded"
    assert done["storageProfile"]["osDiskImage"] == {"sizeInGB": 64, "hostCaching": "None", "source": {}}
    assert done["safetyProfile"]["allowDeletionOfReplicatedLocations"] is False


async def test_a_version_takes_as_long_as_recorded_ones_in_steps_of_15_seconds(arm: Arm) -> None:
    await make_definition(arm)
    lasting = {1: list[float](), 2: list[float]()}
    for number in range(30):
        for count, regions in ((1, (HOME,)), (2, (HOME, AWAY))):
            path = VERSION.replace("1.0.0", f"{count}.0.{number}")
            await arm.finish(await arm.send("PUT", path, version_of(arm, regions=regions)))
            last = arm.sim.operations[-1]
            assert last.ends
            lasting[count].append((last.ends - last.started).total_seconds())
    for seconds, median, least, most in ((lasting[1], 428, 316, 736), (lasting[2], 600, 451, 841)):
        assert {one % 15 for one in seconds} == {1}
        assert least <= min(seconds) < max(seconds) <= most
        assert abs(sorted(seconds)[15] - median) < 60


@pytest.mark.parametrize("name", ["1.0", "1.0.0.0", "1.0.x", "1.0.2147483648", "v1.0.0", "1..0", "1.0.-1"])
async def test_a_version_name_is_three_integers_of_31_bits(arm: Arm, name: str) -> None:
    await make_definition(arm)
    refused = await arm.refused("PUT", VERSION.replace("1.0.0", name), version_of(arm))
    assert "Major(int).Minor(int).Patch(int)" in refused["message"]


@pytest.mark.parametrize(
    ("publishing", "phrase"),
    [
        ({"targetRegions": [{"name": AWAY}]}, "must contain the location of image version"),
        ({"targetRegions": [{"name": HOME}, {"name": "West Central US"}]}, "Duplicate regions are not allowed"),
        ({"targetRegions": [{"name": HOME}, {"name": "Atlantis"}]}, "is not available for resource type"),
        ({"targetRegions": [{"name": HOME, "regionalReplicaCount": 101}]}, "between '1' and '100', inclusive"),
        ({"replicaCount": 0}, "is out of range"),
        ({"replicationMode": "Shallow", "replicaCount": 2}, "between '1' and '1', inclusive"),
        ({"storageAccountType": "Floppy"}, "is not allowed"),
        ({"storageAccountType": "Standard_ZRS"}, "ZRS storage account type is not supported in this region"),
        ({"endOfLifeDate": "2026-11-24T08:00:00Z"}, "must be set to a future date"),
    ],
)
async def test_a_publishing_profile_that_breaks_a_rule_is_refused(
    arm: Arm, publishing: dict[str, Any], phrase: str
) -> None:
    await make_definition(arm)
    refused = await arm.refused("PUT", VERSION, changed(version_of(arm), **publishing))
    assert refused["status"] == 400
    assert phrase in refused["message"]


async def test_a_version_has_exactly_one_source(arm: Arm) -> None:
    await make_definition(arm)
    body = version_of(arm)
    body["properties"]["storageProfile"] = {}
    assert "One and only one source type" in (await arm.refused("PUT", VERSION, body))["message"]
    blob = {"uri": "https://a.blob.core.windows.net/v/os.vhd"}
    account = {"storageAccountId": arm.id("Microsoft.Storage/storageAccounts/a")}
    disk = {"source": {**blob, **account}}
    both = version_of(arm)
    both["properties"]["storageProfile"]["osDiskImage"] = disk
    assert "One and only one source type" in (await arm.refused("PUT", VERSION, both))["message"]
    body["properties"]["storageProfile"] = {"osDiskImage": disk}
    assert (await arm.put(VERSION, body))["properties"]["provisioningState"] == "Creating"


async def test_the_source_must_exist_in_the_region_and_be_ready(arm: Arm) -> None:
    await make_definition(arm)
    assert "is not found" in (await arm.refused("PUT", VERSION, version_of(arm, "missing")))["message"]
    await arm.done("Microsoft.Compute/images/away", managed_image(arm, location=AWAY))
    assert "same region" in (await arm.refused("PUT", VERSION, version_of(arm, "away")))["message"]
    await arm.put("Microsoft.Compute/images/young", managed_image(arm))
    refused = await arm.refused("PUT", VERSION, version_of(arm, "young"))
    assert refused["status"] == 409
    assert "is not ready" in refused["message"]


@pytest.mark.parametrize(
    ("image", "phrase"),
    [
        ({"generation": "V2"}, "has a different Hypervisor generation ['V2']"),
        ({"os_type": "Windows"}, "has a different OS type ['Windows']"),
    ],
)
async def test_an_image_that_does_not_fit_its_definition_is_a_conflict(
    arm: Arm, image: dict[str, str], phrase: str
) -> None:
    await make_definition(arm)
    await arm.done("Microsoft.Compute/images/odd", managed_image(arm, **image))
    refused = await arm.refused("PUT", VERSION, version_of(arm, "odd"))
    assert (refused["status"], refused["code"]) == (409, "Conflict")
    assert phrase in refused["message"]


async def test_a_disk_above_two_terabytes_is_too_large_for_a_full_copy(arm: Arm) -> None:
    await make_definition(arm)
    large = managed_image(arm)
    large["properties"]["storageProfile"]["osDisk"]["diskSizeGB"] = 2520
    await arm.done("Microsoft.Compute/images/large", large)
    refused = await arm.refused("PUT", VERSION, version_of(arm, "large"))
    assert "source resource size 2520 exceeds the max size 2048 supported" in refused["message"]
    await arm.put(VERSION, changed(version_of(arm, "large"), replicationMode="Shallow"))


async def test_one_source_is_captured_once_at_a_time(arm: Arm) -> None:
    await make_definition(arm)
    await arm.done("Microsoft.Compute/galleries/g/images/e", definition(sku="e"))
    answer = await arm.send("PUT", VERSION, version_of(arm))
    second = VERSION.replace("images/d", "images/e")
    refused = await arm.refused("PUT", second, version_of(arm))
    assert refused["status"] == 409
    assert "Too many requests on source" in refused["message"]
    await arm.finish(answer)
    await arm.put(second, version_of(arm))


async def test_a_write_while_another_runs_is_a_conflict(arm: Arm) -> None:
    await make_definition(arm)
    await arm.put(VERSION, version_of(arm))
    refused = await arm.refused("PUT", VERSION, version_of(arm))
    assert (refused["status"], refused["code"]) == (409, "Conflict")


async def test_source_and_storage_type_of_a_version_cannot_change(arm: Arm) -> None:
    await make_definition(arm)
    await make_version(arm)
    await arm.done("Microsoft.Compute/images/i2", managed_image(arm))
    refused = await arm.refused("PUT", VERSION, version_of(arm, "i2"))
    assert "Changing property 'galleryImageVersion.properties.storageProfile.source.id'" in refused["message"]
    other = changed(version_of(arm), storageAccountType="Premium_LRS")
    assert "existing TargetRegion" in (await arm.refused("PUT", VERSION, other))["message"]


async def test_an_update_may_leave_the_source_out_and_keeps_published_date(arm: Arm) -> None:
    await make_definition(arm)
    await make_version(arm)
    before = (await arm.get(VERSION))["properties"]
    regions = [{"name": HOME, "regionalReplicaCount": 3}, {"name": AWAY}]
    body = {"location": HOME, "properties": {"publishingProfile": {"targetRegions": regions}}}
    answer = await arm.send("PUT", VERSION, body)
    assert answer.status_code == 200
    assert answer.json()["properties"]["provisioningState"] == "Updating"
    arm.clock.advance(149)
    assert (await arm.poll(answer)).json()["status"] == "InProgress"
    await arm.finish(answer)
    after = (await arm.get(VERSION))["properties"]
    assert after["storageProfile"] == before["storageProfile"]
    assert after["publishingProfile"]["publishedDate"] == before["publishingProfile"]["publishedDate"]
    assert after["publishingProfile"]["targetRegions"][0]["regionalReplicaCount"] == 3


async def test_tags_change_by_patch_and_nothing_else_does(arm: Arm) -> None:
    await make_definition(arm)
    await make_version(arm)
    before = await arm.get(VERSION)
    after = await arm.done(VERSION, {"tags": {"a": "b"}}, method="PATCH")
    assert after == {**before, "tags": {"a": "b"}}


async def test_a_region_leaves_only_where_the_safety_profile_allows_it(arm: Arm) -> None:
    await make_definition(arm)
    await make_version(arm)
    alone = version_of(arm, regions=(HOME,))
    assert (await arm.refused("PUT", VERSION, alone))["code"] == "OperationNotAllowed"
    alone["properties"]["safetyProfile"] = {"allowDeletionOfReplicatedLocations": True}
    after = await arm.done(VERSION, alone)
    assert len(after["properties"]["publishingProfile"]["targetRegions"]) == 1


async def test_since_2026_a_version_lives_six_months_and_cannot_go_before(arm: Arm) -> None:
    await make_definition(arm)
    body = await arm.done(VERSION, version_of(arm), version="2026-03-03")
    assert body["properties"]["publishingProfile"]["endOfLifeDate"].startswith("2027-05-24T")
    assert body["properties"]["safetyProfile"]["blockDeletionBeforeEndOfLife"] is True
    refused = await arm.refused("DELETE", VERSION, version="2026-03-03")
    assert refused["code"] == "DeleteGalleryImageVersionBlockedBeforeEndOfLife"
    older = (await arm.get(VERSION, version="2023-07-03"))["properties"]["safetyProfile"]
    assert "blockDeletionBeforeEndOfLife" not in older
    arm.clock.advance(190 * 24 * 3600)
    assert (await arm.send("DELETE", VERSION, version="2026-03-03")).status_code == 202


async def test_a_finished_version_says_that_nothing_was_validated(arm: Arm) -> None:
    await make_definition(arm)
    answer = await arm.send("PUT", VERSION, version_of(arm), version="2024-03-03")
    assert "validationsProfile" not in answer.json()["properties"]
    await arm.finish(answer)
    shown = (await arm.get(VERSION, version="2024-03-03"))["properties"]
    assert shown["validationsProfile"] == {"validationOperationStatus": "NotExecuted"}
    assert "blockDeletionBeforeEndOfLife" not in shown["safetyProfile"]
    assert "validationsProfile" not in (await arm.get(VERSION, version="2023-07-03"))["properties"]


async def test_deletion_is_free_where_the_flag_was_sent_as_off(arm: Arm) -> None:
    await make_definition(arm)
    body = version_of(arm)
    body["properties"]["safetyProfile"] = {"blockDeletionBeforeEndOfLife": False}
    await arm.done(VERSION, body, version="2026-03-03")
    answer = await arm.send("DELETE", VERSION, version="2026-03-03")
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "60")


async def test_the_source_of_2018_is_understood(arm: Arm) -> None:
    await make_definition(arm)
    source = {"managedImage": {"id": arm.id("Microsoft.Compute/images/i")}}
    body = {"location": HOME, "properties": {"publishingProfile": {"source": source}}}
    made = await arm.done(VERSION, body, version="2018-06-01")
    assert made["properties"]["publishingProfile"]["source"] == source
    assert "source" not in made["properties"]["storageProfile"]
    newer = await arm.get(VERSION)
    assert newer["properties"]["storageProfile"]["source"] == source["managedImage"]
    assert "source" not in newer["properties"]["publishingProfile"]


async def test_a_source_held_by_a_capture_that_never_ends_stays_held(arm: Arm) -> None:
    await make_definition(arm)
    arm.sim.faults.add(Fault(kind="never_ends", path_contains="/versions/"))
    await arm.put(VERSION, version_of(arm))
    arm.clock.advance(7 * 24 * 3600)
    assert (await arm.get(VERSION))["properties"]["provisioningState"] == "Creating"
    refused = await arm.refused("PUT", VERSION.replace("1.0.0", "1.0.1"), version_of(arm))
    assert "Too many requests on source" in refused["message"]
