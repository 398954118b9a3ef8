"""Load balancers: parts that refer to one another, and what the service adds to them.

Every part is a view of the load balancer's body; the body of a PUT already says Succeeded.
"""

from dataclasses import replace
from datetime import datetime

from local.armsim import timing
from local.armsim.body import Body, dig, items
from local.armsim.errors import network_error
from local.armsim.ids import key, owner_key
from local.armsim.kinds import Action, Done, Look, Resource, Write
from local.armsim.network.load_balancer_checks import check_kept, check_rules, check_unused, place_frontends
from local.armsim.network.load_balancer_parts import MEMBERS
from local.armsim.network.members import links
from local.armsim.network.references import SCALE_SETS, standing_on
from local.armsim.network.rows import kept_of, network_type, network_wire, part_types
from local.armsim.reading import choice, record, records
from local.armsim.world import World

NAME = "Microsoft.Network/loadBalancers"
_ADDRESSES = "loadBalancerBackendAddresses"
_BACK: dict[str, tuple[str, ...]] = {
    "frontendipconfigurations": ("loadBalancingRules", "inboundNatRules", "outboundRules", "inboundNatPools"),
    "backendaddresspools": ("loadBalancingRules", "inboundNatRules", "outboundRules"),
    "probes": ("loadBalancingRules",),
}
"""Which parts show which parts that refer to them."""


def _compose(write: Write) -> Body:
    sku = record(write.wanted, "sku")
    name = choice(sku, "sku.name", ("Basic", "Standard", "Gateway"), "name") or "Basic"
    before = write.existing.body["sku"]["name"] if write.existing else name
    if before != name:
        raise network_error(  # code *inferred*
            "LoadBalancerSkuCannotBeChanged",
            f"The sku of load balancer {write.id} cannot be changed from {before} to {name}.",
        )
    write.wanted = {**write.wanted, "properties": _sent(write)}
    kept = kept_of(write, NAME, MEMBERS)
    for rule in kept["loadBalancingRules"]:
        _join_pools(rule["properties"])
    check_rules(write.id, kept)
    place_frontends(write, kept, name)
    check_kept(write, kept)
    tier = choice(sku, "sku.tier", ("Regional", "Global"), "tier") or "Regional"
    return {**write.wanted, "sku": {"name": name, "tier": tier}, "properties": kept}


def _sent(write: Write) -> Body:
    """What was sent, but for the NAT rules and pool addresses that the service made for instances."""
    rules = records(write.properties, "inboundNatRules")
    pools = []
    for pool in records(write.properties, "backendAddressPools"):
        addresses = records(pool, "properties", _ADDRESSES)
        own = [one for one in addresses if not dig(one, "properties", "networkInterfaceIPConfiguration")]
        pools.append({**pool, "properties": {**record(pool, "properties"), _ADDRESSES: own}})
    made = [one for one in rules if SCALE_SETS in str(dig(one, "properties", "backendIPConfiguration")).lower()]
    return {
        **write.properties,
        "inboundNatRules": [one for one in rules if one not in made],
        "backendAddressPools": pools,
    }


def _join_pools(properties: Body) -> None:
    """A rule's one pool and its list of pools say the same."""
    pool, pools = properties.get("backendAddressPool"), properties.get("backendAddressPools")
    if pool is not None and not (pools and len(pools) > 1):
        properties["backendAddressPools"] = [pool]
    elif pools:
        properties["backendAddressPool"] = pools[0]


