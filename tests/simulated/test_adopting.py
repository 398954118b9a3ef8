"""What exists already: adopted as it is, waited for, repaired, refused; and a version that gets more regions."""

from pathlib import Path
from typing import Any

import pytest

from domain import naming
from local.armsim import Fault
from tests.world import API, World, rollouts_file, world

GALLERIES = "2026-03-03"
NETWORK = "2025-05-01"
VERSIONS = "Microsoft.Compute/galleries/images/versions"


async def _group(w: World, name: str, location: str) -> str:
    group = f"/subscriptions/{w.sim.subscription_id}/resourceGroups/{name}"
    await w.put(group, {"location": location}, "2025-04-01")
    return group


async def _gallery(w: World, **more: Any) -> None:
    await _group(w, "myGalleryRG", "westcentralus")
    await w.put(w.gallery_id(), {"location": "westcentralus", **more}, GALLERIES)
    await w.settle()


def _step(shown: dict[str, Any], name: str) -> dict[str, Any]:
    [found] = [step for step in shown["steps"] if step["name"] == name]
    result: dict[str, Any] = found
    return result


async def test_a_gallery_of_its_owner_is_adopted_as_it_is_and_told_in_its_step(tmp_path: Path) -> None:
    """Description and tags stay; the rollout says so."""
    async with world(tmp_path) as w:
        await _gallery(w, tags={"owner": "somebody"}, properties={"description": "Mine"})
        shown = await w.roll_out()
        assert shown["status"] == "Completed", shown["error"]
        gallery = w.sim.resource(w.gallery_id())
        assert gallery
        assert (gallery["tags"], gallery["properties"]["description"]) == ({"owner": "somebody"}, "Mine")
        detail = _step(shown, "create_gallery")["detail"]
        assert detail.startswith("adopted")
        assert "description stays Mine" in detail
        assert w.asked("PUT", "/galleries/myGallery") - w.asked("PUT", "/galleries/myGallery/") == 1, "its owner's"


