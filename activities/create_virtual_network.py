"""Make sure of the virtual network."""

from activities._settle import adopted, standing, tags, written
from arm.port import Arm, Body
from domain import expectations, regions, resource_ids
from domain.models import Outcome, StepRequest


async def create_virtual_network(request: StepRequest, *, arm: Arm) -> Outcome:
    """Adopt the network that exists in the scale set's region, else create it together with its subnet."""
    resource = request.targets.virtual_network
    found = await standing(arm, resource, request)
    if found.waiting:
        return found.waiting
    if found.state == "ready":
        return adopted(resource, expectations.virtual_network(found.body, request))
    return written(resource, await arm.put(resource, _body(request)), found)


def subnet_properties(request: StepRequest) -> Body:
    """A private subnet: instances reach the Internet through the load balancer's outbound rule.

    Azure makes subnets private by default from network api-version 2025-07-01 on; said here for every version.
    """
    return {"addressPrefix": request.profile.scale_set.network.subnet_prefix, "defaultOutboundAccess": False}


def _body(request: StepRequest) -> Body:
    subnet = resource_ids.parse(request.targets.subnet).name
    return {
        "location": regions.normalized(request.profile.scale_set.location),
        "tags": tags(request),
        "properties": {
            "addressSpace": {"addressPrefixes": [request.profile.scale_set.network.address_prefix]},
            "subnets": [{"name": subnet, "properties": subnet_properties(request)}],
        },
    }
