"""Permissions: which action a request needs, what roles allow, what writes need besides, and the record of it all."""

from typing import Any

import pytest

from local.armsim.actions import action_of
from local.armsim.errors import ArmError
from local.armsim.ids import Routes
from local.armsim.kinds import Call
from local.armsim.linked import LINKED
from local.armsim.permissions import Permissions, roles_of
from local.armsim.table import TABLE
from local.armsim.world import World
from local.clock import ManualClock
from tests.armsim.arm import VMSS as SET
from tests.armsim.arm import Arm, image_patch, make_scale_set, managed_image, scale_set

SUB = "/subscriptions/s"
RG = f"{SUB}/resourceGroups/rg"
COMPUTE, NETWORK = f"{RG}/providers/Microsoft.Compute", f"{RG}/providers/Microsoft.Network"
VMSS = f"{COMPUTE}/virtualMachineScaleSets/v"
VERSION = f"{COMPUTE}/galleries/g/images/d/versions/1.0.0"


@pytest.fixture
def permissions(clock: ManualClock) -> Permissions:
    return Permissions(World(clock=clock, speed=1, instant=False, seed=0, kinds=TABLE))


@pytest.mark.parametrize(
    ("method", "path", "action", "scope"),
    [
        ("GET", RG, "Microsoft.Resources/subscriptions/resourceGroups/read", RG),
        ("PUT", RG, "Microsoft.Resources/subscriptions/resourceGroups/write", RG),
        ("GET", f"{SUB}/resourcegroups", "Microsoft.Resources/subscriptions/resourceGroups/read", SUB),
        ("GET", SUB, "Microsoft.Resources/subscriptions/read", SUB),
        ("GET", f"{SUB}/locations", "Microsoft.Resources/subscriptions/locations/read", SUB),
        ("GET", f"{SUB}/providers/Microsoft.Compute", "Microsoft.Resources/subscriptions/providers/read", None),
        ("POST", f"{SUB}/providers/Microsoft.Compute/register", "Microsoft.Compute/register/action", None),
        ("GET", f"{SUB}/providers/Microsoft.Compute/skus", "Microsoft.Compute/skus/read", None),
        ("PUT", VERSION, "Microsoft.Compute/galleries/images/versions/write", VERSION),
        ("PATCH", VERSION, "Microsoft.Compute/galleries/images/versions/write", VERSION),
        ("DELETE", VERSION, "Microsoft.Compute/galleries/images/versions/delete", VERSION),
        ("HEAD", VERSION, "Microsoft.Compute/galleries/images/versions/read", VERSION),
        ("GET", f"{COMPUTE}/galleries", "Microsoft.Compute/galleries/read", COMPUTE),
        ("GET", f"//{VMSS}/INSTANCEVIEW", "Microsoft.Compute/virtualMachineScaleSets/instanceView/read", VMSS),
        ("POST", f"{VMSS}/manualupgrade", "Microsoft.Compute/virtualMachineScaleSets/manualUpgrade/action", VMSS),
        (
            "GET",
            f"{VMSS}/rollingUpgrades/latest",
            "Microsoft.Compute/virtualMachineScaleSets/rollingUpgrades/read",
            None,
        ),
        (
            "POST",
            f"{VMSS}/rollingupgrades/cancel",
            "Microsoft.Compute/virtualMachineScaleSets/rollingUpgrades/action",
            None,
        ),
        (
            "POST",
            f"{VMSS}/virtualMachines/%2A/poweroff",
            "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/powerOff/action",
            f"{VMSS}/virtualMachines/*",
        ),
        (
            "GET",
            f"{SUB}/providers/microsoft.compute/locations/westus/capsoperations/x",
            "Microsoft.Compute/locations/capsOperations/read",
            f"{SUB}/providers/microsoft.compute/locations/westus",
        ),
        (
            "GET",
            f"{SUB}/providers/Microsoft.Network/locations/westus/operationResults/x",
            "Microsoft.Network/locations/operationResults/read",
            None,
        ),
        ("GET", f"{RG}/deployments/d/operations", "Microsoft.Resources/deployments/operations/read", None),
        ("GET", "/subscriptions", None, None),
        ("GET", "/tenants", None, None),
    ],
)
def test_an_action_follows_from_method_and_path(method: str, path: str, action: str | None, scope: str | None) -> None:
    found = action_of(method, path)
    if action is None:
        assert found is None
        return
    assert found is not None
    assert found[0] == action
    if scope is not None:
        assert found[1] == scope


