"""Instances of scale sets and virtual machines through azure-mgmt-compute."""

import pytest
from azure.core.exceptions import ResourceNotFoundError

from tests.contract.sdk.azure import Azure, Json, make_image, make_scale_set


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


def test_a_machine_becomes_an_image(azure: Azure) -> None:
    machines = azure.compute.virtual_machines
    image = make_image(azure)
    body: Json = {
        "location": azure.home,
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
            "storageProfile": {
                "imageReference": {"id": image.id},
                "osDisk": {"createOption": "FromImage", "managedDisk": {"storageAccountType": "Premium_LRS"}},
            },
            "osProfile": {"computerName": "vm", "adminUsername": "azureuser", "adminPassword": "Correct-Horse-9"},
            "networkProfile": {"networkInterfaces": [{"id": azure.id("Microsoft.Network/networkInterfaces/nic")}]},
        },
    }
    made = machines.begin_create_or_update(azure.group, "vm", body).result()
    assert made.provisioning_state == "Succeeded"
    assert made.os_profile.admin_password is None
    assert made.id in [one.id for one in machines.list_by_location(azure.home)]
    view = machines.instance_view(azure.group, "vm")
    assert "PowerState/running" in [one.code for one in view.statuses or []]
    machines.begin_deallocate(azure.group, "vm").result()
    machines.generalize(azure.group, "vm")
    source = {"properties": {"sourceVirtualMachine": {"id": made.id}}}
    captured: Json = {"location": azure.home, **source}
    made_image = azure.compute.images.begin_create_or_update(azure.group, "captured", captured).result()
    assert made_image.storage_profile.os_disk.os_state == "Generalized"
    machines.begin_delete(azure.group, "vm").result()
    assert list(machines.list(azure.group)) == []
