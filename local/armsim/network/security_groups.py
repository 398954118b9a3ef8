"""Network security groups: the rules sent, beside the six that are always there."""

from datetime import datetime

from local.armsim import timing
from local.armsim.body import Body
from local.armsim.errors import network_error
from local.armsim.kinds import Look, Resource, Write
from local.armsim.network.members import SHOWN, TEXT, Member, label, parts_of, switch, to_many, word
from local.armsim.network.references import in_use
from local.armsim.network.rows import kept_of, network_type, network_wire, part_types
from local.armsim.reading import integer, texts
from local.armsim.world import World

NAME = "Microsoft.Network/networkSecurityGroups"
_MANY = Member(texts, [], since="2017-06-01")
RULE = {
    "description": TEXT,
    "protocol": Member(word("Tcp", "Udp", "Icmp", "Esp", "Ah", "*"), needed=True),
    "sourcePortRange": Member(label),
    "destinationPortRange": Member(label),
    "sourceAddressPrefix": TEXT,
    "destinationAddressPrefix": TEXT,
    "access": Member(word("Allow", "Deny"), needed=True),
    "priority": Member(integer),
    "direction": Member(word("Inbound", "Outbound"), needed=True),
    "sourcePortRanges": _MANY,
    "destinationPortRanges": _MANY,
    "sourceAddressPrefixes": _MANY,
    "destinationAddressPrefixes": _MANY,
    "sourceApplicationSecurityGroups": to_many("applicationSecurityGroups"),
    "destinationApplicationSecurityGroups": to_many("applicationSecurityGroups"),
}
MEMBERS = {
    "resourceGuid": SHOWN,
    "flushConnection": switch(None, since="2022-01-01"),
    "securityRules": parts_of(RULE),
    "defaultSecurityRules": parts_of(RULE),
}
_PRIORITIES = range(100, 4097)
_GROUPS = "ApplicationSecurityGroups"


_VNET = "VirtualNetwork"
_DEFAULTS: list[Body] = [
    {
        "name": name,
        "properties": {
            "description": description,
            "protocol": "*",
            "sourcePortRange": "*",
            "destinationPortRange": "*",
            "sourceAddressPrefix": source,
            "destinationAddressPrefix": destination,
            "access": "Deny" if name.startswith("Deny") else "Allow",
            "priority": priority,
            "direction": "Inbound" if name.endswith("InBound") else "Outbound",
            **{many: [] for many, member in RULE.items() if member is _MANY},
        },
    }
    for name, source, destination, priority, description in (
        ("AllowVnetInBound", _VNET, _VNET, 65000, "Allow inbound traffic from all VMs in VNET"),
        (
            "AllowAzureLoadBalancerInBound",
            "AzureLoadBalancer",
            "*",
            65001,
            "Allow inbound traffic from azure load balancer",
        ),
        ("DenyAllInBound", "*", "*", 65500, "Deny all inbound traffic"),
        ("AllowVnetOutBound", _VNET, _VNET, 65000, "Allow outbound traffic from all VMs to all VMs in VNET"),
        ("AllowInternetOutBound", "*", "Internet", 65001, "Allow outbound traffic from all VMs to Internet"),
        ("DenyAllOutBound", "*", "*", 65500, "Deny all outbound traffic"),
    )
]


def _compose(write: Write) -> Body:
    kept = kept_of(write, NAME, MEMBERS)
    del kept["defaultSecurityRules"]
    taken: dict[tuple[str, int], str] = {}
    for one in kept["securityRules"]:
        properties = one["properties"]
        _check_rule(f"{write.id}/securityRules/{one['name']}", properties)
        place = (properties["direction"], properties["priority"])
        if place in taken:
            raise network_error(
                "SecurityRuleConflict",
                f"Security rule {one['name']} conflicts with rule {taken[place]}. Rules cannot have the same Priority "
                "and Direction.",
            )
        taken[place] = one["name"]
    return {**write.wanted, "properties": kept}


def _check_rule(rule_id: str, properties: Body) -> None:
    priority = properties.get("priority")
    if priority not in _PRIORITIES:
        raise network_error(
            "SecurityRuleInvalidPriority",
            f"Security rule has invalid Priority. Value provided: {priority} Allowed range "
            f"{_PRIORITIES[0]}-{_PRIORITIES[-1]}.",
        )
    for one in ("sourcePortRange", "destinationPortRange", "sourceAddressPrefix", "destinationAddressPrefix"):
        ways = (one, f"{one}es" if one.endswith("x") else f"{one}s", one.replace("AddressPrefix", _GROUPS))
        if not any(properties.get(way) for way in ways):
            raise network_error(
                "SecurityRuleParameterNotSpecified",
                f"Required security rule parameters are missing for security rule with Id: {rule_id}. Security rule "
                f"must specify {', '.join(dict.fromkeys(ways))}.",
            )


def _dress(resource: Resource, look: Look) -> tuple[Body, dict[str, Body]]:
    """The six rules, and what the group guards."""
    users = in_use(look.world, resource.id)
    subnets = [{"id": user} for user in users if "/subnets/" in user]
    interfaces = dict.fromkeys(
        user.partition("/ipConfigurations/")[0] for user in users if "/networkInterfaces/" in user
    )
    more: Body = {"subnets": subnets} if subnets else {}
    if interfaces:
        more["networkInterfaces"] = [{"id": one} for one in interfaces]
    return {**resource.properties, "defaultSecurityRules": _DEFAULTS}, {resource.id.lower(): more}


def _check_delete(world: World, resource: Resource, now: datetime) -> None:
    users = in_use(world, resource.id)
    if users:
        raise network_error(
            "InUseNetworkSecurityGroupCannotBeDeleted",
            f"Network security group {resource.id} cannot be deleted because it is in use by the following resources: "
            f"{', '.join(users)}. In order to delete the Network security group, remove the association with the "
            "resource(s). To learn how to do this, see aka.ms/deletensg.",
        )


_WIRE = network_wire(1.0)
SECURITY_GROUP = network_type(
    NAME, MEMBERS, _WIRE, _compose, timing.SECURITY_GROUP, dress=_dress, check_delete=_check_delete
)
SECURITY_RULES = part_types(NAME, MEMBERS, _WIRE, frozenset({"securityRules"}))
