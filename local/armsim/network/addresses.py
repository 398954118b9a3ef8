"""Private addresses of a virtual network: who has which, which are free, and the two requests that ask for it."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import islice
from urllib.parse import parse_qsl

from local.armsim.body import Body, dig, items
from local.armsim.errors import network_error
from local.armsim.ids import key, owner_key
from local.armsim.kinds import Action, Done, Write
from local.armsim.network.naming import unreadable
from local.armsim.network.references import named, of_instance, standing_on
from local.armsim.world import World

type Address = IPv4Address | IPv6Address
type Network = IPv4Network | IPv6Network

KEPT_BY_AZURE = 5
_OFFERED = 5


def prefixes(subnet: Body) -> list[Network]:
    """The address prefixes of a stored subnet."""
    properties = subnet["properties"]
    one = properties.get("addressPrefix")
    return [ip_network(prefix) for prefix in ([one] if one else properties.get("addressPrefixes", []))]


def _reserved(prefix: Network, address: Address) -> bool:
    """Azure keeps the first four addresses of a subnet, and the last."""
    return address in (*(prefix[at] for at in range(min(4, prefix.num_addresses))), prefix[-1])


def _given_out(world: World, subnet_id: str) -> dict[str, str]:
    """Private addresses in a subnet → who has them. Instances of scale sets know theirs, by interface."""
    found: dict[str, str] = {}
    for user in world.store.users(subnet_id):
        owner, (collection, name) = world.store.get(owner_key(key(user))), user.split("/")[-2:]
        if owner is None:
            continue
        for instance in getattr(owner.live, "instances", {}).values():
            for where, address in instance.addresses.items():
                found[address] = of_instance(owner, instance.id, *where.split("/"))
        address = dig(named(owner, collection, name), "properties", "privateIPAddress")
        if address:
            found[address] = user
    return found


def _free(world: World, subnet: Body, subnet_id: str, taken: Iterable[str] = ()) -> Iterator[str]:
    gone = {*_given_out(world, subnet_id), *taken}
    for prefix in prefixes(subnet):
        yield from (str(one) for one in prefix if str(one) not in gone and not _reserved(prefix, one))


def subnet_of(world: World, subnet_id: str) -> Body | None:
    """The stored subnet of that id."""
    network = world.store.get(owner_key(key(subnet_id)))
    return named(network, "subnets", subnet_id.rpartition("/")[2]) if network else None


def offered(world: World, subnet_id: str, version: str) -> Iterator[str]:
    """The free addresses of a subnet, IPv4 or IPv6 ones, lowest first."""
    subnet = subnet_of(world, subnet_id)
    free = _free(world, subnet, subnet_id) if subnet else iter(())
    return (one for one in free if (":" in one) == (version == "IPv6"))


def lies_in(world: World, subnet_id: str, address: str) -> bool:
    """Whether an address is one of a subnet's."""
    subnet = subnet_of(world, subnet_id)
    return subnet is not None and any(ip_address(address) in one for one in prefixes(subnet))


def place(write: Write, properties: Body, user: str, taken: set[str]) -> None:
    """Give an IP configuration or a frontend its address in its subnet; `taken` are those of its siblings."""
    subnet_id = properties["subnet"]["id"]
    subnet = subnet_of(write.world, subnet_id)
    if subnet is not None:
        wanted = properties.get("privateIPAddress", "")
        properties["privateIPAddress"] = _address(write.world, subnet, (subnet_id, user), wanted, taken)
        properties.setdefault("privateIPAddressVersion", "IPv4")
        taken.add(properties["privateIPAddress"])


def _address(world: World, subnet: Body, place: tuple[str, str], wanted: str, taken: Iterable[str]) -> str:
    """The one it wants, or the first that is free. `place`: ids of subnet and user."""
    subnet_id, user = place
    if not wanted:
        found = next(_free(world, subnet, subnet_id, taken), None)
        if found is None:
            raise network_error("SubnetIsFull", f"Subnet {subnet_id} has no free address for {user}.")
        return found
    address, shown = _parsed(wanted), ", ".join(str(one) for one in prefixes(subnet))
    prefix = next((one for one in prefixes(subnet) if address in one), None)
    if prefix is None:
        raise network_error(
            "PrivateIPAddressNotInSubnet",
            f"Private static IP address {wanted} does not belong to the range of subnet prefix {shown}.",
        )
    if _reserved(prefix, address):
        raise network_error(
            "PrivateIPAddressInReservedRange",
            f"Private static IP address {wanted} falls within reserved IP range of subnet prefix {prefix}.",
        )
    holder = _given_out(world, subnet_id).get(wanted, user)
    if key(holder) != key(user):
        raise network_error(
            "PrivateIPAddressIsAllocated",
            f"IP configuration {user} is using the private IP address {wanted} which is already allocated to resource "
            f"{holder}.",
        )
    return wanted


def _parsed(address: str) -> Address:
    try:
        return ip_address(address)
    except ValueError:
        raise unreadable(f"'{address}' is not an IP address.", "InvalidIPAddress") from None


def availability(action: Action) -> Done:
    """GET …/checkIPAddressAvailability?ipAddress=…: whether it is free, and others that are."""
    wanted = {name.lower(): value for name, value in parse_qsl(action.query)}.get("ipaddress", "")
    address, world = _parsed(wanted), action.world
    for subnet in items(action.resource.properties, "subnets"):
        subnet_id = f"{action.resource.id}/subnets/{subnet['name']}"
        prefix = next((one for one in prefixes(subnet) if address in one), None)
        if prefix is None:
            continue
        kept = _reserved(prefix, address)
        if not kept and wanted not in _given_out(world, subnet_id):
            return Done({"available": True, "isPlatformReserved": False})
        others = list(islice(_free(world, subnet, subnet_id), _OFFERED))
        return Done({"available": False, "availableIPAddresses": others, "isPlatformReserved": kept})
    return Done({"available": False, "availableIPAddresses": [], "isPlatformReserved": False})


def usages(action: Action) -> Done:
    """GET …/usages: for each subnet, how many of its addresses are used."""
    name = {"value": "SubnetSpace", "localizedValue": "Subnet size and usage"}
    found = []
    for subnet in items(action.resource.properties, "subnets"):
        subnet_id = f"{action.resource.id}/subnets/{subnet['name']}"
        room = sum(max(0, one.num_addresses - KEPT_BY_AZURE) for one in prefixes(subnet))
        used = len(standing_on(action.world, subnet_id))
        found.append({"id": subnet_id, "currentValue": used, "limit": room, "unit": "Count", "name": name})
    return Done({"value": found})
