"""Version numbers: given once, remembered while unpublished, never given again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import numbering, versions
from domain.errors import TerminalError
from domain.models import ClaimRequest


def give(state: dict[str, Any], key: str, **more: Any) -> tuple[dict[str, Any], str]:
    return numbering.give(state, ClaimRequest(key=key, **more))


def test_the_first_number_is_one_point_nought_or_the_floor() -> None:
    assert give({}, "a")[1] == "1.0.0"
    assert give({}, "a", floor="3.1.4")[1] == "3.1.4"


def test_attempts_share_a_number_and_others_get_the_next() -> None:
    state, first = give({}, "a")
    state, again = give(state, "a", largest="5.0.0")
    state, other = give(state, "b")
    assert (first, again, other) == ("1.0.0", "1.0.0", "1.0.1")


@pytest.mark.parametrize(
    ("largest", "floor", "number"),
    [("1.0.9", None, "1.0.10"), ("1.0.9", "1.0.5", "1.0.10"), ("1.0.9", "2.0.0", "2.0.0")],
)
def test_the_next_follows_the_largest_the_gallery_holds_and_never_falls_below_the_floor(
    largest: str, floor: str | None, number: str
) -> None:
    assert give({}, "a", largest=largest, floor=floor)[1] == number


def test_what_was_given_and_deleted_is_not_given_again() -> None:
    state, _ = give({}, "a", largest="1.0.6")
    assert give(state, "b", largest=None)[1] == "1.0.8"


def test_a_number_that_the_gallery_refused_is_left_out() -> None:
    state, number = give({}, "a")
    state, other = give(state, "a", taken=(number,))
    assert (number, other) == ("1.0.0", "1.0.1")
    assert give(state, "a", taken=(number, other, "1.0.7"))[1] == "1.0.8"


def test_once_published_a_claim_is_forgotten_and_its_number_is_not() -> None:
    """The gallery finds the image now; if its version is deleted there, it gets a number that was never used."""
    state, number = give({}, "a")
    state = numbering.forget(state, "a")
    assert give(state, "a")[1] != number
    assert numbering.forget({}, "a") == {"given": {}}


def test_the_memory_is_bounded() -> None:
    state: dict[str, Any] = {}
    for key in range(numbering.REMEMBERED + 50):
        state, _ = give(state, str(key))
    assert len(state["given"]) == numbering.REMEMBERED
    assert str(numbering.REMEMBERED + 49) in state["given"]
    assert "0" not in state["given"]


def test_after_the_largest_there_is_none() -> None:
    largest = ".".join([str(versions.LARGEST_PART)] * 3)
    with pytest.raises(TerminalError) as raised:
        give({}, "a", largest=largest)
    assert raised.value.code == "VersionNumbersUsedUp"
    assert raised.value.remedy


deeds = st.lists(
    st.tuples(st.sampled_from("abcde"), st.sampled_from(["give", "publish", "delete", "refuse"]), st.integers(0, 3)),
    max_size=40,
)


@given(deeds)
def test_no_number_is_ever_given_to_two_claims_nor_twice_after_publishing(history: list[tuple[str, str, int]]) -> None:
    """Whatever is published, deleted or refused in between."""
    state: dict[str, Any] = {}
    held: set[str] = set()
    owner: dict[str, str] = {}
    used: set[str] = set()
    for key, deed, minor in history:
        if deed == "delete":
            held.clear()
        elif deed == "publish":
            state = numbering.forget(state, key)
            mine = {number for number, claim in owner.items() if claim == key}
            held |= mine
            used |= mine
        else:
            largest = max(held, key=versions.parse, default=None)
            taken = tuple(number for number, claim in owner.items() if claim == key) if deed == "refuse" else ()
            state, number = give(state, key, largest=largest, floor=f"1.{minor}.0", taken=taken)
            assert owner.setdefault(number, key) == key
            assert number not in used
            assert number not in taken
