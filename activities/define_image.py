"""Make sure of the image definition."""

from typing import Any

from activities._settle import adopted, standing, tags, written
from arm.port import Arm, Body
from domain import expectations, regions
from domain.models import Outcome, StepRequest
from domain.profiles import Range

ARCHITECTURE = "x64"
"""Managed images know no other architecture."""

SECURITY_TYPE = "Standard"
"""Managed images cannot be Trusted Launch. Sent always: since api-version 2025-03-03 a definition that says nothing
becomes V2 and TrustedLaunchSupported."""


async def define_image(request: StepRequest, *, arm: Arm) -> Outcome:
    """Adopt the definition that matches image and profile, create a missing one, repair a failed one of ours."""
    resource = request.targets.definition
    found = await standing(arm, resource, request)
    if found.waiting:
        return found.waiting
    if found.state == "ready":
        return adopted(resource, expectations.definition(found.body, request))
    return written(resource, await arm.put(resource, _body(request)), found)


def _body(request: StepRequest) -> Body:
    spec, image = request.profile.definition, request.image
    recommended = {
        "vCPUs": _range(spec.recommended_vcpus),
        "memory": _range(spec.recommended_memory_mb),
    }
    properties: dict[str, Any] = {
        "osType": image.os_type,
        "osState": image.os_state,
        "hyperVGeneration": image.generation,
        "architecture": ARCHITECTURE,
        "identifier": {"publisher": spec.publisher, "offer": spec.offer, "sku": spec.sku},
        "features": [{"name": "SecurityType", "value": SECURITY_TYPE}],
        "description": spec.description,
        "eula": spec.eula,
        "privacyStatementUri": spec.privacy_statement_uri,
        "releaseNoteUri": spec.release_note_uri,
        "endOfLifeDate": spec.end_of_life,
        "recommended": {name: value for name, value in recommended.items() if value} or None,
        "purchasePlan": spec.plan.model_dump() if spec.plan else None,
    }
    return {
        "location": regions.normalized(request.profile.gallery.location),
        "tags": tags(request),
        "properties": {name: value for name, value in properties.items() if value is not None},
    }


def _range(spec: Range | None) -> dict[str, int]:
    return {} if spec is None else spec.model_dump(exclude_none=True)
