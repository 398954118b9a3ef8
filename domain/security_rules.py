"""Which rule of a network security group decides about inbound TCP to a port.

Rules are looked at in the order of their priority and the first that covers the traffic decides, before the three
that Azure puts at the end of every group (learn.microsoft.com, "Network security groups"). A rule counts here only
if it covers all of the traffic in question: one that denies a single address does not close a port to the world,
and one that allows a single address does not open it. Called by `domain.network_expectations`.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network

from domain.comparison import Body, properties_of
from domain.prefixes import ipv4

ANYONE = "Internet"
PROBES = "AzureLoadBalancer"
"""The service tag of the load balancer's health probes."""

_PROBE_ADDRESS = IPv4Network("168.63.129.16/32")
_EVERYTHING = ("*", "any", "0.0.0.0/0")
_ALL_PORTS = (0, 65535)


@dataclass(frozen=True, slots=True)
class Rule:
    """An inbound rule: from `sources` (prefixes and service tags, lower case) to `ports` (ranges, both ends in)."""

    name: str
    priority: int
    allow: bool
    sources: tuple[str, ...]
    ports: tuple[tuple[int, int], ...]

    def covers(self, port: int, source: str) -> bool:
        """Whether all TCP traffic from `source` to `port` falls under this rule."""
        return any(low <= port <= high for low, high in self.ports) and any(
            _holds(prefix, source) for prefix in self.sources
        )


_LAST = (
    Rule("AllowVnetInBound", 65000, True, ("virtualnetwork",), (_ALL_PORTS,)),
    Rule("AllowAzureLoadBalancerInBound", 65001, True, (PROBES.lower(),), (_ALL_PORTS,)),
    Rule("DenyAllInBound", 65500, False, ("*",), (_ALL_PORTS,)),
)


def inbound(body: Body, destination: str) -> list[Rule]:
    """The group's inbound rules that cover TCP to the whole of the prefix `destination`, in order of priority."""
    rules = [_rule(item) for item in properties_of(body).get("securityRules") or [] if _applies(item, destination)]
    return [*sorted(rules, key=lambda rule: rule.priority), *_LAST]


def deciding(rules: list[Rule], port: int, source: str) -> Rule:
    """The rule that decides about `source` (a prefix, `ANYONE` or `PROBES`) and `port`; the last one covers all."""
    return next(rule for rule in rules if rule.covers(port, source))


def _rule(item: Body) -> Rule:
    properties = properties_of(item)
    return Rule(
        name=str(item.get("name", "")),
        priority=int(properties.get("priority", 4096)),
        allow=str(properties.get("access", "")).lower() == "allow",
        sources=tuple(_several(properties, "sourceAddressPrefix", "sourceAddressPrefixes")),
        ports=tuple(map(_range, _several(properties, "destinationPortRange", "destinationPortRanges"))),
    )


def _applies(item: Body, destination: str) -> bool:
    properties = properties_of(item)
    if str(properties.get("direction", "")).lower() != "inbound":
        return False
    if str(properties.get("protocol", "")).lower() not in ("tcp", "*"):
        return False
    if properties.get("sourceApplicationSecurityGroups") or properties.get("destinationApplicationSecurityGroups"):
        return False
    if _ALL_PORTS not in map(_range, _several(properties, "sourcePortRange", "sourcePortRanges")):
        return False
    prefixes = _several(properties, "destinationAddressPrefix", "destinationAddressPrefixes")
    return any(prefix == "virtualnetwork" or _holds(prefix, destination) for prefix in prefixes)


def _several(properties: Body, one: str, many: str) -> list[str]:
    """ARM shows a single value in the one property and several in the other."""
    values = properties.get(many) or ([properties[one]] if properties.get(one) else [])
    return [str(value).lower() for value in values]


def _range(text: str) -> tuple[int, int]:
    if text == "*":
        return _ALL_PORTS
    low, _, high = text.partition("-")
    return int(low), int(high or low)


def _holds(prefix: str, source: str) -> bool:
    """Whether a rule's prefix or service tag takes in all of `source`."""
    if prefix in _EVERYTHING or prefix == source.lower():
        return True
    network = ipv4(prefix)
    if source == PROBES:
        return network is not None and _PROBE_ADDRESS.subnet_of(network)
    wanted = ipv4(source)
    if wanted is None:
        return False
    if prefix == ANYONE.lower():
        return wanted.is_global
    return network is not None and wanted.subnet_of(network)
