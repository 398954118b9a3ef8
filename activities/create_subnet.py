"""Make sure of the subnet in a virtual network that existed before."""

from activities._settle import adopted, standing, written
from activities.create_virtual_network import subnet_properties
from arm.port import Arm
from domain import comparison
from domain.models import Outcome, StepRequest
from domain.network_expectations import subnet_prefixes


async def create_subnet(request: StepRequest, *, arm: Arm) -> Outcome:
    """Adopt the subnet, or PUT it as a child: a PUT of the whole network would replace its other subnets."""
    resource = request.targets.subnet
    found = await standing(arm, resource, request)
    if found.waiting:
        return found.waiting
    if found.state == "ready":
        check = comparison.Check("")
        check.note("addressPrefix", subnet_prefixes(found.body), [request.profile.scale_set.network.subnet_prefix])
        return adopted(resource, check.result())
    return written(resource, await arm.put(resource, {"properties": subnet_properties(request)}), found)
