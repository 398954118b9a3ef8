"""Rules for a new scale set's size and network: instances, prefixes, ports, who may manage it.

Sources: learn.microsoft.com, "Working with large virtual machine scale sets" (1,000 instances), "Azure Virtual
Network FAQ" (five addresses of a subnet are Azure's; none smaller than /29), "Domain name label" of public IPs.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import collapse_addresses, ip_network

from domain import network_names
from domain._rules_names import violation
from domain.images import ManagedImage
from domain.models import Violation
from domain.prefixes import ipv4, within
from domain.profiles import Profile, UpgradeMode

MOST_INSTANCES = 1000
RESERVED_ADDRESSES = 5
_SMALLEST_SUBNET = 29
_LABEL = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")


def capacity(profile: Profile) -> Iterator[Violation]:
    """R21: how many instances a scale set of a gallery image takes (it spans placement groups)."""
    wanted = profile.scale_set.capacity
    if not 0 <= wanted <= MOST_INSTANCES:
        yield violation(
            "R21",
            "scaleSet.capacity",
            wanted,
            f"A scale set takes 0 to {MOST_INSTANCES} instances.",
            "Choose a number in that range.",
        )


def addresses(profile: Profile) -> Iterator[Violation]:
    """R25: prefixes that are some, the subnet inside the virtual network and large enough."""
    network = profile.scale_set.network
    good = True
    for field, text in (("addressPrefix", network.address_prefix), ("subnetPrefix", network.subnet_prefix)):
        if ipv4(text, strict=True) is None:
            good = False
            yield violation(
                "R25",
                f"scaleSet.network.{field}",
                text,
                "It is no IPv4 prefix in CIDR notation.",
                "Write it like 192.168.0.0/16, with no bits set behind the prefix.",
            )
    if not good:
        return
    if not within(network.subnet_prefix, network.address_prefix):
        yield violation(
            "R25",
            "scaleSet.network.subnetPrefix",
            network.subnet_prefix,
            f"The subnet is not inside the virtual network's {network.address_prefix}.",
            "Choose a prefix inside it.",
        )
    yield from subnet_room(network.subnet_prefix, profile, "scaleSet.network.subnetPrefix")


def subnet_room(prefix: str, profile: Profile, field: str) -> Iterator[Violation]:
    """R25: whether a subnet holds the instances and the five addresses that Azure keeps."""
    subnet = ipv4(prefix)
    if subnet is None:
        return
    free = subnet.num_addresses - RESERVED_ADDRESSES
    if subnet.prefixlen > _SMALLEST_SUBNET:
        yield violation(
            "R25", field, prefix, "Azure takes no subnet smaller than /29.", "Choose a shorter prefix length."
        )
    elif free < profile.scale_set.capacity:
        yield violation(
            "R25",
            field,
            prefix,
            f"The subnet has {free} addresses for {profile.scale_set.capacity} instances: Azure keeps five itself.",
            "Choose a shorter prefix length, or a smaller scaleSet.capacity.",
        )


def spare(prefix: str, instances: int) -> str | None:
    """A warning where a subnet leaves less than a fifth to spare for over-provisioning, else None."""
    subnet = ipv4(prefix)
    if subnet is None:
        return None
    free = subnet.num_addresses - RESERVED_ADDRESSES
    if instances <= free < instances * 1.2:
        return (
            f"The subnet {prefix} has {free} addresses for {instances} instances; Azure starts up to a fifth more for "
            "a while when it over-provisions."
        )
    return None


def dns_label(profile: Profile) -> Iterator[Violation]:
    """The form of a public IP address's domain name label."""
    label = profile.scale_set.network.dns_label
    if label is not None and not _LABEL.fullmatch(label):
        yield violation(
            "dnsLabel",
            "scaleSet.network.dnsLabel",
            label,
            "A label has 3 to 63 lower-case letters, digits and dashes, starts with a letter and ends with no dash.",
            "Change it, or leave it out: then it is made from the scale set's name.",
        )


def backend_ports(profile: Profile, image: ManagedImage) -> Iterator[Violation]:
    """Ports that are named once, that do not open management to the world, and that a rolling upgrade can watch."""
    network, field = profile.scale_set.network, "scaleSet.network.backendPorts"
    for port, times in Counter(network.backend_ports).items():
        if times > 1:
            yield violation("backendPorts", field, port, f"Port {port} is named {times} times.", "Name it once.")
    management = network_names.MANAGEMENT_PORTS.get(image.os_type.lower())
    first, last = network_names.nat_ports(profile.scale_set.capacity)
    for port in sorted(set(network.backend_ports)):
        if port == management:
            yield violation(
                "backendPorts",
                field,
                port,
                f"{port} is the management port of {image.os_type}; as a backend port it would be open to anyone.",
                "Remove it, and name who may reach it in scaleSet.network.managementSources.",
            )
        elif network.management_sources and first <= port <= last:
            yield violation(
                "backendPorts",
                field,
                port,
                f"The ports {first} to {last} of the load balancer lead to the instances' management port.",
                "Choose another port, or leave scaleSet.network.managementSources empty.",
            )
    if not network.backend_ports and profile.scale_set.upgrade_policy.mode is UpgradeMode.ROLLING:
        yield violation(
            "backendPorts",
            field,
            None,
            "A rolling upgrade needs a health probe, and probes belong to backend ports.",
            "Name a port that answers when an instance is well, or choose another upgrade mode.",
        )


def management_sources(profile: Profile) -> Iterator[Violation]:
    """Who may reach the management port: IPv4 prefixes, together less than the whole Internet."""
    field = "scaleSet.network.managementSources"
    sources = profile.scale_set.network.management_sources
    networks = []
    for index, text in enumerate(sources):
        network = ipv4(text, strict=True)
        if _means_everybody(text):
            yield violation(
                "managementSources",
                f"{field}[{index}]",
                text,
                "It would open the management port to everybody.",
                "Name the prefixes from which people manage the instances, such as 203.0.113.0/24.",
            )
        elif network is None:
            yield violation(
                "managementSources",
                f"{field}[{index}]",
                text,
                "It is no IPv4 prefix in CIDR notation.",
                "Write it like 203.0.113.0/24, or 203.0.113.7/32 for one address.",
            )
        else:
            networks.append(network)
    if len(networks) > 1 and any(network.prefixlen == 0 for network in collapse_addresses(networks)):
        yield violation(
            "managementSources",
            field,
            list(sources),
            "Together they would open the management port to everybody.",
            "Name the prefixes from which people manage the instances.",
        )


def _means_everybody(text: str) -> bool:
    if text.strip().lower() in ("*", "any", "internet"):
        return True
    try:
        return ip_network(text.strip(), strict=False).prefixlen == 0
    except ValueError:
        return False


def pauses(profile: Profile) -> Iterator[Violation]:
    """A pause between batches takes time or none."""
    pause = profile.scale_set.upgrade_policy.pause_between_batches
    if pause < timedelta(0):
        yield violation(
            "upgradePolicy",
            "scaleSet.upgradePolicy.pauseBetweenBatches",
            pause,
            "A pause is not negative.",
            "Give a duration such as PT30S.",
        )
