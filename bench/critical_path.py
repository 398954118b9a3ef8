"""The shortest time in which ARM could have done it: the longest chain of operations that need one another.

Computed from the simulator's own records of one rollout. `overhead.py` compares it with what the rollout took, and
says where the rest went.
"""

from datetime import datetime, timedelta
from typing import Any

NEEDS: dict[str, tuple[str, ...]] = {
    "galleries": (),
    "galleries/images": ("galleries",),
    "galleries/images/versions": ("galleries/images",),
    "virtualNetworks": (),
    "publicIPAddresses": (),
    "networkSecurityGroups": (),
    "loadBalancers": ("publicIPAddresses",),
    "virtualMachineScaleSets": (
        "galleries/images/versions",
        "virtualNetworks",
        "networkSecurityGroups",
        "loadBalancers",
    ),
}
"""Which resource must exist before which. Resource groups are made by a request that starts no operation."""

type Record = dict[str, Any]


def critical_path(operations: list[Record]) -> list[Record]:
    """The chain whose service times add up to most, first operation first."""
    by_type = {one["kind"].removesuffix(" PUT"): one for one in operations if one["kind"].endswith(" PUT")}
    chains: dict[str, list[Record]] = {}
    for name, needed in NEEDS.items():  # in an order in which what is needed comes first
        before = max((chains[one] for one in needed), key=service_seconds, default=[])
        chains[name] = [*before, by_type[name]]
    return max(chains.values(), key=service_seconds)


def service_seconds(chain: list[Record]) -> float:
    """Service time of all operations of a chain."""
    lasts: list[timedelta] = [one["ends"] - one["started"] for one in chain]
    return sum(one.total_seconds() for one in lasts)


def breakdown(chain: list[Record], requests: list[Record], posted: datetime, ended: datetime) -> dict[str, float]:
    """Where the time went, in seconds that add up to the whole of the rollout.

    service: ARM at work on the chain. noticing: from the end of an operation to the look that saw it, which is
    when `Retry-After` sent us. before, between, after: requests, engine and app, off the chain's operations.
    """
    noticed = [_noticed(one, requests) for one in chain]
    pairs = list(zip(noticed, chain[1:], strict=False))
    return {
        "service": service_seconds(chain),
        "noticing": sum((seen - one["ends"]).total_seconds() for seen, one in zip(noticed, chain, strict=True)),
        "before": (chain[0]["started"] - posted).total_seconds(),
        "between": sum((after["started"] - seen).total_seconds() for seen, after in pairs),
        "after": (ended - noticed[-1]).total_seconds(),
    }


def _noticed(operation: Record, requests: list[Record]) -> datetime:
    """When the first request after the operation's end asked for it, or for its resource."""
    resource, ends = operation["resource_id"].lower(), operation["ends"]
    found: datetime = next(one["at"] for one in requests if one["at"] >= ends and one["resource_id"] == resource)
    return found
