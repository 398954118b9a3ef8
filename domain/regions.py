"""Region names: Azure writes `West Central US` and `westcentralus` for one region."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from domain.profiles import TargetRegion


def normalized(name: str) -> str:
    """`West Central US` → `westcentralus`, the form that ids and `location` use."""
    return "".join(name.split()).lower()


def same(left: str, right: str) -> bool:
    """Whether two names mean one region."""
    return normalized(left) == normalized(right)


def missing(existing: Iterable[Mapping[str, Any]], wanted: Iterable["TargetRegion"]) -> tuple[str, ...]:
    """The wanted target regions that a version's `targetRegions` lack, normalized."""
    have = {normalized(region["name"]) for region in existing}
    return tuple(name for name in (normalized(region.name) for region in wanted) if name not in have)
