"""Version numbers are numbers: ordered part by part, counted up, never text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import versions
from domain.versions import LARGEST_PART, VersionNumber

PART = st.one_of(st.integers(0, 20), st.integers(0, LARGEST_PART))
NUMBER = st.builds(VersionNumber, PART, PART, PART)


@given(NUMBER)
def test_a_number_reads_back_as_it_was_written(number: VersionNumber) -> None:
    assert versions.parse(str(number)) == number


@given(NUMBER.filter(lambda number: min(number) < LARGEST_PART))
def test_the_successor_is_the_very_next(number: VersionNumber) -> None:
    after = number.successor()
    assert after > number
    assert max(after) <= LARGEST_PART
    assert after == number._replace(patch=number.patch + 1) or after.patch == 0


def test_the_largest_number_has_no_successor() -> None:
    with pytest.raises(ValueError, match="no version number"):
        VersionNumber(LARGEST_PART, LARGEST_PART, LARGEST_PART).successor()


def test_a_full_patch_carries() -> None:
    assert str(VersionNumber(1, 2, LARGEST_PART).successor()) == "1.3.0"
    assert str(VersionNumber(1, LARGEST_PART, LARGEST_PART).successor()) == "2.0.0"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.0",
        "1.0.0.0",
        "01.0.0",
        "1.0.0-rc",
        "v1.0.0",
        " 1.0.0",
        "1.0.0\n",
        "1.-1.0",
        f"1.0.{2**31}",
        "1.0.\u0661",
        "1.0.1\u0661",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    assert not versions.is_number(text)
    with pytest.raises(ValueError, match=r"Major\.Minor\.Patch|above"):
        versions.parse(text)


@given(st.lists(NUMBER.map(str), min_size=1), st.one_of(st.none(), NUMBER.map(str)))
def test_next_is_above_all_that_is_held_and_not_below_the_floor(held: list[str], floor: str | None) -> None:
    largest = max(versions.parse(text) for text in held)
    if min(largest) == LARGEST_PART:
        return
    number = versions.next_after([*held, "latest", "1.0"], floor)
    assert number > largest
    assert floor is None or number >= versions.parse(floor)
    assert number in (largest.successor(), versions.parse(floor) if floor else None)


@pytest.mark.parametrize(
    ("held", "floor", "number"),
    [
        ([], None, "1.0.0"),
        ([], "3.2.1", "3.2.1"),
        (["1.0.9", "1.0.10"], None, "1.0.11"),
        (["0.0.1"], None, "0.0.2"),
        (["1.0.0"], "2.0.0", "2.0.0"),
        (["2.0.0"], "1.0.0", "2.0.1"),
        (["2.0.0"], "2.0.0", "2.0.1"),
    ],
)
def test_next_where_a_person_would_expect_it(held: list[str], floor: str | None, number: str) -> None:
    assert str(versions.next_after(held, floor)) == number
