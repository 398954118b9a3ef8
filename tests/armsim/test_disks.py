"""Disks and snapshots: what their PUT answers, what copies take over, and images and versions made from them."""

from typing import Any

from tests.armsim.arm import AWAY, HOME, Arm, definition, make_definition

DISK = "Microsoft.Compute/disks/d1"
SNAPSHOT = "Microsoft.Compute/snapshots/s1"
DEFINITION = "Microsoft.Compute/galleries/g/images/d"


def empty(size: int = 200, **more: Any) -> dict[str, Any]:
    return {
        "location": HOME,
        "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": size, **more},
    }


def copy_of(source: str, **more: Any) -> dict[str, Any]:
    data = {"createOption": "Copy", "sourceResourceId": source}
    return {"location": HOME, "properties": {"creationData": data, **more}}


async def make(arm: Arm, path: str, body: dict[str, Any]) -> dict[str, Any]:
    await arm.finish(await arm.send("PUT", path, body))
    return await arm.get(path)


async def test_a_disk_is_accepted_and_both_its_urls_lead_to_it(arm: Arm) -> None:
    answer = await arm.send("PUT", DISK, empty())
    assert answer.status_code == 202
    assert answer.headers["Retry-After"] == "2"
    assert answer.json()["properties"]["provisioningState"] == "Updating"
    assert "/DiskOperations/" in answer.headers["Azure-AsyncOperation"]
    assert (await arm.http.get(answer.headers["Location"])).status_code == 202
    ended = await arm.finish(answer)
    shown = await arm.get(DISK)
    assert ended["properties"]["output"] == shown
    assert (await arm.http.get(answer.headers["Location"])).json() == shown
    assert shown["sku"] == {"name": "Standard_LRS", "tier": "Standard"}
    properties = shown["properties"]
    assert (properties["diskState"], properties["diskSizeBytes"]) == ("Unattached", 200 * 2**30)
    assert properties["provisioningState"] == "Succeeded"


async def test_a_put_of_a_disk_is_answered_with_what_was_sent(arm: Arm) -> None:
    body = {"sku": {"name": "Premium_ZRS"}, **empty(500)}
    made = await arm.send("PUT", DISK, body, version="2024-03-02")
    shown = made.json()
    assert {*shown} == {"name", "id", "type", "location", "sku", "properties"}
    assert shown["sku"] == {"name": "Premium_ZRS"}
    assert shown["properties"] == body["properties"] | {"provisioningState": "Updating"}
    await arm.finish(made)
    body["properties"]["networkAccessPolicy"] = "DenyAll"
    answer = await arm.send("PUT", DISK, body, version="2024-03-02")
    changed = answer.json()
    known = {"provisioningState": "Updating", "diskSizeBytes": 500 * 2**30, "tier": "P20"}
    assert changed["properties"] == body["properties"] | known
    await arm.finish(answer)
    patched = (await arm.send("PATCH", DISK, {"tags": {"a": "b"}}, version="2022-07-02")).json()
    assert (patched["sku"], patched["tags"]) == ({"name": "Premium_ZRS", "tier": "Premium"}, {"a": "b"})
    assert patched["properties"] == empty(500)["properties"] | {"provisioningState": "Updating"}


async def test_lists_of_disks_count_against_their_own_limit(arm: Arm) -> None:
    await make(arm, DISK, empty(64))
    answer = await arm.send("GET", "Microsoft.Compute/disks")
    assert answer.headers["x-ms-ratelimit-remaining-resource"].startswith("Microsoft.Compute/HighCostGet3Min;239")


async def test_a_premium_disk_is_as_fast_as_its_size_makes_it(arm: Arm) -> None:
    disk = await make(arm, DISK, {"sku": {"name": "Premium_LRS"}, **empty(500)})
    speed = [disk["properties"][one] for one in ("tier", "diskIOPSReadWrite", "diskMBpsReadWrite")]
    assert speed == ["P20", 2300, 150]
    plain = (await make(arm, "Microsoft.Compute/disks/d2", empty(500)))["properties"]
    assert ("tier" in plain, plain["diskIOPSReadWrite"], plain["diskMBpsReadWrite"]) == (False, 500, 60)


