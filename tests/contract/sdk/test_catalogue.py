"""Sizes, SKUs, usage and the Marketplace through azure-mgmt-compute."""

from tests.contract.sdk.azure import Azure, Json


def test_skus_name_sizes_and_their_capabilities(azure: Azure) -> None:
    found = list(azure.compute.resource_skus.list(filter=f"location eq '{azure.home}'"))
    sizes = {one.name: one for one in found if one.resource_type == "virtualMachines"}
    assert "Standard_D2s_v5" in sizes
    capabilities = {one.name: one.value for one in sizes["Standard_D2s_v5"].capabilities or []}
    assert capabilities["vCPUs"] == "2"


def test_sizes_and_usage_of_a_region(azure: Azure) -> None:
    sizes = {one.name: one.number_of_cores for one in azure.compute.virtual_machine_sizes.list(azure.home)}
    assert sizes["Standard_D2s_v5"] == 2
    usage = {one.name.value: one for one in azure.compute.usage.list(azure.home)}
    assert usage["cores"].current_value <= usage["cores"].limit


def test_the_newest_marketplace_image_has_a_version(azure: Azure) -> None:
    images = azure.compute.virtual_machine_images
    publisher, offer, sku = "Canonical", "0001-com-ubuntu-server-jammy", "22_04-lts-gen2"
    assert publisher in [one.name for one in images.list_publishers(azure.home)]
    assert offer in [one.name for one in images.list_offers(azure.home, publisher)]
    assert sku in [one.name for one in images.list_skus(azure.home, publisher, offer)]
    versions = [one.name for one in images.list(azure.home, publisher, offer, sku)]
    assert images.get(azure.home, publisher, offer, sku, versions[-1]).name == versions[-1]


def test_what_is_shared_tagged_and_delegable_is_listed(azure: Azure) -> None:
    profile: Json = {"location": azure.home, "properties": {"sharingProfile": {"permissions": "Groups"}}}
    azure.compute.galleries.begin_create_or_update(azure.group, azure.gallery, profile).result()
    with_me = {"type": "Subscriptions", "ids": [azure.subscription_id]}
    shared: Json = {"operationType": "Add", "groups": [with_me]}
    azure.compute.gallery_sharing_profile.begin_update(azure.group, azure.gallery, shared).result()
    names = [str(one.name) for one in azure.compute.shared_galleries.list(azure.home)]
    (name,) = (one for one in names if one.endswith(azure.gallery.upper()))
    assert azure.compute.shared_galleries.get(azure.home, name).unique_id == f"/SharedGalleries/{name}"
    tags: Json = {"location": azure.home, "tags": {azure.gallery: "here"}}
    azure.compute.galleries.begin_create_or_update(azure.group, azure.gallery, tags).result()
    tag = next(one for one in azure.resources.tags.list() if one.tag_name == azure.gallery)
    assert [one.tag_value for one in tag.values_property or ()] == ["here"]
    services = [one.service_name for one in azure.network.available_delegations.list(azure.home)]
    assert "Microsoft.Web/serverFarms" in services
