"""The network of a new scale set: address, virtual network and subnet, security group, load balancer."""

from typing import Any

from durabletask.task import OrchestrationContext

from domain.errors import RolloutCancelled, RolloutError
from domain.models import Outcome, StepRequest
from domain.steps import (
    CREATE_LOAD_BALANCER,
    CREATE_PUBLIC_IP_ADDRESS,
    CREATE_SECURITY_GROUP,
    CREATE_SUBNET,
    CREATE_VIRTUAL_NETWORK,
    Step,
)
from orchestrators._steps import Run, Steps


def network(ctx: OrchestrationContext, payload: dict[str, Any]) -> Steps[dict[str, Any]]:
    """Child of `rollout`. payload: `{"request": StepRequest}`; answers `{"resources": {role: id}}`."""
    run, request = Run(ctx), StepRequest.load(payload["request"])
    try:
        yield from _provide(run, request)
    except RolloutCancelled:
        return run.ended("Cancelled")
    except RolloutError as error:
        raise run.failed(error) from None
    return run.ended("Completed")


def _provide(run: Run, request: StepRequest) -> Steps[None]:
    targets = request.targets

    def make(step: Step[StepRequest, Outcome], role: str, resource: str) -> Steps[Outcome]:
        within = request.profile.deadlines.resource
        return run.converge(step, request, role=role, resource=resource, within=within)

    vnet = yield from make(CREATE_VIRTUAL_NETWORK, "virtualNetwork", targets.virtual_network)
    if vnet.action == "adopted":  # one that we created came with its subnet
        yield from make(CREATE_SUBNET, "subnet", targets.subnet)
    yield from make(CREATE_PUBLIC_IP_ADDRESS, "publicIpAddress", targets.public_ip_address)
    yield from make(CREATE_SECURITY_GROUP, "networkSecurityGroup", targets.security_group)
    yield from make(CREATE_LOAD_BALANCER, "loadBalancer", targets.load_balancer)
