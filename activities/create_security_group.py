"""Make sure of the network security group."""

from typing import Any

from activities._settle import adopted, standing, tags, written
from arm.port import Arm, Body
from domain import expectations, network_names, regions
from domain.models import Outcome, StepRequest


async def create_security_group(request: StepRequest, *, arm: Arm) -> Outcome:
    """Adopt a group that admits the backend ports, else create one that admits them and nothing more.

    A Standard load balancer refuses inbound traffic without one. The management port is opened only to the
    prefixes that the profile names.
    """
    resource = request.targets.security_group
    found = await standing(arm, resource, request)
    if found.waiting:
        return found.waiting
    if found.state == "ready":
        return adopted(resource, expectations.security_group(found.body, request))
    return written(resource, await arm.put(resource, _body(request)), found)


def _body(request: StepRequest) -> Body:
    network = request.profile.scale_set.network
    openings: list[tuple[int, dict[str, Any]]] = [
        (port, {"sourceAddressPrefix": "*"}) for port in network.backend_ports
    ]
    if network.management_sources:
        port = network_names.management_port(request.image.os_type)
        openings.append((port, {"sourceAddressPrefixes": list(network.management_sources)}))
    return {
        "location": regions.normalized(request.profile.scale_set.location),
        "tags": tags(request),
        "properties": {
            "securityRules": [
                {
                    "name": network_names.security_rule_name(request.targets, port),
                    "properties": {
                        "protocol": "Tcp",
                        "direction": "Inbound",
                        "access": "Allow",
                        "priority": network_names.FIRST_RULE_PRIORITY + position,
                        "sourcePortRange": "*",
                        "destinationPortRange": str(port),
                        "destinationAddressPrefix": "*",
                        **source,
                    },
                }
                for position, (port, source) in enumerate(openings)
            ]
        },
    }
