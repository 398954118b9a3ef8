"""`az vmss` against the simulator: making scale sets, and a day in the life of one in Uniform mode."""

from ipaddress import ip_address, ip_network

import pytest

from tests.contract.az.cli import DEFAULT_POLLING, Az
from tests.contract.az.test_images import BLOB

pytestmark = pytest.mark.contract

LOGIN = "--admin-username someone --admin-password 'Secret-12345' --authentication-type password"


@pytest.fixture(scope="module")
def versions(az: Az, group: str) -> tuple[str, str]:
    """The ids of two versions of one image."""
    az(f"image create -g {group} -n source --source {BLOB} --os-type Linux --hyper-v-generation V2")
    az(f"sig create -g {group} -r images")
    named = f"-g {group} -r images -i linux"
    az(f"sig image-definition create {named} -p me -f web -s one --os-type Linux --hyper-v-generation V2")
    first, second = (
        az(f"sig image-version create {named} -e {number} --managed-image source")["id"]
        for number in ("1.0.0", "1.0.1")
    )
    return first, second


@pytest.fixture(scope="module")
def fleet(az: Az, group: str, versions: tuple[str, str]) -> str:
    """The arguments that name a scale set in Uniform mode with two instances of version 1.0.0."""
    named = f"-g {group} -n fleet"
    az(
        f"vmss create {named} --image {versions[0]} --orchestration-mode Uniform --instance-count 2 "
        f"--vm-sku Standard_D2s_v3 --upgrade-policy-mode Manual --lb-sku Standard {LOGIN}"
    )
    return named


def test_a_uniform_scale_set_comes_with_its_network(az: Az, group: str, fleet: str) -> None:
    shown = az(f"vmss show {fleet}")
    assert (shown["orchestrationMode"], shown["provisioningState"], shown["sku"]["capacity"]) == (
        "Uniform",
        "Succeeded",
        2,
    )
    assert "adminPassword" not in shown["virtualMachineProfile"]["osProfile"]
    kinds = {one["type"] for one in az(f"resource list -g {group}")}
    assert {
        "Microsoft.Compute/virtualMachineScaleSets",
        "Microsoft.Network/loadBalancers",
        "Microsoft.Network/publicIPAddresses",
        "Microsoft.Network/virtualNetworks",
    } <= kinds


def test_instances_run_what_the_model_said(az: Az, fleet: str, versions: tuple[str, str]) -> None:
    instances = az(f"vmss list-instances {fleet}")
    assert [one["latestModelApplied"] for one in instances] == [True, True]
    assert {one["storageProfile"]["imageReference"]["id"] for one in instances} == {versions[0]}
    counts = {
        one["code"]: one["count"] for one in az(f"vmss get-instance-view {fleet}")["virtualMachine"]["statusesSummary"]
    }
    assert counts["ProvisioningState/succeeded"] == 2
    one = az(f"vmss get-instance-view {fleet} --instance-id {instances[0]['instanceId']}")
    assert "PowerState/running" in [status["code"] for status in one["statuses"]]


def test_a_manual_scale_set_moves_when_it_is_told(az: Az, group: str, versions: tuple[str, str]) -> None:
    named = f"-g {group} -n manual"
    az(
        f"vmss create {named} --image {versions[0]} --orchestration-mode Uniform --upgrade-policy-mode Manual "
        f"--vm-sku Standard_D2s_v3 --instance-count 2 {LOGIN}"
    )
    az(f"vmss update {named} --set virtualMachineProfile.storageProfile.imageReference.id={versions[1]}")
    assert [one["latestModelApplied"] for one in az(f"vmss list-instances {named}")] == [False, False]
    first = az(f"vmss list-instances {named}")[0]["instanceId"]
    az(f"vmss update-instances {named} --instance-ids {first}")
    assert [one["latestModelApplied"] for one in az(f"vmss list-instances {named}")] == [True, False]
    az(f"vmss update-instances {named} --instance-ids '*'")
    images = {one["storageProfile"]["imageReference"]["id"] for one in az(f"vmss list-instances {named}")}
    assert images == {versions[1]}


def test_a_scale_set_is_listed_tagged_and_scaled(az: Az, group: str, fleet: str) -> None:
    assert "fleet" in [one["name"] for one in az(f"vmss list -g {group}")]
    assert "fleet" in [one["name"] for one in az("vmss list")]
    assert az(f"vmss update {fleet} --set tags.a=b")["tags"] == {"a": "b"}
    az(f"vmss scale {fleet} --new-capacity 3")
    assert len(az(f"vmss list-instances {fleet}")) == 3
    az(f"vmss scale {fleet} --new-capacity 2")
    assert az(f"vmss show {fleet}")["sku"]["capacity"] == 2
    assert az(f"vmss list-skus {fleet}")


