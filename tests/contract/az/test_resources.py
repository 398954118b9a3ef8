"""`az resource`, `az provider`, `az account` and what else az asks ARM itself."""

import pytest

from tests.contract.az.cli import Az

pytestmark = pytest.mark.contract

NSG = "Microsoft.Network/networkSecurityGroups"


@pytest.fixture(scope="module")
def nsg(az: Az, group: str) -> str:
    """The id of a security group."""
    made: str = az(f"network nsg create -g {group} -n rules --tags kind=rules")["NewNSG"]["id"]
    return made


def test_resources_are_listed_by_group_type_name_and_tag(az: Az, group: str, nsg: str) -> None:
    assert [one["id"] for one in az(f"resource list -g {group}")] == [nsg]
    assert nsg in [one["id"] for one in az(f"resource list --resource-type {NSG}")]
    assert [one["id"] for one in az(f"resource list -g {group} -n rules")] == [nsg]
    assert nsg in [one["id"] for one in az("resource list --tag kind=rules")]
    assert az(f"resource list -g {group} --resource-type Microsoft.Compute/galleries") == []


def test_a_resource_is_shown_by_id_and_by_name(az: Az, group: str, nsg: str) -> None:
    assert az(f"resource show --ids {nsg}")["properties"]["provisioningState"] == "Succeeded"
    assert az(f"resource show -g {group} -n rules --resource-type {NSG}")["id"] == nsg
    assert az(f"resource tag --ids {nsg} --tags kind=rules a=b")["tags"] == {"kind": "rules", "a": "b"}


def test_a_resource_is_deleted_by_id(az: Az, group: str) -> None:
    made = az(f"network nsg create -g {group} -n short")["NewNSG"]["id"]
    az(f"resource delete --ids {made}")
    assert "ResourceNotFound" in az.refused(f"resource show --ids {made}", code=3)


def test_the_account_is_the_simulators(az: Az, ready: dict[str, str]) -> None:
    assert az("account show")["id"] == ready["subscriptionId"]
    assert [one["id"] for one in az("account list --refresh")] == [ready["subscriptionId"]]
    assert "westus2" in [one["name"] for one in az("account list-locations")]
    assert az("account get-access-token")["subscription"] == ready["subscriptionId"]


def test_providers_are_shown_and_registered(az: Az) -> None:
    shown = az("provider show -n Microsoft.Compute")
    assert "galleries/images/versions" in [one["resourceType"] for one in shown["resourceTypes"]]
    az("provider register -n Microsoft.Compute --wait")
    assert az("provider show -n Microsoft.Compute")["registrationState"] == "Registered"
    assert "Microsoft.Network" in [one["namespace"] for one in az("provider list")]


def test_sizes_are_offered(az: Az) -> None:
    assert "Standard_D2s_v3" in [one["name"] for one in az("vm list-skus -l westus2 --resource-type virtualMachines")]
    assert az("vm list-usage -l westus2")


def test_any_request_can_be_sent(az: Az, ready: dict[str, str]) -> None:
    path = f"/subscriptions/{ready['subscriptionId']}/resourcegroups?api-version=2021-04-01"
    assert "value" in az(f"rest --method get --url {path}")
    assert "MissingApiVersionParameter" in az.refused(f"rest --method get --url {path.partition('?')[0]}")
