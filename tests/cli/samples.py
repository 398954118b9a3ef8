"""Rollouts to show, in the shape of the API."""

from typing import Any, cast

from cli.shapes import Rollout

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
IMAGE = f"{SUBSCRIPTION}/resourceGroups/myResourceGroup/providers/Microsoft.Compute/images/myImage"
GALLERY = f"{SUBSCRIPTION}/resourceGroups/myGalleryRG/providers/Microsoft.Compute/galleries/myGallery"
ID = "web-0f3a9c-1"


def rollout(**changed: Any) -> Rollout:
    """A rollout that replicates, with what a test cares about changed."""
    base: dict[str, Any] = {
        "id": ID,
        "profile": "web",
        "image": IMAGE,
        "fingerprint": "ab" * 8,
        "attempt": 1,
        "status": "Running",
        "createdAt": "2026-11-24T08:00:00Z",
        "updatedAt": "2026-11-24T08:01:00Z",
        "completedAt": None,
        "startedBy": {"kind": "event", "eventId": "e-1"},
        "waitingFor": {"what": "replication to 2 regions", "since": "2026-11-24T08:00:30Z", "next": None},
        "version": "1.0.0",
        "resources": {"gallery": GALLERY},
        "regions": [
            {"name": "South Central US", "state": "Replicating", "progress": 40, "replicas": 1},
            {"name": "West Central US", "state": "Completed", "progress": 100, "replicas": 2},
        ],
        "steps": [
            {
                "name": "read_image",
                "status": "Completed",
                "startedAt": "2026-11-24T08:00:00Z",
                "endedAt": "2026-11-24T08:00:01Z",
                "attempts": 2,
                "detail": "Windows, Generalized, V1",
            },
            {"name": "read_replication", "status": "Running", "startedAt": "2026-11-24T08:00:30Z", "attempts": 1},
        ],
        "error": None,
    }
    return cast(Rollout, {**base, **changed})


def failed() -> Rollout:
    """The same after a region failed."""
    return rollout(
        status="Failed",
        completedAt="2026-11-24T08:10:00Z",
        waitingFor=None,
        error={
            "code": "ReplicationFailed",
            "message": "South Central US: the copy of the disk failed.",
            "resource": f"{GALLERY}/images/myImageDefinition/versions/1.0.0",
            "remedy": "Start the rollout again; it retries the regions that failed.",
        },
    )
