"""Scale sets, their extensions and rolling upgrades through azure-mgmt-compute."""

from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceModifiedError, ResourceNotFoundError

from tests.armsim.arm import image_patch, scale_set
from tests.contract.sdk.azure import (
    DEFAULT_POLLER,
    Azure,
    Json,
    make_definition,
    make_gallery,
    make_network,
    make_scale_set,
    make_version,
)

POWER = {
    "restart": "running",
    "power_off": "stopped",
    "start": "running",
    "redeploy": "running",
    "reimage": "running",
    "reimage_all": "running",
    "deallocate": "deallocated",
}
"""Actions in an order that works, and the state of the machine after each."""

HEALTH: Json = {
    "properties": {
        "publisher": "Microsoft.ManagedServices",
        "type": "ApplicationHealthLinux",
        "typeHandlerVersion": "1.0",
        "settings": {"protocol": "http", "port": 80, "requestPath": "/"},
    }
}


def to(version: Any) -> Json:
    """A PATCH that changes the image and nothing else."""
    return image_patch(version.id)


def power_of(azure: Azure, number: str) -> str:
    """`running`, `stopped` or `deallocated`."""
    view = azure.compute.virtual_machine_scale_set_vms.get_instance_view(azure.group, "vmss", number)
    codes = [one.code or "" for one in view.statuses or []]
    return next(code.removeprefix("PowerState/") for code in codes if code.startswith("PowerState/"))


def ids(*numbers: str) -> Json:
    """A body that names instances."""
    return {"instanceIds": list(numbers)}


def test_a_scale_set_is_made_scaled_listed_and_removed(azure: Azure) -> None:
    sets = azure.compute.virtual_machine_scale_sets
    made = make_scale_set(azure)
    assert made.orchestration_mode == "Uniform"
    assert made.virtual_machine_profile.os_profile.admin_password is None
    assert made.provisioning_state == "Succeeded"
    patch: Json = {"sku": {"name": "Standard_D2s_v5", "capacity": 3}, "tags": {"team": "web"}}
    scaled: Any = sets.begin_update(azure.group, "vmss", patch).result()
    assert (scaled.sku.capacity, scaled.tags) == (3, {"team": "web"})
    assert [one.name for one in sets.list(azure.group)] == ["vmss"]
    assert made.id in [one.id for one in sets.list_all()]
    assert made.id in [one.id for one in sets.list_by_location(azure.away)]
    assert "Standard_D2s_v5" in [one.sku.name for one in sets.list_skus(azure.group, "vmss") if one.sku]
    view = sets.get_instance_view(azure.group, "vmss")
    summary = view.virtual_machine.statuses_summary if view.virtual_machine else None
    assert {one.code: one.count for one in summary or []} == {"ProvisioningState/succeeded": 3}
    sets.begin_delete(azure.group, "vmss").result()
    with pytest.raises(ResourceNotFoundError):
        sets.get(azure.group, "vmss")


def test_a_write_on_a_stale_reading_is_refused(azure: Azure) -> None:
    sets = azure.compute.virtual_machine_scale_sets
    first = make_scale_set(azure)
    patch: Json = {"tags": {"team": "web"}}
    same = MatchConditions.IfNotModified
    second = sets.begin_update(azure.group, "vmss", patch, etag=first.etag, match_condition=same).result()
    assert second.etag != first.etag
    with pytest.raises(ResourceModifiedError) as refused:
        sets.begin_update(azure.group, "vmss", patch, etag=first.etag, match_condition=same).result()
    assert refused.value.status_code == 412


def test_a_flexible_scale_set_has_machines_of_its_own(azure: Azure) -> None:
    make_gallery(azure)
    make_definition(azure)
    version = make_version(azure, regions=(azure.home, azure.away))
    make_network(azure)
    body: Json = scale_set(azure, version.id)
    properties = body["properties"]
    properties |= {"orchestrationMode": "Flexible", "platformFaultDomainCount": 1}
    properties.pop("upgradePolicy")
    properties["virtualMachineProfile"]["networkProfile"]["networkApiVersion"] = "2020-11-01"
    made = azure.compute.virtual_machine_scale_sets.begin_create_or_update(azure.group, "flex", body).result()
    assert made.orchestration_mode == "Flexible"
    machines = [str(one.name) for one in azure.compute.virtual_machines.list(azure.group)]
    assert len(machines) == 2
    shown = azure.compute.virtual_machines.get(azure.group, machines[0], expand="instanceView")
    assert shown.virtual_machine_scale_set.id == made.id
    listed = list(azure.compute.virtual_machine_scale_set_vms.list(azure.group, "flex"))
    assert [one.name for one in listed] == machines


