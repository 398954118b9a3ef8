"""IPv4 address prefixes in CIDR notation, as network rules and comparisons need them."""

from ipaddress import IPv4Network, ip_network


def ipv4(text: str, *, strict: bool = False) -> IPv4Network | None:
    """The prefix; None where `text` is none, such as a service tag or IPv6.

    strict: host bits that are set (`10.0.0.1/8`) make it none.
    """
    try:
        network = ip_network(text, strict=strict)
    except ValueError:
        return None
    return network if isinstance(network, IPv4Network) else None


def within(inner: str, outer: str) -> bool:
    """Whether all addresses of `inner` are in `outer`."""
    small, large = ipv4(inner), ipv4(outer)
    return small is not None and large is not None and small.subnet_of(large)


def overlap(left: str, right: str) -> bool:
    """Whether the two have an address in common."""
    one, other = ipv4(left), ipv4(right)
    return one is not None and other is not None and one.overlaps(other)