def test_power_goes_off_and_on(az: Az, fleet: str) -> None:
    for command, state in (
        ("restart", "running"),
        ("stop", "stopped"),
        ("start", "running"),
        ("deallocate", "deallocated"),
        ("start", "running"),
    ):
        az(f"vmss {command} {fleet}")
        counts = {
            one["code"]: one["count"]
            for one in az(f"vmss get-instance-view {fleet}")["virtualMachine"]["statusesSummary"]
        }
        assert counts.get(f"PowerState/{state}", 2) == 2
        first = az(f"vmss list-instances {fleet}")[0]["instanceId"]
        view = az(f"vmss get-instance-view {fleet} --instance-id {first}")
        assert f"PowerState/{state}" in [one["code"] for one in view["statuses"]]


def test_one_instance_is_reimaged_and_one_is_deleted(az: Az, group: str, versions: tuple[str, str]) -> None:
    named = f"-g {group} -n few"
    az(
        f"vmss create {named} --image {versions[0]} --orchestration-mode Uniform --instance-count 2 "
        f"--vm-sku Standard_D2s_v3 {LOGIN}"
    )
    first, second = (one["instanceId"] for one in az(f"vmss list-instances {named}"))
    az(f"vmss reimage {named} --instance-ids {first}")
    az(f"vmss delete-instances {named} --instance-ids {second}")
    assert [one["instanceId"] for one in az(f"vmss list-instances {named}")] == [first]
    assert az(f"vmss show {named}")["sku"]["capacity"] == 1
    az(f"vmss delete {named}")
    assert "ResourceNotFound" in az.refused(f"vmss show {named}", code=3)


def test_a_rolling_upgrade_is_started_and_followed(az: Az, group: str) -> None:
    named = f"-g {group} -n rolling"
    az(
        f"vmss create {named} --image Ubuntu2204 --orchestration-mode Uniform --instance-count 2 "
        f"--vm-sku Standard_D2s_v3 {LOGIN}"
    )
    assert "There is no ongoing Rolling Upgrade to cancel" in az.refused(f"vmss rolling-upgrade cancel {named}")
    az(f"vmss rolling-upgrade start {named}")
    latest = az(f"vmss rolling-upgrade get-latest {named}")
    assert latest["runningStatus"]["code"] == "Completed"


def test_an_upgrade_under_way_is_cancelled(az: Az, group: str) -> None:
    named = f"-g {group} -n cancelled"
    az(
        f"vmss create {named} --image Ubuntu2204 --orchestration-mode Uniform --instance-count 5 "
        f"--vm-sku Standard_D2s_v3 --pause-time-between-batches PT30M {LOGIN}"
    )
    az(f"vmss rolling-upgrade start {named} --no-wait")
    az(f"vmss rolling-upgrade cancel {named}")
    assert az(f"vmss rolling-upgrade get-latest {named}")["runningStatus"]["code"] == "Cancelled"


def test_a_scale_set_uses_the_network_that_is_there(az: Az, group: str, versions: tuple[str, str]) -> None:
    az(f"network vnet create -g {group} -n given --address-prefixes 10.4.0.0/16 --subnet-name sub")
    named = f"-g {group} -n guest"
    az(
        f"vmss create {named} --image {versions[0]} --orchestration-mode Uniform --instance-count 1 "
        f"--vm-sku Standard_D2s_v3 --vnet-name given --subnet sub --lb '' --public-ip-address '' --nsg '' {LOGIN}"
    )
    nic = az(f"vmss show {named}")["virtualMachineProfile"]["networkProfile"]["networkInterfaceConfigurations"][0]
    assert nic["ipConfigurations"][0]["subnet"]["id"].endswith("/given/subnets/sub")
    assert not nic["ipConfigurations"][0].get("loadBalancerBackendAddressPools")
    assert "InUse" in az.refused(f"network vnet delete -g {group} -n given")


def test_a_version_that_a_region_lacks_makes_no_scale_set(az: Az, group: str, versions: tuple[str, str]) -> None:
    said = az.refused(
        f"vmss create -g {group} -n far --image {versions[0]} --orchestration-mode Uniform -l eastus "
        f"--vm-sku Standard_D2s_v3 {LOGIN}"
    )
    # az 2.91 reads a refused template's answer twice and adds a traceback of its own to what Azure said
    assert "is not available in eastus region" in said
    assert "ResourceNotFound" in az.refused(f"vmss show -g {group} -n far", code=3)


