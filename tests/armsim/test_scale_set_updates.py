"""Changing a scale set that exists: what may change, what guards a write, and what stays."""

from local.armsim import Fault
from tests.armsim.arm import (
    AWAY,
    VMSS,
    Arm,
    definition,
    image_patch,
    instances,
    make_scale_set,
    managed_image,
    scale_set,
    second_version,
    version_of,
)
from tests.armsim.sets import MARKETPLACE, prepared, profile


async def test_a_platform_image_cannot_become_a_gallery_image(arm: Arm) -> None:
    version = await prepared(arm)
    body = scale_set(arm, version)
    profile(body)["storageProfile"]["imageReference"] = MARKETPLACE
    await arm.done(VMSS, body)
    refused = await arm.refused("PATCH", VMSS, image_patch(version))
    assert "may not be changed" in refused["message"]


async def test_a_managed_image_can_become_a_gallery_image(arm: Arm) -> None:
    version = await prepared(arm)
    await arm.done("Microsoft.Compute/images/here", managed_image(arm, location=AWAY))
    await arm.done(VMSS, scale_set(arm, arm.id("Microsoft.Compute/images/here")))
    moved = await arm.done(VMSS, image_patch(version), method="PATCH")
    assert profile(moved)["storageProfile"]["imageReference"] == {"id": version}


async def test_the_os_type_of_a_scale_set_cannot_change(arm: Arm) -> None:
    await make_scale_set(arm)
    await arm.done("Microsoft.Compute/galleries/g/images/w", definition(os_type="Windows", sku="w"))
    await arm.done("Microsoft.Compute/images/w", managed_image(arm, os_type="Windows"))
    made = await arm.done("Microsoft.Compute/galleries/g/images/w/versions/1.0.0", version_of(arm, "w"))
    assert (await arm.refused("PATCH", VMSS, image_patch(made["id"])))["code"] == "PropertyChangeNotAllowed"


async def test_the_etag_guards_a_patch(arm: Arm) -> None:
    await make_scale_set(arm)
    version = await second_version(arm)
    read = await arm.send("GET", VMSS)
    assert read.headers["ETag"] == read.json()["etag"]
    await arm.done(VMSS, {"tags": {"owner": "changed"}}, method="PATCH")
    refused = await arm.refused("PATCH", VMSS, image_patch(version), if_match=read.headers["ETag"])
    assert (refused["status"], refused["code"]) == (412, "PreconditionFailed")
    now = (await arm.get(VMSS))["etag"]
    answer = await arm.send("PATCH", VMSS, image_patch(version), if_match=now)
    assert answer.status_code == 200
    assert answer.headers["ETag"] != now
    assert answer.json()["tags"] == {"owner": "changed"}


async def test_etags_show_since_2023_09(arm: Arm) -> None:
    await make_scale_set(arm)
    old = await arm.send("GET", VMSS, version="2022-03-01")
    assert "ETag" not in old.headers
    assert "etag" not in old.json()


async def test_if_none_match_keeps_a_put_from_replacing(arm: Arm) -> None:
    version = await make_scale_set(arm)
    refused = await arm.refused("PUT", VMSS, scale_set(arm, version), if_none_match="*")
    assert refused["status"] == 412
    missing = await arm.refused("PUT", VMSS.replace("vmss", "other"), scale_set(arm, version), if_match='"1"')
    assert missing["status"] == 412


async def test_a_write_that_another_overtakes_is_412(arm: Arm) -> None:
    await make_scale_set(arm)
    version = await second_version(arm)
    etag = (await arm.get(VMSS))["etag"]
    arm.sim.faults.add(Fault(kind="overtaken", method="PATCH"))
    assert (await arm.refused("PATCH", VMSS, image_patch(version), if_match=etag))["status"] == 412
    fresh = (await arm.get(VMSS))["etag"]
    assert fresh != etag
    assert (await arm.send("PATCH", VMSS, image_patch(version), if_match=fresh)).status_code == 200


async def test_a_patch_of_the_image_leaves_all_else_alone(arm: Arm) -> None:
    await make_scale_set(arm, mode="Manual")
    before = await arm.get(VMSS)
    version = await second_version(arm)
    after = await arm.done(VMSS, image_patch(version), method="PATCH")
    assert profile(after)["storageProfile"].pop("imageReference") == {"id": version}
    profile(before)["storageProfile"].pop("imageReference")
    assert profile(after).pop("timeCreated") > profile(before).pop("timeCreated")
    assert {**after, "etag": ""} == {**before, "etag": ""}


async def test_a_put_of_the_size_alone_keeps_the_model(arm: Arm) -> None:
    await make_scale_set(arm)
    before = await arm.get(VMSS)
    body = {"location": AWAY, "sku": {"name": "Standard_D2s_v5", "capacity": 4}}
    answer = await arm.send("PUT", VMSS, body)
    assert answer.status_code == 200
    assert [one["properties"]["provisioningState"] for one in await instances(arm)][2:] == ["Creating"] * 2
    await arm.finish(answer)
    after = await arm.get(VMSS)
    assert after["properties"] == before["properties"]
    assert len(await instances(arm)) == 4


async def test_capacity_goes_down_from_the_highest_number_and_never_reuses_one(arm: Arm) -> None:
    await make_scale_set(arm, capacity=3)
    await arm.done(VMSS, {"sku": {"capacity": 1}}, method="PATCH")
    assert [one["name"] for one in await instances(arm)] == ["vmss_0"]
    await arm.done(VMSS, {"sku": {"capacity": 2}}, method="PATCH")
    assert [one["name"] for one in await instances(arm)] == ["vmss_0", "vmss_3"]


async def test_a_scale_set_outlives_its_image_version_but_cannot_grow_from_it(arm: Arm) -> None:
    version = await make_scale_set(arm)
    await arm.finish(await arm.send("DELETE", version))
    await arm.done(VMSS, {"tags": {"a": "b"}}, method="PATCH")
    refused = await arm.refused("PATCH", VMSS, {"sku": {"capacity": 3}})
    assert refused["code"] == "GalleryImageNotFound"
    await arm.done(VMSS, {"sku": {"capacity": 1}}, method="PATCH")


async def test_a_scale_set_still_creating_takes_no_other_write(arm: Arm) -> None:
    version = await prepared(arm)
    await arm.put(VMSS, scale_set(arm, version))
    assert (await arm.refused("PATCH", VMSS, {"tags": {}}))["status"] == 409
