"""What an answer of ARM holds: a resource, an operation, the word that there is nothing. Called by `arm.client`."""

import asyncio
from typing import Any

from arm import errors, operations
from arm.port import Body, Written


def says_missing(error: Exception) -> bool:
    """Whether ARM said that the resource, or what holds it, is not there: 404 with a code that says so. Anything else
    that answers 404 (a proxy, another server, a subscription that is not ours) says nothing about the resource."""
    if getattr(error, "status_code", None) != 404:
        return False
    code = errors.code_and_message(json_of(getattr(error, "response", None)))[0]
    return code.endswith("NotFound") and code != "SubscriptionNotFound"


def json_of(response: Any) -> Any:
    """The parsed body; None where it is no JSON."""
    try:
        return response.json()
    except (AttributeError, ValueError):
        return None


def resource_of(body: Any, resource: str, status: int) -> Body:
    """A resource as every type of ARM's has it; a proxy's page or half an answer is none."""
    if not isinstance(body, dict) or not isinstance(body.get("properties"), dict):
        raise errors.unreadable(status, resource=resource)
    return body


def written(resource: str, response: Any, began: float) -> Written:
    """What a write's answer says. began: when it was sent, by the event loop's clock."""
    body = json_of(response)
    if not isinstance(body, dict):
        if response.content:  # it may have been written: look again
            raise errors.unreadable(response.status_code, resource=resource)
        body = {}
    elapsed = asyncio.get_running_loop().time() - began
    return Written(body, operations.started(resource, response.status_code, response.headers, body, elapsed=elapsed))
