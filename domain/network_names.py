"""Names and ids of what a new scale set's network is made of, and the ports it uses.

Activities that create the load balancer, the security group and the scale set use them, and so does
`domain.expectations`, so that what one step makes is what another looks for. The names are those that the
Azure PowerShell module's `New-AzVmss` gives: frontend and pool are called as the scale set, a rule as its owner
with the port appended.
"""

from domain.profiles import Targets
from domain.resource_ids import parse

MANAGEMENT_PORTS = {"windows": 3389, "linux": 22}
"""The port by which a person manages an instance, by OS type in lower case."""

PROBE_INTERVAL_SECONDS = 15
PROBE_COUNT = 2
FIRST_NAT_PORT = 50000
FIRST_RULE_PRIORITY = 1000
"""Priority of the first rule of the security group; the others follow in steps of one."""

_FEWEST_NAT_PORTS = 120
_MOST_NAT_PORTS = 1000


def management_port(os_type: str) -> int:
    """3389 for Windows, 22 for Linux. KeyError for anything else."""
    return MANAGEMENT_PORTS[os_type.lower()]


def frontend_name(targets: Targets) -> str:
    """Of the load balancer's one frontend IP configuration."""
    return parse(targets.scale_set).name


def pool_name(targets: Targets) -> str:
    """Of the load balancer's one backend address pool."""
    return parse(targets.scale_set).name


def rule_name(targets: Targets, port: int) -> str:
    """Of the load-balancing rule of a backend port."""
    return f"{parse(targets.load_balancer).name}{port}"


def probe_name(targets: Targets, port: int) -> str:
    """Of the health probe of a backend port."""
    return f"{parse(targets.load_balancer).name}{port}"


def outbound_rule_name(targets: Targets) -> str:
    """Of the rule by which instances reach the Internet."""
    return f"{parse(targets.load_balancer).name}Outbound"


def nat_rule_name(targets: Targets, port: int) -> str:
    """Of the inbound NAT rule (V2, of the whole pool) of a management port."""
    return f"{parse(targets.scale_set).name}{port}"


def security_rule_name(targets: Targets, port: int) -> str:
    """Of the security group's rule that admits a port."""
    return f"{parse(targets.security_group).name}{port}"


def nat_ports(capacity: int) -> tuple[int, int]:
    """First and last frontend port of a NAT rule: room for twice the instances, at least 120, at most 1,000.

    A range as narrow as the capacity would refuse the instances that a scale-out adds; a scale set has at most
    1,000 of them.
    """
    width = min(max(2 * capacity, _FEWEST_NAT_PORTS), _MOST_NAT_PORTS)
    return FIRST_NAT_PORT, FIRST_NAT_PORT + width - 1


def frontend_id(targets: Targets) -> str:
    """Id of the frontend IP configuration."""
    return _part(targets, "frontendIPConfigurations", frontend_name(targets))


def pool_id(targets: Targets) -> str:
    """Id of the backend address pool."""
    return _part(targets, "backendAddressPools", pool_name(targets))


def rule_id(targets: Targets, port: int) -> str:
    """Id of the load-balancing rule of a backend port."""
    return _part(targets, "loadBalancingRules", rule_name(targets, port))


def probe_id(targets: Targets, port: int) -> str:
    """Id of the health probe of a backend port."""
    return _part(targets, "probes", probe_name(targets, port))


def _part(targets: Targets, kind: str, name: str) -> str:
    return str(parse(targets.load_balancer).child(kind, name))
