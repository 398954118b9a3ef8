"""Times and durations as people read them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli import times


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0.0 s"),
        (0.44, "0.4 s"),
        (43.2, "43 s"),
        (59.7, "1 min"),
        (125, "2 min 5 s"),
        (3600, "1 h"),
        (4320, "1 h 12 min"),
        (86400 * 3 + 3600 * 4 + 59, "3 d 4 h"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert times.duration(seconds) == said


@given(st.floats(min_value=0, max_value=1e8))
def test_no_duration_is_longer_than_a_column(seconds: float) -> None:
    assert len(times.duration(seconds)) <= 12


def test_today_needs_no_date_and_other_days_do() -> None:
    now = datetime.now(UTC).astimezone().replace(hour=12)
    assert times.moment(now.isoformat(), now) == f"{now:%H:%M:%S}"
    before = now - timedelta(days=800)
    assert times.moment(before.isoformat(), now) == f"{before:%d %b %Y %H:%M}"


@pytest.mark.parametrize("text", [None, "", "yesterday"])
def test_what_is_no_time_is_shown_as_none(text: str | None) -> None:
    assert times.moment(text, datetime.now(UTC)) == "–"
    assert times.span(text, None, datetime.now(UTC)) == ""