def test_a_model_and_its_instances_are_changed_piece_by_piece(az: Az, group: str, versions: tuple[str, str]) -> None:
    named = f"-g {group} -n pieces"
    az(
        f"vmss create {named} --image {versions[0]} --orchestration-mode Uniform --instance-count 2 "
        f"--vm-sku Standard_D2s_v3 --lb-sku Standard {LOGIN}"
    )
    assert len(az(f"vmss list-instance-connection-info {named}")) == 2
    az(f"vmss disk attach -g {group} --vmss-name pieces --size-gb 8")
    assert [
        one["diskSizeGB"] for one in az(f"vmss show {named}")["virtualMachineProfile"]["storageProfile"]["dataDisks"]
    ] == [8]
    az(f"vmss disk detach -g {group} --vmss-name pieces --lun 0")
    az(f"vmss identity assign {named}")
    assert az(f"vmss identity show {named}")["type"] == "SystemAssigned"
    first = az(f"vmss list-instances {named}")[0]["instanceId"]
    az(f"vmss update {named} --instance-id {first} --protect-from-scale-in true")
    assert az(f"vmss show {named} --instance-id {first}")["protectionPolicy"]["protectFromScaleIn"] is True
    az(f"vmss scale {named} --new-capacity 1")
    assert [one["instanceId"] for one in az(f"vmss list-instances {named}")] == [first]
    az(f"vmss update {named} --set upgradePolicy.mode=Automatic")
    assert az(f"vmss show {named}")["upgradePolicy"]["mode"] == "Automatic"


def test_an_extension_is_part_of_the_model_and_shows_no_secret(az: Az, group: str, fleet: str) -> None:
    extension = (
        f"vmss extension set -g {group} --vmss-name fleet -n CustomScript --publisher Microsoft.Azure.Extensions "
        """--version 2.1 --settings '{"commandToExecute": "true"}' --protected-settings '{"key": "hidden"}'"""
    )
    az(extension)
    shown = az(f"vmss extension show -g {group} --vmss-name fleet -n CustomScript")
    assert (shown["type"], "protectedSettings" in shown) == ("CustomScript", False)
    assert [one["name"] for one in az(f"vmss extension list -g {group} --vmss-name fleet")] == ["CustomScript"]
    az(f"vmss extension delete -g {group} --vmss-name fleet -n CustomScript")
    assert az(f"vmss extension list -g {group} --vmss-name fleet") == []


def test_the_default_poller_sees_the_end_of_a_scale_set(az: Az, group: str, versions: tuple[str, str]) -> None:
    named = f"-g {group} -n slow"
    az(
        f"vmss create {named} --image {versions[0]} --orchestration-mode Uniform --vm-sku Standard_D2s_v3 "
        f"--instance-count 1 {LOGIN}"
    )
    az(f"vmss scale {named} --new-capacity 2", polling=DEFAULT_POLLING)
    az(f"vmss delete {named}", polling=DEFAULT_POLLING)
    assert "ResourceNotFound" in az.refused(f"vmss show {named}", code=3)


def test_instances_have_interfaces_and_addresses(az: Az, group: str) -> None:
    named = f"-g {group} --vmss-name public"
    az(
        f"vmss create -g {group} -n public --image Ubuntu2204 --orchestration-mode Uniform --instance-count 2 "
        f"--vm-sku Standard_D2s_v3 --lb-sku Standard --public-ip-per-vm --vm-domain-name web {LOGIN}"
    )
    first, second = az(f"vmss nic list {named}")
    # The network is the group's: what other scale sets hold there is not free.
    one, other = (ip_address(nic["ipConfigurations"][0]["privateIPAddress"]) for nic in (first, second))
    assert one in ip_network("10.0.0.0/24")
    assert other == one + 1
    assert az(f"vmss nic list-vm-nics {named} --instance-id 1") == [second]
    assert az(f"vmss nic show {named} --instance-id 1 -n {second['name']}")["id"] == second["id"]
    assert "NotFound" in az.refused(f"vmss nic show {named} --instance-id 1 -n none", code=3)
    addresses = az(f"vmss list-instance-public-ips -g {group} -n public")
    assert [one["dnsSettings"]["fqdn"] for one in addresses] == [
        f"vm{at}.web.westus2.cloudapp.azure.com" for at in "01"
    ]
    assert addresses[1]["id"] == second["ipConfigurations"][0]["publicIPAddress"]["id"]
    assert set(az(f"vmss list-instance-connection-info -g {group} -n public")) == {"instance 0", "instance 1"}
