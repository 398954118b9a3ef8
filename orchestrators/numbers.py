"""The entity that gives out version numbers, one instance a definition: operations on it run one after another."""

from typing import Any

from durabletask.entities import EntityContext

from domain import numbering
from domain.models import ClaimRequest


def version_numbers(ctx: EntityContext, payload: dict[str, Any]) -> str:
    """Operation `claim`: take a `ClaimRequest`, answer the number as `Major.Minor.Patch`."""
    if ctx.operation != "claim":
        raise ValueError(f"version_numbers has no operation {ctx.operation!r}")
    state, number = numbering.give(ctx.get_state(dict, {}), ClaimRequest.load(payload))
    ctx.set_state(state)
    return number
