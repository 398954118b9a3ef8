"""Galleries that are shared, that have an identity, and that keep deleted versions; fields by api-version."""

import json
from typing import Any

import pytest

from local.armsim import snapshot
from local.armsim.compute import quotas
from tests.armsim.arm import AWAY, HOME, Arm, definition, make_definition, make_version, version_of

GALLERY = "Microsoft.Compute/galleries/g"
VERSION = f"{GALLERY}/images/d/versions/1.0.0"
KEPT = f"{GALLERY}/softDeletedArtifactTypes/Images/artifacts/d/versions"
NEWEST = "2026-03-03"
DAY = 24 * 3600


async def share(arm: Arm, operation: str, *ids: str) -> dict[str, Any]:
    body = {"operationType": operation, "groups": [{"type": "Subscriptions", "ids": list(ids)}] if ids else []}
    answer = await arm.send("POST", f"{GALLERY}/share", body)
    assert answer.status_code == 202, answer.text
    return await arm.finish(answer)


async def test_groups_of_a_shared_gallery_show_when_they_are_asked_for(arm: Arm) -> None:
    await arm.done(GALLERY, {"location": HOME, "properties": {"sharingProfile": {"permissions": "Groups"}}})
    await share(arm, "Add", "a", "b")
    await share(arm, "Remove", "a")
    assert (await arm.get(GALLERY))["properties"]["sharingProfile"] == {"permissions": "Groups"}
    shown = await arm.get(f"{GALLERY}?$expand=SharingProfile/Groups")
    assert shown["properties"]["sharingProfile"]["groups"] == [{"type": "Subscriptions", "ids": ["b"]}]
    await share(arm, "Reset")
    shown = await arm.get(f"{GALLERY}?$expand=SharingProfile/Groups")
    assert shown["properties"]["sharingProfile"] == {"permissions": "Private"}


async def test_a_private_gallery_says_so_only_when_asked_and_cannot_be_shared(arm: Arm) -> None:
    await arm.done(GALLERY, {"location": HOME})
    assert "sharingProfile" not in (await arm.get(GALLERY))["properties"]
    shown = await arm.get(f"{GALLERY}?$select=Permissions")
    assert shown["properties"]["sharingProfile"] == {"permissions": "Private"}
    body = {"operationType": "Add", "groups": [{"type": "AADTenants", "ids": ["t"]}]}
    assert (await arm.refused("POST", f"{GALLERY}/share", body))["code"] == "OperationNotAllowed"
    changed = {"location": HOME, "properties": {"sharingProfile": {"permissions": "Groups"}}}
    assert "sharingProfile.permissions" in (await arm.refused("PUT", GALLERY, changed))["message"]


async def test_a_gallery_is_shared_with_thirty_subscriptions_and_no_more(arm: Arm) -> None:
    await arm.done(GALLERY, {"location": HOME, "properties": {"sharingProfile": {"permissions": "Groups"}}})
    await share(arm, "Add", *map(str, range(30)))
    body = {"operationType": "Add", "groups": [{"type": "Subscriptions", "ids": ["one more"]}]}
    assert "at most 30 Subscriptions" in (await arm.refused("POST", f"{GALLERY}/share", body))["message"]


async def test_a_community_gallery_gets_a_public_name_and_stays_until_it_is_reset(arm: Arm) -> None:
    info = {"publisherUri": "https://p", "publisherContact": "c@p", "eula": "e", "publicNamePrefix": "pre"}
    profile = {"permissions": "Community", "communityGalleryInfo": info}
    made = await arm.done(GALLERY, {"location": HOME, "properties": {"sharingProfile": profile}})
    private = made["properties"]["sharingProfile"]["communityGalleryInfo"]
    assert private["communityGalleryEnabled"] is False
    assert private["publicNames"][0].startswith("pre-")
    await share(arm, "EnableCommunity")
    shown = (await arm.get(GALLERY))["properties"]["sharingProfile"]["communityGalleryInfo"]
    assert shown == private | {"communityGalleryEnabled": True}
    assert "reset its sharing" in (await arm.refused("DELETE", GALLERY))["message"]
    await share(arm, "Reset")
    assert (await arm.send("DELETE", GALLERY)).status_code == 202


