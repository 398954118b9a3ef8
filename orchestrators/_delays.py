"""How long orchestrators wait between two looks and between two tries. Pure; used by `_steps`."""

from datetime import timedelta

from domain.errors import AccessDeniedError, RolloutError
from domain.profiles import Deadlines

RETRY_BUDGET = timedelta(minutes=30)
"""How long a step is repeated after transient errors: an outage of half an hour ends no rollout."""

_LONGEST_DELAY = 60.0
_DENIED_DELAY = 30.0
"""A new role takes minutes to arrive; asking more often does not hurry it."""

_PATIENT_AFTER = 20
PATIENT_DELAY = 30.0
"""After so many looks or tries, at most two a minute: histories stay short however long it takes."""


def poll_delay(retry_after: float | None, looks: int) -> float:
    """Seconds until the next look: what the server asked; where it is silent, about a second, growing slowly."""
    delay = min(0.3 * 1.7**looks, 15.0) if retry_after is None else retry_after
    return max(delay, PATIENT_DELAY) if looks >= _PATIENT_AFTER else delay


def retry_delay(error: RolloutError, attempt: int) -> float:
    """Seconds until a step is tried again after its `attempt`-th transient error."""
    least = PATIENT_DELAY if attempt >= _PATIENT_AFTER else 0.05
    if error.retry_after is not None:
        return max(error.retry_after, least)
    if isinstance(error, AccessDeniedError):
        return _DENIED_DELAY
    return max(least, float(min(2.0 ** (attempt - 1), _LONGEST_DELAY)))


def longest(deadlines: Deadlines) -> timedelta:
    """How long a rollout may take: its deadlines, as far as they come one after another, and one outage.

    Two groups, the gallery and the definition; then replication beside the five resources of the network; then the
    scale set, somebody else's upgrade of it, and ours.
    """
    meanwhile = max(deadlines.replication, 5 * deadlines.resource)
    return 4 * deadlines.resource + meanwhile + deadlines.scale_set + 2 * deadlines.upgrade + RETRY_BUDGET
