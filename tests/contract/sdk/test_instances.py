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


def test_an_instance_has_interfaces_and_a_public_address(azure: Azure) -> None:
    nics, addresses = azure.network.network_interfaces, azure.network.public_ip_addresses
    made = make_scale_set(azure).virtual_machine_profile.as_dict()
    config = made["networkProfile"]["networkInterfaceConfigurations"][0]["properties"]["ipConfigurations"][0]
    config["properties"]["publicIPAddressConfiguration"] = {"name": "public", "properties": {}}
    update: Json = {"properties": {"virtualMachineProfile": {"networkProfile": made["networkProfile"]}}}
    azure.compute.virtual_machine_scale_sets.begin_update(azure.group, "vmss", update).result()
    ids: Json = {"instanceIds": ["*"]}
    azure.compute.virtual_machine_scale_sets.begin_update_instances(azure.group, "vmss", ids).result()
    listed = list(nics.list_virtual_machine_scale_set_network_interfaces(azure.group, "vmss"))
    assert [one.ip_configurations[0].private_ip_address for one in listed] == ["192.168.1.4", "192.168.1.5"]
    (own,) = nics.list_virtual_machine_scale_set_vm_network_interfaces(azure.group, "vmss", "1")
    assert nics.get_virtual_machine_scale_set_network_interface(azure.group, "vmss", "1", "nic").id == own.id
    (one,) = nics.list_virtual_machine_scale_set_ip_configurations(azure.group, "vmss", "1", "nic")
    path = (azure.group, "vmss", "1", "nic", "config")
    assert nics.get_virtual_machine_scale_set_ip_configuration(*path).id == one.id
    (public,) = addresses.list_virtual_machine_scale_set_vm_public_ip_addresses(*path)
    assert public.id == one.public_ip_address.id
    assert addresses.get_virtual_machine_scale_set_public_ip_address(*path, "public").ip_address == public.ip_address
    assert len(list(addresses.list_virtual_machine_scale_set_public_ip_addresses(azure.group, "vmss"))) == 2
    extensions = azure.compute.virtual_machine_scale_set_vm_extensions
    assert list(extensions.list(azure.group, "vmss", "1").value or ()) == []


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


def test_a_machine_has_extensions(azure: Azure) -> None:
    make_machine(azure)
    extensions = azure.compute.virtual_machine_extensions
    script: Json = {
        "location": azure.home,
        "properties": {
            "publisher": "Microsoft.Azure.Extensions",
            "type": "CustomScript",
            "typeHandlerVersion": "2.1",
            "protectedSettings": {"key": "hidden"},
        },
    }
    made = extensions.begin_create_or_update(azure.group, "vm", "script", script).result()
    assert (made.publisher, made.protected_settings) == ("Microsoft.Azure.Extensions", None)
    update: Json = {"properties": {"autoUpgradeMinorVersion": True}}
    assert extensions.begin_update(azure.group, "vm", "script", update).result().auto_upgrade_minor_version is True
    assert [one.name for one in extensions.list(azure.group, "vm").value or ()] == ["script"]
    assert [one.name for one in azure.compute.virtual_machines.get(azure.group, "vm").resources or ()] == ["script"]
    extensions.begin_delete(azure.group, "vm", "script").result()
    with pytest.raises(ResourceNotFoundError):
        extensions.get(azure.group, "vm", "script")
