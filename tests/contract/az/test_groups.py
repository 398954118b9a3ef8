"""`az group` against the simulator."""

import pytest

from tests.contract.az.cli import Az

pytestmark = pytest.mark.contract


def test_a_group_is_made_shown_listed_and_tagged(az: Az) -> None:
    made = az("group create -n groups-a -l 'West US 2' --tags stage=test")
    assert (made["location"], made["properties"]["provisioningState"]) == ("westus2", "Succeeded")
    assert az("group show -n GROUPS-A")["name"] == "groups-a"
    assert [one["name"] for one in az("group list --tag stage=test")] == ["groups-a"]
    assert az("group update -n groups-a --set tags.owner=me")["tags"] == {"stage": "test", "owner": "me"}
    assert "groups-a" in [one["name"] for one in az("group list")]


def test_a_deleted_group_takes_what_it_holds_with_it(az: Az) -> None:
    az("group create -n groups-b -l westus2")
    az("network public-ip create -g groups-b -n address --sku Standard")
    assert az("group exists -n groups-b") is True
    az("group delete -n groups-b --yes")
    assert az("group exists -n groups-b") is False
    assert "ResourceGroupNotFound" in az.refused("network public-ip show -g groups-b -n address", code=3)


def test_a_group_without_confirmation_stays(az: Az) -> None:
    az("group create -n groups-c -l westus2")
    az.refused("group delete -n groups-c")
    assert az("group exists -n groups-c") is True


def test_a_group_that_is_missing_is_said_to_be(az: Az) -> None:
    assert "ResourceGroupNotFound" in az.refused("group show -n groups-none", code=3)
    assert "ResourceGroupNotFound" in az.refused("group delete -n groups-none --yes", code=3)
    assert "ResourceGroupNotFound" in az.refused("sig show -g groups-none -r gallery", code=3)


def test_waiting_for_a_group_ends(az: Az) -> None:
    az("group create -n groups-d -l westus2")
    az("group delete -n groups-d --yes --no-wait")
    az("group wait -n groups-d --deleted --interval 1 --timeout 30")
    assert az("group exists -n groups-d") is False


def test_a_group_is_exported_and_its_tags_are_counted(az: Az) -> None:
    az("group create -n groups-e -l westus2 --tags exported=yes")
    az("network vnet create -g groups-e -n net --address-prefixes 10.0.0.0/16 --subnet-name sub")
    template = az("group export -n groups-e --include-parameter-default-value")
    assert template["parameters"] == {"virtualNetworks_net_name": {"defaultValue": "net", "type": "String"}}
    assert [one["type"] for one in template["resources"]] == ["Microsoft.Network/virtualNetworks"]
    (tag,) = (one for one in az("tag list") if one["tagName"] == "exported")
    assert [(one["tagValue"], one["count"]["value"]) for one in tag["values"]] == [("yes", 1)]
