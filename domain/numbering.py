"""How version numbers are given out: the state of one entity a definition, and the one change to it. Pure.

The state remembers what was ever given, so that a deleted number never comes back; the gallery remembers which
image holds which number. One claim, which all attempts of a rollout share, keeps the number it was given.
"""

from typing import Any

from domain import versions
from domain.errors import TerminalError
from domain.models import ClaimRequest

REMEMBERED = 500
"""Claims kept by name. An older one is found in the gallery by its fingerprint, or was never published."""


def give(state: dict[str, Any], claim: ClaimRequest) -> tuple[dict[str, Any], str]:
    """The new state and the number for `claim`.

    state: `{"largest": "1.0.3", "given": {key: number}}`, `{}` at first. A claim keeps its number unless the
    gallery holds it for another image (`claim.taken`); else the number after the largest that the gallery holds,
    that was ever given out, or that was refused, never below the floor. TerminalError where there is none.
    """
    given: dict[str, str] = dict(state.get("given") or {})
    kept = given.get(claim.key)
    if kept is not None and kept not in claim.taken:
        return state, kept
    known = [number for number in (claim.largest, state.get("largest"), *claim.taken) if number]
    try:
        number = str(versions.next_after(known, claim.floor))
    except ValueError:
        raise TerminalError(
            "VersionNumbersUsedUp",
            "The largest version number there is was given out already.",
            remedy="Name another image definition in the profile.",
        ) from None
    given.pop(claim.key, None)
    given[claim.key] = number
    while len(given) > REMEMBERED:
        del given[next(iter(given))]
    return {"largest": number, "given": given}, number


def forget(state: dict[str, Any], key: str) -> dict[str, Any]:
    """The state once a claim's number was published: the gallery finds its image from now on, and if the version is
    deleted there, the image's next rollout gets a number that was never used."""
    given = {name: number for name, number in (state.get("given") or {}).items() if name != key}
    return {**state, "given": given}