async def test_fields_show_to_the_versions_that_know_them(arm: Arm) -> None:
    policy = {"isSoftDeleteEnabled": True, "retentionPeriodInDays": 3}
    body = {
        "location": HOME,
        "identity": {"type": "SystemAssigned"},
        "properties": {"softDeletePolicy": policy, "sharingProfile": {"permissions": "Groups"}},
    }
    newest = await arm.done(GALLERY, body, version=NEWEST)
    assert newest["properties"]["softDeletePolicy"] == policy
    assert newest["identity"]["tenantId"] == arm.sim.tenant_id
    assert len(newest["identity"]["principalId"]) == 36
    older = await arm.get(GALLERY, version="2021-10-01")
    assert older["properties"]["softDeletePolicy"] == {"isSoftDeleteEnabled": True}
    assert "identity" not in older
    assert "sharingProfile" not in (await arm.get(GALLERY, version="2019-12-01"))["properties"]


async def test_a_policy_keeps_versions_for_a_week_unless_it_says_otherwise(arm: Arm) -> None:
    policy = {"isSoftDeleteEnabled": True}
    made = await arm.done(GALLERY, {"location": HOME, "properties": {"softDeletePolicy": policy}}, version="2025-03-03")
    assert made["properties"]["softDeletePolicy"] == policy | {"retentionPeriodInDays": 7}


async def test_a_field_that_a_version_does_not_know_is_not_taken(arm: Arm) -> None:
    await make_definition(arm)
    body = version_of(arm, regions=(HOME,))
    body["properties"]["publishingProfile"]["targetRegions"][0]["excludeFromLatest"] = True
    body["properties"]["safetyProfile"] = {"blockDeletionBeforeEndOfLife": True}
    await arm.done(VERSION, body, version="2022-03-03")
    shown = (await arm.get(VERSION, version=NEWEST))["properties"]
    assert "excludeFromLatest" not in shown["publishingProfile"]["targetRegions"][0]
    assert "blockDeletionBeforeEndOfLife" not in shown["safetyProfile"]


async def soft(arm: Arm) -> None:
    """Gallery `g` with version 1.0.0 of definition `d`, which is kept once it is deleted."""
    await make_definition(arm)
    policy = {"isSoftDeleteEnabled": True}
    await arm.done(GALLERY, {"location": HOME, "properties": {"softDeletePolicy": policy}})
    await make_version(arm)


async def test_a_softly_deleted_version_is_listed_and_holds_its_parents(arm: Arm) -> None:
    await soft(arm)
    await arm.finish(await arm.send("DELETE", VERSION))
    assert (await arm.send("GET", VERSION)).status_code == 404
    (kept,) = (await arm.get(KEPT))["value"]
    assert kept["properties"]["resourceArmId"] == arm.id(VERSION)
    assert kept["properties"]["softDeletedArtifactType"] == "Images"
    arm.clock.advance(60)
    for path in (f"{GALLERY}/images/d", GALLERY):
        assert (await arm.refused("DELETE", path))["code"] == "CannotDeleteResource"
    arm.clock.advance(7 * DAY)
    assert (await arm.get(KEPT))["value"] == []
    assert (await arm.send("DELETE", f"{GALLERY}/images/d")).status_code == 202


async def test_a_put_on_the_number_of_a_softly_deleted_version_restores_it(arm: Arm) -> None:
    await soft(arm)
    before = await arm.get(VERSION)
    await arm.finish(await arm.send("DELETE", VERSION))
    restored = await arm.done(VERSION, {"location": HOME, "properties": {"restore": True}})
    assert restored == before
    assert (await arm.get(KEPT))["value"] == []


