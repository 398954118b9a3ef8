"""Version numbers of a gallery: three integers, ordered by number and not by text."""

import re
from collections.abc import Iterable
from typing import NamedTuple

LARGEST_PART = 2**31 - 1
"""Each part is a 32-bit signed integer (Compute Gallery's naming rules)."""

_FORM = re.compile(r"(0|[1-9][0-9]{0,9})\.(0|[1-9][0-9]{0,9})\.(0|[1-9][0-9]{0,9})")


class VersionNumber(NamedTuple):
    """Major, minor, patch; compares as numbers."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def successor(self) -> "VersionNumber":
        """The next number: patch + 1, carried into minor and major at the 32-bit limit."""
        if self.patch < LARGEST_PART:
            return self._replace(patch=self.patch + 1)
        if self.minor < LARGEST_PART:
            return VersionNumber(self.major, self.minor + 1, 0)
        if self.major < LARGEST_PART:
            return VersionNumber(self.major + 1, 0, 0)
        raise ValueError("there is no version number after the largest")


FIRST = VersionNumber(1, 0, 0)
"""What `next` gives where there is nothing yet."""


def parse(text: str) -> VersionNumber:
    """Read `Major.Minor.Patch`; ValueError where the form or the 32-bit limit is broken."""
    match = _FORM.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is not three integers Major.Minor.Patch without leading zeros")
    number = VersionNumber(*(int(part) for part in match.groups()))
    if max(number) > LARGEST_PART:
        raise ValueError(f"{text!r} has a part above {LARGEST_PART}")
    return number


def is_number(text: str) -> bool:
    """Whether `text` can name a version."""
    try:
        parse(text)
    except ValueError:
        return False
    return True


def next_after(held: Iterable[str], floor: str | None) -> VersionNumber:
    """The successor of the largest number held; never below `floor`; 1.0.0 where there is neither."""
    largest = max((parse(text) for text in held if is_number(text)), default=None)
    if largest is None:
        return parse(floor) if floor else FIRST
    after = largest.successor()
    return max(after, parse(floor)) if floor else after
