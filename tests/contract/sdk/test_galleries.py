"""Galleries, image definitions and versions through azure-mgmt-compute."""

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.armsim.arm import definition, version_of
from tests.contract.sdk.azure import DEFAULT_POLLER, Azure, Json, make_definition, make_gallery, make_version


def test_a_gallery_is_made_changed_listed_and_removed(azure: Azure) -> None:
    galleries = azure.compute.galleries
    made = make_gallery(azure)
    assert made.properties.identifier.unique_name == f"{azure.subscription_id}-{azure.gallery.upper()}"
    found = galleries.get(azure.group, azure.gallery)
    assert found.location == azure.home
    assert found.provisioning_state == "Succeeded"
    patch: Json = {"tags": {"team": "images"}}
    assert galleries.begin_update(azure.group, azure.gallery, patch).result().tags == {"team": "images"}
    assert [one.name for one in galleries.list_by_resource_group(azure.group)] == [azure.gallery]
    assert azure.gallery in [one.name for one in galleries.list()]
    galleries.begin_delete(azure.group, azure.gallery).result()
    with pytest.raises(ResourceNotFoundError):
        galleries.get(azure.group, azure.gallery)


def test_a_definition_is_made_changed_listed_and_removed(azure: Azure) -> None:
    definitions = azure.compute.gallery_images
    make_gallery(azure)
    made = make_definition(azure)
    assert made.architecture == "x64"
    assert made.identifier.sku == "sku"
    patch: Json = {"tags": {"os": "linux"}, "properties": {"description": "web servers"}}
    changed = definitions.begin_update(azure.group, azure.gallery, "d", patch).result()
    assert (changed.tags, changed.description) == ({"os": "linux"}, "web servers")
    assert [one.name for one in definitions.list_by_gallery(azure.group, azure.gallery)] == ["d"]
    definitions.begin_delete(azure.group, azure.gallery, "d").result()
    assert list(definitions.list_by_gallery(azure.group, azure.gallery)) == []


def test_a_version_is_replicated_extended_listed_and_removed(azure: Azure) -> None:
    versions = azure.compute.gallery_image_versions
    make_gallery(azure)
    make_definition(azure)
    made = make_version(azure)
    assert made.provisioning_state == "Succeeded"
    assert [one.name for one in made.publishing_profile.target_regions] == ["West Central US"]
    assert made.storage_profile.os_disk_image.size_in_gb == 64
    more: Json = version_of(azure)
    versions.begin_create_or_update(azure.group, azure.gallery, "d", "1.0.0", more).result()
    shown = versions.get(azure.group, azure.gallery, "d", "1.0.0", expand="ReplicationStatus")
    assert shown.replication_status is not None
    assert shown.replication_status.aggregated_state == "Completed"
    assert {one.region for one in shown.replication_status.summary or []} == {azure.home, azure.away}
    patch: Json = {"properties": {"publishingProfile": {"excludeFromLatest": True}}}
    changed = versions.begin_update(azure.group, azure.gallery, "d", "1.0.0", patch).result()
    assert changed.publishing_profile.exclude_from_latest is True
    assert [one.name for one in versions.list_by_gallery_image(azure.group, azure.gallery, "d")] == ["1.0.0"]
    with pytest.raises(HttpResponseError, match="BeforeEndOfLife"):
        versions.begin_delete(azure.group, azure.gallery, "d", "1.0.0").result()
    unlocked: Json = {"properties": {"safetyProfile": {"blockDeletionBeforeEndOfLife": False}}}
    versions.begin_update(azure.group, azure.gallery, "d", "1.0.0", unlocked).result()
    versions.begin_delete(azure.group, azure.gallery, "d", "1.0.0").result()
    with pytest.raises(ResourceNotFoundError):
        versions.get(azure.group, azure.gallery, "d", "1.0.0")


def test_galleries_with_the_poller_as_it_comes(azure: Azure) -> None:
    body: Json = {"location": azure.home}
    galleries = azure.compute.galleries
    made = galleries.begin_create_or_update(azure.group, azure.gallery, body, **DEFAULT_POLLER).result()
    assert made.provisioning_state == "Succeeded"
    assert galleries.begin_delete(azure.group, azure.gallery, **DEFAULT_POLLER).result() is None


def test_a_gallery_is_shared_with_a_subscription(azure: Azure) -> None:
    body: Json = {"location": azure.home, "properties": {"sharingProfile": {"permissions": "Groups"}}}
    azure.compute.galleries.begin_create_or_update(azure.group, azure.gallery, body).result()
    groups = [{"type": "Subscriptions", "ids": [azure.subscription_id]}]
    add: Json = {"operationType": "Add", "groups": groups}
    done = azure.compute.gallery_sharing_profile.begin_update(azure.group, azure.gallery, add).result()
    assert done.operation_type == "Add"
    shown = azure.compute.galleries.get(azure.group, azure.gallery, expand="SharingProfile/Groups")
    assert [one.ids for one in shown.sharing_profile.groups] == [[azure.subscription_id]]


def test_a_version_deleted_softly_is_listed_where_it_lies(azure: Azure) -> None:
    body: Json = {"location": azure.home, "properties": {"softDeletePolicy": {"isSoftDeleteEnabled": True}}}
    azure.compute.galleries.begin_create_or_update(azure.group, azure.gallery, body).result()
    make_definition(azure)
    make_version(azure)
    versions = azure.compute.gallery_image_versions
    unlocked: Json = {"properties": {"safetyProfile": {"blockDeletionBeforeEndOfLife": False}}}
    versions.begin_update(azure.group, azure.gallery, "d", "1.0.0", unlocked).result()
    versions.begin_delete(azure.group, azure.gallery, "d", "1.0.0").result()
    kept = azure.compute.soft_deleted_resource.list_by_artifact_name(azure.group, azure.gallery, "Images", "d")
    assert [one.name for one in kept] == ["1.0.0"]


def test_a_gallery_that_holds_a_definition_stays(azure: Azure) -> None:
    make_gallery(azure)
    make_definition(azure)
    with pytest.raises(HttpResponseError) as refused:
        azure.compute.galleries.begin_delete(azure.group, azure.gallery).result()
    assert refused.value.status_code == 409
    assert refused.value.error is not None
    assert refused.value.error.code == "CannotDeleteResource"


def test_a_version_without_its_home_region_is_refused(azure: Azure) -> None:
    make_gallery(azure)
    make_definition(azure)
    make_version(azure)
    body: Json = version_of(azure, regions=(azure.away,))
    with pytest.raises(HttpResponseError, match="must contain the location"):
        azure.compute.gallery_image_versions.begin_create_or_update(
            azure.group, azure.gallery, "d", "1.0.1", body
        ).result()


def test_a_definition_needs_its_gallery(azure: Azure) -> None:
    body: Json = definition()
    with pytest.raises(ResourceNotFoundError):
        azure.compute.gallery_images.begin_create_or_update(azure.group, "nowhere", "d", body).result()
