"""Each documented refusal of ARM becomes the error that it is: what may pass, what stays, and what to do about it.

Codes and messages are Azure's own, as recorded or as quoted in public issues.
"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arm import errors
from domain.errors import (
    WIRE_LIMIT,
    AccessDeniedError,
    RolloutError,
    SourceBusyError,
    TerminalError,
    TransientError,
    from_wire,
)

RESOURCE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/galleries/g"
THROTTLED = json.dumps(
    {"operationGroup": "HighCostGetVMScaleSet3Min", "allowedRequestCount": 900, "measuredRequestCount": 1000}
)

PASSES: list[tuple[int, str, str]] = [
    (409, "Conflict", "The request failed due to conflict with a concurrent request."),
    (409, "AnotherOperationInProgress", "Another operation on this or dependent resource is in progress."),
    (409, "ResourceGroupBeingDeleted", "The resource group 'rg' is in deprovisioning state."),
    (409, "Conflict", "Operation 'Update Gallery Image Version' is not allowed: it is marked for deletion."),
    (409, "OperationPreempted", "The operation has been preempted by a more recent operation."),
    (429, "SubscriptionRequestsThrottled", "Please try again after '6' seconds."),
    (429, "OperationNotAllowed", THROTTLED),
    (500, "InternalServerError", "Oops."),
    (500, "GatewayAuthenticationFailed", "Gateway."),
    (503, "ServerTimeout", "The request timed out."),
    (504, "GatewayTimeout", "The gateway did not receive a response in time."),
    (408, "RequestTimeout", "Late."),
    (412, "PreconditionFailed", "The etag has changed."),
]

STAYS: list[tuple[int, str, str, str]] = [
    (404, "ResourceGroupNotFound", "Resource group 'X' could not be found.", "createResourceGroups"),
    (404, "ResourceNotFound", "The Resource 'X' under resource group 'Y' was not found.", ""),
    (404, "NotFound", "The entity was not found in this Azure location.", ""),
    (404, "SubscriptionNotFound", "The subscription 's' could not be found.", "subscription id"),
    (404, "GalleryImageNotFound", "The gallery image is not available in southeastasia region.", "targetRegions"),
    (409, "OperationNotAllowed", "The gallery name 'g' is not unique within the subscription 's'.", "gallery name"),
    (409, "OperationNotAllowed", "It results in exceeding approved Total Regional Cores quota.", "quota"),
    (409, "OperationNotAllowed", "There is no ongoing Rolling Upgrade to cancel.", ""),
    (409, "Conflict", "image has a different Hypervisor generation ['V2'] than its parent", "another image definition"),
    (409, "CannotDeleteResource", "Cannot delete resource while nested resources exist.", ""),
    (409, "MissingSubscriptionRegistration", "The subscription is not registered.", "Register"),
    (409, "SkuNotAvailable", "The requested size is not available in location.", "another size"),
    (409, "ZonalAllocationFailed", "We do not have sufficient capacity.", "another size"),
    (409, "ScopeLocked", "The scope cannot perform write operation because it is locked.", "lock"),
    (400, "InvalidParameter", "One and only one source type must be given.", "field"),
    (400, "InvalidParameter", "Duplicate regions are not allowed in target publishing regions.", "field"),
    (400, "BadRequest", "Managed Images are not supported with security type TrustedLaunch.", ""),
    (400, "PublicIPCountLimitReached", "Cannot create more than 20 public IP addresses.", "quota"),
    (400, "DnsRecordInUse", "DNS record web.westeurope.cloudapp.azure.com is already used.", "dnsLabel"),
    (400, "SubscriptionNotRegisteredForFeature", "It is not registered for feature f.", "Register"),
    (403, "RequestDisallowedByPolicy", "Resource 'g' was disallowed by policy.", "policy"),
    (403, "ReadOnlyDisabledSubscription", "The subscription is disabled and therefore read only.", ""),
]

DENIED: list[tuple[int, str, str, str]] = [
    (401, "InvalidAuthenticationToken", "The access token is invalid.", "Microsoft.Compute/galleries/write"),
    (403, "AuthorizationFailed", "No authorization to perform action 'Microsoft.Compute/x/write'.", "x/write"),
    (403, "LinkedAuthorizationFailed", "But not to perform action 'Microsoft.Compute/images/read'.", "images/read"),
]


def answered(status: int, body: Any, **more: Any) -> RolloutError:
    """Our error for this answer to a PUT of a gallery."""
    return errors.from_answer(status, body, resource=RESOURCE, method="PUT", **more)


def refused(status: int, code: str, message: str) -> RolloutError:
    error = answered(status, {"error": {"code": code, "message": message}}, correlation_id="c-1")
    assert (error.code, error.resource, error.correlation_id) == (code, RESOURCE, "c-1")
    assert error.remedy
    return error


@pytest.mark.parametrize(("status", "code", "message"), PASSES, ids=lambda value: str(value)[:40])
def test_what_passes_is_transient(status: int, code: str, message: str) -> None:
    assert type(refused(status, code, message)) is TransientError


@pytest.mark.parametrize(("status", "code", "message", "remedy"), STAYS, ids=lambda value: str(value)[:40])
def test_what_stays_is_terminal_and_has_a_fitting_remedy(status: int, code: str, message: str, remedy: str) -> None:
    error = refused(status, code, message)
    assert type(error) is TerminalError
    assert remedy.lower() in error.remedy.lower()


@pytest.mark.parametrize(("status", "code", "message", "action"), DENIED, ids=lambda value: str(value)[:40])
def test_a_denial_is_one(status: int, code: str, message: str, action: str) -> None:
    error = refused(status, code, message)
    assert type(error) is AccessDeniedError
    assert action in error.remedy


def test_a_source_that_is_being_captured_is_told_apart() -> None:
    error = refused(409, "Conflict", "Too many requests on source. Please retry later.")
    assert type(error) is SourceBusyError


def test_a_detail_tells_that_a_refusal_passes() -> None:
    """Network says `RetryableError` and means the resource in its details."""
    details = [{"code": "ReferencedResourceNotProvisioned", "message": "Resource is in Updating state."}]
    for status in (400, 409, 429):
        error = answered(status, {"error": {"code": "Unlucky", "message": "Cannot proceed.", "details": details}})
        assert isinstance(error, TransientError)
        assert "Updating state" in error.message


def test_an_error_inside_a_deployments_message_is_the_one_that_counts() -> None:
    inner = json.dumps({"error": {"code": "AllocationFailed", "message": "No capacity."}})
    error = answered(400, {"error": {"code": "DeploymentFailed", "message": inner}})
    assert (error.code, error.message) == ("AllocationFailed", "No capacity.")


def test_the_time_to_come_back_is_read_from_the_message_where_no_header_tells_it() -> None:
    body = {"error": {"code": "SubscriptionRequestsThrottled", "message": "Please try again after '6' seconds."}}
    assert answered(429, body).retry_after == 6.0
    assert answered(429, body, retry_after=17.0).retry_after == 17.0


def test_a_denial_names_the_action_even_where_azure_does_not() -> None:
    for method, resource, action in (
        ("GET", RESOURCE, "Microsoft.Compute/galleries/read"),
        ("PUT", f"{RESOURCE}/images/d/versions/1.0.0", "Microsoft.Compute/galleries/images/versions/write"),
        ("GET", f"{RESOURCE}/images/d/versions", "Microsoft.Compute/galleries/images/versions/read"),
        ("PUT", "/subscriptions/s/resourceGroups/rg", "Microsoft.Resources/subscriptions/resourceGroups/write"),
    ):
        error = errors.from_answer(403, None, resource=resource, method=method)
        assert error.facts == {"action": action}
        assert action in error.remedy


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "code", "message", "details", "target", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(status=st.integers(200, 599), body=json_values, secret=st.text(min_size=8, max_size=20))
def test_any_answer_becomes_an_error_that_crosses_the_wire(status: int, body: Any, secret: str) -> None:
    """One line, at most 4 KB, and the same kind of error on the other side."""
    error = answered(status, body, secrets=[secret])
    line = str(error)
    assert len(line.encode()) <= WIRE_LIMIT
    assert "\n" not in line
    assert type(from_wire(line)) is type(error)
    assert from_wire(line).code


@given(
    secret=st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=40),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
def test_no_secret_is_left_in_any_text(secret: str, before: str, after: str) -> None:
    error = answered(400, {"error": {"code": secret, "message": before + secret + after}}, secrets=[secret])
    assert secret not in error.message.replace("***", "")
    assert secret not in error.code


@given(code=st.text(max_size=9000), message=st.text(max_size=9000), resource=st.text(max_size=9000))
def test_endless_texts_cross_the_wire_too(code: str, message: str, resource: str) -> None:
    error = TerminalError(code, message, resource=resource, remedy=message, correlation_id=code, facts={"x": message})
    assert len(str(error).encode()) <= WIRE_LIMIT
    assert "\n" not in str(error)
    assert isinstance(from_wire(str(error)), TerminalError)
