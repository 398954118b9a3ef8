"""Virtual networks and their subnets: prefixes that fit, subnets that are not in use when they go."""

from datetime import datetime
from ipaddress import ip_network

from local.armsim import timing
from local.armsim.body import Body, items
from local.armsim.errors import network_error
from local.armsim.kinds import Look, Resource, Write
from local.armsim.network.addresses import Network, availability, prefixes, usages
from local.armsim.network.members import (
    NUMBER,
    OBJECT,
    OBJECTS,
    SHOWN,
    TEXT,
    TEXTS,
    Member,
    object_of,
    parts_of,
    switch,
    to,
    to_many,
    word,
)
from local.armsim.network.naming import missing
from local.armsim.network.references import in_use, standing_on
from local.armsim.network.rows import kept_of, network_type, network_wire, part_types
from local.armsim.reading import flag, records, text, texts
from local.armsim.world import World

NAME = "Microsoft.Network/virtualNetworks"
_PRIVATE_BY_DEFAULT = "2025-07-01"
_POOLS = Member(records, [], since="2024-01-01")
_POLICY = word("Enabled", "Disabled", "NetworkSecurityGroupEnabled", "RouteTableEnabled")


def _endpoints(given: Body, name: str) -> list[Body] | None:
    """Service endpoints as the service completes them; `locations` where none is sent is *inferred*."""
    return [
        {
            "provisioningState": "Succeeded",
            "service": text(one, "service"),
            "locations": texts(one, "locations") or ["*"],
        }
        for one in records(given, name)
    ] or None


_AS_INTERFACES = ("networkinterfaces/*", "virtualNetworks/subnets/join/action")
_WITH_POLICIES = tuple(
    f"virtualNetworks/subnets/{one}/action" for one in ("join", "prepareNetworkPolicies", "unprepareNetworkPolicies")
)
_ACTIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "microsoft.web/serverfarms",
            "microsoft.web/hostingenvironments",
            "microsoft.containerinstance/containergroups",
            "microsoft.servicefabricmesh/networks",
            "microsoft.batch/batchaccounts",
            "microsoft.logic/integrationserviceenvironments",
        ),
        ("virtualNetworks/subnets/action",),
    ),
    **dict.fromkeys(("microsoft.netapp/volumes", "microsoft.hardwaresecuritymodules/dedicatedhsms"), _AS_INTERFACES),
    **dict.fromkeys(("microsoft.sql/managedinstances", "microsoft.databricks/workspaces"), _WITH_POLICIES),
}
"""What services may do in a subnet that is delegated to them, as recorded; all others may join it."""


def _actions(given: Body, name: str) -> list[str]:
    """What the service of a delegation may do."""
    found = _ACTIONS.get((text(given, "serviceName") or "").lower(), _AS_INTERFACES[1:])
    return [f"Microsoft.Network/{one}" for one in found]


DELEGATION = {"serviceName": Member(text, needed=True), "actions": Member(_actions)}
SUBNET = {
    "addressPrefix": TEXT,
    "addressPrefixes": TEXTS,
    "ipamPoolPrefixAllocations": _POOLS,
    "networkSecurityGroup": to("networkSecurityGroups"),
    "routeTable": to("routeTables"),
    "natGateway": to("natGateways"),
    "serviceEndpoints": Member(_endpoints),
    "serviceEndpointPolicies": to_many("serviceEndpointPolicies"),
    "ipAllocations": to_many("ipAllocations"),
    "delegations": parts_of(DELEGATION, since="2018-08-01"),
    "privateEndpointNetworkPolicies": Member(_POLICY, "Disabled", since="2019-04-01"),
    "privateLinkServiceNetworkPolicies": Member(word("Enabled", "Disabled"), "Enabled", since="2019-04-01"),
    "defaultOutboundAccess": switch(None, since="2022-01-01"),
    "sharingScope": Member(word("Tenant", "DelegatedServices"), since="2024-01-01"),
}
MEMBERS = {
    "resourceGuid": SHOWN,
    "addressSpace": object_of({"addressPrefixes": TEXTS, "ipamPoolPrefixAllocations": _POOLS}, needed=True),
    "encryption": OBJECT,
    "flowTimeoutInMinutes": NUMBER,
    "privateEndpointVNetPolicies": Member(word("Disabled", "Basic"), "Disabled", since="2024-03-01"),
    "dhcpOptions": object_of({"dnsServers": Member(texts, [])}),
    "bgpCommunities": OBJECT,
    "subnets": parts_of(SUBNET),
    "virtualNetworkPeerings": OBJECTS,
    "ddosProtectionPlan": to("ddosProtectionPlans"),
    "enableDdosProtection": switch(),
    "enableVmProtection": Member(flag, False, until="2020-11-01"),
}
"""`since` and `until` as recorded, or as the descriptions of the API have them."""