def test_every_type_of_the_table_is_named_as_it_is_spelt() -> None:
    for name in TABLE:
        types = name.partition("/")[2].lower().split("/")
        path = "/".join([RG, "providers", name.split("/")[0].lower(), *(f"{kind}/x" for kind in types)])
        found = action_of("PUT", path)
        assert found is not None
        assert found[0] == f"{name}/write"


def refused(permissions: Permissions, method: str, path: str) -> str:
    with pytest.raises(ArmError) as caught:
        permissions.check(method, path)
    assert (caught.value.status, caught.value.code) == (403, "AuthorizationFailed")
    return caught.value.message


def test_without_roles_everything_is_allowed_and_recorded(permissions: Permissions) -> None:
    permissions.check("PUT", VERSION)
    permissions.check("GET", VERSION)
    assert permissions.used == {
        "Microsoft.Compute/galleries/images/versions/write": {VERSION},
        "Microsoft.Compute/galleries/images/versions/read": {VERSION},
    }


def test_a_role_allows_its_actions_at_its_scope_and_below_and_nothing_else(permissions: Permissions) -> None:
    permissions.allow(roles_of([{"scope": RG.upper(), "actions": ["microsoft.compute/galleries/*/read"]}]))
    permissions.check("GET", VERSION)
    message = refused(permissions, "PUT", VERSION)
    assert f"'Microsoft.Compute/galleries/images/versions/write' over scope '{VERSION}'" in message
    refused(permissions, "GET", VERSION.replace("rg", "rg2"))
    refused(permissions, "GET", RG)
    refused(permissions, "GET", SUB)
    permissions.allow([])
    refused(permissions, "GET", VERSION)
    permissions.allow(None)
    permissions.check("GET", VERSION)


@pytest.mark.parametrize(
    "document",
    [
        {"Name": "r", "Actions": ["*"], "NotActions": ["*/delete"], "AssignableScopes": [RG]},
        {"permissions": [{"actions": ["*"], "notActions": ["*/delete"]}], "assignableScopes": [RG]},
        {"properties": {"permissions": [{"actions": ["*"], "notActions": ["*/delete"]}], "assignableScopes": [RG]}},
        [{"scope": RG, "actions": ["*"], "notActions": ["*/delete"]}],
    ],
)
def test_every_form_of_a_role_definition_means_the_same(permissions: Permissions, document: Any) -> None:
    permissions.allow(roles_of(document))
    permissions.check("PUT", VERSION)
    refused(permissions, "DELETE", VERSION)
    refused(permissions, "GET", SUB)


def test_what_one_role_takes_out_another_may_give(permissions: Permissions) -> None:
    roles = [
        {"scope": RG, "actions": ["*"], "notActions": ["*/delete"]},
        {"scope": SUB, "actions": ["Microsoft.Compute/galleries/images/versions/delete"]},
    ]
    permissions.allow(roles_of(roles))
    permissions.check("DELETE", VERSION)
    refused(permissions, "DELETE", VMSS)


@pytest.mark.parametrize(
    "document",
    [
        7,
        ["x"],
        {},
        {"actions": "x"},
        {"actions": [1]},
        {"permissions": {}},
        {"permissions": [{}]},
        {"scope": 1, "actions": []},
        {"assignableScopes": "x", "actions": []},
    ],
)
def test_what_is_no_role_definition_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match=r"role definition|scope|actions|permissions"):
        roles_of(document)


def call(method: str, path: str, sent: Any) -> Call:
    route = Routes({name.lower(): name for name in TABLE}).parse(path)
    return Call(method, route, TABLE[route.type_name], "2024-07-01", "", sent, "")


