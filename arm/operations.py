"""From the headers of an answer to an `Operation`: where to look, and when. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from arm import errors
from domain.models import Operation

_FAILED = {"failed": "Failed", "canceled": "Canceled", "cancelled": "Canceled"}


_LONGEST_WAIT = 24 * 3600.0


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asked to wait: `Retry-After` (seconds or a date), else the millisecond headers.

    None where it asked for nothing that makes sense; 0 counts as that, as in Azure's own clients.
    """
    text = headers.get("Retry-After")
    if text:
        return _seconds(text, 1.0) if _is_number(text) else _until(text, headers)
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        if headers.get(name):
            return _seconds(headers[name], 0.001)
    return None


def answered_at(headers: Mapping[str, str]) -> datetime | None:
    """The server's clock when it answered (`Date`)."""
    return _date(headers.get("Date", ""))


def moment(text: str | None) -> datetime | None:
    """A time in a body of ARM, UTC where it names no zone; None where it is none."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def started(
    resource: str, status: int, headers: Mapping[str, str], body: Any, *, elapsed: float = 0.0
) -> Operation | None:
    """The operation that a write's answer started; None where it is already done.

    A `Location` counts where there is no `Azure-AsyncOperation`. Load balancers answer `Succeeded` and still send
    a URL: nothing is left to wait for. Without a URL, an unfinished provisioningState is watched on the resource.
    elapsed: seconds from request to answer.
    """
    state = provisioning_state(body)
    url = headers.get("Azure-AsyncOperation") or (headers.get("Location") if status == 202 else None)
    if state == "Succeeded" or (not url and not state):
        return None
    answered = answered_at(headers)
    return Operation(
        kind="operation" if url else "resource",
        resource=resource,
        url=url or "",
        retry_after=retry_after(headers),
        at=answered - timedelta(seconds=elapsed) if answered else None,
    )


def looked(
    operation: Operation, status: int, headers: Mapping[str, str], body: Any, secrets: Sequence[str] = ()
) -> Operation:
    """The operation after one look at its URL. secrets: values struck out of its error."""
    wait = retry_after(headers)
    state = str(body.get("status") or provisioning_state(body) or "") if isinstance(body, dict) else ""
    if status == 202 or (state and state.lower() not in ("succeeded", *_FAILED)):
        return operation.model_copy(update={"retry_after": wait})
    final: Literal["Failed", "Canceled"] | None = _FAILED.get(state.lower())  # type: ignore[assignment]
    if final:
        code, message = errors.code_and_message(body)
        message = errors.struck(message, secrets)
        return operation.model_copy(
            update={
                "status": final,
                "error_code": code or f"Operation{final}",
                "error_message": message[:1500],
                "remedy": errors.remedy_for(code, message),
            }
        )
    return operation.model_copy(update={"status": "Succeeded", "retry_after": None})


def provisioning_state(body: Any) -> str:
    """`properties.provisioningState`, or nothing."""
    properties = body.get("properties") if isinstance(body, dict) else None
    return str(properties.get("provisioningState") or "") if isinstance(properties, dict) else ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _seconds(text: str, unit: float) -> float | None:
    wanted = float(text) * unit if _is_number(text) else 0.0
    return min(wanted, _LONGEST_WAIT) if wanted > 0 else None  # neither NaN nor 0 is


def _until(text: str, headers: Mapping[str, str]) -> float | None:
    """A date counts by the server's clock."""
    then = _date(text)
    if then is None:
        return None
    return _seconds(str((then - (answered_at(headers) or datetime.now(UTC))).total_seconds()), 1.0)


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
