"""The durable entity that gives out version numbers, one instance a definition: operations on it run one by one."""

from typing import Any

from durabletask.entities import EntityContext

from domain import numbering
from domain.models import ClaimRequest


def version_numbers(ctx: EntityContext, payload: Any) -> str | None:
    """Operation `claim`: take a `ClaimRequest`, answer the number as `Major.Minor.Patch`. `published`: take the key
    of a claim whose number is in the gallery now."""
    state = ctx.get_state(dict, {})
    if ctx.operation == "claim":
        state, number = numbering.give(state, ClaimRequest.load(payload))
        ctx.set_state(state)
        return number
    if ctx.operation == "published":
        ctx.set_state(numbering.forget(state, str(payload)))
        return None
    raise ValueError(f"version_numbers has no operation {ctx.operation!r}")
