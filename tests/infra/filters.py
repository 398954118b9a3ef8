"""Event Grid's own reading of a filter: would this event reach the queue?

After learn.microsoft.com, "Understand event filtering for Event Grid subscriptions": all advanced filters must hold,
any value of one is enough, texts are compared without regard to case, keys are at most two levels below `data`. Keys
are taken by their exact case here, so that a filter never counts on leniency. An operator that no template of ours
needs is refused, and so is a filter beyond the limits.
"""

from collections.abc import Callable
from typing import Any

OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringIn": lambda text, value: text == value,
    "StringContains": lambda text, value: value in text,
    "StringBeginsWith": lambda text, value: text.startswith(value),
    "StringEndsWith": lambda text, value: text.endswith(value),
}
MOST_VALUES = 25
LONGEST_VALUE = 512
DEEPEST_KEY = 3


class FilterError(ValueError):
    """Event Grid would refuse the filter itself."""


def passes(wanted: dict[str, Any], event: dict[str, Any]) -> bool:
    """Whether an event, in either schema, passes an event subscription's `filter`."""
    cloud = "specversion" in event
    types = wanted.get("includedEventTypes")
    if types is not None and str(event.get("type" if cloud else "eventType")) not in types:
        return False
    subject = str(event.get("subject", ""))
    begins, ends = wanted.get("subjectBeginsWith") or "", wanted.get("subjectEndsWith") or ""
    if not wanted.get("isSubjectCaseSensitive"):
        subject, begins, ends = subject.lower(), begins.lower(), ends.lower()
    if not (subject.startswith(begins) and subject.endswith(ends)):
        return False
    held = [_holds(one, event) for one in wanted.get("advancedFilters", ())]  # each is judged, so that none is unusable
    return all(held)


def _holds(advanced: dict[str, Any], event: dict[str, Any]) -> bool:
    operator, key, values = advanced["operatorType"], advanced["key"], advanced["values"]
    if operator not in OPERATORS:
        raise FilterError(f"{operator} is not an operator that is used here")
    if not 0 < len(values) <= MOST_VALUES or any(len(value) > LONGEST_VALUE for value in values):
        raise FilterError(f"{key}: one to {MOST_VALUES} values of up to {LONGEST_VALUE} characters")
    parts = key.split(".")
    if len(parts) > DEEPEST_KEY:
        raise FilterError(f"{key}: deeper than two levels below data")
    found: Any = event
    for part in parts:
        found = found.get(part) if isinstance(found, dict) else None
    if not isinstance(found, str):
        return False
    return any(OPERATORS[operator](found.lower(), value.lower()) for value in values)
