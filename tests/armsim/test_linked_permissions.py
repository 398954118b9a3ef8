"""What a write needs besides its own action: to join or to read what its body refers to."""

from typing import Any

import pytest

from local.armsim.errors import ArmError
from local.armsim.ids import Routes
from local.armsim.kinds import Call
from local.armsim.linked import LINKED
from local.armsim.permissions import Permissions, roles_of
from local.armsim.table import TABLE
from tests.armsim.test_permissions import COMPUTE, NETWORK, RG, SUB, VERSION, VMSS


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
