"""What each activity asks of Azure, whatever it finds there, as a table; and that the roles allow it, where it asks.

The rollouts of `tests/simulated/test_roles.py` take the ways that rollouts take. Here every activity runs alone, over
resources that are missing, ready, failed or under way, so that no branch asks for what no row names.
"""

import contextlib
import inspect
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from activities import ACTIVITIES
from arm.port import Body, Written
from domain import resource_ids, steps
from domain.errors import RolloutError
from domain.models import GroupRequest, ImageRequest, Operation, StepRequest, UpgradeRequest, Wire
from domain.steps import Step
from local.armsim.actions import action_of
from local.armsim.ids import key
from local.armsim.linked import linked
from local.armsim.permissions import roles_of
from tests.fakes import FakeArm
from tests.infra import roles
from tests.infra.scopes import groups_of
from tests.unit import samples

_COMPUTE, _NETWORK = "Microsoft.Compute", "Microsoft.Network"
_GROUP = "Microsoft.Resources/subscriptions/resourceGroups"
_SET = f"{_COMPUTE}/virtualMachineScaleSets"
_VERSIONS = f"{_COMPUTE}/galleries/images/versions"
_NETWORKS = f"{_NETWORK}/virtualNetworks"
_IP, _RULES, _BALANCER = (
    f"{_NETWORK}/{kind}" for kind in ("publicIPAddresses", "networkSecurityGroups", "loadBalancers")
)
_READ_TO_PLAN = [_GROUP, f"{_COMPUTE}/galleries", f"{_COMPUTE}/galleries/images", _VERSIONS, _SET]
_JOINED = {
    f"{_NETWORKS}/subnets/join/action",
    f"{_RULES}/join/action",
    f"{_BALANCER}/backendAddressPools/join/action",
    f"{_BALANCER}/probes/join/action",
}


def _made(kind: str) -> set[str]:
    return {f"{kind}/read", f"{kind}/write"}


ACTIONS: dict[Step[Any, Any], set[str]] = {
    steps.READ_IMAGE: {f"{_COMPUTE}/images/read"},
    steps.PLAN_ROLLOUT: {f"{kind}/read" for kind in (*_READ_TO_PLAN, _NETWORKS, _IP, _RULES, _BALANCER)},
    steps.CREATE_RESOURCE_GROUP: _made(_GROUP),
    steps.CREATE_GALLERY: _made(f"{_COMPUTE}/galleries"),
    steps.DEFINE_IMAGE: _made(f"{_COMPUTE}/galleries/images"),
    steps.FIND_VERSION: {f"{_VERSIONS}/read"},
    steps.PUBLISH_VERSION: _made(_VERSIONS) | {f"{_COMPUTE}/images/read"},
    steps.READ_REPLICATION: {f"{_VERSIONS}/read"},
    steps.CREATE_VIRTUAL_NETWORK: _made(_NETWORKS),
    steps.CREATE_SUBNET: _made(f"{_NETWORKS}/subnets"),
    steps.CREATE_PUBLIC_IP_ADDRESS: _made(_IP),
    steps.CREATE_SECURITY_GROUP: _made(_RULES),
    steps.CREATE_LOAD_BALANCER: _made(_BALANCER) | {f"{_IP}/join/action"},
    steps.CREATE_SCALE_SET: _made(_SET) | _JOINED | {f"{_VERSIONS}/read"},
    steps.MOVE_SCALE_SET: _made(_SET) | _JOINED | {f"{_VERSIONS}/read"},
    steps.READ_UPGRADE: {f"{_SET}/read", f"{_SET}/virtualMachines/read", f"{_SET}/rollingUpgrades/read"},
    steps.POLL_OPERATION: {
        f"{_SET}/read",
        f"{_COMPUTE}/locations/operations/read",
        f"{_COMPUTE}/locations/capsOperations/read",
        f"{_NETWORK}/locations/operations/read",
        f"{_NETWORK}/locations/operationResults/read",
    },
}
"""Activity → the actions that its requests need, those on what their bodies refer to included."""

_GROUPS = groups_of({"profiles": {"web": samples.profile_data()}}, samples.SUBSCRIPTION)
_GROUP_MAKER = [row for row in roles.rows() if row["scope"] == "resourceGroupCreation"]
GRANTED = roles_of(
    [*roles.expand(roles.rows(), _GROUPS), *roles.expand(_GROUP_MAKER, _GROUPS, group_creation=True)],
)
_ALL_GALLERIES = (f"{_COMPUTE}/galleries/read", f"/subscriptions/{samples.SUBSCRIPTION}/providers/{_COMPUTE}")
"""Needs no role at the subscription: the list holds what the caller may read."""


class Noting(FakeArm):
    """A fake that notes each request's action and scope."""

    def __init__(self, *bodies: Body) -> None:
        super().__init__(*bodies)
        self.needed: set[tuple[str, str]] = set()

    async def get(self, resource: str, *, expand: str | None = None) -> Body | None:
        self._note("GET", resource)
        return await super().get(resource, expand=expand)

    async def list(self, collection: str) -> list[Body]:
        self._note("GET", collection)
        return await super().list(collection)

    async def put(
        self, resource: str, body: Body, *, only_if_missing: bool = False, secrets: Sequence[str] = ()
    ) -> Written:
        self._note("PUT", resource, body)
        return await super().put(resource, body, only_if_missing=only_if_missing, secrets=secrets)

    async def patch(self, resource: str, body: Body, *, etag: str) -> Written:
        answer = await super().patch(resource, body, etag=etag)
        self._note("PATCH", resource, answer.body)  # Azure checks what is kept, too
        return answer

    async def poll(self, operation: Operation, *, secrets: Sequence[str] = ()) -> Operation:
        self._note("GET", operation.url)
        return await super().poll(operation, secrets=secrets)

    def _note(self, method: str, path: str, body: Body | None = None) -> None:
        needed = action_of(method, path)
        assert needed is not None
        self.needed.add(needed)
        if body is not None:
            kind = resource_ids.parse(path).type
            self.needed |= {(action, scope) for scope, action in linked(kind, body).items()}


