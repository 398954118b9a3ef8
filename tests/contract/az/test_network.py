"""`az network vnet|public-ip|lb|nsg` against the simulator."""

import pytest

from tests.contract.az.cli import DEFAULT_POLLING, Az

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def balancer(az: Az, group: str) -> str:
    """The arguments that name a Standard load balancer with the frontend `front` and the pool `pool`."""
    az(f"network public-ip create -g {group} -n lb-address --sku Standard")
    az(
        f"network lb create -g {group} -n lb --sku Standard --public-ip-address lb-address "
        "--frontend-ip-name front --backend-pool-name pool"
    )
    return f"-g {group} --lb-name lb"


def test_a_virtual_network_has_subnets(az: Az, group: str) -> None:
    made = az(
        f"network vnet create -g {group} -n net --address-prefixes 10.1.0.0/16 --subnet-name first "
        "--subnet-prefixes 10.1.0.0/24"
    )["newVNet"]
    assert (made["provisioningState"], made["addressSpace"]["addressPrefixes"]) == ("Succeeded", ["10.1.0.0/16"])
    named = f"-g {group} --vnet-name net"
    second = az(f"network vnet subnet create {named} -n second --address-prefixes 10.1.1.0/24")
    assert (second["addressPrefix"], second["provisioningState"]) == ("10.1.1.0/24", "Succeeded")
    assert [one["name"] for one in az(f"network vnet subnet list {named}")] == ["first", "second"]
    assert len(az(f"network vnet show -g {group} -n net")["subnets"]) == 2
    az(f"network nsg create -g {group} -n subnet-rules")
    guarded = az(f"network vnet subnet update {named} -n second --network-security-group subnet-rules")
    assert guarded["networkSecurityGroup"]["id"].endswith("/subnet-rules")
    assert az(f"network vnet subnet show {named} -n second")["networkSecurityGroup"] is not None
    assert "InUse" in az.refused(f"network nsg delete -g {group} -n subnet-rules")
    az(f"network vnet subnet delete {named} -n second")
    assert [one["name"] for one in az(f"network vnet subnet list {named}")] == ["first"]


def test_a_virtual_network_is_listed_tagged_and_deleted(az: Az, group: str) -> None:
    az(f"network vnet create -g {group} -n short --address-prefixes 10.9.0.0/16")
    assert az(f"network vnet update -g {group} -n short --set tags.a=b")["tags"] == {"a": "b"}
    assert "short" in [one["name"] for one in az(f"network vnet list -g {group}")]
    az(f"network vnet delete -g {group} -n short")
    assert "ResourceNotFound" in az.refused(f"network vnet show -g {group} -n short", code=3)


def test_a_subnet_lies_within_its_network(az: Az, group: str) -> None:
    az(f"network vnet create -g {group} -n narrow --address-prefixes 10.2.0.0/24")
    outside = f"network vnet subnet create -g {group} --vnet-name narrow -n far --address-prefixes 10.3.0.0/24"
    assert "NetcfgInvalidSubnet" in az.refused(outside)
    assert az(f"network vnet subnet list -g {group} --vnet-name narrow") == []


def test_a_public_address_has_a_label(az: Az, group: str) -> None:
    made = az(
        f"network public-ip create -g {group} -n address --sku Standard --dns-name rollout-az --zone 1 2 3 "
        "--allocation-method Static"
    )["publicIp"]
    assert (made["publicIPAllocationMethod"], made["sku"]["name"]) == ("Static", "Standard")
    assert made["dnsSettings"]["fqdn"] == "rollout-az.westus2.cloudapp.azure.com"
    shown = az(f"network public-ip show -g {group} -n address")
    assert shown["ipAddress"].count(".") == 3
    assert az(f"network public-ip update -g {group} -n address --idle-timeout 10")["idleTimeoutInMinutes"] == 10
    assert "address" in [one["name"] for one in az(f"network public-ip list -g {group}")]
    taken = f"network public-ip create -g {group} -n other --sku Standard --dns-name rollout-az"
    assert "DnsRecordInUse" in az.refused(taken)
    az(f"network public-ip delete -g {group} -n address")
    assert "ResourceNotFound" in az.refused(f"network public-ip show -g {group} -n address", code=3)


def test_a_load_balancer_has_probes_and_rules(az: Az, group: str, balancer: str) -> None:
    probe = az(f"network lb probe create {balancer} -n alive --protocol Http --port 80 --path /health")
    assert (probe["port"], probe["requestPath"]) == (80, "/health")
    rule = az(
        f"network lb rule create {balancer} -n web --protocol Tcp --frontend-port 80 --backend-port 8080 "
        "--frontend-ip front --backend-pool-name pool --probe alive --disable-outbound-snat true"
    )
    assert (rule["backendPort"], rule["probe"]["id"].rpartition("/")[2]) == (8080, "alive")
    assert az(f"network lb rule update {balancer} -n web --idle-timeout 9")["idleTimeoutInMinutes"] == 9
    assert az(f"network lb probe update {balancer} -n alive --interval 20")["intervalInSeconds"] == 20
    assert [one["name"] for one in az(f"network lb rule list {balancer}")] == ["web"]
    assert az(f"network lb probe show {balancer} -n alive")["loadBalancingRules"][0]["id"].endswith("/web")
    az(f"network lb rule delete {balancer} -n web")
    az(f"network lb probe delete {balancer} -n alive")
    shown = az(f"network lb show -g {group} -n lb")
    assert (shown["loadBalancingRules"], shown["probes"]) == ([], [])


