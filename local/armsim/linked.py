"""What a write needs besides its own action: to join or to read what its body refers to.

One row a type that is written: what it may refer to, and the action that this takes there. Sources: the messages
of `LinkedAuthorizationFailed` in public issues (Azure/AKS#2040, Azure/bicep#17206, cloud-provider-azure#1999,
planetary-computer-hub#25), Azure Image Builder's documented role, and the permissions that the documentation of
galleries names for each kind of source. Rows marked *inferred* follow from their neighbours.
"""

from collections.abc import Iterator
from typing import Any

from local.armsim.body import Body
from local.armsim.rules import provider_path

_SUBNET, _POOL = "Microsoft.Network/virtualNetworks/subnets", "Microsoft.Network/loadBalancers/backendAddressPools"
_GROUP, _IP = "Microsoft.Network/networkSecurityGroups", "Microsoft.Network/publicIPAddresses"
_PREFIX, _NAT_RULE = "Microsoft.Network/publicIPPrefixes", "Microsoft.Network/loadBalancers/inboundNatRules"
_IMAGE, _DEFINITION = "Microsoft.Compute/images", "Microsoft.Compute/galleries/images"
_VERSION, _KEYS = "Microsoft.Compute/galleries/images/versions", "Microsoft.Compute/diskEncryptionSets"

_JOINS = dict.fromkeys((_SUBNET, _GROUP, _PREFIX), "join/action")
_BALANCED = dict.fromkeys((_POOL, _NAT_RULE), "join/action")
_MACHINE = {
    **_JOINS,
    **_BALANCED,
    **dict.fromkeys((_IMAGE, _DEFINITION, _VERSION, _KEYS), "read"),
    "Microsoft.Network/loadBalancers/inboundNatPools": "join/action",
    "Microsoft.Network/loadBalancers/probes": "join/action",
    "Microsoft.Network/applicationGateways/backendAddressPools": "join/action",
    "Microsoft.Network/networkInterfaces": "join/action",
    "Microsoft.Network/applicationSecurityGroups": "joinIpConfiguration/action",
    "Microsoft.Compute/disks": "read",  # inferred
    "Microsoft.Compute/proximityPlacementGroups": "write",
    "Microsoft.ManagedIdentity/userAssignedIdentities": "assign/action",
}
_DISK = {
    **dict.fromkeys((_IMAGE, _VERSION, _KEYS, "Microsoft.Compute/snapshots"), "read"),  # inferred
    "Microsoft.Compute/disks": "beginGetAccess/action",  # inferred: a copy reads the disk's content
}
_SUBNETS = {
    _GROUP: "join/action",
    "Microsoft.Network/routeTables": "join/action",
    "Microsoft.Network/natGateways": "join/action",
    "Microsoft.Network/ddosProtectionPlans": "join/action",
}
LINKED: dict[str, dict[str, str]] = {
    "Microsoft.Compute/virtualMachineScaleSets": _MACHINE,
    "Microsoft.Compute/virtualMachineScaleSets/virtualMachines": _MACHINE,
    "Microsoft.Compute/virtualMachines": _MACHINE,
    _VERSION: {
        **dict.fromkeys((_IMAGE, _VERSION, _KEYS), "read"),
        **dict.fromkeys(
            ("Microsoft.Compute/virtualMachines", "Microsoft.Compute/disks", "Microsoft.Compute/snapshots"), "write"
        ),
        "Microsoft.Storage/storageAccounts": "listKeys/action",
    },
    _IMAGE: {
        **dict.fromkeys(("Microsoft.Compute/disks", "Microsoft.Compute/snapshots", _KEYS), "read"),  # inferred
        "Microsoft.Compute/virtualMachines": "write",  # inferred: a captured machine is marked
    },
    "Microsoft.Compute/disks": _DISK,
    "Microsoft.Compute/snapshots": _DISK,
    "Microsoft.Network/virtualNetworks": _SUBNETS,
    _SUBNET: _SUBNETS,
    "Microsoft.Network/loadBalancers": dict.fromkeys((_SUBNET, _IP, _PREFIX), "join/action"),
    "Microsoft.Network/publicIPAddresses": {_PREFIX: "join/action"},
    "Microsoft.Network/networkInterfaces": {
        **_JOINS,
        **_BALANCED,
        _IP: "join/action",
        "Microsoft.Network/applicationSecurityGroups": "joinIpConfiguration/action",
    },
}
_TABLE = {
    writer.lower(): {target.lower(): f"{target}/{tail}" for target, tail in row.items()}
    for writer, row in LINKED.items()
}


def linked(type_name: str, body: Body) -> dict[str, str]:
    """Scope → action of everything that a body of that type refers to and that takes a permission."""
    row = _TABLE.get(type_name.lower(), {})
    if not row:
        return {}
    found = {one: row.get(provider_path(one)) for one in _ids(body)}
    return {scope: action for scope, action in found.items() if action is not None}


def _ids(value: Any) -> Iterator[str]:
    """Every resource id in a body, as a value or as a member's name (identities)."""
    level = [value]
    while level:
        one = level.pop()
        if isinstance(one, str):
            if one[:15].lower() == "/subscriptions/":
                yield one
        elif isinstance(one, dict):
            level += [*one, *one.values()]
        elif isinstance(one, list):
            level += one
