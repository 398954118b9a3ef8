"""Galleries, image definitions and versions through azure-mgmt-compute."""

import pytest
from azure.core.exceptions import ResourceNotFoundError

from tests.contract.sdk.azure import Azure, Json


def made_gallery(azure: Azure) -> None:
    """The test's gallery, with nothing in it."""
    body: Json = {"location": azure.home, "properties": {"description": "for tests"}}
    azure.compute.galleries.begin_create_or_update(azure.group, azure.gallery, body).result()


def test_a_gallery_is_made_changed_listed_and_removed(azure: Azure) -> None:
    made_gallery(azure)
    galleries = azure.compute.galleries
    found = galleries.get(azure.group, azure.gallery)
    assert found.location == azure.home
    assert found.properties is not None
    assert found.properties.provisioning_state == "Succeeded"
    patch: Json = {"tags": {"team": "images"}}
    assert galleries.begin_update(azure.group, azure.gallery, patch).result().tags == {"team": "images"}
    assert [one.name for one in galleries.list_by_resource_group(azure.group)] == [azure.gallery]
    assert azure.gallery in [one.name for one in galleries.list()]
    galleries.begin_delete(azure.group, azure.gallery).result()
    with pytest.raises(ResourceNotFoundError):
        galleries.get(azure.group, azure.gallery)
