"""What ARM and Compute allow a subscription: the sizes of their buckets, by verb and shape of the path.

Numbers are the highest that recorded answers show, plus one. ARM's buckets refill as Microsoft documents for 2024
and later: reads within 10 seconds, writes and deletes within 20; that the global ones do so too is *inferred*.
Compute's windows of 3 and 30 minutes start anew; the maxima that came after them in 2023 fill by a third a minute,
as documented.
"""

from dataclasses import dataclass
from functools import lru_cache

_KINDS = {"GET": "read", "HEAD": "read", "DELETE": "delete", "POST": "act"}
_MINUTES = {"3Min": 180, "30Min": 1800}


@dataclass(frozen=True, slots=True)
class Limit:
    """One bucket: its size, and in how many seconds it is whole again. `whole`: at once, when they have passed."""

    name: str
    size: int
    seconds: float
    whole: bool = False
    by_resource: bool = False
    shown: str = ""
    """The header of its own in which ARM says what is left; Compute's share one."""

    @property
    def compute(self) -> bool:
        """Whether Compute counts it, not ARM."""
        return self.name[0].isupper()


def _arm(kind: str, *sizes: int) -> tuple[Limit, ...]:
    seconds = 10 if kind == "reads" else 20
    names = (f"subscription-{kind}", f"subscription-global-{kind}")
    # What is left of the reads by caller is in no recorded answer of today.
    heads = ("" if kind == "reads" else names[0], names[1])
    return tuple(Limit(name, size, seconds, shown=head) for name, size, head in zip(names, sizes, heads, strict=True))


_READS, _WRITES, _DELETES = _arm("reads", 250, 16500), _arm("writes", 200, 12000), _arm("deletes", 200, 12000)
_ARM = {"read": _READS, "write": _WRITES, "act": _WRITES, "delete": _DELETES}


def _windows(name: str, short: int, long: int) -> tuple[Limit, ...]:
    return tuple(
        Limit(f"{name}{one}", size, _MINUTES[one], whole=True) for one, size in (("3Min", short), ("30Min", long))
    )


def _most(name: str, subscription: int, resource: int = 0) -> tuple[Limit, ...]:
    limits = (Limit(f"{name}SubscriptionMaximum", subscription, 180),)
    return (*limits, Limit(f"{name}Resource", resource, 180, by_resource=True)) if resource else limits