SUBNET, NSG = f"{NETWORK}/virtualNetworks/n/subnets/s", f"{NETWORK}/networkSecurityGroups/nsg"
BALANCER = f"{NETWORK}/loadBalancers/lb"
POOL, PROBE = f"{BALANCER}/backendAddressPools/p", f"{BALANCER}/probes/h"
SCALE_SET: Any = {
    "properties": {
        "virtualMachineProfile": {
            "storageProfile": {"imageReference": {"id": VERSION}},
            "networkProfile": {
                "healthProbe": {"id": PROBE},
                "nics": [{"a": {"id": SUBNET}}, {"id": POOL}, {"id": NSG}],
            },
        }
    },
    "identity": {"userAssignedIdentities": {f"{RG}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u": {}}},
}
NEEDED = {
    "Microsoft.Compute/galleries/images/versions/read",
    "Microsoft.Network/loadBalancers/probes/join/action",
    "Microsoft.Network/loadBalancers/backendAddressPools/join/action",
    "Microsoft.Network/virtualNetworks/subnets/join/action",
    "Microsoft.Network/networkSecurityGroups/join/action",
    "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
}


JOINING = {"scope": "/", "actions": ["Microsoft.Network/*/join/action"]}


def test_a_write_needs_what_its_body_refers_to(permissions: Permissions) -> None:
    permissions.check_linked(call("PUT", VMSS, SCALE_SET))
    assert set(permissions.used) == NEEDED
    for missing in NEEDED:
        permissions.allow(roles_of({"scope": SUB, "actions": sorted(NEEDED - {missing})}))
        with pytest.raises(ArmError) as caught:
            permissions.check_linked(call("PUT", VMSS, SCALE_SET))
        assert (caught.value.status, caught.value.code) == (403, "LinkedAuthorizationFailed")
        assert f"action(s) '{missing}'" in caught.value.message
        assert f"'Microsoft.Compute/virtualMachineScaleSets/write' on scope '{VMSS}'" in caught.value.message
    permissions.allow(roles_of({"scope": SUB, "actions": sorted(NEEDED)}))
    permissions.check_linked(call("PUT", VMSS, SCALE_SET))


@pytest.mark.parametrize(
    ("path", "body", "needed"),
    [
        (VERSION, f"{COMPUTE}/images/i", "Microsoft.Compute/images/read"),
        (VERSION, f"{COMPUTE}/virtualMachines/m", "Microsoft.Compute/virtualMachines/write"),
        (VERSION, f"{COMPUTE}/snapshots/s", "Microsoft.Compute/snapshots/write"),
        (BALANCER, f"{NETWORK}/publicIPAddresses/ip", "Microsoft.Network/publicIPAddresses/join/action"),
        (SUBNET, NSG, "Microsoft.Network/networkSecurityGroups/join/action"),
        (f"{NETWORK}/virtualNetworks/n", NSG, "Microsoft.Network/networkSecurityGroups/join/action"),
        (BALANCER, POOL, None),
        (NSG, SUBNET, None),
        (f"{NETWORK}/publicIPAddresses/ip", f"{BALANCER}/frontendIPConfigurations/f", None),
    ],
)
def test_only_what_is_joined_or_read_needs_an_action(
    permissions: Permissions, path: str, body: str, needed: str | None
) -> None:
    permissions.check_linked(call("PUT", path, {"properties": {"x": [{"id": body}]}}))
    assert permissions.used == ({} if needed is None else {needed: {body}})


def test_linked_rows_name_types_in_their_own_spelling() -> None:
    spelt = {name.lower(): name for name in TABLE}
    for writer, row in LINKED.items():
        for name in (writer, *row):
            assert spelt.get(name.lower(), name) == name


