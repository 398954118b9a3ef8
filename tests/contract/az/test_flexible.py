"""`az vmss` in Flexible mode against the simulator, az's own default."""

import pytest

from tests.contract.az.cli import Az
from tests.contract.az.test_scale_sets import LOGIN

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def fleet(az: Az, group: str) -> str:
    """The arguments that name a scale set made as `az vmss create` makes one by itself."""
    az(f"vmss create -g {group} -n flex --image Ubuntu2204 --vm-sku Standard_D2s_v3 --instance-count 2 {LOGIN}")
    return f"-g {group} -n flex"


def test_flexible_is_what_az_makes(az: Az, fleet: str) -> None:
    shown = az(f"vmss show {fleet}")
    assert (shown["orchestrationMode"], shown["provisioningState"]) == ("Flexible", "Succeeded")
    assert shown["virtualMachineProfile"]["storageProfile"]["imageReference"]["publisher"] == "Canonical"


def test_its_instances_are_virtual_machines(az: Az, group: str, fleet: str) -> None:
    instances = az(f"vmss list-instances {fleet}")
    assert len(instances) == 2
    machines = az(f"vm list -g {group}")
    assert {one["name"] for one in machines} == {one["name"] for one in instances}
    assert {one["virtualMachineScaleSet"]["id"].rpartition("/")[2] for one in machines} == {"flex"}
    assert az(f"vm show -g {group} -n {machines[0]['name']}")["provisioningState"] == "Succeeded"


def test_it_is_scaled_and_deleted(az: Az, group: str) -> None:
    named = f"-g {group} -n short"
    az(f"vmss create {named} --image Ubuntu2204 --vm-sku Standard_D2s_v3 --instance-count 1 {LOGIN}")
    az(f"vmss scale {named} --new-capacity 2")
    assert len(az(f"vmss list-instances {named}")) == 2
    az(f"vmss delete {named} --force-deletion true")
    assert "short" not in [one["name"] for one in az(f"vmss list -g {group}")]


def test_it_may_have_no_profile(az: Az, group: str) -> None:
    az(f"vmss create -g {group} -n empty --orchestration-mode Flexible --platform-fault-domain-count 1")
    shown = az(f"vmss show -g {group} -n empty")
    assert (shown["orchestrationMode"], shown.get("virtualMachineProfile")) == ("Flexible", None)
