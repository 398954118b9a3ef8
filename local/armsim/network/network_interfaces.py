"""Network interfaces of virtual machines: an address in a subnet, a public one perhaps, and places in pools.

The interfaces of a Uniform scale set's instances are no resources: `compute/instance_networks.py` shows them.
"""

from base64 import b32encode
from datetime import datetime

from local.armsim import timing
from local.armsim.body import Body, dig
from local.armsim.errors import network_error
from local.armsim.ids import owner_key
from local.armsim.kinds import Look, Resource, Write
from local.armsim.network.addresses import place
from local.armsim.network.members import SHOWN, TEXT, Member, object_of, parts_of, switch, to, to_many, word
from local.armsim.network.references import check_free
from local.armsim.network.rows import kept_of, network_type, network_wire, part_types
from local.armsim.reading import flag, texts
from local.armsim.world import World

NAME = "Microsoft.Network/networkInterfaces"
CONFIGURATION = {
    "privateIPAddress": TEXT,
    "privateIPAllocationMethod": Member(word("Dynamic", "Static"), "Dynamic"),
    "publicIPAddress": to("publicIPAddresses"),
    "subnet": to("virtualNetworks/subnets", needed=True),
    "primary": Member(flag),
    "privateIPAddressVersion": Member(word("IPv4", "IPv6"), "IPv4"),
    "loadBalancerBackendAddressPools": to_many("loadBalancers/backendAddressPools"),
    "loadBalancerInboundNatRules": to_many("loadBalancers/inboundNatRules"),
    "applicationSecurityGroups": to_many("applicationSecurityGroups"),
}
MEMBERS = {
    "resourceGuid": SHOWN,
    "ipConfigurations": parts_of(CONFIGURATION),
    "dnsSettings": object_of(
        {
            "dnsServers": Member(texts, []),
            "appliedDnsServers": Member(texts, []),
            "internalDnsNameLabel": TEXT,
            "internalDomainNameSuffix": SHOWN,
        },
        {},
    ),
    "macAddress": SHOWN,
    "enableAcceleratedNetworking": switch(None),
    "vnetEncryptionSupported": switch(since="2021-02-01"),
    "enableIPForwarding": switch(),
    "networkSecurityGroup": to("networkSecurityGroups"),
    "primary": SHOWN,
    "virtualMachine": SHOWN,
    "hostedWorkloads": Member(texts, [], since="2019-11-01"),
    "tapConfigurations": Member(texts, [], since="2018-08-01"),
    "nicType": Member(word("Standard", "Elastic"), "Standard", since="2020-11-01"),
    "allowPort25Out": Member(flag, default=True, since="2020-11-01"),
    "auxiliaryMode": Member(word("None", "MaxConnections", "Floating", "AcceleratedConnections"), since="2021-08-01"),
}
"""`since` as the descriptions of the API have it."""


def _compose(write: Write) -> Body:
    kept = kept_of(write, NAME, MEMBERS)
    taken: set[str] = set()
    primary = any(one["properties"].get("primary") for one in kept["ipConfigurations"])
    for one in kept["ipConfigurations"]:
        one["properties"].setdefault("primary", not primary)
        primary = True
        public, source = dig(one, "properties", "publicIPAddress", "id"), f"{write.id}/ipConfigurations/{one['name']}"
        if public:
            check_free(write, public, source)
        place(write, one["properties"], source, taken)
        suffix = domain_of(write.world, one["properties"]["subnet"]["id"])
        kept["dnsSettings"].setdefault("internalDomainNameSuffix", suffix)
    return {**write.wanted, "kind": "Regular", "properties": kept}


def domain_of(world: World, subnet_id: str) -> str:
    """The domain of the machines in a subnet's network."""
    digits = world.draws.text(32, "domain", owner_key(subnet_id.lower()))
    return f"{b32encode(bytes.fromhex(digits)).decode().lower().rstrip('=')}.cx.internal.cloudapp.net"


def of_machine(world: World, interface_key: str, machine: str) -> Body:
    """What an interface has from its virtual machine: a hardware address, and that it is in use."""
    digits = world.draws.text(6, "hardware", interface_key).upper()
    address = "-".join(("60", "45", "BD", digits[:2], digits[2:4], digits[4:]))
    return {"macAddress": address, "primary": True, "virtualMachine": {"id": machine}, "auxiliaryMode": "None"}


def _dress(resource: Resource, look: Look) -> tuple[Body, dict[str, Body]]:
    machine = next(iter(look.world.store.users(resource.id)), None)
    own = of_machine(look.world, resource.key, machine) if machine else {}
    return {**resource.properties, **own}, {}


def _check_delete(world: World, resource: Resource, now: datetime) -> None:
    for user in world.store.users(resource.id):
        raise network_error(
            "NicInUse",
            f"Network Interface {resource.id} is used by existing resource {user}. In order to delete the network "
            "interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.",
        )


_WIRE = network_wire(None, at_once=True)  # as load balancers: a reading
NETWORK_INTERFACE = network_type(
    NAME, MEMBERS, _WIRE, _compose, timing.LOAD_BALANCER, dress=_dress, check_delete=_check_delete
)
INTERFACE_PARTS = part_types(NAME, MEMBERS, _WIRE, frozenset())
