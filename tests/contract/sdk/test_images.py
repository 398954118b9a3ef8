"""Managed images, disks and snapshots through azure-mgmt-compute."""

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.contract.sdk.azure import DEFAULT_POLLER, Azure, Json, make_disk, make_image


def test_an_image_is_made_changed_listed_and_removed(azure: Azure) -> None:
    images = azure.compute.images
    made = make_image(azure)
    assert made.storage_profile.os_disk.caching == "None"
    assert made.provisioning_state == "Succeeded"
    patch: Json = {"tags": {"release": "5"}}
    assert images.begin_update(azure.group, "i", patch).result().tags == {"release": "5"}
    assert images.get(azure.group, "i").hyper_v_generation == "V1"
    assert [one.name for one in images.list_by_resource_group(azure.group)] == ["i"]
    assert made.id in [one.id for one in images.list()]
    images.begin_delete(azure.group, "i").result()
    with pytest.raises(ResourceNotFoundError):
        images.get(azure.group, "i")


def test_images_with_the_poller_as_it_comes(azure: Azure) -> None:
    make_image(azure)
    patch: Json = {"tags": {"release": "6"}}
    images = azure.compute.images
    assert images.begin_update(azure.group, "i", patch, **DEFAULT_POLLER).result().tags == {"release": "6"}


def test_a_disk_grows_is_lent_and_removed(azure: Azure) -> None:
    disks = azure.compute.disks
    made = make_disk(azure)
    assert (made.disk_size_gb, made.sku.name, made.disk_state) == (64, "Premium_LRS", "Unattached")
    patch: Json = {"properties": {"diskSizeGB": 128}, "tags": {"team": "images"}}
    assert disks.begin_update(azure.group, "os", patch).result().disk_size_gb == 128
    lent: Json = {"access": "Read", "durationInSeconds": 60}
    assert disks.begin_grant_access(azure.group, "os", lent).result().access_sas
    disks.begin_revoke_access(azure.group, "os").result()
    assert [one.name for one in disks.list_by_resource_group(azure.group)] == ["os"]
    assert "os" in [one.name for one in disks.list()]
    disks.begin_delete(azure.group, "os").result()
    with pytest.raises(ResourceNotFoundError):
        disks.get(azure.group, "os")


def test_a_snapshot_of_a_disk(azure: Azure) -> None:
    snapshots = azure.compute.snapshots
    disk = make_disk(azure)
    data = {"creationData": {"createOption": "Copy", "sourceResourceId": disk.id}}
    body: Json = {"location": azure.home, "properties": data}
    made = snapshots.begin_create_or_update(azure.group, "snap", body).result()
    assert made.disk_size_gb == 64
    assert made.creation_data.source_resource_id == disk.id
    patch: Json = {"tags": {"team": "images"}}
    assert snapshots.begin_update(azure.group, "snap", patch).result().tags == {"team": "images"}
    assert snapshots.get(azure.group, "snap").provisioning_state == "Succeeded"
    assert [one.name for one in snapshots.list_by_resource_group(azure.group)] == ["snap"]
    assert "snap" in [one.name for one in snapshots.list()]
    snapshots.begin_delete(azure.group, "snap").result()
    assert list(snapshots.list_by_resource_group(azure.group)) == []


def test_an_image_needs_its_disk(azure: Azure) -> None:
    disk = {"osType": "Linux", "osState": "Generalized", "managedDisk": {"id": azure.id("Microsoft.Compute/disks/no")}}
    body: Json = {"location": azure.home, "properties": {"storageProfile": {"osDisk": disk}}}
    with pytest.raises(HttpResponseError, match="NotFound"):
        azure.compute.images.begin_create_or_update(azure.group, "i", body).result()
