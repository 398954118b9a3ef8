"""An error crosses the durable wire as one line of at most 4 KB and arrives as what it was."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain import errors
from domain.errors import (
    WIRE_LIMIT,
    AccessDeniedError,
    MismatchError,
    NumberTakenError,
    RolloutCancelled,
    RolloutError,
    RulesBrokenError,
    SourceBusyError,
    TerminalError,
    TransientError,
    from_wire,
)

KINDS = [
    TransientError,
    SourceBusyError,
    AccessDeniedError,
    TerminalError,
    MismatchError,
    RulesBrokenError,
    NumberTakenError,
    RolloutCancelled,
]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_arrives_as_itself(kind: type[RolloutError]) -> None:
    sent = kind(
        "Code", "What.", resource="/r", remedy="Do.", correlation_id="c", retry_after=1.5, facts={"number": "1.0.0"}
    )
    arrived = from_wire(str(sent))
    assert type(arrived) is kind
    assert arrived.to_dict() == sent.to_dict()
    assert arrived.transient == issubclass(kind, TransientError)


@given(
    st.sampled_from(KINDS),
    st.text(max_size=3000),
    st.text(max_size=3000),
    st.text(max_size=300),
    st.text(min_size=1, max_size=80),
)
@example(TerminalError, "\U0001f600" * 3000, "\U0001f600" * 3000, "/" + "r" * 300, "Code")
def test_any_error_is_one_line_within_the_limit_and_keeps_what_matters(
    kind: type[RolloutError], message: str, remedy: str, resource: str, code: str
) -> None:
    facts: dict[str, Any] = {"violations": [message] * 3}
    line = kind(code, message, resource=resource, remedy=remedy, facts=facts).to_wire()
    assert len(line.encode()) <= WIRE_LIMIT
    assert len(line.splitlines()) == 1
    arrived = from_wire(line)
    assert type(arrived) is kind
    assert (arrived.code, arrived.resource) == (code, resource)


@pytest.mark.parametrize("line", ["", "boom", "[1]", "{}", "null", "password=hunter2", '{"message": "hunter2"}'])
def test_what_is_no_error_of_ours_is_an_internal_error_without_its_text(line: str) -> None:
    arrived = from_wire(line)
    assert (type(arrived), arrived.code) == (TerminalError, "InternalError")
    assert "hunter2" not in arrived.to_wire()
    assert arrived.remedy


def test_a_kind_from_a_newer_writer_keeps_its_nature() -> None:
    line = json.dumps({"kind": "NewError", "code": "X", "message": "m", "transient": True})
    assert type(from_wire(line)) is TransientError
    assert type(from_wire(line.replace("true", "false"))) is TerminalError


def test_a_mismatch_says_property_found_and_wanted() -> None:
    error = MismatchError.of("/r", "osType", "Linux", "Windows")
    assert error.message == "osType is Linux, but the profile wants Windows."
    assert error.facts == {"property": "osType", "found": "Linux", "wanted": "Windows"}
    assert error.remedy
    assert error.resource == "/r"


def test_line_breaks_in_a_message_are_laid_flat() -> None:
    assert errors.TerminalError("X", "one\r\n  two\tthree").message == "one two three"
