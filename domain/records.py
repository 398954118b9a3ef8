"""The form of a log record: a constant text, then its fields as JSON. Triggers and orchestrators write such records.

The fields are part of the text because the Functions host keeps nothing of a record but its text. The queries and
alerts of `infra/queries/` read them there.
"""

import json
from collections.abc import Mapping

type Field = str | int | None


def given(fields: Mapping[str, Field]) -> dict[str, str | int]:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def record(message: str, fields: Mapping[str, Field]) -> str:
    """`message` and the fields that have a value, on one line: JSON escapes what would break it."""
    return f"{message} {json.dumps(given(fields))}"
