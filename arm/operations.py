"""From the headers of an answer to an `Operation`: where to look, and when. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from arm import errors
from domain.models import Operation

_FAILED = {"failed": "Failed", "canceled": "Canceled", "cancelled": "Canceled"}


def retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Seconds that the server asked to wait: `Retry-After` (seconds or a date), else the millisecond headers."""
    text = headers.get("Retry-After")
    if text:
        try:
            return max(0.0, float(text))
        except ValueError:
            pass
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        return max(0.0, (moment - (now or answered_at(headers) or datetime.now(UTC))).total_seconds())
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        if headers.get(name):
            try:
                return max(0.0, float(headers[name]) / 1000)
            except ValueError:
                return None
    return None


def answered_at(headers: Mapping[str, str]) -> datetime | None:
    """The server's clock when it answered (`Date`)."""
    try:
        return parsedate_to_datetime(headers["Date"])
    except (KeyError, ValueError):
        return None


def started(resource: str, status: int, headers: Mapping[str, str], body: Any) -> Operation | None:
    """The operation that a write's answer started; None where it is already done.

    A `Location` counts where there is no `Azure-AsyncOperation`. Load balancers answer `Succeeded` and still send
    a URL: nothing is left to wait for. Without a URL, an unfinished provisioningState is watched on the resource.
    """
    state = provisioning_state(body)
    url = headers.get("Azure-AsyncOperation") or (headers.get("Location") if status == 202 else None)
    if state == "Succeeded" or (not url and not state):
        return None
    return Operation(
        kind="operation" if url else "resource",
        resource=resource,
        url=url or "",
        retry_after=retry_after(headers),
        at=answered_at(headers),
    )


def looked(operation: Operation, status: int, headers: Mapping[str, str], body: Any) -> Operation:
    """The operation after one look at its URL."""
    wait = retry_after(headers)
    state = str(body.get("status") or provisioning_state(body) or "") if isinstance(body, dict) else ""
    if status == 202 or (state and state.lower() not in ("succeeded", *_FAILED)):
        return operation.model_copy(update={"retry_after": wait})
    final: Literal["Failed", "Canceled"] | None = _FAILED.get(state.lower())  # type: ignore[assignment]
    if final:
        code, message = errors.code_and_message(body)
        return operation.model_copy(
            update={"status": final, "error_code": code or f"Operation{final}", "error_message": message[:1500]}
        )
    return operation.model_copy(update={"status": "Succeeded", "retry_after": None})


def provisioning_state(body: Any) -> str:
    """`properties.provisioningState`, or nothing."""
    properties = body.get("properties") if isinstance(body, dict) else None
    return str(properties.get("provisioningState") or "") if isinstance(properties, dict) else ""
