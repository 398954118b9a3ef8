"""What recorded and simulated answers say of operations: under way or ended."""

from tests.contract.replay.comparing import Answered
from tests.contract.replay.mapping import poll_key
from tests.contract.replay.recordings import Exchange, Json, Recording

UNDER_WAY = frozenset({"InProgress", "Running", "Accepted"})
_CHANGING = frozenset({"Creating", "Updating", "Deleting"})


def under_way(status: int, body: Json) -> bool:
    """Whether a poll was told to come again."""
    return status == 202 or (isinstance(body, dict) and body.get("status") in UNDER_WAY)


def changing(body: Json) -> bool:
    """Whether a resource says that an operation on it runs."""
    return _state(body) in _CHANGING


def last_seen_running(recording: Recording) -> dict[str, int]:
    """Operation → the place of the last request that saw it under way, in a poll or in the resource's state."""
    found: dict[str, int] = {}
    begun: dict[str, str] = {}
    for place, one in enumerate(recording.exchanges):
        announced = one.headers.get("azure-asyncoperation") or one.headers.get("location")
        if one.method == "GET" and under_way(one.status, one.body):
            found[poll_key(one.url)] = place
        elif one.method == "GET" and changing(one.body) and one.path.lower() in begun:
            found[begun[one.path.lower()]] = place
        elif one.method != "GET" and announced:
            begun[one.path.lower()] = poll_key(announced)
    return found


def recorded_later(one: Exchange, got: Answered) -> bool:
    """Whether the recorded answer could only be given once something had ended that still runs here."""
    if one.status < 300 and got.status in (409, 429):
        return one.method != "GET"
    if one.method != "GET" or got.status != 200 or not changing(got.body):
        return False
    return one.status == 404 or _state(one.body) == "Succeeded"


def _state(body: Json) -> str:
    properties = body.get("properties") if isinstance(body, dict) else None
    return str(properties.get("provisioningState", "")) if isinstance(properties, dict) else ""
