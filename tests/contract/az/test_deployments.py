"""`az deployment group` against the simulator."""

import json
from pathlib import Path

import pytest

from tests.contract.az.cli import DEFAULT_POLLING, Az

pytestmark = pytest.mark.contract

TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {"prefix": {"type": "string", "defaultValue": "10.0.0.0/16"}, "secret": {"type": "securestring"}},
    "variables": {"name": "[concat('net-', uniqueString(resourceGroup().id))]"},
    "resources": [
        {
            "type": "Microsoft.Network/virtualNetworks",
            "apiVersion": "2023-11-01",
            "name": "[variables('name')]",
            "location": "[resourceGroup().location]",
            "dependsOn": ["[resourceId('Microsoft.Network/networkSecurityGroups', 'rules')]"],
            "properties": {"addressSpace": {"addressPrefixes": ["[parameters('prefix')]"]}},
        },
        {
            "type": "Microsoft.Network/networkSecurityGroups",
            "apiVersion": "2023-11-01",
            "name": "rules",
            "location": "[resourceGroup().location]",
            "properties": {},
        },
    ],
    "outputs": {
        "NET": {"type": "string", "value": "[resourceId('Microsoft.Network/virtualNetworks', variables('name'))]"}
    },
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A template of a network and a security group."""
    path = tmp_path_factory.mktemp("templates") / "net.json"
    path.write_text(json.dumps(TEMPLATE))
    return path


def test_a_template_is_deployed(az: Az, group: str, template: Path) -> None:
    made = az(f"deployment group create -g {group} -n one -f {template} -p secret=hidden-1")
    assert made["properties"]["provisioningState"] == "Succeeded"
    net = made["properties"]["outputs"]["net"]["value"]
    assert az(f"resource show --ids {net}")["properties"]["addressSpace"]["addressPrefixes"] == ["10.0.0.0/16"]
    shown = az(f"deployment group show -g {group} -n one")
    assert "hidden-1" not in json.dumps(shown)
    assert shown["properties"]["parameters"]["prefix"]["value"] == "10.0.0.0/16"
    assert [one["name"] for one in az(f"deployment group list -g {group}")] == ["one"]


def test_its_operations_are_told(az: Az, group: str, template: Path) -> None:
    az(f"deployment group create -g {group} -n two -f {template} -p secret=hidden-2 prefix=10.0.0.0/16")
    operations = az(f"deployment operation group list -g {group} -n two")
    made = {
        one["properties"]["targetResource"]["resourceType"]
        for one in operations
        if one["properties"].get("targetResource")
    }
    assert made == {"Microsoft.Network/virtualNetworks", "Microsoft.Network/networkSecurityGroups"}
    assert {one["properties"]["provisioningState"] for one in operations} == {"Succeeded"}


def test_a_template_is_validated_without_effect(az: Az, group: str, template: Path) -> None:
    az(f"group create -n {group}-dry -l westus2")
    checked = az(f"deployment group validate -g {group}-dry -f {template} -p secret=hidden-3")
    assert checked["properties"]["provisioningState"] == "Succeeded"
    assert az(f"resource list -g {group}-dry") == []
    said = az.refused(f"deployment group validate -g {group}-dry -f {template} -p secret=hidden-3 wrong=1")
    assert "wrong" in said


def test_a_template_that_cannot_be_says_why(az: Az, group: str, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.json"
    resources = [{**TEMPLATE["resources"][0], "dependsOn": ["nowhere"]}]  # type: ignore[index]
    spoilt.write_text(json.dumps({**TEMPLATE, "resources": resources}))
    said = az.refused(f"deployment group create -g {group} -n bad -f {spoilt} -p secret=x")
    assert "InvalidTemplate" in said
    assert "nowhere" in said


def test_a_resource_that_fails_fails_its_deployment(az: Az, group: str, template: Path) -> None:
    said = az.refused(f"deployment group create -g {group} -n failing -f {template} -p secret=x prefix=10.0.0.0/99")
    assert "10.0.0.0/99" in said


def test_a_deployment_is_deleted_and_what_it_made_stays(az: Az, group: str, template: Path) -> None:
    az(f"deployment group create -g {group} -n three -f {template} -p secret=hidden-4")
    az(f"deployment group delete -g {group} -n three")
    assert "DeploymentNotFound" in az.refused(f"deployment group show -g {group} -n three", code=3)
    assert az(f"network nsg show -g {group} -n rules")["provisioningState"] == "Succeeded"


def test_the_default_poller_sees_the_end_of_a_deployment(az: Az, group: str, template: Path) -> None:
    made = az(f"deployment group create -g {group} -n slow -f {template} -p secret=x", polling=DEFAULT_POLLING)
    assert made["properties"]["provisioningState"] == "Succeeded"
