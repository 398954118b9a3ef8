"""Virtual networks, public addresses, load balancers and security groups through azure-mgmt-network."""

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.contract.sdk.azure import DEFAULT_POLLER, Azure, Json, make_network


def test_a_virtual_network_and_its_subnets(azure: Azure) -> None:
    network, group = azure.network, azure.group
    make_network(azure)
    body: Json = {"properties": {"addressPrefix": "192.168.2.0/24"}}
    subnet = network.subnets.begin_create_or_update(group, "net", "more", body).result()
    assert subnet.address_prefix == "192.168.2.0/24"
    assert network.subnets.get(group, "net", "more").provisioning_state == "Succeeded"
    assert {one.name for one in network.subnets.list(group, "net")} == {"sub", "more"}
    network.subnets.begin_delete(group, "net", "more").result()
    tags: Json = {"tags": {"team": "network"}}
    assert network.virtual_networks.update_tags(group, "net", tags).tags == {"team": "network"}
    found = network.virtual_networks.get(group, "net")
    assert [one.name for one in found.subnets] == ["sub"]
    assert [one.name for one in network.virtual_networks.list(group)] == ["net"]
    assert found.id in [one.id for one in network.virtual_networks.list_all()]
    network.virtual_networks.begin_delete(group, "net").result()
    with pytest.raises(ResourceNotFoundError):
        network.virtual_networks.get(group, "net")


def test_a_public_address_with_a_label_that_is_taken_by_then(azure: Azure) -> None:
    network, group, label = azure.network, azure.group, f"shop{azure.number}"
    assert network.check_dns_name_availability(azure.home, domain_name_label=label).available
    body: Json = {
        "location": azure.home,
        "sku": {"name": "Standard"},
        "zones": ["1"],
        "properties": {"publicIPAllocationMethod": "Static", "dnsSettings": {"domainNameLabel": label}},
    }
    made = network.public_ip_addresses.begin_create_or_update(group, "ip", body).result()
    assert made.ip_address
    assert made.dns_settings.fqdn == f"{label}.{azure.home}.cloudapp.azure.com"
    assert not network.check_dns_name_availability(azure.home, domain_name_label=label).available
    tags: Json = {"tags": {"team": "network"}}
    assert network.public_ip_addresses.update_tags(group, "ip", tags).tags == {"team": "network"}
    assert [one.ip_address for one in network.public_ip_addresses.list(group)] == [made.ip_address]
    assert made.id in [one.id for one in network.public_ip_addresses.list_all()]
    network.public_ip_addresses.begin_delete(group, "ip").result()
    assert list(network.public_ip_addresses.list(group)) == []


def test_a_load_balancer_and_its_parts(azure: Azure) -> None:
    network, group = azure.network, azure.group
    make_network(azure)
    lb = network.load_balancers.get(group, "lb")
    assert lb.sku is not None
    assert lb.sku.name == "Standard"
    assert lb.frontend_ip_configurations[0].public_ip_address.id == azure.id("Microsoft.Network/publicIPAddresses/ip")
    held = network.public_ip_addresses.get(group, "ip").ip_configuration
    assert held is not None
    assert str(held.id).endswith("/frontendIPConfigurations/front")
    fronts = network.load_balancer_frontend_ip_configurations
    assert [one.name for one in fronts.list(group, "lb")] == ["front"]
    assert fronts.get(group, "lb", "front").provisioning_state == "Succeeded"
    assert [one.name for one in network.load_balancer_probes.list(group, "lb")] == ["probe"]
    assert network.load_balancer_probes.get(group, "lb", "probe").port == 80
    assert [one.name for one in network.load_balancer_load_balancing_rules.list(group, "lb")] == ["rule"]
    assert network.load_balancer_load_balancing_rules.get(group, "lb", "rule").backend_port == 80
    assert [one.name for one in network.load_balancer_outbound_rules.list(group, "lb")] == ["out"]
    assert network.load_balancer_outbound_rules.get(group, "lb", "out").protocol == "All"
    tags: Json = {"tags": {"team": "network"}}
    assert network.load_balancers.update_tags(group, "lb", tags).tags == {"team": "network"}
    assert [one.name for one in network.load_balancers.list(group)] == ["lb"]
    assert lb.id in [one.id for one in network.load_balancers.list_all()]
    network.load_balancers.begin_delete(group, "lb").result()
    assert list(network.load_balancers.list(group)) == []


