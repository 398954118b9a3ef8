"""From headers and bodies to operations: when to come back, what was started, how it ended."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arm import operations
from domain.models import Operation

DATE = "Tue, 24 Nov 2026 08:00:00 GMT"
RESOURCE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/galleries/g"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "60"}, 60.0),
        ({"Retry-After": "0.05"}, 0.05),
        ({"Retry-After": "0"}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, 86400.0),
        ({"Retry-After": "1e300"}, 86400.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Tue, 24 Nov 2026 08:01:30 GMT", "Date": DATE}, 90.0),
        ({"Retry-After": "Tue, 24 Nov 2026 08:01:30 -0000", "Date": DATE}, 90.0),
        ({"Retry-After": "Tue, 24 Nov 2026 07:00:00 GMT", "Date": DATE}, None),
        ({"x-ms-retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "x"}, None),
        ({"Retry-After": "2", "retry-after-ms": "250"}, 2.0),
    ],
)
def test_when_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    assert operations.retry_after(headers) == seconds


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_header_breaks_the_reader(text: str, date: str) -> None:
    found = operations.retry_after({"Retry-After": text, "Date": date})
    assert found is None or 0 < found <= 86400.0


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind"),
    [
        (201, {"Azure-AsyncOperation": "https://a/1"}, {"properties": {"provisioningState": "Creating"}}, "operation"),
        (200, {"Azure-AsyncOperation": "https://a/1"}, {"properties": {"provisioningState": "Succeeded"}}, None),
        (202, {"Location": "https://a/1"}, {}, "operation"),
        (201, {"Location": "https://a/1"}, {"properties": {"provisioningState": "Succeeded"}}, None),
        (201, {}, {"properties": {"provisioningState": "Succeeded"}}, None),
        (201, {}, {"properties": {"provisioningState": "Creating"}}, "resource"),
        (200, {}, {}, None),
    ],
)
def test_what_a_write_started(status: int, headers: dict[str, str], body: dict[str, object], kind: str | None) -> None:
    operation = operations.started(RESOURCE, status, headers, body)
    assert (operation.kind if operation else None) == kind


def test_a_failed_operation_says_why_and_what_to_do() -> None:
    details = [{"code": "ZonalAllocationFailed", "message": "Allocation failed in zone 1."}]
    body = {"status": "Failed", "error": {"code": "ResourceDeploymentFailure", "message": "No.", "details": details}}
    looked = operations.looked(Operation(resource=RESOURCE), 200, {}, body)
    assert (looked.status, looked.error_code) == ("Failed", "ResourceDeploymentFailure")
    assert "ZonalAllocationFailed" in looked.error_message
    assert "another size" in looked.remedy


@pytest.mark.parametrize("status", ["Failed", "failed", "Canceled", "Cancelled"])
def test_an_operation_that_ended_badly_without_a_word_is_still_told(status: str) -> None:
    looked = operations.looked(Operation(resource=RESOURCE), 200, {}, {"status": status})
    assert looked.status in ("Failed", "Canceled")
    assert looked.error_code
    assert looked.remedy


@pytest.mark.parametrize("status", ["InProgress", "Accepted", "Running", "Updating"])
def test_what_is_not_final_goes_on(status: str) -> None:
    looked = operations.looked(Operation(resource=RESOURCE), 200, {"Retry-After": "30"}, {"status": status})
    assert (looked.status, looked.retry_after) == ("InProgress", 30.0)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-07-23T01:55:09.3795275+00:00", datetime(2026, 7, 23, 1, 55, 9, 379527, UTC)),
        ("2026-07-23T01:55:09", datetime(2026, 7, 23, 1, 55, 9, 0, UTC)),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_a_time_in_a_body_is_aware_or_none(text: str | None, moment: datetime | None) -> None:
    assert operations.moment(text) == moment