async def test_older_api_versions_do_not_know_public_network_access(arm: Arm) -> None:
    await make(arm, SNAPSHOT, empty(32))
    assert "publicNetworkAccess" not in (await arm.get(SNAPSHOT, version="2020-09-30"))["properties"]


async def test_a_copy_knows_its_source_and_takes_its_size_and_system_over(arm: Arm) -> None:
    disk = await make(arm, DISK, empty(64, osType="Windows", hyperVGeneration="V2"))
    snapshot = await make(arm, SNAPSHOT, copy_of(disk["id"]))
    data = snapshot["properties"]["creationData"]
    assert data["sourceUniqueId"] == disk["properties"]["uniqueId"]
    assert snapshot["properties"]["uniqueId"] != disk["properties"]["uniqueId"]
    copied = {one: snapshot["properties"][one] for one in ("diskSizeGB", "osType", "hyperVGeneration", "incremental")}
    assert copied == {"diskSizeGB": 64, "osType": "Windows", "hyperVGeneration": "V2", "incremental": False}
    smaller = await arm.refused("PUT", "Microsoft.Compute/disks/d2", copy_of(snapshot["id"], diskSizeGB=32))
    assert "smaller than its source" in smaller["message"]


async def test_a_source_that_is_not_there_is_named(arm: Arm) -> None:
    missing = arm.id("Microsoft.Compute/disks/none")
    refused = await arm.refused("PUT", SNAPSHOT, copy_of(missing))
    assert (refused["status"], refused["code"], refused["target"]) == (404, "NotFound", missing)
    os_disk = {"osType": "Linux", "osState": "Generalized", "managedDisk": {"id": missing}}
    image = {"location": HOME, "properties": {"storageProfile": {"osDisk": os_disk}}}
    refused = await arm.refused("PUT", "Microsoft.Compute/images/i", image)
    assert (refused["status"], refused["code"], refused["target"]) == (404, "NotFound", missing)


async def test_what_lies_in_a_foreign_subscription_is_checked_for_form_only(arm: Arm) -> None:
    foreign = arm.id("Microsoft.Compute/disks/none").replace(arm.sim.subscription_id, "1" * 36)
    assert (await make(arm, SNAPSHOT, copy_of(foreign)))["properties"]["diskSizeGB"] == 30


async def test_a_disk_grows_and_does_not_shrink(arm: Arm) -> None:
    await make(arm, DISK, empty(64))
    answer = await arm.send("PATCH", DISK, {"properties": {"diskSizeGB": 128}})
    assert answer.status_code == 202
    await arm.finish(answer)
    assert (await arm.get(DISK))["properties"]["diskSizeBytes"] == 128 * 2**30
    refused = await arm.refused("PATCH", DISK, {"properties": {"diskSizeGB": 64}})
    assert "cannot become smaller" in refused["message"]


async def test_access_is_granted_by_a_url_and_ended(arm: Arm) -> None:
    await make(arm, DISK, empty())
    granted = await arm.finish(
        await arm.send("POST", f"{DISK}/beginGetAccess", {"access": "Read", "durationInSeconds": 60})
    )
    assert granted["properties"]["output"]["accessSAS"].startswith("https://md-")
    assert (await arm.get(DISK))["properties"]["diskState"] == "ActiveSAS"
    await arm.finish(await arm.send("POST", f"{DISK}/endGetAccess"))
    assert (await arm.get(DISK))["properties"]["diskState"] == "Unattached"


async def test_an_image_made_from_a_disk_has_its_size(arm: Arm) -> None:
    disk = await make(arm, DISK, empty(64))
    os_disk = {"osType": "Linux", "osState": "Generalized", "managedDisk": {"id": disk["id"]}}
    body = {"location": HOME, "properties": {"storageProfile": {"osDisk": os_disk}}}
    image = await arm.done("Microsoft.Compute/images/i", body)
    assert image["properties"]["storageProfile"]["osDisk"]["diskSizeGB"] == 64
    elsewhere = await arm.refused("PUT", "Microsoft.Compute/images/j", {**body, "location": AWAY})
    assert elsewhere["code"] == "NotFound"


