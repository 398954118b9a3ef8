"""Template deployments through azure-mgmt-resource-deployments."""

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.contract.sdk.azure import DEFAULT_POLLER, Azure, Json

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


def template(azure: Azure, prefix: str = "192.168.1.0/24") -> Json:
    """A network, and an NSG that waits for it; a parameter that must not be seen again."""
    network = "Microsoft.Network/virtualNetworks"
    properties: Json = {
        "mode": "Incremental",
        "parameters": {"secret": {"value": "Correct-Horse-9"}, "name": {"value": "net"}},
        "template": {
            "$schema": SCHEMA,
            "contentVersion": "1.0.0.0",
            "parameters": {"secret": {"type": "securestring"}, "name": {"type": "string"}},
            "variables": {"nsg": "[concat(parameters('name'), '-nsg')]"},
            "resources": [
                {
                    "type": network,
                    "apiVersion": "2024-05-01",
                    "name": "[parameters('name')]",
                    "location": azure.home,
                    "properties": {
                        "addressSpace": {"addressPrefixes": ["192.168.0.0/16"]},
                        "subnets": [{"name": "sub", "properties": {"addressPrefix": prefix}}],
                    },
                },
                {
                    "type": "Microsoft.Network/networkSecurityGroups",
                    "apiVersion": "2024-05-01",
                    "name": "[variables('nsg')]",
                    "location": azure.home,
                    "dependsOn": [f"[resourceId('{network}', parameters('name'))]"],
                },
            ],
            "outputs": {"NetId": {"type": "string", "value": f"[resourceId('{network}', parameters('name'))]"}},
        },
    }
    return {"properties": properties}


def test_a_template_is_checked_deployed_and_listed(azure: Azure) -> None:
    deployments = azure.deployments.deployments
    assert deployments.begin_validate(azure.group, "first", template(azure)).result().error is None
    made: Any = deployments.begin_create_or_update(azure.group, "first", template(azure)).result()
    assert made.properties.provisioning_state == "Succeeded"
    assert made.properties.outputs["netId"]["value"] == azure.id("Microsoft.Network/virtualNetworks/net")
    assert made.properties.parameters == {
        "secret": {"type": "SecureString"},
        "name": {"type": "String", "value": "net"},
    }
    assert azure.network.network_security_groups.get(azure.group, "net-nsg").name == "net-nsg"
    assert deployments.check_existence(azure.group, "first")
    assert [one.name for one in deployments.list_by_resource_group(azure.group)] == ["first"]
    operations = list(azure.deployments.deployment_operations.list(azure.group, "first"))
    kinds = {one.properties.provisioning_operation for one in operations if one.properties}
    assert "Create" in kinds
    exported = deployments.export_template(azure.group, "first").template
    assert exported is not None
    assert "Correct-Horse-9" not in str(exported)
    deployments.begin_delete(azure.group, "first").result()
    with pytest.raises(ResourceNotFoundError):
        deployments.get(azure.group, "first")


def test_deployments_with_the_poller_as_it_comes(azure: Azure) -> None:
    deployments = azure.deployments.deployments
    made: Any = deployments.begin_create_or_update(azure.group, "first", template(azure), **DEFAULT_POLLER).result()
    assert made.properties.provisioning_state == "Succeeded"


def test_what_a_template_may_not_make_is_told_of(azure: Azure) -> None:
    deployments = azure.deployments.deployments
    with pytest.raises(HttpResponseError) as refused:
        deployments.begin_create_or_update(azure.group, "bad", template(azure, "172.16.0.0/24")).result()
    assert refused.value.error is not None
    assert "NetcfgInvalidSubnet" in str(refused.value)
