"""Look whether the gallery already holds a version of this image."""

from arm.port import Arm
from domain import expectations, versions
from domain.models import StepRequest, VersionsFound


async def find_version(request: StepRequest, *, arm: Arm) -> VersionsFound:
    """List the definition's versions in any state. The gallery is the memory: history is purged, it stays."""
    held = await arm.list(f"{request.targets.definition}/versions")
    carrier = expectations.carrier(held, request)
    numbers = [versions.parse(body["name"]) for body in held if versions.is_number(body.get("name", ""))]
    return VersionsFound(
        adopt=carrier["name"] if carrier else None,
        largest=str(max(numbers)) if numbers else None,
    )
