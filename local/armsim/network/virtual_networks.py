"""Virtual networks and their subnets: prefixes that fit, subnets that are not in use when they go."""

from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network

from local.armsim import timing
from local.armsim.body import Body, items
from local.armsim.embedded import shown, stored
from local.armsim.errors import ArmError, invalid_reference, network_error
from local.armsim.kinds import Look, Resource, ResourceType, Write, plain_view
from local.armsim.network import wires
from local.armsim.network.naming import check_name, keep_guid, named_parts
from local.armsim.reading import records, text, texts
from local.armsim.world import World

NAME = "Microsoft.Network/virtualNetworks"
_POOLS_SINCE = "2024-03-01"
_PRIVATE_BY_DEFAULT = "2025-07-01"


def _parsed(prefix: str, where: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(prefix)
    except ValueError:
        raise network_error(
            "InvalidAddressPrefixFormat",
            f"Address prefix {prefix} of resource {where} is not formatted correctly. It should follow CIDR notation, "
            "for example 10.0.0.0/24.",
        ) from None


def _prefixes(subnet: Body) -> list[str]:
    one = text(subnet, "properties", "addressPrefix")
    return [one] if one is not None else texts(subnet, "properties", "addressPrefixes")


def _compose(write: Write) -> Body:
    check_name(write.route.names[-1], NAME)
    wanted = write.properties
    space = [_parsed(one, write.id) for one in texts(wanted, "addressSpace", "addressPrefixes")]
    if not space:
        raise network_error(
            "InvalidRequestFormat", "Cannot parse the request: addressSpace.addressPrefixes is required."
        )
    subnets = [_subnet(write, one) for one in named_parts(wanted, "subnets")]
    _check_prefixes(write, space, subnets)
    _check_kept(write, subnets)
    kept = {
        "addressSpace": wanted["addressSpace"],
        "subnets": subnets,
        "virtualNetworkPeerings": records(wanted, "virtualNetworkPeerings"),
        "enableDdosProtection": bool(wanted.get("enableDdosProtection", False)),
    }
    for one in ("dhcpOptions", "privateEndpointVNetPolicies", "enableVmProtection"):
        if one in wanted:
            kept[one] = wanted[one]
    return {**write.wanted, "properties": keep_guid(write, kept)}


def _subnet(write: Write, sent: Body) -> Body:
    kept = stored(sent)
    properties = kept["properties"]
    properties.pop("ipConfigurations", None)
    properties.setdefault("delegations", [])
    properties.setdefault("privateEndpointNetworkPolicies", "Disabled")
    properties.setdefault("privateLinkServiceNetworkPolicies", "Enabled")
    known = (
        {str(one["name"]).lower() for one in items(write.existing.properties, "subnets")} if write.existing else set()
    )
    if write.api_version >= _PRIVATE_BY_DEFAULT and str(sent["name"]).lower() not in known:
        # Since 2025-07-01 a new subnet has no way out unless it says so.
        properties.setdefault("defaultOutboundAccess", False)
    group = text(kept, "properties", "networkSecurityGroup", "id")
    if group is not None and write.world.store.get(group) is None:
        raise invalid_reference(group, f"{write.id}/subnets/{kept['name']}")
    return kept


def _check_prefixes(write: Write, space: list[IPv4Network | IPv6Network], subnets: list[Body]) -> None:
    taken: list[tuple[str, IPv4Network | IPv6Network]] = []
    for subnet in subnets:
        name = subnet["name"]
        prefixes = [_parsed(one, f"{write.id}/subnets/{name}") for one in _prefixes(subnet)]
        if not prefixes or not all(any(_inside(one, outer) for outer in space) for one in prefixes):
            raise network_error(
                "NetcfgInvalidSubnet", f"Subnet '{name}' is not valid in virtual network '{write.route.names[0]}'."
            )
        for prefix in prefixes:
            for other, there in taken:
                if prefix.version == there.version and prefix.overlaps(there):
                    raise network_error(
                        "NetcfgSubnetRangesOverlap",
                        f"Subnet '{name}' is not valid because its IP address range overlaps with that of an existing "
                        f"subnet in virtual network '{write.route.names[0]}': '{other}'.",
                    )
            taken.append((name, prefix))


def _inside(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network):
        return inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network) and inner.subnet_of(outer)


def _check_kept(write: Write, subnets: list[Body]) -> None:
    if write.existing is None:
        return
    names = {str(one["name"]).lower() for one in subnets}
    for one in items(write.existing.properties, "subnets"):
        if str(one["name"]).lower() not in names:
            subnet_id = f"{write.existing.id}/subnets/{one['name']}"
            for user in write.world.store.users(subnet_id):
                raise _in_use(subnet_id, user)


def _in_use(subnet_id: str, user: str) -> ArmError:
    return network_error(
        "InUseSubnetCannotBeDeleted",
        f"Subnet {subnet_id.rpartition('/')[2]} is in use by {user} and cannot be deleted. In order to delete the "
        "subnet, delete all the resources within the subnet.",
    )


def _check_delete(world: World, resource: Resource, now: datetime) -> None:
    for one in items(resource.properties, "subnets"):
        subnet_id = f"{resource.id}/subnets/{one['name']}"
        for user in world.store.users(subnet_id):
            raise _in_use(subnet_id, user)


def _view(resource: Resource, look: Look) -> Body:
    body = plain_view(resource, look)
    body["etag"] = resource.etag
    properties = body["properties"]
    properties["provisioningState"] = resource.state if resource.state != "Creating" else "Updating"
    more: Body = {}
    if look.api_version >= _POOLS_SINCE:
        more["ipamPoolPrefixAllocations"] = []
        properties["addressSpace"] = {**properties["addressSpace"], **more}
        properties.setdefault("privateEndpointVNetPolicies", "Disabled")
    properties["subnets"] = [shown(resource, "subnets", one, **more) for one in items(resource.properties, "subnets")]
    return body


def _references(body: Body) -> list[tuple[str, str]]:
    groups = [text(one, "properties", "networkSecurityGroup", "id") for one in records(body, "properties", "subnets")]
    return [(one, "") for one in groups if one]


VIRTUAL_NETWORK = ResourceType(
    name=NAME,
    versions=wires.VERSIONS,
    wire=wires.VIRTUAL_NETWORK,
    compose=_compose,
    seconds=lambda write: timing.VIRTUAL_NETWORK,
    view=_view,
    check_delete=_check_delete,
    delete_seconds=timing.NETWORK_DELETE,
    references=_references,
    etag="guid",
    busy="network",
    patches_tags=True,
)

SUBNET = ResourceType(
    name=f"{NAME}/subnets",
    versions=wires.VERSIONS,
    wire=wires.VIRTUAL_NETWORK,
    located=False,
    verbs=wires.NO_PATCH,
    part_of=("properties", "subnets"),
)
