"""The one place where what ARM and the network answer becomes our errors.

Transient: 408, 429, 5xx, a lost connection, a conflict with a write under way, a precondition that failed.
Access denied (401, 403) is transient too, because a new role takes minutes to arrive. All else is terminal.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from domain.errors import AccessDeniedError, RolloutError, SourceBusyError, TerminalError, TransientError

_BUSY = "too many requests on source"
"""Azure captures one image version at a time from one source (Compute Gallery's troubleshooting page)."""

_PASSING_CONFLICTS = {
    "anotheroperationinprogress",
    "conflictingconcurrentwritenotallowed",
    "etagmismatch",
    "operationpreempted",
    "preconditionfailed",
    "referencedresourcenotprovisioned",
    "retryableerror",
}
_CONCURRENT = re.compile(r"concurrent request|another operation|in progress|being updated|marked for deletion", re.I)
_ACTION = re.compile(r"perform action '([^']+)'")

_REMEDIES = {
    "GalleryImageNotFound": "Add the scale set's region to version.targetRegions, or wait until it is copied there.",
    "OperationNotAllowed": "Ask for more quota in this region, or choose another size or region.",
    "QuotaExceeded": "Ask for more quota in this region, or choose another size or region.",
    "AllocationFailed": "Azure has no room for this size there: choose another size, zone or region, then start again.",
    "InvalidParameter": "Correct the profile's field that the message names, then start the rollout again.",
    "MissingSubscriptionRegistration": "Register the resource provider that the message names in the subscription.",
    "SubscriptionNotFound": "Check the subscription id, and that the app's identity has a role in it.",
}


def remedy_for(code: str) -> str:
    """What to do about an ARM error code."""
    return _REMEDIES.get(
        code, "Mend what the message names in Azure or in the profile, then start the rollout again (rollout start)."
    )


def from_answer(
    status: int,
    body: Any,
    *,
    resource: str,
    method: str,
    correlation_id: str = "",
    retry_after: float | None = None,
    secrets: Sequence[str] = (),
) -> RolloutError:
    """Our error for an HTTP answer of 400 or more.

    body: the parsed JSON, or None where it was none (gateways answer HTML). secrets: values struck out of the text.
    """
    code, message = code_and_message(body)
    code = code or f"Http{status}"
    message = struck(message or f"Azure Resource Manager answered {status} without an error it explains.", secrets)
    told: dict[str, Any] = {"resource": resource, "correlation_id": correlation_id}
    if status in (401, 403):
        action = _ACTION.search(message)
        missing = action[1] if action else _action_of(method, resource)
        return AccessDeniedError(
            code,
            message,
            remedy=f"Give the app's identity a role with {missing} on this resource; new roles take some minutes.",
            retry_after=retry_after,
            facts={"action": missing},
            **told,
        )
    if _BUSY in message.lower():
        return SourceBusyError(code, message, retry_after=retry_after, **told)
    if is_transient(status, code, message):
        return TransientError(
            code,
            message,
            remedy="Azure did not recover in time: look at its service health, then start the rollout again.",
            retry_after=retry_after,
            **told,
        )
    return TerminalError(code, message, remedy=remedy_for(code), **told)


def is_transient(status: int, code: str, message: str) -> bool:
    """Whether the same request may succeed later."""
    if status in (408, 412, 429) or status >= 500:
        return True
    return status == 409 and (code.lower() in _PASSING_CONFLICTS or bool(_CONCURRENT.search(message)))


def connection_lost(reason: str, *, resource: str) -> TransientError:
    """The request may or may not have arrived: look again."""
    return TransientError(
        "ConnectionLost",
        f"The connection to Azure Resource Manager was lost ({reason}).",
        resource=resource,
        remedy="Check that the app reaches the ARM endpoint, then start the rollout again.",
    )


def code_and_message(body: Any) -> tuple[str, str]:
    """The innermost code and message of ARM's error envelope; an inner error is often JSON in a message."""
    error = body.get("error", body) if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", ""
    code, message = str(error.get("code") or ""), str(error.get("message") or "")
    details = error.get("details")
    if isinstance(details, list) and details and isinstance(details[0], dict):
        inner_code, inner_message = code_and_message({"error": details[0]})
        if inner_message and inner_message not in message:
            message = f"{message} {inner_code}: {inner_message}".strip()
    if message.startswith("{"):
        try:
            inner = code_and_message(json.loads(message))
        except ValueError:
            return code, message
        return (inner[0] or code, inner[1] or message)
    return code, message


def struck(text: str, secrets: Sequence[str]) -> str:
    """`text` without any of the secrets."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***").replace(json.dumps(secret)[1:-1], "***")
    return text


def _action_of(method: str, resource: str) -> str:
    types = re.sub(r"^.*/providers/", "", resource).split("/")
    verb = "read" if method == "GET" else "write"
    if "/providers/" not in resource:
        return f"Microsoft.Resources/subscriptions/resourceGroups/{verb}"
    return "/".join([types[0], *types[1::2], verb])
