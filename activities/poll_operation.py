"""Look once at something that is under way in Azure."""

from arm.port import Arm
from domain.models import Operation

_MOVING = {"Creating", "Updating", "Deleting", "Migrating", "Accepted", "Running"}


async def poll_operation(request: Operation, *, arm: Arm) -> Operation:
    """One GET: the operation's own URL, or, for somebody else's change, the resource.

    A resource that settled counts as Succeeded in any state: the caller looks at it again.
    """
    if request.kind == "operation":
        return await arm.poll(request)
    body = await arm.get(request.resource)
    if body is None:
        return request.model_copy(update={"status": "Succeeded"})
    state = (body.get("properties") or {}).get("provisioningState")
    under_way = state == "Deleting" if request.kind == "gone" else state in _MOVING
    return request if under_way else request.model_copy(update={"status": "Succeeded"})
