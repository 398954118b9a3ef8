"""What a scale set stands on: subnet, pools, NSG and probe must exist where it is."""

from ipaddress import ip_network

from local.armsim.body import Body, dig, items
from local.armsim.errors import ArmError, invalid_reference, missing_parameter, network_error
from local.armsim.ids import key, owner_key
from local.armsim.kinds import Resource, Write
from local.armsim.reading import records, text

_KEPT_BY_AZURE = 5


def check_networks(write: Write, profile: Body) -> None:
    """Refuse a model that refers to network resources that are missing, elsewhere or unfit."""
    interfaces = records(profile, "networkProfile", "networkInterfaceConfigurations")
    if not interfaces:
        raise missing_parameter("networkProfile")
    for interface in interfaces:
        group = text(interface, "properties", "networkSecurityGroup", "id")
        if group is not None:
            _find(write, group)
        for config in records(interface, "properties", "ipConfigurations"):
            subnet = text(config, "properties", "subnet", "id")
            if subnet is None:
                raise missing_parameter("networkInterfaceConfigurations.ipConfigurations.subnet")
            _check_room(write, _find_part(write, subnet, "subnets"), subnet)
            for one in records(config, "properties", "loadBalancerBackendAddressPools"):
                _find_part(write, text(one, "id") or "", "backendAddressPools")
            for one in records(config, "properties", "loadBalancerInboundNatPools"):
                _find_part(write, text(one, "id") or "", "inboundNatPools")
    probe = text(profile, "networkProfile", "healthProbe", "id")
    if probe is not None:
        _check_probe(write, probe)


def _find(write: Write, resource_id: str) -> Resource:
    found = write.world.store.get(owner_key(key(resource_id)))
    if found is None or found.location != write.wanted["location"]:
        raise invalid_reference(resource_id, write.id)
    return found


def _check_room(write: Write, network: Resource, subnet_id: str) -> None:
    """A subnet holds its instances beside the five addresses that Azure keeps."""
    name = subnet_id.rpartition("/")[2].lower()
    subnet = next(one for one in items(network.properties, "subnets") if str(one["name"]).lower() == name)
    prefix = text(subnet, "properties", "addressPrefix")
    wanted = int(write.wanted["sku"]["capacity"])
    if prefix is not None and ip_network(prefix).num_addresses - _KEPT_BY_AZURE < wanted:
        raise network_error(
            "SubnetIsFull",
            f"Subnet {subnet['name']} with address prefix {prefix} does not have enough capacity for {wanted} IP "
            "addresses.",
        )


def _find_part(write: Write, part_id: str, collection: str) -> Resource:
    owner = _find(write, part_id)
    name = part_id.rpartition("/")[2].lower()
    wanted = f"{owner.key}/{collection.lower()}/{name}"
    names = {str(one.get("name")).lower() for one in items(owner.properties, collection)}
    if name not in names or key(part_id) != wanted:
        raise invalid_reference(part_id, write.id)
    return owner


def _check_probe(write: Write, probe_id: str) -> None:
    owner = _find_part(write, probe_id, "probes")
    used = {key(str(dig(rule, "properties", "probe", "id"))) for rule in items(owner.properties, "loadBalancingRules")}
    if key(probe_id) not in used:
        raise ArmError(
            400,
            "CannotUseInactiveHealthProbe",
            f"VM scale set '{write.id}' cannot use probe '{probe_id}' as a HealthProbe because load balancing rules "
            "that send traffic to this scale set IPs do not use this probe.",
        )
