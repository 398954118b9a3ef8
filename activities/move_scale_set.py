"""Move the scale set that exists to the version."""

from activities._settle import of_body
from arm.port import Arm
from domain import expectations, versions
from domain.errors import TerminalError
from domain.models import Outcome, StepRequest


async def move_scale_set(request: StepRequest, *, arm: Arm) -> Outcome:
    """PATCH the image reference alone, with If-Match on the model that was read here.

    Somebody who was faster makes Azure answer 412, and the next look decides again, so that the newest version
    wins whoever is late: a scale set that runs a newer one is left alone (`newer`).
    """
    resource = request.targets.scale_set
    body = await arm.get(resource)
    if body is None:
        raise TerminalError(
            "ScaleSetNotFound",
            "The scale set was deleted while the rollout was under way.",
            resource=resource,
            remedy="Start the rollout again: it creates the scale set.",
        )
    notes = expectations.scale_set(body, request).adopt(resource)
    running = expectations.model_version(body, request)
    assert running is not None  # adopt() refused anything else
    wanted = versions.parse(request.number or "")
    if running > wanted:
        return Outcome(resource=resource, action="newer", notes=(f"It already runs {running}.",))
    found = of_body(body, resource, request)
    if found.waiting:
        # the same version may be on its way: then there is nothing to write, only to follow
        return Outcome(resource=resource, action="current", notes=notes) if running == wanted else found.waiting
    if running == wanted and found.state != "broken":
        return Outcome(resource=resource, action="current", notes=notes)
    answer = await arm.patch(resource, _body(request), etag=str(body.get("etag") or ""))
    action = "repaired" if running == wanted else "moved"
    return Outcome(resource=resource, action=action, operation=answer.operation, notes=notes)  # type: ignore[arg-type]


def _body(request: StepRequest) -> dict[str, object]:
    reference = {"imageReference": {"id": request.version_id}}
    return {"properties": {"virtualMachineProfile": {"storageProfile": reference}}}
