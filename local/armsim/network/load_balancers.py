"""Load balancers: their parts, what the parts refer to, and the references back that the service shows.

Every part is a view of the load balancer's body; the body of a PUT already says Succeeded.
"""

from datetime import datetime

from local.armsim import timing
from local.armsim.body import Body, dig, items
from local.armsim.embedded import shown, stored
from local.armsim.errors import network_error
from local.armsim.ids import key
from local.armsim.kinds import Look, Resource, ResourceType, Write, plain_view
from local.armsim.network import wires
from local.armsim.network.load_balancer_checks import check_own_references, check_public_ips, check_snat
from local.armsim.network.naming import check_name, keep_guid, named_parts
from local.armsim.reading import choice, flag, record, records, text
from local.armsim.world import World

NAME = "Microsoft.Network/loadBalancers"

_SWITCHES: Body = {"enableFloatingIP": False, "enableTcpReset": False}
_NAT: Body = {
    **_SWITCHES,
    "idleTimeoutInMinutes": 4,
    "protocol": "Tcp",
    "enableDestinationServiceEndpoint": False,
    "allowBackendPortConflict": False,
}
DEFAULTS: dict[str, Body] = {
    "frontendIPConfigurations": {"privateIPAllocationMethod": "Dynamic"},
    "backendAddressPools": {},
    "loadBalancingRules": {
        **_SWITCHES,
        "idleTimeoutInMinutes": 4,
        "disableOutboundSnat": False,
        "loadDistribution": "Default",
    },
    "probes": {"intervalInSeconds": 15, "numberOfProbes": 2, "probeThreshold": 1},
    "inboundNatRules": _NAT,
    "outboundRules": {"enableTcpReset": False, "idleTimeoutInMinutes": 4, "allocatedOutboundPorts": 0},
    "inboundNatPools": _NAT,
}
"""The collections of parts, in Azure's order, with what the service writes into each part."""

_BACK: dict[str, tuple[str, ...]] = {
    "frontendIPConfigurations": ("loadBalancingRules", "inboundNatRules", "outboundRules", "inboundNatPools"),
    "backendAddressPools": ("loadBalancingRules", "inboundNatRules", "outboundRules"),
    "probes": ("loadBalancingRules",),
}
_READ_ONLY = frozenset({one for many in _BACK.values() for one in many} | {"backendIPConfigurations"})


def _compose(write: Write) -> Body:
    check_name(write.route.names[-1], NAME)
    wanted = write.properties
    sku = record(write.wanted, "sku")
    name = choice(sku, "sku.name", ("Basic", "Standard", "Gateway"), "name") or "Basic"
    before = write.existing.body.get("sku", {}).get("name") if write.existing else name
    if before != name:
        raise network_error(
            "LoadBalancerSkuCannotBeChanged",
            f"The sku of load balancer {write.id} cannot be changed from {before} to {name}.",
        )
    kept: Body = {
        collection: [_part(one, collection) for one in named_parts(wanted, collection)] for collection in DEFAULTS
    }
    check_own_references(write.id, kept)
    check_snat(write.id, kept)
    check_public_ips(write, kept, name)
    _check_pools_kept(write, kept)
    tier = text(sku, "tier") or "Regional"
    return {**write.wanted, "sku": {"name": name, "tier": tier}, "properties": keep_guid(write, kept)}


def _part(sent: Body, collection: str) -> Body:
    kept = stored(sent)
    for one in list(kept["properties"]):
        if one in _READ_ONLY and collection in _BACK:
            del kept["properties"][one]
    kept["properties"] = {**DEFAULTS[collection], **kept["properties"]}
    for switch in ("enableFloatingIP", "enableTcpReset", "disableOutboundSnat"):
        value = flag(kept, "properties", switch)
        if value is not None:
            kept["properties"][switch] = value
    if collection == "inboundNatRules" and "backendAddressPool" not in kept["properties"]:
        for one in ("frontendPortRangeStart", "frontendPortRangeEnd"):
            kept["properties"].pop(one, None)
    pool = dig(kept, "properties", "backendAddressPool")
    if collection == "loadBalancingRules" and pool is not None:
        kept["properties"].setdefault("backendAddressPools", [pool])
    return kept


def _check_pools_kept(write: Write, kept: Body) -> None:
    """A part that a scale set uses cannot go."""
    if write.existing is None:
        return
    for collection in ("backendAddressPools", "inboundNatPools", "probes"):
        names = {one["name"].lower() for one in kept[collection]}
        for one in items(write.existing.properties, collection):
            if one["name"].lower() not in names:
                _check_unused(write.world, f"{write.existing.id}/{collection}/{one['name']}")


def _check_unused(world: World, target: str) -> None:
    for user in world.store.users(target):
        raise network_error(
            "LoadBalancerInUseByVirtualMachineScaleSet",
            f"Cannot delete load balancer {target} since its child resources are in use by virtual machine scale set "
            f"{user}.",
        )


def _check_delete(world: World, resource: Resource, now: datetime) -> None:
    _check_unused(world, resource.id)


def _view(resource: Resource, look: Look) -> Body:
    body = plain_view(resource, look)
    body["etag"] = resource.etag
    back = _references_back(resource)
    properties = body["properties"]
    for collection in DEFAULTS:
        properties[collection] = [
            shown(resource, collection, one, **back.get(key(f"{resource.id}/{collection}/{one['name']}"), {}))
            for one in items(resource.properties, collection)
        ]
    return body


def _references_back(resource: Resource) -> dict[str, Body]:
    """For each part, by its id: the parts that refer to it, by collection."""
    back: dict[str, Body] = {}
    for collection in ("loadBalancingRules", "inboundNatRules", "outboundRules", "inboundNatPools"):
        for one in items(resource.properties, collection):
            source = {"id": f"{resource.id}/{collection}/{one['name']}"}
            for target in _own_targets(one):
                kind = target.split("/")[-2]
                holders = next((many for name, many in _BACK.items() if name.lower() == kind), ())
                if collection in holders:
                    back.setdefault(target, {}).setdefault(collection, []).append(source)
    return back


def _own_targets(part: Body) -> set[str]:
    properties = part["properties"]
    found = [dig(properties, one, "id") for one in ("frontendIPConfiguration", "backendAddressPool", "probe")]
    found += [one.get("id") for one in records(properties, "frontendIPConfigurations")]
    found += [one.get("id") for one in records(properties, "backendAddressPools")]
    return {key(one) for one in found if isinstance(one, str)}


def _references(body: Body) -> list[tuple[str, str]]:
    found = []
    for one in items(body, "properties", "frontendIPConfigurations"):
        for target in ("publicIPAddress", "subnet"):
            wanted = text(one, "properties", target, "id")
            if wanted:
                found.append((wanted, f"frontendIPConfigurations/{one['name']}"))
    return found


LOAD_BALANCER = ResourceType(
    name=NAME,
    versions=wires.VERSIONS,
    wire=wires.LOAD_BALANCER,
    compose=_compose,
    seconds=lambda write: timing.LOAD_BALANCER,
    view=_view,
    check_delete=_check_delete,
    delete_seconds=timing.NETWORK_DELETE,
    references=_references,
    etag="guid",
    busy="network",
    patches_tags=True,
)

_WRITABLE = {"backendAddressPools", "inboundNatRules"}
PARTS = [
    ResourceType(
        name=f"{NAME}/{collection}",
        versions=wires.VERSIONS,
        wire=wires.LOAD_BALANCER,
        located=False,
        verbs=wires.NO_PATCH if collection in _WRITABLE else frozenset({"GET"}),
        part_of=("properties", collection),
    )
    for collection in DEFAULTS
]
