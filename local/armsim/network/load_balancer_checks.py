"""Rules of load balancers: frontends that are free and alike, rules that do not clash, parts that stay while used."""

from local.armsim.body import Body, dig, items
from local.armsim.errors import network_error
from local.armsim.ids import key
from local.armsim.kinds import Resource, Write
from local.armsim.network.addresses import place
from local.armsim.network.references import SCALE_SETS, check_free
from local.armsim.world import World


def place_frontends(write: Write, kept: Body, sku: str) -> None:
    """Each frontend stands on a public IP that is free and of the same SKU, or has an address in a subnet."""
    taken: set[str] = set()
    for frontend in kept["frontendIPConfigurations"]:
        source, properties = f"{write.id}/frontendIPConfigurations/{frontend['name']}", frontend["properties"]
        public, subnet = (dig(properties, one, "id") for one in ("publicIPAddress", "subnet"))
        if public:
            properties.pop("privateIPAddressVersion", None)
            _check_public(write, public, source, sku)
            if key(public) in taken:
                raise network_error(
                    "PublicIPReferencedByMultipleIPConfigs",
                    f"Public ip address {public} is referenced by multiple ipconfigs in resource {write.id}.",
                )
            taken.add(key(public))
        elif subnet:
            place(write, properties, source, taken)
        elif "publicIPPrefix" not in properties:
            raise network_error(  # code *inferred*
                "LoadBalancerFrontendMustReferenceSubnetOrPublicIPAddress",
                f"Frontend IP configuration {source} must reference either a subnet or a public IP address.",
            )


def _check_public(write: Write, public: str, source: str, sku: str) -> None:
    found = write.world.store.get(public)
    if found is None:
        return
    if found.body["sku"]["name"].removesuffix("V2") != sku:
        raise network_error(
            "PublicIPAndLBSkuDoNotMatch",
            f"{sku} sku load balancer {write.id} cannot reference {found.body['sku']['name']} sku publicIP {found.id}.",
        )
    check_free(write, found.id, source)


def check_rules(load_balancer_id: str, kept: Body) -> None:
    """Rules of one pool use different backend ports; beside an outbound rule they leave outbound traffic to it."""
    outbound = {
        key(frontend["id"])
        for one in kept["outboundRules"]
        for frontend in items(one, "properties", "frontendIPConfigurations")
    }
    seen: dict[tuple[str, str, int], str] = {}
    for rule in kept["loadBalancingRules"]:
        rule_id, properties = f"{load_balancer_id}/loadBalancingRules/{rule['name']}", rule["properties"]
        frontend = properties["frontendIPConfiguration"]["id"]
        if key(frontend) in outbound and not properties["disableOutboundSnat"]:
            raise network_error(
                "LoadBalancingRuleMustDisableSNATSinceSameFrontendIPConfigurationIsReferencedByOutboundRule",
                f"Load balancing rule {rule_id} must disable outbound SNAT since the same frontend IP configuration "
                f"{frontend} is referenced by an outbound rule.",
            )
        pool = dig(properties, "backendAddressPool", "id")
        if pool is None or properties["enableFloatingIP"]:
            continue
        place = (key(pool), properties["protocol"], properties["backendPort"])
        if place in seen:
            raise network_error(
                "RulesUseSameBackendPortProtocolAndPool",
                f"Load balancing rules {seen[place]} and {rule_id} with floating IP disabled use the same protocol "
                f"{place[1]} and backend port {place[2]}, and must not be used with the same backend address pool "
                f"{pool}.",
            )
        seen[place] = rule_id


def _scale_sets(world: World, target: str) -> list[str]:
    return [user for user in world.store.users(target) if SCALE_SETS in user.lower()]


def check_kept(write: Write, kept: Body) -> None:
    """A part that a scale set uses cannot go, nor the rule that makes its health probe work."""
    if write.existing is None:
        return
    for collection in ("backendAddressPools", "inboundNatPools", "probes", "loadBalancingRules"):
        names = {one["name"].lower() for one in kept[collection]}
        for one in items(write.existing.properties, collection):
            if one["name"].lower() not in names:
                _check_part(write.world, f"{write.id}/{collection}/{one['name']}", one)


def _check_part(world: World, part_id: str, part: Body) -> None:
    collection, name = part_id.split("/")[-2:]
    if collection == "loadBalancingRules":
        probe = dig(part, "properties", "probe", "id") or ""
        for user in _scale_sets(world, probe) if probe else ():
            raise network_error(
                "CannotRemoveRuleUsedByProbeUsedByVMSS",
                f"Load balancer rule {part_id} cannot be removed because the rule references the load balancer probe "
                f"{probe} that is used as health probe by VM scale set {user}. Take the reference to the "
                "probe from the scale set first.",
            )
        return
    for user in _scale_sets(world, part_id):
        words = {"backendAddressPools": "backend address pool", "inboundNatPools": "inbound NAT pool"}
        raise network_error(  # code *inferred*, the sentence is known
            "LoadBalancerInUseByVirtualMachineScaleSet",
            f"Cannot remove {words.get(collection, 'probe')} {name} from load balancer since it is in use by virtual "
            f"machine scale set {user}.",
        )


def check_unused(world: World, resource: Resource) -> None:
    """A load balancer whose parts a scale set uses stays."""
    for collection in ("backendAddressPools", "inboundNatPools", "probes"):
        for one in items(resource.properties, collection):
            for user in _scale_sets(world, f"{resource.id}/{collection}/{one['name']}"):
                raise network_error(
                    "LoadBalancerInUseByVirtualMachineScaleSet",
                    f"Cannot delete load balancer {resource.id} since its child resources {one['name']} are in use by "
                    f"virtual machine scale set {user}.",
                )
