"""Permissions: which action a request needs, what roles allow, and which role definitions can be read."""

import re
from pathlib import Path
from typing import Any

import pytest

from local.armsim.__main__ import UsageError, read_roles
from local.armsim.actions import action_of
from local.armsim.errors import ArmError
from local.armsim.permissions import Permissions, roles_of
from local.armsim.table import TABLE

SUB = "/subscriptions/s"
RG = f"{SUB}/resourceGroups/rg"
COMPUTE, NETWORK = f"{RG}/providers/Microsoft.Compute", f"{RG}/providers/Microsoft.Network"
VMSS = f"{COMPUTE}/virtualMachineScaleSets/v"
VERSION = f"{COMPUTE}/galleries/g/images/d/versions/1.0.0"


def nested(depth: int) -> Any:
    """A definition in the properties of one in the properties of one…"""
    found: Any = {"scope": RG, "actions": ["*"]}
    for _ in range(depth):
        found = {"properties": found}
    return found


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
        {"scope": "imageGroup", "actions": ["*"]},
        {"scope": "", "actions": ["*"]},
        {"assignableScopes": [RG, "subscriptions/s"], "actions": ["*"]},
        [[{"scope": RG, "actions": ["*"]}]],
        nested(3_000),
    ],
)
def test_what_is_no_role_definition_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match=r"role definition|scope|actions|permissions"):
        roles_of(document)


@pytest.mark.parametrize(
    ("text", "said"),
    [("[" * 100_000, "nested"), ("{", "line 1"), ('{"scope": "imageGroup", "actions": []}', "'imageGroup' is no path")],
    ids=["deep", "cut off", "no path"],
)
def test_a_file_that_holds_no_roles_is_told_with_its_name(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "roles.json"
    file.write_text(text)
    with pytest.raises(UsageError, match=f"{re.escape(str(file))}: .*{said}"):
        read_roles(file)