async def test_a_gallery_in_another_region_is_refused_before_the_first_write(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        await _group(w, "myGalleryRG", "westeurope")
        await w.put(w.gallery_id(), {"location": "westeurope"}, GALLERIES)
        await w.settle()
        before = len(w.sim.requests)
        shown = await w.roll_out()
        assert shown["status"] == "Failed"
        for told in ("location", "westeurope", "westcentralus"):
            assert told in shown["error"]["message"]
        assert shown["error"]["remedy"]
        assert [write for write in w.writes(before) if "/myresourcegroup" not in write] == []


async def test_other_subnets_of_an_adopted_network_survive(tmp_path: Path) -> None:
    """Ours is made as a child: a PUT of the whole would take the others away."""
    async with world(tmp_path) as w:
        group = await _group(w, "myVMSSRG", "southcentralus")
        network = f"{group}/providers/Microsoft.Network/virtualNetworks/myVnet"
        theirs = {"name": "theirs", "properties": {"addressPrefix": "192.168.7.0/24"}}
        space = {"addressPrefixes": ["192.168.0.0/16", "10.0.0.0/8"]}
        body = {"location": "southcentralus", "properties": {"addressSpace": space, "subnets": [theirs]}}
        await w.put(network, {**body, "tags": {"owner": "network team"}}, NETWORK)
        await w.settle()
        shown = await w.roll_out()
        assert shown["status"] == "Completed", shown["error"]
        after = w.sim.resource(network)
        assert after
        assert {one["name"]: one["properties"]["addressPrefix"] for one in after["properties"]["subnets"]} == {
            "theirs": "192.168.7.0/24",
            "mySubnet": "192.168.1.0/24",
        }
        assert after["tags"] == {"owner": "network team"}
        assert after["properties"]["addressSpace"]["addressPrefixes"] == space["addressPrefixes"]
        assert _step(shown, "create_subnet")["detail"] == "created"


async def test_a_gallery_of_ours_that_failed_is_made_again_and_a_strangers_is_refused(tmp_path: Path) -> None:
    async with world(tmp_path) as w:
        w.sim.faults.add(Fault(kind="operation_fails", method="PUT", resource_type="Microsoft.Compute/galleries"))
        assert (await w.roll_out())["status"] == "Failed"
        failed = w.sim.resource(w.gallery_id())
        assert failed
        assert failed["properties"]["provisioningState"] == "Failed"
        answer = await w.post(w.image_id())
        await w.settle()
        again = await w.rollout(answer.json()["id"])
        assert again["status"] == "Completed", again["error"]
        assert _step(again, "create_gallery")["detail"] == "repaired"

    async with world(tmp_path) as w:
        w.sim.faults.add(Fault(kind="operation_fails", method="PUT", resource_type="Microsoft.Compute/galleries"))
        await _gallery(w)
        shown = await w.roll_out()
        assert shown["status"] == "Failed"
        assert "Failed" in shown["error"]["message"]
        assert shown["error"]["remedy"]


@pytest.mark.parametrize(
    ("profile", "settings"),
    [
        (rollouts_file(createResourceGroups=False), {}),
        (rollouts_file(), {"ALLOW_RESOURCE_GROUP_CREATION": "false"}),
    ],
    ids=["the profile forbids it", "the deployment forbids it"],
)
async def test_without_permission_to_create_groups_none_is_put(
    tmp_path: Path, profile: dict[str, Any], settings: dict[str, str]
) -> None:
    """Refused before the first write, in a rollout's first second, and not after half an hour of refusals by Azure."""
    async with world(tmp_path, profile, settings=settings) as w:
        shown = await w.roll_out()
        assert shown["status"] == "Failed"
        assert "createResourceGroups" in shown["error"]["message"] + shown["error"]["remedy"]
        assert "ALLOW_RESOURCE_GROUP_CREATION" in shown["error"]["message"] + shown["error"]["remedy"]
        assert w.asked("PUT", "/resourceGroups/myGalleryRG") == 0
        await _group(w, "myGalleryRG", "westcentralus")
        await _group(w, "myVMSSRG", "southcentralus")
        answer = await w.post(w.image_id())
        await w.settle()
        again = await w.rollout(answer.json()["id"])
        assert again["status"] == "Completed", again["error"]
        assert w.asked("PUT", "/resourceGroups/myVMSSRG?") + w.asked("PUT", "/resourceGroups/myGalleryRG?") == 0


async def test_everything_that_is_created_is_known_as_ours_from_birth(tmp_path: Path) -> None:
    async with world(tmp_path, rollouts_file(tags={"costCentre": "42"})) as w:
        shown = await w.roll_out()
        made = {role: at for role, at in shown["resources"].items() if role != "subnet"}
        assert len(made) >= 9
        for role, at in made.items():
            body = w.sim.resource(at)
            assert body, role
            assert body["tags"][naming.TAG_PROFILE] == "web", role
            assert body["tags"]["costCentre"] == "42", role


THREE = {
    "targetRegions": [
        {"name": "South Central US", "replicaCount": 1},
        {"name": "West Central US", "replicaCount": 2},
        {"name": "Japan East", "replicaCount": 1},
    ]
}


async def _regions(w: World) -> dict[str, int]:
    body = w.sim.resource(w.version_id("1.0.0"))
    assert body
    targets = body["properties"]["publishingProfile"]["targetRegions"]
    return {target["name"]: target["regionalReplicaCount"] for target in targets}


async def _write_regions(w: World, **regions: int) -> None:
    """The version's owner writes it with these target regions, all else as it is."""
    body = w.sim.resource(w.version_id("1.0.0"))
    assert body
    targets = [{"name": name, "regionalReplicaCount": count} for name, count in regions.items()]
    safety = {"allowDeletionOfReplicatedLocations": True}
    properties = {"publishingProfile": {"targetRegions": targets}, "safetyProfile": safety}
    await w.put(
        w.version_id("1.0.0"),
        {"location": body["location"], "tags": {**body["tags"], "owner": "web team"}, "properties": properties},
        GALLERIES,
    )


async def _forget_and_touch(w: World) -> None:
    """Histories are purged, and a tag edit brings the published image back."""
    for name in list(w.host.engine.instance_ids()):
        if not name.startswith("@"):
            await w.host.client.purge_orchestration(name)
    await w.put(w.image_id(), {"tags": {"seen": "again"}}, method="PATCH")


async def test_a_version_of_ours_gets_the_regions_that_it_lacks(tmp_path: Path) -> None:
    """The same version: no number is taken, nothing is removed or lowered, and the owner's tags stay."""
    async with world(tmp_path, rollouts_file(version=THREE)) as w:
        await w.roll_out()
        await _write_regions(w, southcentralus=4, westcentralus=2, westeurope=3)
        await w.settle()
        before = len(w.sim.requests)
        await _forget_and_touch(w)
        await w.settle()
        shown = await w.only()
        assert (shown["status"], shown["version"]) == ("Completed", "1.0.0"), shown["error"]
        assert await _regions(w) == {"South Central US": 4, "West Central US": 2, "West Europe": 3, "Japan East": 1}
        assert {one["name"]: one["state"] for one in shown["regions"]}["japaneast"] == "Completed"
        body = w.sim.resource(w.version_id("1.0.0"))
        assert body
        assert body["tags"]["owner"] == "web team"
        assert [write for write in w.writes(before) if "/images/myimage?" not in f"{write}?"] == [
            f"PUT {w.version_id('1.0.0').lower()}"
        ]


async def test_an_update_that_overtook_ours_is_followed_by_ours_again(tmp_path: Path) -> None:
    """Somebody writes the version back without the region that we just added."""
    async with world(tmp_path, rollouts_file(version=THREE)) as w:
        await w.roll_out()
        await _write_regions(w, southcentralus=1, westcentralus=2)
        await w.settle()
        w.host.auto_advance = False
        puts = w.asked("PUT", "/versions/1.0.0")
        await _forget_and_touch(w)
        await w.until(lambda: w.asked("PUT", "/versions/1.0.0") > puts)
        put_again = max(one.at for one in w.sim.requests if one.method == "PUT")
        await w.until(lambda: w.sim.next_due() is None)
        assert w.clock.now() > put_again
        await _write_regions(w, southcentralus=1, westcentralus=2)
        await w.let_go()
        shown = await w.only()
        assert shown["status"] == "Completed", shown["error"]
        assert "Japan East" in await _regions(w)
        assert w.asked("PUT", "/versions/1.0.0") == puts + 3


async def test_a_version_that_others_are_still_publishing_is_waited_for(tmp_path: Path) -> None:
    """The first attempt was ended by force while Azure copied; the second writes nothing."""
    async with world(tmp_path, auto_advance=False) as w:
        await w.publish()
        await w.until(lambda: w.asked("PUT", "/versions/1.0.0") == 1)
        for name in w.unfinished():
            await w.host.client.terminate_orchestration(name)
        answer = await w.post(w.image_id())
        await w.let_go()
        shown = await w.rollout(answer.json()["id"])
        assert shown["status"] == "Completed", shown["error"]
        assert w.asked("PUT", "/versions/1.0.0") == 1
        assert _step(shown, "publish_version")["detail"].startswith("adopted")


async def test_a_version_that_others_publish_otherwise_is_refused_once_it_is_there(tmp_path: Path) -> None:
    """While it is being made it is waited for; then it is compared like any other."""
    async with world(tmp_path, hold_events=lambda _: True) as w:
        image = await w.publish()
        await w.settle()
        fingerprint = (await w.post(image, dryRun=True)).json()["fingerprint"]
        await _gallery(w)
        kind = {"osType": "Windows", "osState": "Generalized", "hyperVGeneration": "V1", "architecture": "x64"}
        identifier = {"publisher": "myPublisher", "offer": "myOffer", "sku": "mySKU"}
        standard = [{"name": "SecurityType", "value": "Standard"}]
        await w.put(
            w.gallery_id("images", "myImageDefinition"),
            {"location": "westcentralus", "properties": {**kind, "identifier": identifier, "features": standard}},
            GALLERIES,
        )
        await w.settle()
        publishing = {"storageAccountType": "Premium_LRS", "targetRegions": [{"name": "westcentralus"}]}
        await w.put(
            w.version_id("1.0.0"),
            {
                "location": "westcentralus",
                "tags": {naming.TAG_FINGERPRINT: fingerprint},
                "properties": {"storageProfile": {"source": {"id": image}}, "publishingProfile": publishing},
            },
            GALLERIES,
        )
        answer = await w.post(image)
        await w.settle()
        shown = await w.rollout(answer.json()["id"])
        assert shown["status"] == "Failed"
        for told in ("storageAccountType", "Premium_LRS", "Standard_LRS"):
            assert told in shown["error"]["message"]
        assert w.asked("PUT", "/versions/") == 1


async def test_a_group_that_is_being_deleted_is_waited_for_and_made_again(tmp_path: Path) -> None:
    async with world(tmp_path, auto_advance=False) as w:
        group = await _group(w, "myGalleryRG", "westcentralus")
        answer = await w.arm.delete(f"{group}?api-version=2025-04-01")
        assert answer.status_code == 202, answer.text
        await w.publish()
        await w.let_go()
        shown = await w.only()
        assert shown["status"] == "Completed", shown["error"]
        assert w.sim.resource(w.gallery_id())


@pytest.mark.parametrize("os_type", ["Linux", "Windows"])
async def test_a_specialized_image_becomes_a_scale_set_without_accounts(tmp_path: Path, os_type: str) -> None:
    """And management is opened to the named prefixes only."""
    profile = rollouts_file(
        scaleSet={
            "sshPublicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8Q3hHkq5m0tV0yq3m0J1m2n3o4p5q6r7s8t9u0v1w2 someone",
            "network": {"managementSources": ["203.0.113.0/24"]},
        }
    )
    async with world(tmp_path, profile) as w:
        await _group(w, "myResourceGroup", "westcentralus")
        blob = "https://vhds.blob.core.windows.net/vhds/special.vhd"
        os_disk = {"osType": os_type, "osState": "Specialized", "blobUri": blob, "diskSizeGB": 64}
        properties = {"storageProfile": {"osDisk": os_disk}, "hyperVGeneration": "V1"}
        await w.put(w.image_id(), {"location": "westcentralus", "properties": properties}, API)
        await w.settle()
        shown = await w.only()
        assert shown["status"] == "Completed", shown["error"]
        scale_set = w.sim.resource(w.scale_set_id())
        assert scale_set
        assert "osProfile" not in scale_set["properties"]["virtualMachineProfile"]