def _dress(resource: Resource, look: Look) -> tuple[Body, dict[str, Body]]:
    """References back, the instances behind each pool, and the NAT rules that pools made for them."""
    kept = dict(resource.properties)
    if resource.body["sku"]["name"] == "Basic":
        kept.pop("outboundRules", None)
    more: dict[str, Body] = {}
    for rule in items(kept, "inboundNatRules"):
        rule_id = f"{resource.id}/inboundNatRules/{rule['name']}"
        for user in standing_on(look.world, rule_id):
            more[rule_id.lower()] = {"backendIPConfiguration": {"id": user}}
    kept["inboundNatRules"] = [*items(kept, "inboundNatRules"), *_pooled_rules(resource, look.world)]
    for member, target, path in links(MEMBERS, kept):
        collection = path.split("/")[0]
        if member.link.startswith(".") and collection in _BACK[key(target).split("/")[-2]]:
            back = more.setdefault(key(target), {}).setdefault(collection, [])
            if {"id": f"{resource.id}/{path}"} not in back:
                back.append({"id": f"{resource.id}/{path}"})
    pools = []
    for pool in kept["backendAddressPools"]:
        pool_id = f"{resource.id}/backendAddressPools/{pool['name']}"
        behind = standing_on(look.world, pool_id)
        if behind:
            more.setdefault(pool_id.lower(), {})["backendIPConfigurations"] = [{"id": one} for one in behind]
        pools.append(_with_addresses(resource, pool, behind, look.world))
    return {**kept, "backendAddressPools": pools}, more


def _with_addresses(resource: Resource, pool: Body, behind: list[str], world: World) -> Body:
    """A pool of a Standard load balancer lists its instances as addresses, with the ports of the pool's NAT rules."""
    properties = pool["properties"]
    if resource.body["sku"]["name"] == "Basic":
        return {**pool, "properties": {name: one for name, one in properties.items() if name != _ADDRESSES}}
    pool_id = key(f"{resource.id}/backendAddressPools/{pool['name']}")
    rules = [
        rule
        for rule in items(resource.properties, "inboundNatRules")
        if key(dig(rule, "properties", "backendAddressPool", "id") or "") == pool_id
    ]
    made = [
        {
            "name": world.draws.guid("backend address", pool_id, one),
            "properties": {
                "networkInterfaceIPConfiguration": {"id": one},
                "inboundNatRulesPortMapping": [
                    {
                        "inboundNatRuleName": rule["name"],
                        "frontendPort": rule["properties"].get("frontendPortRangeStart", 0) + at,
                        "backendPort": rule["properties"]["backendPort"],
                    }
                    for rule in rules
                ],
            },
        }
        for at, one in enumerate(behind)
    ]
    return {**pool, "properties": {**properties, _ADDRESSES: [*items(properties, _ADDRESSES), *made]}}


def _pooled_rules(resource: Resource, world: World) -> list[Body]:
    """For each instance of a scale set, and each NAT pool, the rule `<pool>.<instance>`."""
    found = []
    for pool in items(resource.properties, "inboundNatPools"):
        properties = pool["properties"]
        for at, behind in enumerate(standing_on(world, f"{resource.id}/inboundNatPools/{pool['name']}")):
            number = behind.partition("/virtualMachines/")[2].partition("/")[0]
            rule = {name: properties[name] for name in properties if not name.startswith("frontendPort")}
            rule["frontendPort"] = properties["frontendPortRangeStart"] + at
            rule["backendIPConfiguration"] = {"id": behind}
            found.append((at, {"name": f"{pool['name']}.{number}", "properties": rule}))
    return [rule for _, rule in sorted(found, key=lambda one: one[0])]


def _interfaces(action: Action) -> Done:
    """GET …/networkInterfaces: the interfaces behind the pools; those of a scale set's instances are no resources."""
    world, found = action.world, {}
    for user in world.store.users(action.resource.id):
        owner = world.store.get(owner_key(key(user)))
        if owner is not None and owner.kind.name == "Microsoft.Network/networkInterfaces":
            found[owner.key] = owner.kind.view(owner, Look(world, action.api_version))
    return Done({"value": list(found.values())})


def _check_delete(world: World, resource: Resource, now: datetime) -> None:
    check_unused(world, resource)


_WIRE = network_wire(None, at_once=True)
LOAD_BALANCER = network_type(
    NAME,
    MEMBERS,
    _WIRE,
    _compose,
    timing.LOAD_BALANCER,
    dress=_dress,
    check_delete=_check_delete,
    typed_since="2018-08-01",
    actions={("GET", "networkinterfaces"): _interfaces},
)
PARTS = [
    replace(one, wire=network_wire(None)) if one.name.endswith("/backendAddressPools") else one
    for one in part_types(NAME, MEMBERS, _WIRE, frozenset({"backendAddressPools", "inboundNatRules"}))
]
"""A pool that is written says Updating in the answer, a NAT rule Succeeded (recorded)."""
