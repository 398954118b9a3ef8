"""What a scale set stands on: subnet, pools, NSG and probe must exist where it is."""

from local.armsim.body import Body, dig, items
from local.armsim.errors import ArmError, missing_parameter, network_error
from local.armsim.ids import key
from local.armsim.kinds import Write
from local.armsim.network.addresses import KEPT_BY_AZURE, prefixes
from local.armsim.network.references import ids, named, referenced
from local.armsim.reading import records, text


def check_networks(write: Write, profile: Body) -> None:
    """Refuse a model that refers to network resources that are missing, elsewhere or unfit."""
    interfaces = records(profile, "networkProfile", "networkInterfaceConfigurations")
    if not interfaces:
        raise missing_parameter("networkProfile")
    for interface in interfaces:
        _check_name(interface, "networkInterfaceConfigurations")
        configurations = records(interface, "properties", "ipConfigurations")
        if not configurations:
            raise missing_parameter("networkInterfaceConfigurations.ipConfigurations")
        for config in configurations:
            _check_name(config, "networkInterfaceConfigurations.ipConfigurations")
            subnet = text(config, "properties", "subnet", "id")
            if subnet is None:
                raise missing_parameter("networkInterfaceConfigurations.ipConfigurations.subnet")
            _check_room(write, subnet)
    for target in ids(profile["networkProfile"]):
        referenced(write, target, write.id)
    probe = text(profile, "networkProfile", "healthProbe", "id")
    if probe is not None:
        _check_probe(write, probe)


def _check_name(part: Body, where: str) -> None:
    if not text(part, "name"):
        raise missing_parameter(f"{where}.name")


def _check_room(write: Write, subnet_id: str) -> None:
    """A subnet holds its instances beside the five addresses that Azure keeps."""
    network = referenced(write, subnet_id, write.id)
    subnet = named(network, "subnets", subnet_id.rpartition("/")[2]) if network else None
    wanted = int(write.wanted["sku"]["capacity"])
    if subnet is not None and sum(one.num_addresses - KEPT_BY_AZURE for one in prefixes(subnet)) < wanted:
        raise network_error(
            "SubnetIsFull",
            f"Subnet {subnet['name']} with address prefix {', '.join(map(str, prefixes(subnet)))} does not have enough "
            f"capacity for {wanted} IP addresses.",
        )


def _check_probe(write: Write, probe_id: str) -> None:
    owner = referenced(write, probe_id, write.id)
    rules = items(owner.properties, "loadBalancingRules") if owner else []
    used = {key(str(dig(rule, "properties", "probe", "id"))) for rule in rules}
    if key(probe_id) not in used:
        raise ArmError(
            400,
            "CannotUseInactiveHealthProbe",
            f"VM scale set '{write.id}' cannot use probe '{probe_id}' as a HealthProbe because load balancing rules "
            "that send traffic to this scale set IPs do not use this probe.",
        )
