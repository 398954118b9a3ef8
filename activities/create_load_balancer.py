"""Make sure of the load balancer."""

from activities._settle import adopted, standing, tags, written
from arm.port import Arm, Body
from domain import expectations, network_names, regions
from domain.models import Outcome, StepRequest


async def create_load_balancer(request: StepRequest, *, arm: Arm) -> Outcome:
    """Adopt a Standard load balancer with our frontend, pool, probes and rules; else create one.

    With an outbound rule, so that private subnets reach the Internet; its load-balancing rules must then leave
    outbound translation off. Management goes through an inbound NAT rule of the pool (V2): NAT pools (V1) retire
    on 2027-09-30.
    """
    resource = request.targets.load_balancer
    found = await standing(arm, resource, request)
    if found.waiting:
        return found.waiting
    if found.state == "ready":
        return adopted(resource, expectations.load_balancer(found.body, request))
    return written(resource, await arm.put(resource, _body(request)), found)


def _body(request: StepRequest) -> Body:
    targets, network = request.targets, request.profile.scale_set.network
    frontend, pool = {"id": network_names.frontend_id(targets)}, {"id": network_names.pool_id(targets)}
    return {
        "location": regions.normalized(request.profile.scale_set.location),
        "tags": tags(request),
        "sku": {"name": "Standard"},
        "properties": {
            "frontendIPConfigurations": [
                {
                    "name": network_names.frontend_name(targets),
                    "properties": {"publicIPAddress": {"id": targets.public_ip_address}},
                }
            ],
            "backendAddressPools": [{"name": network_names.pool_name(targets)}],
            "probes": [_probe(request, port) for port in network.backend_ports],
            "loadBalancingRules": [_rule(request, port, frontend, pool) for port in network.backend_ports],
            "outboundRules": [
                {
                    "name": network_names.outbound_rule_name(targets),
                    "properties": {
                        "protocol": "All",
                        "frontendIPConfigurations": [frontend],
                        "backendAddressPool": pool,
                    },
                }
            ],
            "inboundNatRules": [_nat_rule(request, frontend, pool)] if network.management_sources else [],
        },
    }


def _probe(request: StepRequest, port: int) -> Body:
    return {
        "name": network_names.probe_name(request.targets, port),
        "properties": {
            "protocol": "Tcp",
            "port": port,
            "intervalInSeconds": network_names.PROBE_INTERVAL_SECONDS,
            "numberOfProbes": network_names.PROBE_COUNT,
        },
    }


def _rule(request: StepRequest, port: int, frontend: Body, pool: Body) -> Body:
    return {
        "name": network_names.rule_name(request.targets, port),
        "properties": {
            "protocol": "Tcp",
            "frontendPort": port,
            "backendPort": port,
            "frontendIPConfiguration": frontend,
            "backendAddressPool": pool,
            "probe": {"id": network_names.probe_id(request.targets, port)},
            "disableOutboundSnat": True,
        },
    }


def _nat_rule(request: StepRequest, frontend: Body, pool: Body) -> Body:
    port = network_names.management_port(request.image.os_type)
    first, last = network_names.nat_ports(request.profile.scale_set.capacity)
    return {
        "name": network_names.nat_rule_name(request.targets, port),
        "properties": {
            "protocol": "Tcp",
            "frontendIPConfiguration": frontend,
            "backendAddressPool": pool,
            "backendPort": port,
            "frontendPortRangeStart": first,
            "frontendPortRangeEnd": last,
        },
    }
