"""Lists of rollouts: the filters of `GET /api/rollouts`, and one page of what the engine holds. `http` calls it.

The engine filters by id prefix, state and time of creation only, and promises no order. So everything in the time
window is asked for, children included, and newest first is made here: a page costs one query of the window, which
`from` keeps small. What a filter must look into is fetched with it; else only the page's own rows are read whole.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta

from domain import resource_ids
from domain.steps import ROLLOUT
from triggers.durable import Instance, Instances, Runtime
from triggers.parsing import PROFILE, Rejected, image_id
from triggers.views import SHOWN, Shown, input_of, shown_status

DEFAULT_LIMIT = 20
LARGEST_LIMIT = 200

_KNOWN = frozenset({"status", "image", "profile", "from", "to", "limit", "cursor"})
_OF_THE_HOST = frozenset({"code", "clientid"})
CURSOR_LIMIT = 400

# A rollout that was cancelled has completed, for the engine.
_RUNTIMES: dict[Shown, tuple[Runtime, ...]] = {
    "Pending": ("Pending",),
    "Running": ("Running",),
    "Completed": ("Completed",),
    "Failed": ("Failed", "Completed"),
    "Cancelled": ("Terminated", "Completed", "Failed"),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which rollouts, how many, and after which (`cursor`: creation time and id of the last one shown)."""

    status: Shown | None = None
    image: str | None = None
    profile: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    limit: int = DEFAULT_LIMIT
    cursor: tuple[datetime, str] | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Filters":
        """Read a query string; Rejected names the parameter at fault."""
        unknown = next((name for name in query if name not in _KNOWN and name.lower() not in _OF_THE_HOST), None)
        if unknown is not None:
            raise Rejected(unknown[:60], f"is not a filter; there are {', '.join(sorted(_KNOWN))}")
        given = {name: value for name, value in query.items() if value}
        return cls(
            status=_status(given["status"]) if "status" in given else None,
            image=image_id("image", given["image"]) if "image" in given else None,
            profile=_profile(given["profile"]) if "profile" in given else None,
            created_from=_time("from", given["from"]) if "from" in given else None,
            created_to=_time("to", given["to"]) if "to" in given else None,
            limit=_limit(given.get("limit", str(DEFAULT_LIMIT))),
            cursor=_cursor(given["cursor"]) if "cursor" in given else None,
        )

    def admit(self, instance: Instance) -> bool:
        """Whether an instance is a rollout, comes after the cursor and passes every filter."""
        if instance.name != ROLLOUT or (self.cursor and (instance.created, instance.id) >= self.cursor):
            return False
        if self.status and shown_status(instance) != self.status:
            return False
        if self.profile is not None and _profile_of(instance.id) != self.profile:
            return False
        if self.image is None:
            return True
        asked = input_of(instance)
        return asked is not None and resource_ids.same(asked.image, self.image)


async def page(filters: Filters, instances: Instances) -> tuple[list[Instance], str | None]:
    """One page of rollouts, newest first, and the cursor of the next; None on the last page."""
    before = filters.created_to
    if filters.cursor:
        # Engines keep finer times than we show; the exact comparison is `admit`'s.
        latest = filters.cursor[0]
        after_last = latest + timedelta(milliseconds=1) if latest.year < MAXYEAR else latest
        before = min(before, after_last) if before else after_last
    deep = filters.image is not None or filters.status in ("Completed", "Failed", "Cancelled")
    found = await instances.find(
        prefix=f"{filters.profile}-" if filters.profile else "",
        runtime=_RUNTIMES[filters.status] if filters.status else (),
        created_from=filters.created_from,
        created_to=before,
        payloads=deep,
    )
    rows = sorted(filter(filters.admit, found), key=lambda row: (row.created, row.id), reverse=True)
    shown = rows[: filters.limit]
    cursor = _to_cursor(shown[-1]) if len(rows) > len(shown) else None
    if not deep:
        whole = await asyncio.gather(*(instances.get(row.id) for row in shown))
        shown = [row for row in whole if row is not None]  # one may have been purged meanwhile
    return shown, cursor


def _to_cursor(last: Instance) -> str:
    text = json.dumps([last.created.isoformat(), last.id])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _cursor(text: str) -> tuple[datetime, str]:
    try:
        if len(text) > CURSOR_LIMIT:
            raise ValueError
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        created, last = json.loads(raw)
        moment = datetime.fromisoformat(created)
        if not isinstance(last, str) or moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC), last
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        raise Rejected("cursor", "is not one that this API gave out") from None


def _status(text: str) -> Shown:
    for shown in SHOWN:
        if shown.lower() == text.lower():
            return shown
    raise Rejected("status", f"is none of {', '.join(SHOWN)}")


def _profile(text: str) -> str:
    if not PROFILE.fullmatch(text):
        raise Rejected("profile", "is not the name of a profile")
    return text


def _profile_of(rollout: str) -> str:
    """The profile in a rollout's id, before hash and attempt."""
    return rollout.rsplit("-", 2)[0]


def _time(field: str, text: str) -> datetime:
    try:
        # A plus sign that was not encoded arrives as a blank.
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Rejected(field, "is not a time of RFC 3339") from None


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 4 or not 1 <= int(text) <= LARGEST_LIMIT:
        raise Rejected("limit", f"is not a number from 1 to {LARGEST_LIMIT}")
    return int(text)
