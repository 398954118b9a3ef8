"""Sizes, SKUs, usage and the Marketplace through azure-mgmt-compute."""

from tests.contract.sdk.azure import Azure


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
