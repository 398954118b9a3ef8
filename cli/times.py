"""Moments and spans as people read them; used by every view."""

from datetime import UTC, datetime

MINUTE, HOUR, DAY = 60, 3600, 86400


def parse(text: str | None) -> datetime | None:
    """An RFC 3339 time, aware; None for none or for text that is no time."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def moment(text: str | None, now: datetime) -> str:
    """A time in the reader's own zone: the clock alone for today, with the date for other days."""
    at = parse(text)
    if at is None:
        return "–"
    local, today = at.astimezone(), now.astimezone()
    if local.date() == today.date():
        return local.strftime("%H:%M:%S")
    if local.year == today.year:
        return local.strftime("%d %b %H:%M")
    return local.strftime("%d %b %Y %H:%M")


def duration(seconds: float) -> str:
    """A span in its two largest units: `0.4 s`, `43 s`, `2 min 5 s`, `1 h 12 min`, `3 d 4 h`."""
    seconds = max(seconds, 0.0)
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    for size, name, part, part_name in (
        (DAY, "d", HOUR, "h"),
        (HOUR, "h", MINUTE, "min"),
        (MINUTE, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {name} {rest} {part_name}" if rest else f"{whole // size} {name}"
    return f"{whole} s"


def span(start: str | None, end: str | None, now: datetime) -> str:
    """How long something took, or has been taking while it has no end."""
    since = parse(start)
    if since is None:
        return ""
    return duration(((parse(end) or now) - since).total_seconds())
