"""What a plan warns of, and what it says it could not check. Called by `domain.planning`."""

import math
from collections.abc import Sequence

from domain import regions, rules
from domain.comparison import Body, properties_of
from domain.models import StepRequest

INSTANCES_PER_REPLICA = 20
"""One replica serves about so many instances that are created at once (learn.microsoft.com, "Azure Compute Gallery",
best practices)."""


def warnings(request: StepRequest, moved: Body | None, *, made: bool) -> tuple[str, ...]:
    """What will hurt although Azure allows it: sentences. moved: the scale set that is moved; made: one is created."""
    if made:
        return (*_replicas(request, request.profile.scale_set.capacity), *_spare(request))
    if moved is None:
        return ()
    instances = int((moved.get("sku") or {}).get("capacity") or 0)
    return (*_moving(moved, instances), *_replicas(request, instances))


def _moving(scale_set: Body, instances: int) -> list[str]:
    mode = str((properties_of(scale_set).get("upgradePolicy") or {}).get("mode") or "Manual").lower()
    if mode == "manual":
        return [
            "The scale set's upgrade policy is Manual: its instances stay on the old version until somebody upgrades "
            "them."
        ]
    found = [
        "What the scale set's owner changed in its model and its instances have not followed yet goes along with the "
        "move."
    ]
    if mode == "automatic":
        found.insert(
            0,
            f"The scale set's upgrade policy is Automatic: Azure may take all {instances} instances down at once, and "
            "replaces their OS disks.",
        )
    return found


def _replicas(request: StepRequest, instances: int) -> list[str]:
    home = request.profile.scale_set.location
    advised = math.ceil(instances / INSTANCES_PER_REPLICA)
    for region in request.profile.version.target_regions:
        if regions.same(region.name, home) and region.replica_count < advised:
            return [
                f"{region.name} gets {region.replica_count} replicas for {instances} instances; about {advised} are "
                "advised, or creating them all at once is slow."
            ]
    return []


def _spare(request: StepRequest) -> list[str]:
    scale_set = request.profile.scale_set
    found = rules.spare(scale_set.network.subnet_prefix, scale_set.capacity)
    return [found] if found else []


def unchecked(request: StepRequest, denied: Sequence[str], *, scale_set_exists: bool) -> tuple[str, ...]:
    """What neither the image's body nor a read could tell: sentences."""
    image, version = request.image, request.profile.version
    found = [f"{resource} may not be read, so nothing about it was checked." for resource in denied]
    found.append(
        "A managed image does not tell its architecture (it is taken to be x64), its Marketplace purchase plan, or "
        "whether its source had an ephemeral OS disk or ultra disks."
    )
    if any(disk.size_gb is None for disk in (image.os_disk, *image.data_disks)):
        found.append("The size of the image's disks is not known yet.")
    types = {version.storage_account_type, *(region.storage_account_type for region in version.target_regions)}
    if "Standard_ZRS" in types:
        found.append("Whether each region has zone-redundant storage.")
    if not scale_set_exists:
        found.append(f"Whether {request.profile.scale_set.location} offers the size and the quota has room for it.")
        if request.profile.scale_set.admin_password_setting:
            found.append("The administrator's password: it is read only when the scale set is created.")
    return tuple(found)
