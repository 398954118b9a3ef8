"""Network security groups: the rules sent, beside the six that are always there."""

from datetime import datetime

from local.armsim import timing
from local.armsim.body import Body, items
from local.armsim.embedded import shown, stored
from local.armsim.errors import missing_parameter, network_error
from local.armsim.kinds import Look, Resource, ResourceType, Write, plain_view
from local.armsim.network import wires
from local.armsim.network.naming import check_name, keep_guid, named_parts
from local.armsim.reading import choice, integer, text
from local.armsim.world import World

NAME = "Microsoft.Network/networkSecurityGroups"


def _default(name: str, description: str, ends: tuple[str, str], access: str, priority: int, *, direction: str) -> Body:
    return {
        "name": name,
        "properties": {
            "description": description,
            "protocol": "*",
            "sourcePortRange": "*",
            "destinationPortRange": "*",
            "sourceAddressPrefix": ends[0],
            "destinationAddressPrefix": ends[1],
            "access": access,
            "priority": priority,
            "direction": direction,
        },
    }


_VNET = "VirtualNetwork"
_DEFAULTS = [
    _default(
        "AllowVnetInBound",
        "Allow inbound traffic from all VMs in VNET",
        (_VNET, _VNET),
        "Allow",
        65000,
        direction="Inbound",
    ),
    _default(
        "AllowAzureLoadBalancerInBound",
        "Allow inbound traffic from azure load balancer",
        ("AzureLoadBalancer", "*"),
        "Allow",
        65001,
        direction="Inbound",
    ),
    _default("DenyAllInBound", "Deny all inbound traffic", ("*", "*"), "Deny", 65500, direction="Inbound"),
    _default(
        "AllowVnetOutBound",
        "Allow outbound traffic from all VMs to all VMs in VNET",
        (_VNET, _VNET),
        "Allow",
        65000,
        direction="Outbound",
    ),
    _default(
        "AllowInternetOutBound",
        "Allow outbound traffic from all VMs to Internet",
        ("*", "Internet"),
        "Allow",
        65001,
        direction="Outbound",
    ),
    _default("DenyAllOutBound", "Deny all outbound traffic", ("*", "*"), "Deny", 65500, direction="Outbound"),
]


def _compose(write: Write) -> Body:
    check_name(write.route.names[-1], NAME)
    rules = [_rule(one) for one in named_parts(write.properties, "securityRules")]
    taken: dict[tuple[str, int], str] = {}
    for one in rules:
        place = (one["properties"]["direction"], one["properties"]["priority"])
        if place in taken:
            raise network_error(
                "SecurityRuleConflict",
                f"Security rule {one['name']} conflicts with rule {taken[place]}. Rules cannot have the same Priority "
                "and Direction.",
            )
        taken[place] = one["name"]
    return {**write.wanted, "properties": keep_guid(write, {"securityRules": rules})}


def _rule(sent: Body) -> Body:
    kept = stored(sent)
    properties = kept["properties"]
    for one, allowed in (
        ("access", ("Allow", "Deny")),
        ("direction", ("Inbound", "Outbound")),
        ("protocol", ("Tcp", "Udp", "Icmp", "Esp", "Ah", "*")),
    ):
        value = choice(properties, f"securityRules.{one}", allowed, one)
        if value is None:
            raise missing_parameter(f"securityRules.{one}")
        properties[one] = value
    priority = integer(properties, "priority")
    if priority is None or not 100 <= priority <= 4096:
        raise network_error(
            "SecurityRuleInvalidPriority",
            f"Security rule has invalid Priority. Value provided: {priority} Allowed range 100-4096.",
        )
    properties["priority"] = priority
    for one in ("sourcePortRange", "destinationPortRange", "sourceAddressPrefix", "destinationAddressPrefix"):
        many = f"{one}es" if one.endswith("Prefix") else f"{one}s"
        groups = one.replace("AddressPrefix", "ApplicationSecurityGroups")
        if text(properties, one) is None and not properties.get(many) and not properties.get(groups):
            raise network_error(
                "SecurityRuleParameterNotSpecified",
                f"Required security rule parameters are missing for security rule {kept['name']}: {one}.",
            )
    return kept


def _view(resource: Resource, look: Look) -> Body:
    body = plain_view(resource, look)
    body["etag"] = resource.etag
    properties = body["properties"]
    properties["provisioningState"] = resource.state if resource.state != "Creating" else "Updating"
    rules = items(resource.properties, "securityRules")
    properties["securityRules"] = [shown(resource, "securityRules", one) for one in rules]
    properties["defaultSecurityRules"] = [shown(resource, "defaultSecurityRules", one) for one in _DEFAULTS]
    return body


def _check_delete(world: World, resource: Resource, now: datetime) -> None:
    for user in world.store.users(resource.id):
        raise network_error(
            "InUseNetworkSecurityGroupCannotBeDeleted",
            f"Network security group {resource.id} cannot be deleted because it is in use by the following resources: "
            f"{user}.",
        )


SECURITY_GROUP = ResourceType(
    name=NAME,
    versions=wires.VERSIONS,
    wire=wires.SECURITY_GROUP,
    compose=_compose,
    seconds=lambda write: timing.SECURITY_GROUP,
    view=_view,
    check_delete=_check_delete,
    delete_seconds=timing.NETWORK_DELETE,
    etag="guid",
    busy="network",
    patches_tags=True,
)

SECURITY_RULE = ResourceType(
    name=f"{NAME}/securityRules",
    versions=wires.VERSIONS,
    wire=wires.SECURITY_GROUP,
    located=False,
    verbs=wires.NO_PATCH,
    part_of=("properties", "securityRules"),
)
