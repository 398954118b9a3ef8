"""Quotas of galleries, definitions and versions: per subscription and region, as documented."""

from collections.abc import Callable, Iterable

from local.armsim.errors import quota_reached
from local.armsim.kinds import Resource, Write

GALLERIES = "Microsoft.Compute/galleries"
DEFINITIONS = "Microsoft.Compute/galleries/images"
VERSIONS = "Microsoft.Compute/galleries/images/versions"
_MOST = {GALLERIES: 100, DEFINITIONS: 1000, VERSIONS: 10_000}


def check_galleries(write: Write) -> None:
    """One gallery more."""
    _check(write, GALLERIES, lambda: _galleries(write))


def check_definitions(write: Write) -> None:
    """One definition more."""
    _check(write, DEFINITIONS, lambda: _below(write, _galleries(write), DEFINITIONS))


def check_versions(write: Write) -> None:
    """One version more."""
    store = write.world.store
    definitions = _below(write, _galleries(write), DEFINITIONS)
    if sum(store.counted(one.id, VERSIONS) for one in definitions) >= _MOST[VERSIONS]:
        _check(write, VERSIONS, lambda: _below(write, definitions, VERSIONS))


def _check(write: Write, type_name: str, all_of_type: Callable[[], Iterable[Resource]]) -> None:
    region = write.wanted["location"]
    if sum(one.location == region for one in all_of_type()) >= _MOST[type_name]:
        raise quota_reached(type_name, _MOST[type_name], region)


def _galleries(write: Write) -> list[Resource]:
    return write.world.store.listed(f"/subscriptions/{write.route.subscription}", GALLERIES)


def _below(write: Write, parents: list[Resource], type_name: str) -> list[Resource]:
    return [child for parent in parents for child in write.world.store.listed(parent.id, type_name)]
