"""Instances of scale sets and virtual machines through azure-mgmt-compute."""

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.contract.sdk.azure import Azure, Json, make_image, make_network, make_scale_set

POWER = {
    "restart": "running",
    "power_off": "stopped",
    "start": "running",
    "redeploy": "running",
    "deallocate": "deallocated",
}


def test_an_instance_is_read_protected_and_removed(azure: Azure) -> None:
    vms = azure.compute.virtual_machine_scale_set_vms
    make_scale_set(azure)
    assert [(one.name, one.instance_id) for one in vms.list(azure.group, "vmss")] == [("vmss_0", "0"), ("vmss_1", "1")]
    found = vms.get(azure.group, "vmss", "0", expand="instanceView")
    assert found.instance_view is not None
    assert found.latest_model_applied is True
    body: Json = {"location": azure.away, "properties": {"protectionPolicy": {"protectFromScaleIn": True}}}
    assert vms.begin_update(azure.group, "vmss", "0", body).result().protection_policy.protect_from_scale_in is True
    vms.begin_delete(azure.group, "vmss", "1").result()
    assert [one.instance_id for one in vms.list(azure.group, "vmss")] == ["0"]
    with pytest.raises(ResourceNotFoundError):
        vms.get(azure.group, "vmss", "1")


def make_machine(azure: Azure) -> Any:
    """Machine `vm` of image `i`, with an interface on the network `net`."""
    image = make_image(azure)
    make_network(azure, azure.home)
    subnet = {"id": azure.id("Microsoft.Network/virtualNetworks/net/subnets/sub")}
    configuration = {"name": "ip", "properties": {"subnet": subnet}}
    interface: Json = {"location": azure.home, "properties": {"ipConfigurations": [configuration]}}
    nic = azure.network.network_interfaces.begin_create_or_update(azure.group, "nic", interface).result()
    body: Json = {
        "location": azure.home,
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
            "storageProfile": {
                "imageReference": {"id": image.id},
                "osDisk": {"createOption": "FromImage", "managedDisk": {"storageAccountType": "Premium_LRS"}},
            },
            "osProfile": {"computerName": "vm", "adminUsername": "azureuser", "adminPassword": "Correct-Horse-9"},
            "networkProfile": {"networkInterfaces": [{"id": nic.id}]},
        },
    }
    return azure.compute.virtual_machines.begin_create_or_update(azure.group, "vm", body).result()


def test_a_machine_is_turned_off_and_on(azure: Azure) -> None:
    machines = azure.compute.virtual_machines
    assert make_machine(azure).os_profile.admin_password is None
    tags: Json = {"tags": {"team": "web"}}
    assert machines.begin_update(azure.group, "vm", tags).result().tags == {"team": "web"}
    for action, power in POWER.items():
        getattr(machines, f"begin_{action}")(azure.group, "vm").result()
        codes = [one.code for one in machines.instance_view(azure.group, "vm").statuses or []]
        assert f"PowerState/{power}" in codes, action


def test_an_interface_knows_its_machine(azure: Azure) -> None:
    made = make_machine(azure)
    interfaces = azure.network.network_interfaces
    found = interfaces.get(azure.group, "nic")
    assert found.virtual_machine.id == made.id
    configurations = list(azure.network.network_interface_ip_configurations.list(azure.group, "nic"))
    assert [one.private_ip_address for one in configurations] == ["192.168.1.4"]
    tags: Json = {"tags": {"team": "web"}}
    assert interfaces.update_tags(azure.group, "nic", tags).tags == {"team": "web"}
    assert [one.name for one in interfaces.list(azure.group)] == ["nic"]
    assert found.id in [one.id for one in interfaces.list_all()]
    with pytest.raises(HttpResponseError, match="InUse"):
        interfaces.begin_delete(azure.group, "nic").result()


def test_a_machine_becomes_an_image(azure: Azure) -> None:
    machines = azure.compute.virtual_machines
    made = make_machine(azure)
    assert made.id in [one.id for one in machines.list_by_location(azure.home)]
    machines.begin_deallocate(azure.group, "vm").result()
    machines.generalize(azure.group, "vm")
    source = {"properties": {"sourceVirtualMachine": {"id": made.id}}}
    captured: Json = {"location": azure.home, **source}
    image = azure.compute.images.begin_create_or_update(azure.group, "captured", captured).result()
    assert image.storage_profile.os_disk.os_state == "Generalized"
    machines.begin_delete(azure.group, "vm").result()
    assert list(machines.list(azure.group)) == []