async def test_a_request_outside_the_roles_is_403_and_changes_nothing(arm: Arm) -> None:
    version = await make_scale_set(arm)
    reading = {"scope": arm.subscription, "actions": ["*/read"]}
    arm.sim.permissions.allow(roles_of(reading))
    assert (await arm.send("GET", SET)).status_code == 200
    error = await arm.refused("DELETE", SET)
    assert (error["status"], error["code"]) == (403, "AuthorizationFailed")
    arm.sim.permissions.allow(roles_of([reading, {"scope": arm.id(SET), "actions": ["*"]}]))
    for method, body in (("PATCH", image_patch(version)), ("PUT", scale_set(arm, version))):
        error = await arm.refused(method, SET, body)
        assert (error["status"], error["code"]) == (403, "LinkedAuthorizationFailed"), method
        assert "Microsoft.Network/virtualNetworks/subnets/join/action" in error["message"]
    arm.sim.permissions.allow(roles_of([reading, {"scope": arm.id(SET), "actions": ["*"]}, JOINING]))
    assert (await arm.send("PATCH", SET, image_patch(version))).status_code == 200


async def test_a_poll_needs_the_action_of_its_provider(arm: Arm) -> None:
    answer = await arm.send("PUT", "Microsoft.Compute/images/i", managed_image(arm))
    arm.sim.permissions.allow(roles_of({"scope": arm.id("x"), "actions": ["*"]}))
    refused = (await arm.poll(answer)).json()["error"]
    assert "'Microsoft.Compute/locations/operations/read'" in refused["message"]
    own = {"scope": arm.subscription, "actions": ["Microsoft.Compute/locations/operations/read"]}
    arm.sim.permissions.allow(roles_of(own))
    assert (await arm.poll(answer)).status_code == 200
    assert "Microsoft.Compute/images/write" in arm.sim.permissions.used


async def test_the_owner_is_never_refused_and_nothing_of_it_is_recorded(arm: Arm) -> None:
    arm.sim.permissions.allow([])
    before = dict(arm.sim.permissions.used)
    arm.http.headers["Authorization"] = f"Bearer {arm.sim.owner_token()}"
    assert (await arm.send("GET", f"{arm.subscription}/resourceGroups/rg")).status_code == 200
    assert (await arm.send("PUT", "Microsoft.Compute/images/i", managed_image(arm))).status_code == 201
    assert arm.sim.permissions.used == before
    assert arm.sim.permissions.refused == {}


async def test_what_was_asked_for_in_vain_is_recorded(arm: Arm) -> None:
    arm.sim.permissions.allow([])
    await arm.refused("GET", SET)
    assert arm.sim.permissions.refused == {"Microsoft.Compute/virtualMachineScaleSets/read": {arm.id(SET)}}


async def test_a_list_of_a_subscription_holds_what_the_roles_let_one_see(arm: Arm) -> None:
    for group in ("mine", "theirs"):
        await arm.put(f"{arm.subscription}/resourceGroups/{group}", {"location": "westcentralus"})
        path = arm.id(f"Microsoft.Compute/galleries/{group}", group)
        await arm.done(path, {"location": "westcentralus"})
    galleries, groups = (
        f"{arm.subscription}/providers/Microsoft.Compute/galleries",
        f"{arm.subscription}/resourceGroups",
    )

    async def listed(path: str) -> list[str]:
        return [one["name"] for one in (await arm.get(path))["value"]]

    both = ["Microsoft.Compute/galleries/read", "Microsoft.Resources/subscriptions/resourceGroups/read"]
    arm.sim.permissions.allow(roles_of({"scope": f"{arm.subscription}/resourceGroups/MINE", "actions": both}))
    assert await listed(galleries) == ["mine"]
    assert await listed(groups) == ["mine"]
    assert arm.sim.permissions.refused == {}

    arm.sim.permissions.allow(roles_of({"scope": arm.subscription, "actions": both}))
    assert sorted(await listed(galleries)) == ["mine", "theirs"]
    assert sorted(await listed(groups)) == ["mine", "rg", "theirs"]

    elsewhere = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/mine"
    for scope in (f"{arm.subscription}/resourceGroups/mine", elsewhere):
        arm.sim.permissions.allow(roles_of({"scope": scope, "actions": both if scope == elsewhere else both[1:]}))
        error = await arm.refused("GET", galleries)
        assert (error["status"], error["code"]) == (403, "AuthorizationFailed")
