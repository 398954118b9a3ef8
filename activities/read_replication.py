"""Look how far a version's replication has come."""

from typing import Any

from arm import operations
from arm.port import Arm
from domain import regions
from domain.comparison import properties_of
from domain.errors import TerminalError
from domain.models import RegionState, Replication, StepRequest


async def read_replication(request: StepRequest, *, arm: Arm) -> Replication:
    """GET the version with its replication status, region by region."""
    body = await arm.get(request.version_id, expand="ReplicationStatus")
    if body is None:
        raise TerminalError(
            "VersionNotFound",
            "The image version was deleted while it replicated.",
            resource=request.version_id,
            remedy="Start the rollout again: it publishes the image under a new number.",
        )
    properties = properties_of(body)
    publishing = properties.get("publishingProfile") or {}
    status = properties.get("replicationStatus") or {}
    told = {regions.normalized(str(entry.get("region", ""))): entry for entry in status.get("summary") or []}
    return Replication(
        provisioning_state=str(properties.get("provisioningState") or ""),
        aggregated=str(status.get("aggregatedState") or "Unknown"),
        regions=tuple(_state(target, told) for target in publishing.get("targetRegions") or ()),
        missing=request.profile.version.missing_regions(publishing.get("targetRegions") or ()),
        published=operations.moment(publishing.get("publishedDate")),
    )


def _state(target: dict[str, Any], told: dict[str, dict[str, Any]]) -> RegionState:
    name = regions.normalized(target["name"])
    entry = told.get(name, {})
    return RegionState(
        name=name,
        state=str(entry.get("state") or "Unknown"),
        progress=int(entry.get("progress") or 0),
        replicas=target.get("regionalReplicaCount"),
        details=str(entry.get("details") or "")[:300],
    )