def _request(**changes: Any) -> StepRequest:
    rolling = samples.profile(scaleSet__upgradePolicy={"mode": "Rolling"}, **changes)
    return samples.request(rolling).model_copy(update={"number": "1.0.1"})


def _scale_set(asked: StepRequest, mode: str) -> Body:
    """One that the app made, as it is once it runs version 1.0.0."""
    body = samples.scale_set_body(asked, "1.0.0")
    targets = asked.targets
    pool = f"{targets.load_balancer}/backendAddressPools/myScaleSet"
    nic = {
        "subnet": {"id": targets.subnet},
        "networkSecurityGroup": {"id": targets.security_group},
        "pool": {"id": pool},
    }
    body["properties"]["virtualMachineProfile"]["networkProfile"] = {
        "healthProbe": {"id": f"{targets.load_balancer}/probes/myLoadBalancer80"},
        "nic": nic,
    }
    body["properties"]["upgradePolicy"]["mode"] = mode
    return {**body, "etag": '"1"'}


def _everything(asked: StepRequest, state: str, mode: str) -> list[Body]:
    """All that a rollout has, in a provisioning state."""
    targets = asked.targets
    groups = [samples.group_body(one) for one in (targets.gallery_group, targets.scale_set_group)]
    subnet = samples.resource(targets.subnet, "southcentralus", samples.OURS, addressPrefix="192.168.1.0/24")
    bodies = [
        samples.image_body(),
        samples.gallery_body(asked),
        samples.definition_body(asked),
        samples.version_body(asked, "1.0.1"),
        samples.virtual_network_body(asked),
        samples.public_ip_body(asked),
        samples.load_balancer_body(asked),
        samples.security_group_body(asked),
        subnet,
        _scale_set(asked, mode),
    ]
    for body in bodies:
        body["properties"]["provisioningState"] = state
    return [*groups, *bodies]


def _worlds(asked: StepRequest) -> list[Noting]:
    whole = [
        _everything(asked, state, mode)
        for state in ("Succeeded", "Failed", "Updating", "Deleting")
        for mode in ("Automatic", "Rolling", "Manual")
    ]
    return [Noting(), *(Noting(*bodies[:kept]) for bodies in whole for kept in range(2, len(bodies) + 1))]


def _asked(step: Step[Any, Any], request: StepRequest) -> list[Wire]:
    """What the step is asked, in each way there is."""
    resource, base = request.targets.scale_set, f"/subscriptions/{samples.SUBSCRIPTION}/providers"
    operations = (
        "Microsoft.Compute/{}/operations",
        "Microsoft.Compute/{}/capsOperations",
        "Microsoft.Network/{}/operations",
        "Microsoft.Network/{}/operationResults",
    )
    ways: dict[type[Wire], list[Wire]] = {
        ImageRequest: [ImageRequest(image=request.image.id)],
        GroupRequest: [GroupRequest(**dict(request), group="gallery"), GroupRequest(**dict(request), group="scaleSet")],
        UpgradeRequest: [UpgradeRequest(**dict(request), since=datetime(2026, 11, 24, tzinfo=UTC))],
        Operation: [
            Operation(kind="resource", resource=resource),
            Operation(kind="gone", resource=resource),
            *(Operation(resource=resource, url=f"{base}/{one.format('locations/westus')}/1") for one in operations),
        ],
    }
    return ways.get(step.takes, [request])


async def _needed(step: Step[Any, Any]) -> set[tuple[str, str]]:
    """Actions and scopes of everything that an activity asked for."""
    activity, request = ACTIVITIES[step], _request()
    given = {"secret": lambda _: "Planted-Secret-9f3c", "now": lambda: datetime(2026, 11, 24, tzinfo=UTC)}
    known = {name: value for name, value in given.items() if name in inspect.signature(activity).parameters}
    needed: set[tuple[str, str]] = set()
    for arm in _worlds(request):
        for asked in _asked(step, request):
            with contextlib.suppress(RolloutError):
                await activity(asked, arm=arm, **known)
        needed |= arm.needed
    return needed


@pytest.mark.parametrize("step", ACTIONS, ids=lambda step: step.name)
async def test_an_activity_asks_for_these_actions_and_no_others(step: Step[Any, Any]) -> None:
    assert {action for action, _ in await _needed(step)} == ACTIONS[step]


@pytest.mark.parametrize("step", ACTIONS, ids=lambda step: step.name)
async def test_whatever_an_activity_asks_for_the_roles_allow_there(step: Step[Any, Any]) -> None:
    refused = [
        (action, scope)
        for action, scope in await _needed(step)
        if (action, scope) != _ALL_GALLERIES and not any(role.grants(action, key(scope)) for role in GRANTED)
    ]
    assert refused == []


def test_every_activity_is_in_the_table_and_every_action_of_the_roles_is_asked_for() -> None:
    assert set(ACTIONS) == set(ACTIVITIES)
    asked_for = set().union(*ACTIONS.values())
    granted = {action for row in roles.rows() if row["scope"] != "eventQueue" for action in row["actions"]}
    assert asked_for == granted
