"""How fast managed disks are: by size, or as was asked for. Used by disks, and by machines that make theirs."""

from local.armsim.body import Body
from local.armsim.reading import integer

ACCOUNTS = (
    "Standard_LRS",
    "Premium_LRS",
    "StandardSSD_LRS",
    "UltraSSD_LRS",
    "Premium_ZRS",
    "StandardSSD_ZRS",
    "PremiumV2_LRS",
)
"""Storage types of managed disks."""

BYTES = 2**30
"""Of a gigabyte."""
_PREMIUM = (
    (4, "P1", 120, 25),
    (8, "P2", 120, 25),
    (16, "P3", 120, 25),
    (32, "P4", 120, 25),
    (64, "P6", 240, 50),
    (128, "P10", 500, 100),
    (256, "P15", 1100, 125),
    (512, "P20", 2300, 150),
    (1024, "P30", 5000, 200),
    (2048, "P40", 7500, 250),
    (4096, "P50", 7500, 250),
    (8192, "P60", 16000, 500),
    (16384, "P70", 18000, 750),
    (32767, "P80", 20000, 900),
)
"""Sizes of Premium SSD in GB, each with its tier, operations and megabytes a second; of the others one pair does."""


def performance(sku: str, size: int, sent: Body | None = None, tier: str | None = None) -> Body:
    """How fast a disk is: as its size or `tier` makes it, or, where its SKU lets one choose, as was `sent`."""
    if sku.lower().startswith("premium_"):
        fits = [one for one in _PREMIUM if (one[1] == tier if tier else size <= one[0])] or _PREMIUM[-1:]
        return dict(zip(("tier", "diskIOPSReadWrite", "diskMBpsReadWrite"), fits[0][1:], strict=True))
    operations, megabytes = (3000, 125) if sku.lower().startswith("premiumv2") else (500, 60)
    return {
        "diskIOPSReadWrite": integer(sent or {}, "diskIOPSReadWrite") or operations,
        "diskMBpsReadWrite": integer(sent or {}, "diskMBpsReadWrite") or megabytes,
    }