def test_all_instances_at_once(azure: Azure) -> None:
    sets = azure.compute.virtual_machine_scale_sets
    make_scale_set(azure)
    for action, power in POWER.items():
        getattr(sets, f"begin_{action}")(azure.group, "vmss").result()
        assert (action, power_of(azure, "0")) == (action, power)


def test_one_instance_by_itself(azure: Azure) -> None:
    vms = azure.compute.virtual_machine_scale_set_vms
    make_scale_set(azure)
    for action, power in POWER.items():
        getattr(vms, f"begin_{action}")(azure.group, "vmss", "1").result()
        assert (action, power_of(azure, "0"), power_of(azure, "1")) == (action, "running", power)


def test_instances_follow_the_model_when_told_to(azure: Azure) -> None:
    sets, vms = azure.compute.virtual_machine_scale_sets, azure.compute.virtual_machine_scale_set_vms
    make_scale_set(azure)
    newer = make_version(azure, "1.0.1", regions=(azure.home, azure.away))
    sets.begin_update(azure.group, "vmss", to(newer)).result()
    assert [one.latest_model_applied for one in vms.list(azure.group, "vmss")] == [False, False]
    sets.begin_update_instances(azure.group, "vmss", ids("0")).result()
    assert [one.latest_model_applied for one in vms.list(azure.group, "vmss")] == [True, False]
    sets.begin_delete_instances(azure.group, "vmss", ids("1")).result()
    assert [one.instance_id for one in vms.list(azure.group, "vmss")] == ["0"]
    found: Any = sets.get(azure.group, "vmss")
    assert found.sku.capacity == 1


def test_repairs_are_suspended_and_placement_is_settled(azure: Azure) -> None:
    sets = azure.compute.virtual_machine_scale_sets
    make_scale_set(azure)
    state: Json = {"serviceName": "AutomaticRepairs", "action": "Suspend"}
    sets.begin_set_orchestration_service_state(azure.group, "vmss", state).result()
    placement: Json = {}
    sets.convert_to_single_placement_group(azure.group, "vmss", placement)
    assert sets.get(azure.group, "vmss").single_placement_group is True


def test_extensions_come_and_go(azure: Azure) -> None:
    extensions = azure.compute.virtual_machine_scale_set_extensions
    make_scale_set(azure)
    made: Any = extensions.begin_create_or_update(azure.group, "vmss", "health", HEALTH).result()
    assert made.properties.type == "ApplicationHealthLinux"
    patch: Json = {"properties": {"settings": {"protocol": "http", "port": 8080, "requestPath": "/"}}}
    assert extensions.begin_update(azure.group, "vmss", "health", patch).result().settings["port"] == 8080
    assert extensions.get(azure.group, "vmss", "health").provisioning_state == "Succeeded"
    assert [one.name for one in extensions.list(azure.group, "vmss")] == ["health"]
    extensions.begin_delete(azure.group, "vmss", "health").result()
    assert list(extensions.list(azure.group, "vmss")) == []


def test_a_rolling_upgrade_is_started_read_and_too_late_to_cancel(azure: Azure) -> None:
    sets, upgrades = azure.compute.virtual_machine_scale_sets, azure.compute.virtual_machine_scale_set_rolling_upgrades
    make_scale_set(azure, mode="Rolling", capacity=3)
    newer = make_version(azure, "1.0.1", regions=(azure.home, azure.away))
    sets.begin_update(azure.group, "vmss", to(newer)).result()
    latest = upgrades.get_latest(azure.group, "vmss")
    assert latest.running_status is not None
    assert latest.running_status.code == "Completed"
    assert latest.progress is not None
    assert latest.progress.successful_instance_count == 3
    upgrades.begin_start_os_upgrade(azure.group, "vmss").result()
    with pytest.raises(HttpResponseError, match="no ongoing Rolling Upgrade"):
        upgrades.begin_cancel(azure.group, "vmss").result()
    history = list(sets.get_os_upgrade_history(azure.group, "vmss"))
    assert history
    assert upgrades.begin_start_extension_upgrade(azure.group, "vmss").result() is None


def test_scale_sets_with_the_poller_as_it_comes(azure: Azure) -> None:
    make_scale_set(azure)
    patch: Json = {"sku": {"name": "Standard_D2s_v5", "capacity": 1}}
    sets = azure.compute.virtual_machine_scale_sets
    scaled: Any = sets.begin_update(azure.group, "vmss", patch, **DEFAULT_POLLER).result()
    assert scaled.sku.capacity == 1
    sets.begin_delete(azure.group, "vmss", **DEFAULT_POLLER).result()
