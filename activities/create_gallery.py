"""Make sure of the gallery."""

from activities._settle import adopted, standing, tags, written
from arm.port import Arm, Body
from domain import expectations, regions
from domain.models import Outcome, StepRequest


async def create_gallery(request: StepRequest, *, arm: Arm) -> Outcome:
    """Adopt the gallery that exists in the right region, create a missing one, repair a failed one of ours."""
    resource = request.targets.gallery
    found = await standing(arm, resource, request)
    if found.waiting:
        return found.waiting
    if found.state == "ready":
        return adopted(resource, expectations.gallery(found.body, request))
    return written(resource, await arm.put(resource, _body(request)), found)


def _body(request: StepRequest) -> Body:
    spec = request.profile.gallery
    properties = {} if spec.description is None else {"description": spec.description}
    return {"location": regions.normalized(spec.location), "tags": tags(request), "properties": properties}
