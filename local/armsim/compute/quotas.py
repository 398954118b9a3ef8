"""Quotas of galleries, definitions and versions: per subscription and region, as documented."""

from local.armsim.errors import quota_reached
from local.armsim.kinds import Resource, Write

GALLERIES = "Microsoft.Compute/galleries"
DEFINITIONS = "Microsoft.Compute/galleries/images"
VERSIONS = "Microsoft.Compute/galleries/images/versions"
_MOST = {GALLERIES: 100, DEFINITIONS: 1000, VERSIONS: 10_000}


def check_quota(write: Write, type_name: str) -> None:
    """One more of a type. What lies in the region is counted only once the whole subscription could be full."""
    if write.world.store.total(write.route.subscription, type_name) < _MOST[type_name]:
        return
    region = write.wanted["location"]
    if sum(one.location == region for one in _all(write, type_name)) >= _MOST[type_name]:
        raise quota_reached(type_name, _MOST[type_name], region)


def _all(write: Write, type_name: str) -> list[Resource]:
    store = write.world.store
    if type_name == GALLERIES:
        return store.listed(f"/subscriptions/{write.route.subscription}", GALLERIES)
    parents = _all(write, type_name.rpartition("/")[0])
    return [child for parent in parents for child in store.listed(parent.id, type_name)]