async def test_replicas_under_way_captures_and_deleted_versions_outlive_the_process(arm: Arm) -> None:
    await soft(arm)
    await arm.finish(await arm.send("DELETE", VERSION))
    young = VERSION.replace("1.0.0", "1.0.1")
    await arm.put(young, version_of(arm))
    arm.clock.advance(200)
    status = f"{young}?$expand=ReplicationStatus"
    kept, under_way = await arm.get(KEPT), await arm.get(status)
    saved = json.loads(snapshot.text(list(snapshot.rows(arm.sim))))
    snapshot.clear(arm.sim)
    snapshot.load(arm.sim, saved)
    assert (await arm.get(KEPT), await arm.get(status)) == (kept, under_way)
    refused = await arm.refused("PUT", VERSION.replace("1.0.0", "1.0.2"), version_of(arm))
    assert "Too many requests on source" in refused["message"]
    arm.clock.advance(900)
    done = (await arm.get(status))["properties"]
    assert done["replicationStatus"]["aggregatedState"] == "Completed"
    assert done["storageProfile"]["osDiskImage"]["sizeInGB"] == 64


async def test_without_a_policy_nothing_is_kept(arm: Arm) -> None:
    await make_definition(arm)
    await make_version(arm)
    await arm.finish(await arm.send("DELETE", VERSION))
    assert (await arm.get(KEPT))["value"] == []


async def test_encryption_and_security_come_back_as_azure_shows_them(arm: Arm) -> None:
    await make_definition(arm)
    key = arm.id("Microsoft.Compute/diskEncryptionSets/a")
    body = version_of(arm, regions=(HOME,))
    body["properties"]["publishingProfile"]["targetRegions"][0]["encryption"] = {
        "osDiskImage": {"diskEncryptionSetId": key}
    }
    uefi = {"signatureTemplateNames": ["MicrosoftWindowsTemplate"]}
    body["properties"]["securityProfile"] = {"uefiSettings": uefi}
    shown = (await arm.done(VERSION, body))["properties"]
    assert shown["publishingProfile"]["targetRegions"][0]["encryption"] == {
        "osDiskImage": {"securityProfile": {}, "diskEncryptionSetId": key}
    }
    assert "uefiSettings" not in shown["securityProfile"]
    expanded = (await arm.get(f"{VERSION}?$expand=UefiSettings"))["properties"]
    assert expanded["securityProfile"]["uefiSettings"] == uefi


async def test_an_edge_zone_gets_the_common_count_of_replicas(arm: Arm) -> None:
    await make_definition(arm)
    zone = {"name": HOME, "extendedLocation": {"name": "zone1", "type": "edgezone"}}
    shown = (await arm.done(VERSION, version_of(arm, targetExtendedLocations=[zone], replicaCount=2)))["properties"]
    (kept,) = shown["publishingProfile"]["targetExtendedLocations"]
    assert kept["extendedLocation"] == {"name": "zone1", "type": "EdgeZone"}
    assert kept["extendedLocationReplicaCount"] == 2


async def test_definitions_and_versions_have_quotas_by_region(arm: Arm, monkeypatch: pytest.MonkeyPatch) -> None:
    await make_definition(arm)
    await make_version(arm)
    for kind in (quotas.DEFINITIONS, quotas.VERSIONS):
        monkeypatch.setitem(quotas._MOST, kind, 1)
    refused = await arm.refused("PUT", f"{GALLERY}/images/e", definition(sku="e"))
    assert "Microsoft.Compute/galleries/images quota" in refused["message"]
    assert "Current Limit: 1," in refused["message"]
    assert (await arm.send("PUT", f"{GALLERY}/images/e", {**definition(sku="e"), "location": AWAY})).status_code == 201
    refused = await arm.refused("PUT", VERSION.replace("1.0.0", "1.0.1"), version_of(arm))
    assert "Microsoft.Compute/galleries/images/versions quota" in refused["message"]
    await arm.finish(await arm.send("DELETE", VERSION))
    assert (await arm.send("PUT", VERSION.replace("1.0.0", "1.0.1"), version_of(arm))).status_code == 201
