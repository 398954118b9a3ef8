"""Sizes of virtual machines: a small catalogue, as `skus`, `vmSizes` and `usages` show it."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """One size; memory and temporary disk in MB."""

    name: str
    family: str
    cores: int
    memory: int
    resource_disk: int
    data_disks: int
    generations: str = "V1,V2"
    architecture: str = "x64"


_ROWS = (
    ("Standard_A1_v2", "standardAv2Family", 1, 2048, 10240, 2, "V1"),
    ("Standard_B1s", "standardBSFamily", 1, 1024, 4096, 2),
    ("Standard_B1ms", "standardBSFamily", 1, 2048, 4096, 2),
    ("Standard_B2s", "standardBSFamily", 2, 4096, 8192, 4),
    ("Standard_B2ms", "standardBSFamily", 2, 8192, 16384, 4),
    ("Standard_D1_v2", "standardDv2Family", 1, 3584, 51200, 4, "V1"),
    ("Standard_D2_v2", "standardDv2Family", 2, 7168, 102400, 8, "V1"),
    ("Standard_DS1_v2", "standardDSv2Family", 1, 3584, 7168, 4),
    ("Standard_DS2_v2", "standardDSv2Family", 2, 7168, 14336, 8),
    ("Standard_D2s_v3", "standardDSv3Family", 2, 8192, 16384, 4),
    ("Standard_D4s_v3", "standardDSv3Family", 4, 16384, 32768, 8),
    ("Standard_E2s_v3", "standardESv3Family", 2, 16384, 32768, 4),
    ("Standard_F2s_v2", "standardFSv2Family", 2, 4096, 16384, 4),
    ("Standard_D2as_v5", "standardDASv5Family", 2, 8192, 0, 4),
    ("Standard_D2ds_v5", "standardDDSv5Family", 2, 8192, 76800, 4),
    ("Standard_D2s_v5", "standardDSv5Family", 2, 8192, 0, 4),
    ("Standard_D4s_v5", "standardDSv5Family", 4, 16384, 0, 8),
    ("Standard_D8s_v5", "standardDSv5Family", 8, 32768, 0, 16),
    ("Standard_D2ps_v5", "standardDPSv5Family", 2, 8192, 0, 4, "V2", "Arm64"),
    ("Standard_DC2s_v3", "standardDCSv3Family", 2, 16384, 0, 4, "V2"),
)
SIZES = {row[0].lower(): Size(*row) for row in _ROWS}
_PREMIUM = re.compile(r"standard_([a-z]+s\d|b\d|[a-z]+\d[a-z\d-]*s)", re.IGNORECASE)


def cores(name: object) -> int:
    """Cores of a size by its name; what the catalogue lacks counts as 2."""
    known = SIZES.get(str(name).lower())
    return known.cores if known else 2


def generations(name: object) -> tuple[str, ...]:
    """The generations of Hyper-V machines that a size can boot; both where the catalogue lacks it."""
    known = SIZES.get(str(name).lower())
    return tuple(known.generations.split(",")) if known else ("V1", "V2")


def premium(name: object) -> bool:
    """Whether a size can have premium disks: an `s` says so (`DS1_v2`, `D2s_v3`), and every B has them."""
    return _PREMIUM.match(str(name)) is not None