_SETS, _INSTANCES = "virtualmachinescalesets/*", "virtualmachinescalesets/*/virtualmachines"
_BATCHED = (*_most("VMScaleSetBatchedVMRequests", 6000), Limit("VmssQueuedVMOperations", 4801, 0, whole=True))
_VIEWS = _most("VMScaleSetVMViews", 30000)
_SET, _COSTLY = _most("GetVMScaleSet", 2400, 36), _most("HighCostGetVMScaleSet", 1080, 30)
_INSTANCE = (*_most("GetVMScaleSetVM", 6000, 36), *_VIEWS)
_ACT = (*_most("VMScaleSetActions", 1500), *_BATCHED)
_STOP = (*_most("DeleteVMScaleSet", 525), *_BATCHED)
_IMAGES = "locations/*/publishers/*/artifacttypes/*/offers/*/skus/*/versions"
_EXTENSIONS = "locations/*/publishers/*/artifacttypes/*/types/*/versions"
_COMPUTE: dict[tuple[str, str], tuple[Limit, ...]] = {
    ("write", "galleries/*"): _windows("CreateUpdateGallery", 50, 300),
    ("read", "galleries/*"): _windows("GetGallery", 350, 2500),
    ("read", "galleries"): _windows("ListGalleryInResourceGroup", 100, 1000),
    ("delete", "galleries/*"): _windows("DeleteGallery", 50, 300),
    ("write", "galleries/*/images/*"): _windows("CreateUpdateGalleryImage", 150, 750),
    ("read", "galleries/*/images/*"): _windows("GetGalleryImage", 600, 3000),
    ("read", "galleries/*/images"): _windows("ListGalleryImagesInGallery", 1500, 10000),
    ("delete", "galleries/*/images/*"): _windows("DeleteGalleryImage", 50, 300),
    ("write", "galleries/*/images/*/versions/*"): _windows("CreateUpdateGalleryImageVersion", 375, 1200),
    ("read", "galleries/*/images/*/versions/*"): _windows("GetGalleryImageVersion", 2000, 10000),
    ("read", "galleries/*/images/*/versions"): _windows("ListGalleryImageVersionsInGalleryImage", 1500, 10000),
    ("delete", "galleries/*/images/*/versions/*"): _windows("DeleteGalleryImageVersion", 150, 1000),
    ("write", "images/*"): _most("CreateImages", 60),
    ("read", "images/*"): _most("GetImages", 360),
    ("delete", "images/*"): _most("DeleteImages", 60),
    ("write", "disks/*"): _windows("CreateUpdateDisks", 1000, 8000),
    ("read", "disks/*"): _windows("LowCostGet", 15000, 120_000),
    ("read", "disks"): _windows("HighCostGet", 240, 1920),
    ("act", "disks/*/+"): _windows("HighCostDiskHydrate", 1000, 8000),
    ("delete", "disks/*"): _windows("DeleteDisks", 3000, 24_000),
    ("write", "snapshots/*"): _windows("HighCostSnapshotCreateHydrate", 1000, 8000),
    ("read", "snapshots/*"): _windows("LowCostGet", 15000, 120_000),
    ("read", "snapshots"): _windows("HighCostGet", 240, 1920),
    ("act", "snapshots/*/+"): _windows("HighCostSnapshotCreateHydrate", 1000, 8000),
    ("delete", "snapshots/*"): _windows("DeleteDisks", 3000, 24_000),
    ("write", "virtualmachines/*"): _most("PutVM", 1500, 12),
    ("read", "virtualmachines/*"): _most("LowCostGet", 24000, 36),
    ("delete", "virtualmachines/*"): _most("DeleteVM", 1500, 12),
    ("act", "virtualmachines/*/deallocate"): _most("DeleteVM", 1500, 12),
    ("act", "virtualmachines/*/+"): _most("UpdateVM", 1500, 12),
    ("write", _SETS): (*_most("CreateVMScaleSet", 375, 12), *_BATCHED),
    ("read", _SETS): _SET,
    ("read", "virtualmachinescalesets"): _most("HighCostGetVMScaleSet", 1080),
    ("delete", _SETS): (*_most("DeleteVMScaleSet", 525, 12), *_BATCHED),
    ("read", f"{_SETS}/instanceview"): _COSTLY,
    ("read", f"{_SETS}/+"): _SET,
    ("read", f"{_SETS}/rollingupgrades/*"): _SET,
    ("read", f"{_SETS}/extensions/*"): _SET,
    ("write", f"{_SETS}/extensions/*"): (*_most("VMScaleSetActions", 1500, 12), *_BATCHED),
    ("delete", f"{_SETS}/extensions/*"): (*_most("VMScaleSetActions", 1500, 12), *_BATCHED),
    ("act", f"{_SETS}/deallocate"): _STOP,
    ("act", f"{_SETS}/poweroff"): _STOP,
    ("act", f"{_SETS}/rollingupgrades/*"): _ACT,
    ("act", f"{_SETS}/+"): _ACT,
    ("read", _INSTANCES): (*_COSTLY, *_VIEWS),
    ("read", f"{_INSTANCES}/*"): _INSTANCE,
    ("read", f"{_INSTANCES}/*/+"): _INSTANCE,
    ("act", f"{_INSTANCES}/*/+"): _ACT,
    ("write", f"{_INSTANCES}/*"): _ACT,
    ("delete", f"{_INSTANCES}/*"): _ACT,
    ("read", "locations/*/operations/*"): _most("GetOperation", 15000, 45),
    ("read", "locations/*/diskoperations/*"): _windows("GetOperation", 50_000, 400_000),
    ("read", "locations/*/capsoperations/*"): _windows("GetOperationStatus", 5000, 15000),
    ("read", "locations/*/vmsizes"): _most("GetSubscriptionInfo", 360),
    ("read", _IMAGES): _windows("ListVMImagesVersionsFromLocation", 16000, 44000),
    ("read", f"{_IMAGES}/*"): _windows("GetVMImageFromLocation", 13000, 74000),
    ("read", f"{_EXTENSIONS}/*"): _windows("GetVMExtension", 10000, 22000),
}
"""(kind of verb, shape of the path below Microsoft.Compute) → limits. `+`: any last segment that has no row."""


@lru_cache(maxsize=4096)
def buckets(method: str, path: str) -> tuple[tuple[Limit, str], ...]:
    """The limits that a request counts against, each with its bucket: one a subscription, or one a resource."""
    parts = [part.lower() for part in path.split("/") if part]
    if len(parts) < 2 or parts[0] != "subscriptions":
        return ()
    limits = _limits(_KINDS.get(method, "write"), parts)
    return tuple((one, "/".join([one.name, *parts[1 : 8 if one.by_resource else 2]])) for one in limits)


def _limits(kind: str, parts: list[str]) -> tuple[Limit, ...]:
    if "microsoft.compute" not in parts:
        return _ARM[kind]
    rest = parts[parts.index("microsoft.compute") + 1 :]
    if len(rest) == 1 and parts[2] == "providers":  # ARM answers lists of a whole subscription by itself (recorded)
        return _ARM[kind]
    shape = "/".join("*" if at % 2 else part for at, part in enumerate(rest))
    other = f"{shape.rpartition('/')[0]}/+"
    return _ARM[kind] + (_COMPUTE.get((kind, shape)) or _COMPUTE.get((kind, other), ()))
