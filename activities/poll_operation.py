"""Look once at something that is under way in Azure."""

from collections.abc import Callable

from arm.port import Arm
from domain import comparison
from domain.models import Operation


async def poll_operation(request: Operation, *, arm: Arm, secret: Callable[[str], str | None]) -> Operation:
    """One GET: the operation's own URL, or, where there is none, the resource.

    An operation of kind `gone` is over when the resource is, or when it is no longer being deleted.
    """
    if request.kind == "operation":
        return await arm.poll(request, secrets=[secret(name) or "" for name in request.secret_settings])
    body = await arm.get(request.resource)
    standing = None if body is None else comparison.standing(body)
    if request.kind == "gone":
        return request if standing == "leaving" else _over(request)
    if standing in ("busy", "leaving"):
        return request
    if standing == "ready":
        return _over(request)
    state = "DeletedMeanwhile" if body is None else "ProvisioningFailed"
    told = "was deleted meanwhile" if body is None else "is in state Failed, and Azure does not say why"
    return request.model_copy(
        update={"status": "Failed", "error_code": state, "error_message": f"The resource {told}."}
    )


def _over(request: Operation) -> Operation:
    return request.model_copy(update={"status": "Succeeded"})
