"""Answers of the HTTP API: JSON, and errors as problem documents (RFC 9457) that name the field at fault."""

import json
import math
from http import HTTPStatus
from typing import Any

from azure.functions import HttpResponse

from domain.errors import AccessDeniedError, RolloutError
from triggers.access import Refused
from triggers.parsing import Rejected, TooLarge

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",  # browsers heed it over https only
    "X-Content-Type-Options": "nosniff",
}
"""Of every answer: nothing here is a page, and nothing is anybody else's business."""

RETRY_AFTER = 30
"""Seconds to come back after, where nobody said."""


def answer(status: HTTPStatus, body: dict[str, Any] | None = None, **headers: str) -> HttpResponse:
    """JSON, or nothing at all. `headers` with underscores for dashes."""
    return HttpResponse(
        body=json.dumps(body) if body is not None else None,
        status_code=status,
        mimetype="application/json" if body is not None else None,
        headers=_HEADERS | _named(headers),
    )


def problem(status: HTTPStatus, detail: str, *, headers: dict[str, str] | None = None, **more: Any) -> HttpResponse:
    """A problem document. `more`: members beside the standard ones, such as `field`, `code` and `remedy`."""
    members = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return HttpResponse(
        body=json.dumps(members | {name: value for name, value in more.items() if value}),
        status_code=status,
        mimetype="application/problem+json",
        headers=_HEADERS | (headers or {}),
    )


def invalid(field: str, detail: str, remedy: str = "") -> HttpResponse:
    """400 that names the field at fault; `detail` and `remedy` are sentences."""
    return problem(HTTPStatus.BAD_REQUEST, detail, field=field, remedy=remedy)


def rejected(error: Rejected) -> HttpResponse:
    """400 for what cannot be understood; 413 where nobody tried, because it is too large."""
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if isinstance(error, TooLarge) else HTTPStatus.BAD_REQUEST
    return problem(status, f"{error}.", field=error.field)


def refused(error: Refused) -> HttpResponse:
    """401, with the scheme that would help, or 403; 500 where the app itself cannot tell who calls."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == HTTPStatus.UNAUTHORIZED else {}
    return problem(error.status, error.detail, headers=headers, code=error.code, remedy=error.remedy)


def unknown(rollout: str) -> HttpResponse:
    """404 for a rollout that does not exist, or no longer does."""
    remedy = "List the rollouts that exist; finished ones are removed after some weeks."
    return problem(HTTPStatus.NOT_FOUND, "There is no such rollout.", field="id", remedy=remedy, rollout=rollout[:100])


def of_error(error: RolloutError) -> HttpResponse:
    """503 with Retry-After for what may pass, missing permissions included; else what Azure or the rules refuse."""
    members: dict[str, Any] = {
        "code": error.code,
        "resource": error.resource,
        "remedy": error.remedy,
        "correlationId": error.correlation_id,
        "problems": error.facts.get("problems"),
    }
    if error.transient:
        wait = math.ceil(error.retry_after) if error.retry_after else RETRY_AFTER
        if isinstance(error, AccessDeniedError):
            members["action"] = str(error.facts.get("action", ""))
        return problem(
            HTTPStatus.SERVICE_UNAVAILABLE, error.message, headers={"Retry-After": str(max(wait, 1))}, **members
        )
    status = HTTPStatus.INTERNAL_SERVER_ERROR if error.code == "InternalError" else HTTPStatus.UNPROCESSABLE_CONTENT
    return problem(status, error.message, **members)


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
