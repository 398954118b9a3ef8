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


def test_it_comes_with_its_network(az: Az, group: str, fleet: str) -> None:
    kinds = {one["type"] for one in az(f"resource list -g {group}")}
    assert kinds >= {
        f"Microsoft.Network/{kind}"
        for kind in ("loadBalancers", "networkSecurityGroups", "publicIPAddresses", "virtualNetworks")
    }
    balancer = az(f"network lb list -g {group}")[0]
    rule = az(f"network lb inbound-nat-rule list -g {group} --lb-name {balancer['name']}")[0]
    assert (rule["backendPort"], rule["frontendPortRangeStart"]) == (22, 50000)


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


def test_a_model_of_its_own_options_is_kept(az: Az, group: str) -> None:
    az(
        f"vmss create -g {group} -n rich --image Ubuntu2204 --vm-sku Standard_D2s_v3 --instance-count 1 {LOGIN} "
        "--tags a=b --zones 1 2 --priority Spot --eviction-policy Delete --max-price 0.5 --data-disk-sizes-gb 8 16 "
        "--os-disk-size-gb 64 --computer-name-prefix web --terminate-notification-time 5 --custom-data hidden-text"
    )
    shown = az(f"vmss show -g {group} -n rich")
    profile = shown["virtualMachineProfile"]
    assert (shown["tags"], shown["zones"]) == ({"a": "b"}, ["1", "2"])
    assert (profile["priority"], profile["evictionPolicy"], profile["billingProfile"]["maxPrice"]) == (
        "Spot",
        "Delete",
        0.5,
    )
    assert [one["diskSizeGB"] for one in profile["storageProfile"]["dataDisks"]] == [8, 16]
    assert profile["storageProfile"]["osDisk"]["diskSizeGB"] == 64
    assert profile["scheduledEventsProfile"]["terminateNotificationProfile"]["notBeforeTimeout"] == "PT5M"
    assert profile["osProfile"]["computerNamePrefix"] == "web"
    assert "customData" not in profile["osProfile"]


def test_it_moves_to_another_image_when_it_is_told(az: Az, group: str) -> None:
    named = f"-g {group} -n moving"
    az(f"vmss create {named} --image Ubuntu2204 --vm-sku Standard_D2s_v3 --instance-count 2 {LOGIN}")
    az(f"vmss update {named} --set virtualMachineProfile.storageProfile.imageReference.sku=22_04-lts-arm64")
    az(f"vmss update-instances {named} --instance-ids '*'")
    skus = {
        az(f"vm show -g {group} -n {one['name']}")["storageProfile"]["imageReference"]["sku"]
        for one in az(f"vmss list-instances {named}")
    }
    assert skus == {"22_04-lts-arm64"}


def test_it_may_have_no_profile(az: Az, group: str) -> None:
    az(f"vmss create -g {group} -n empty --orchestration-mode Flexible --platform-fault-domain-count 1")
    shown = az(f"vmss show -g {group} -n empty")
    assert (shown["orchestrationMode"], shown.get("virtualMachineProfile")) == ("Flexible", None)


def test_its_instances_are_asked_for_as_machines(az: Az, group: str, fleet: str) -> None:
    one = az(f"vmss list-instances {fleet}")[0]["name"]
    assert "must be a number" in az.refused(f"vmss get-instance-view {fleet} --instance-id {one}")
    assert az(f"vm get-instance-view -g {group} -n {one}")["instanceView"]["statuses"]
    az(f"vmss restart {fleet} --instance-ids {one}")
    assert "Flex mode" in az.refused(f"vmss list-instance-public-ips {fleet}")