def test_a_load_balancer_has_pools_and_outbound_rules(az: Az, balancer: str) -> None:
    az(f"network lb address-pool create {balancer} -n out")
    made = az(
        f"network lb outbound-rule create {balancer} -n leave --protocol All --address-pool out "
        "--frontend-ip-configs front --outbound-ports 1024"
    )
    assert (made["allocatedOutboundPorts"], made["protocol"]) == (1024, "All")
    assert az(f"network lb outbound-rule show {balancer} -n leave")["name"] == "leave"
    assert [one["name"] for one in az(f"network lb address-pool list {balancer}")] == ["pool", "out"]
    assert "InvalidResourceReference" in az.refused(f"network lb address-pool delete {balancer} -n out")
    az(f"network lb outbound-rule delete {balancer} -n leave")
    az(f"network lb address-pool delete {balancer} -n out")
    assert [one["name"] for one in az(f"network lb address-pool list {balancer}")] == ["pool"]


def test_a_load_balancer_has_inbound_nat_rules(az: Az, balancer: str) -> None:
    one = az(
        f"network lb inbound-nat-rule create {balancer} -n ssh --protocol Tcp --frontend-port 2222 "
        "--backend-port 22 --frontend-ip front"
    )
    assert (one["frontendPort"], one["backendPort"]) == (2222, 22)
    many = az(
        f"network lb inbound-nat-rule create {balancer} -n all --protocol Tcp --backend-port 22 --frontend-ip front "
        "--backend-address-pool pool --frontend-port-range-start 50000 --frontend-port-range-end 50119"
    )
    assert (many["frontendPortRangeStart"], many["frontendPortRangeEnd"]) == (50000, 50119)
    assert {one["name"] for one in az(f"network lb inbound-nat-rule list {balancer}")} == {"ssh", "all"}
    az(f"network lb inbound-nat-rule delete {balancer} -n ssh")
    assert [one["name"] for one in az(f"network lb inbound-nat-rule list {balancer}")] == ["all"]
    az(f"network lb inbound-nat-rule delete {balancer} -n all")


def test_a_load_balancer_has_frontends(az: Az, group: str, balancer: str) -> None:
    az(f"network public-ip create -g {group} -n second-address --sku Standard")
    az(f"network lb frontend-ip create {balancer} -n second --public-ip-address second-address")
    assert [one["name"] for one in az(f"network lb frontend-ip list {balancer}")] == ["front", "second"]
    holder = az(f"network public-ip show -g {group} -n second-address")["ipConfiguration"]["id"]
    assert holder.endswith("/frontendIPConfigurations/second")
    az(f"network lb frontend-ip delete {balancer} -n second")
    assert az(f"network public-ip show -g {group} -n second-address").get("ipConfiguration") is None


def test_a_load_balancer_is_listed_and_deleted(az: Az, group: str) -> None:
    az(f"network lb create -g {group} -n inner --sku Standard --vnet-name inner-net --subnet inner-sub")
    front = az(f"network lb show -g {group} -n inner")["frontendIPConfigurations"][0]
    assert front["subnet"]["id"].endswith("/inner-net/subnets/inner-sub")
    assert "inner" in [one["name"] for one in az(f"network lb list -g {group}")]
    assert az(f"network lb update -g {group} -n inner --set tags.a=b")["tags"] == {"a": "b"}
    az(f"network lb delete -g {group} -n inner")
    assert "ResourceNotFound" in az.refused(f"network lb show -g {group} -n inner", code=3)


def test_a_security_group_has_rules(az: Az, group: str) -> None:
    made = az(f"network nsg create -g {group} -n rules")["NewNSG"]
    assert (len(made["defaultSecurityRules"]), made["securityRules"]) == (6, [])
    named = f"-g {group} --nsg-name rules"
    rule = az(
        f"network nsg rule create {named} -n web --priority 100 --destination-port-ranges 80 443 --protocol Tcp "
        "--source-address-prefixes 10.0.0.0/8 192.168.0.0/16 --access Allow"
    )
    assert (rule["destinationPortRanges"], rule["direction"]) == (["80", "443"], "Inbound")
    assert "Conflict" in az.refused(f"network nsg rule create {named} -n twice --priority 100")
    assert az(f"network nsg rule update {named} -n web --priority 200")["priority"] == 200
    assert [one["name"] for one in az(f"network nsg rule list {named}")] == ["web"]
    assert len(az(f"network nsg rule list {named} --include-default")) == 7
    assert az(f"network nsg rule show {named} -n web")["access"] == "Allow"
    az(f"network nsg rule delete {named} -n web")
    assert az(f"network nsg show -g {group} -n rules")["securityRules"] == []
    assert az(f"network nsg update -g {group} -n rules --set tags.a=b")["tags"] == {"a": "b"}
    assert "rules" in [one["name"] for one in az(f"network nsg list -g {group}")]
    az(f"network nsg delete -g {group} -n rules")
    assert "ResourceNotFound" in az.refused(f"network nsg show -g {group} -n rules", code=3)


def test_the_default_poller_sees_the_end_of_a_network(az: Az, group: str) -> None:
    made = az(f"network vnet create -g {group} -n slow --address-prefixes 10.8.0.0/16", polling=DEFAULT_POLLING)
    assert made["newVNet"]["provisioningState"] == "Succeeded"


def test_a_subnet_can_be_delegated_to_what_is_listed(az: Az, group: str) -> None:
    services = [one["serviceName"] for one in az("network vnet subnet list-available-delegations -l westus2")]
    here = az(f"network vnet subnet list-available-delegations -l westus2 -g {group}")
    assert services == [one["serviceName"] for one in here]
    az(f"network vnet create -g {group} -n delegating --address-prefixes 10.9.0.0/16")
    subnet = az(
        f"network vnet subnet create -g {group} --vnet-name delegating -n web --address-prefixes 10.9.0.0/24 "
        "--delegations Microsoft.Web/serverFarms"
    )
    assert subnet["delegations"][0]["serviceName"] in services
