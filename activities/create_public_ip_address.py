"""Make sure of the public IP address."""

from activities._settle import adopted, standing, tags, written
from arm.port import Arm, Body
from domain import expectations, naming, regions, resource_ids
from domain.models import Outcome, StepRequest


async def create_public_ip_address(request: StepRequest, *, arm: Arm) -> Outcome:
    """Adopt a Standard static address that is free or our load balancer's; else create it with a DNS label.

    Standard only: Basic addresses were retired on 2025-09-30.
    """
    resource = request.targets.public_ip_address
    found = await standing(arm, resource, request)
    if found.waiting:
        return found.waiting
    if found.state == "ready":
        return adopted(resource, expectations.public_ip_address(found.body, request))
    return written(resource, await arm.put(resource, _body(request)), found)


def _body(request: StepRequest) -> Body:
    scale_set = request.profile.scale_set
    label = scale_set.network.dns_label or naming.dns_label(resource_ids.parse(request.targets.scale_set))
    return {
        "location": regions.normalized(scale_set.location),
        "tags": tags(request),
        "sku": {"name": "Standard"},
        "properties": {
            "publicIPAllocationMethod": "Static",
            "publicIPAddressVersion": "IPv4",
            "dnsSettings": {"domainNameLabel": label},
        },
    }