def test_pools_and_nat_rules_come_and_go_by_themselves(azure: Azure) -> None:
    network, group = azure.network, azure.group
    make_network(azure)
    pools = network.load_balancer_backend_address_pools
    empty: Json = {"properties": {}}
    assert pools.begin_create_or_update(group, "lb", "blue", empty).result().name == "blue"
    assert {one.name for one in pools.list(group, "lb")} == {"pool", "blue"}
    own = azure.id("Microsoft.Network/loadBalancers/lb")
    rule: Json = {
        "properties": {
            "protocol": "Tcp",
            "backendPort": 22,
            "frontendPortRangeStart": 50000,
            "frontendPortRangeEnd": 50099,
            "frontendIPConfiguration": {"id": f"{own}/frontendIPConfigurations/front"},
            "backendAddressPool": {"id": f"{own}/backendAddressPools/blue"},
        }
    }
    made = network.inbound_nat_rules.begin_create_or_update(group, "lb", "ssh", rule).result()
    assert (made.frontend_port_range_start, made.backend_port) == (50000, 22)
    assert network.inbound_nat_rules.get(group, "lb", "ssh").provisioning_state == "Succeeded"
    assert [one.name for one in network.inbound_nat_rules.list(group, "lb")] == ["ssh"]
    network.inbound_nat_rules.begin_delete(group, "lb", "ssh").result()
    assert network.load_balancers.get(group, "lb").inbound_nat_rules == []
    pools.begin_delete(group, "lb", "blue").result()
    assert [one.name for one in pools.list(group, "lb")] == ["pool"]
    assert pools.get(group, "lb", "pool").outbound_rules is not None


def test_a_security_group_and_its_rules(azure: Azure) -> None:
    network, group = azure.network, azure.group
    body: Json = {"location": azure.home}
    made = network.network_security_groups.begin_create_or_update(group, "nsg", body).result()
    assert len(made.default_security_rules) == 6
    rule: Json = {
        "properties": {
            "protocol": "Tcp",
            "access": "Allow",
            "direction": "Inbound",
            "priority": 100,
            "sourceAddressPrefix": "*",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRange": "443",
        }
    }
    network.security_rules.begin_create_or_update(group, "nsg", "web", rule).result()
    assert network.security_rules.get(group, "nsg", "web").priority == 100
    assert [one.name for one in network.security_rules.list(group, "nsg")] == ["web"]
    assert [one.name for one in network.network_security_groups.get(group, "nsg").security_rules] == ["web"]
    with pytest.raises(HttpResponseError, match="riority"):
        network.security_rules.begin_create_or_update(group, "nsg", "same", rule).result()
    network.security_rules.begin_delete(group, "nsg", "web").result()
    defaults = network.default_security_rules
    assert len(list(defaults.list(group, "nsg"))) == 6
    assert defaults.get(group, "nsg", "DenyAllInBound").priority == 65500
    tags: Json = {"tags": {"team": "network"}}
    assert network.network_security_groups.update_tags(group, "nsg", tags).tags == {"team": "network"}
    assert [one.name for one in network.network_security_groups.list(group)] == ["nsg"]
    assert made.id in [one.id for one in network.network_security_groups.list_all()]
    network.network_security_groups.begin_delete(group, "nsg").result()
    assert list(network.network_security_groups.list(group)) == []


def test_what_is_in_use_stays(azure: Azure) -> None:
    make_network(azure)
    with pytest.raises(HttpResponseError) as refused:
        azure.network.public_ip_addresses.begin_delete(azure.group, "ip").result()
    assert refused.value.error is not None
    assert refused.value.error.code == "PublicIPAddressCannotBeDeleted"


def test_the_network_with_the_poller_as_it_comes(azure: Azure) -> None:
    body: Json = {"location": azure.home, "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
    nets = azure.network.virtual_networks
    made = nets.begin_create_or_update(azure.group, "net", body, **DEFAULT_POLLER).result()
    assert made.provisioning_state == "Succeeded"
    balancer: Json = {"location": azure.home, "sku": {"name": "Standard"}}
    lb = azure.network.load_balancers.begin_create_or_update(azure.group, "lb", balancer, **DEFAULT_POLLER).result()
    assert lb.provisioning_state == "Succeeded"
    nets.begin_delete(azure.group, "net", **DEFAULT_POLLER).result()