async def test_a_version_made_from_a_snapshot_and_a_disk_shows_both(arm: Arm) -> None:
    await make_definition(arm)
    disk = await make(arm, DISK, empty(64, osType="Linux", hyperVGeneration="V1"))
    snapshot = await make(arm, SNAPSHOT, copy_of(disk["id"]))
    data = await make(arm, "Microsoft.Compute/disks/data", empty(10))
    storage = {
        "osDiskImage": {"hostCaching": "ReadOnly", "source": {"id": snapshot["id"]}},
        "dataDiskImages": [{"lun": 2, "source": {"id": data["id"]}}],
    }
    path = f"{DEFINITION}/versions/1.0.0"
    made = await arm.done(path, {"location": HOME, "properties": {"storageProfile": storage}})
    assert made["properties"]["storageProfile"] == {
        "osDiskImage": {"sizeInGB": 64, "hostCaching": "ReadOnly", "source": {"id": snapshot["id"]}},
        "dataDiskImages": [{"lun": 2, "sizeInGB": 10, "hostCaching": "None", "source": {"id": data["id"]}}],
    }
    await arm.done("Microsoft.Compute/galleries/g/images/v2", definition(generation="V2", sku="v2"))
    refused = await arm.refused(
        "PUT",
        "Microsoft.Compute/galleries/g/images/v2/versions/1.0.0",
        {"location": HOME, "properties": {"storageProfile": storage}},
    )
    assert "different Hypervisor generation ['V1']" in refused["message"]


async def machine(arm: Arm, disk: str) -> str:
    """A generalized machine that runs from `disk`; its id."""
    interface = arm.id("Microsoft.Network/networkInterfaces/nic")
    system = {"osType": "Windows", "createOption": "Attach", "managedDisk": {"id": disk}, "diskSizeGB": 64}
    body = {
        "location": HOME,
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
            "storageProfile": {"osDisk": system},
            "networkProfile": {"networkInterfaces": [{"id": interface}]},
        },
    }
    made = await arm.done("Microsoft.Compute/virtualMachines/m", body)
    return str(made["id"])


async def test_a_disk_is_held_by_its_machine(arm: Arm) -> None:
    disk = await make(arm, DISK, empty(64, osType="Windows"))
    owner = await machine(arm, disk["id"])
    shown = await arm.get(DISK)
    assert (shown["managedBy"], shown["properties"]["diskState"]) == (owner, "Attached")
    refused = await arm.refused("DELETE", DISK)
    assert (refused["code"], owner in refused["message"]) == ("OperationNotAllowed", True)


async def test_an_image_needs_a_generalized_machine_and_takes_its_disks(arm: Arm) -> None:
    disk = await make(arm, DISK, empty(64, osType="Windows"))
    source = {"id": await machine(arm, disk["id"])}
    body = {"location": HOME, "properties": {"sourceVirtualMachine": source}}
    refused = await arm.refused("PUT", "Microsoft.Compute/images/i", body)
    assert "not generalized" in refused["message"]
    await arm.finish(await arm.send("POST", f"{source['id']}/deallocate"))
    assert (await arm.send("POST", f"{source['id']}/generalize")).status_code == 200
    image = await arm.done("Microsoft.Compute/images/i", body)
    shown = image["properties"]["storageProfile"]["osDisk"]
    assert (shown["osType"], shown["managedDisk"], shown["diskSizeGB"]) == ("Windows", {"id": disk["id"]}, 64)


async def test_a_disk_made_from_a_data_disk_of_a_version_has_its_size(arm: Arm) -> None:
    await make_definition(arm)
    disk = await make(arm, DISK, empty(64))
    data = await make(arm, "Microsoft.Compute/disks/data", empty(10))
    storage = {
        "osDiskImage": {"source": {"id": disk["id"]}},
        "dataDiskImages": [{"lun": 2, "source": {"id": data["id"]}}],
    }
    version = f"{DEFINITION}/versions/1.0.0"
    made = await arm.done(version, {"location": HOME, "properties": {"storageProfile": storage}})
    reference = {"id": made["id"], "lun": 2}
    creation = {"createOption": "FromImage", "galleryImageReference": reference}
    new = await make(arm, "Microsoft.Compute/disks/new", {"location": HOME, "properties": {"creationData": creation}})
    assert new["properties"]["diskSizeGB"] == 10