def _compose(write: Write) -> Body:
    sent = {str(one.get("name")).lower() for one in records(write.properties, "subnets")}
    kept = kept_of(write, NAME, MEMBERS)
    space = [_parsed(one, write.id) for one in kept["addressSpace"].get("addressPrefixes", ())]
    if not space:
        raise missing("addressSpace.addressPrefixes")
    before = items(write.existing.properties, "subnets") if write.existing else []
    known = {one["name"].lower() for one in before}
    for one in kept["subnets"]:
        if write.api_version >= _PRIVATE_BY_DEFAULT and one["name"].lower() not in known:
            # Since then a new subnet has no way out unless it says so.
            one["properties"].setdefault("defaultOutboundAccess", False)
    _check_prefixes(write, space, kept["subnets"])
    for name in known - sent:
        _check_unused(write.world, f"{write.id}/subnets/{name}")
    return {**write.wanted, "properties": kept}


def _parsed(prefix: str, where: str) -> Network:
    try:
        return ip_network(prefix)
    except ValueError:
        raise network_error(
            "InvalidAddressPrefixFormat",
            f"Address prefix {prefix} of resource {where} is not formatted correctly. It should follow CIDR notation, "
            "for example 10.0.0.0/24.",
        ) from None


def _check_prefixes(write: Write, space: list[Network], subnets: list[Body]) -> None:
    taken: list[tuple[str, Network]] = []
    network = write.route.names[0]
    for subnet in subnets:
        name, properties = subnet["name"], subnet["properties"]
        for one in [properties.get("addressPrefix"), *properties.get("addressPrefixes", ())]:
            if one is not None:
                _parsed(one, f"{write.id}/subnets/{name}")
        own = prefixes(subnet)
        if not own or not all(any(_inside(one, outer) for outer in space) for one in own):
            raise network_error("NetcfgInvalidSubnet", f"Subnet '{name}' is not valid in virtual network '{network}'.")
        for other, there in taken:
            if any(prefix.version == there.version and prefix.overlaps(there) for prefix in own):
                raise network_error(
                    "NetcfgSubnetRangesOverlap",
                    f"Subnet '{name}' is not valid because its IP address range overlaps with that of an existing "
                    f"subnet in virtual network '{network}': '{other}'.",
                )
        taken += [(name, prefix) for prefix in own]


def _inside(inner: Network, outer: Network) -> bool:
    # Two networks of one version are of one class, which the type checker cannot know.
    return inner.version == outer.version and outer.supernet_of(inner)  # type: ignore[arg-type]


def _check_unused(world: World, subnet_id: str) -> None:
    users = in_use(world, subnet_id)
    if users:
        raise network_error(
            "InUseSubnetCannotBeDeleted",
            f"Subnet {subnet_id.rpartition('/')[2]} is in use by {' and '.join(users)} and cannot be deleted. In order "
            "to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.",
        )


def _check_delete(world: World, resource: Resource, now: datetime) -> None:
    for one in items(resource.properties, "subnets"):
        _check_unused(world, f"{resource.id}/subnets/{one['name']}")


def _dress(resource: Resource, look: Look) -> tuple[Body, dict[str, Body]]:
    """Each subnet shows the IP configurations in it; its delegations are done at once (recorded)."""
    more: dict[str, Body] = {}
    for one in items(resource.properties, "subnets"):
        subnet_id = f"{resource.id}/subnets/{one['name']}"
        users = standing_on(look.world, subnet_id)
        if users:
            more[subnet_id.lower()] = {"ipConfigurations": [{"id": user} for user in users]}
        for delegation in items(one["properties"], "delegations"):
            more[f"{subnet_id}/delegations/{delegation['name']}".lower()] = {"provisioningState": "Succeeded"}
    return resource.properties, more


_WIRE = network_wire(3.0)
VIRTUAL_NETWORK = network_type(
    NAME,
    MEMBERS,
    _WIRE,
    _compose,
    timing.VIRTUAL_NETWORK,
    dress=_dress,
    check_delete=_check_delete,
    typed_since="2018-08-01",
    actions={("GET", "checkipaddressavailability"): availability, ("GET", "usages"): usages},
)
SUBNETS = part_types(NAME, MEMBERS, _WIRE, frozenset({"subnets"}))
