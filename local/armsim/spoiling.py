"""Answers that a fault gives in place of the simulator's own, and how a refusal becomes an answer."""

from local.armsim.answers import Answer
from local.armsim.errors import ArmError, concurrent_write
from local.armsim.faults import Fault

_CODES = {
    400: "BadRequest",
    401: "ExpiredAuthenticationToken",
    403: "AuthorizationFailed",
    404: "NotFound",
    408: "RequestTimeout",
    409: "Conflict",
    412: "PreconditionFailed",
    429: "TooManyRequests",
    503: "ServerTimeout",
    504: "GatewayTimeout",
}
_STATUS = {"conflict": 409, "forbidden": 403, "expired_token": 401}


def refusal(refused: ArmError) -> Answer:
    """The answer that says an ArmError."""
    headers = dict(refused.headers)
    if refused.gateway:
        headers["x-ms-failure-cause"] = "gateway"
    return Answer(refused.status, refused.body(), headers)


def spoilt(fault: Fault) -> Answer | None:
    """The answer that `fault` gives before any effect; None where it lets the request pass."""
    if fault.kind != "status" and fault.kind not in _STATUS:
        return None
    status = _STATUS.get(fault.kind, fault.status)
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token", error_description="The access token has expired."'
    if fault.html:
        text = f"<html><head><title>{status}</title></head><body><h1>{fault.message or 'Service'}</h1></body></html>"
        return Answer(status, None, headers, text=text)
    code = fault.code or _CODES.get(status, "InternalServerError")
    message = fault.message or "The request could not be served; a fault was asked for."
    if fault.kind == "conflict" and not fault.message:
        message = concurrent_write().message
    return Answer(status, {"error": {"code": code, "message": message}}, headers)
