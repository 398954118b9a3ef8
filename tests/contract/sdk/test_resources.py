"""Groups, resources whatever their type, providers and subscriptions through azure-mgmt-resource."""

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.contract.sdk.azure import DEFAULT_POLLER, Azure, Json, make_gallery, make_network


def test_a_group_takes_everything_with_it(azure: Azure) -> None:
    groups = azure.resources.resource_groups
    make_gallery(azure)
    assert groups.check_existence(azure.group)
    tags: Json = {"tags": {"team": "images"}}
    assert groups.update(azure.group, tags).tags == {"team": "images"}
    found: Any = groups.get(azure.group)
    assert found.properties.provisioning_state == "Succeeded"
    assert azure.group in [one.name for one in groups.list()]
    groups.begin_delete(azure.group).result()
    assert not groups.check_existence(azure.group)
    with pytest.raises(ResourceNotFoundError):
        azure.compute.galleries.get(azure.group, azure.gallery)


def test_groups_with_the_poller_as_it_comes(azure: Azure) -> None:
    azure.resources.resource_groups.begin_delete(azure.group, **DEFAULT_POLLER).result()
    with pytest.raises(ResourceNotFoundError):
        azure.resources.resource_groups.get(azure.group)


def test_groups_are_found_by_tag(azure: Azure) -> None:
    tags: Json = {"tags": {"number": str(azure.number)}}
    azure.resources.resource_groups.update(azure.group, tags)
    found = azure.resources.resource_groups.list(filter=f"tagName eq 'number' and tagValue eq '{azure.number}'")
    assert [one.name for one in found] == [azure.group]


def test_resources_are_listed_whatever_their_type(azure: Azure) -> None:
    make_gallery(azure)
    make_network(azure)
    listed = list(azure.resources.resources.list_by_resource_group(azure.group))
    assert {one.type for one in listed} == {
        "Microsoft.Compute/galleries",
        "Microsoft.Network/publicIPAddresses",
        "Microsoft.Network/virtualNetworks",
        "Microsoft.Network/networkSecurityGroups",
        "Microsoft.Network/loadBalancers",
    }
    only = "resourceType eq 'Microsoft.Compute/galleries'"
    found = list(azure.resources.resources.list_by_resource_group(azure.group, filter=only, expand="createdTime"))
    assert [one.name for one in found] == [azure.gallery]
    assert found[0].created_time is not None
    assert azure.gallery in [one.name for one in azure.resources.resources.list(filter=only)]


def test_a_resource_is_read_and_removed_by_its_id(azure: Azure) -> None:
    made = make_gallery(azure)
    by_id = azure.resources.resources
    assert by_id.get_by_id(made.id, api_version="2024-03-03").name == azure.gallery
    assert by_id.check_existence_by_id(made.id, api_version="2024-03-03")
    by_id.begin_delete_by_id(made.id, api_version="2024-03-03").result()
    assert not by_id.check_existence_by_id(made.id, api_version="2024-03-03")


def test_an_api_version_that_never_was_is_refused(azure: Azure) -> None:
    with pytest.raises(HttpResponseError, match="NoRegisteredProviderFound"):
        azure.resources.resources.get_by_id(azure.id("Microsoft.Compute/galleries/g"), api_version="2001-01-01")


def test_providers_say_what_is_simulated(azure: Azure) -> None:
    compute = azure.resources.providers.get("Microsoft.Compute")
    assert compute.registration_state == "Registered"
    assert "galleries/images/versions" in [one.resource_type for one in compute.resource_types or []]
    assert {"Microsoft.Compute", "Microsoft.Network"} <= {one.namespace for one in azure.resources.providers.list()}
    assert azure.resources.providers.register("Microsoft.Compute").namespace == "Microsoft.Compute"


def test_subscriptions_tenants_and_locations(azure: Azure) -> None:
    subscriptions = azure.subscriptions.subscriptions
    assert azure.subscription_id in [one.subscription_id for one in subscriptions.list()]
    assert subscriptions.get(azure.subscription_id).state == "Enabled"
    assert azure.home in [one.name for one in subscriptions.list_locations(azure.subscription_id)]
    assert [one.tenant_id for one in azure.subscriptions.tenants.list()]
