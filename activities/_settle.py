"""What every creating activity does first: look at what exists, and decide whether there is anything to write.

An existing resource is never PUT over: a PUT replaces tags, subnets and rules that its body leaves out. The one
exception here is a resource of ours that Azure left in state Failed.
"""

from dataclasses import dataclass
from typing import Literal

from arm.port import Arm, Body, Written
from domain import comparison, naming
from domain.comparison import Comparison
from domain.errors import TerminalError
from domain.models import Operation, Outcome, StepRequest


@dataclass(frozen=True, slots=True)
class Standing:
    """What exists under an id: nothing, something to repair, something that is ready, or a change under way."""

    state: Literal["missing", "broken", "ready", "busy"]
    body: Body
    waiting: Outcome | None = None


async def standing(arm: Arm, resource: str, request: StepRequest) -> Standing:
    """Look at `resource`. TerminalError where it is in state Failed and is not this profile's."""
    body = await arm.get(resource)
    if body is None:
        return Standing("missing", {})
    return of_body(body, resource, request)


def of_body(body: Body, resource: str, request: StepRequest) -> Standing:
    """The standing of a resource that was read already."""
    state = comparison.standing(body)
    if state == "ready":
        return Standing("ready", body)
    if state == "broken":
        if comparison.is_ours(body, request.rollout.profile_name):
            return Standing("broken", body)
        raise TerminalError(
            "ResourceFailed",
            "It exists in state Failed and was not made for this profile, so it is left alone.",
            resource=resource,
            remedy="Repair or delete it, or give the profile another name, then start the rollout again.",
        )
    operation = Operation(kind="gone" if state == "leaving" else "resource", resource=resource)
    return Standing("busy", body, Outcome(resource=resource, action="waiting", operation=operation))


def adopted(resource: str, compared: Comparison) -> Outcome:
    """It exists and matches. MismatchError where it cannot be what the profile wants."""
    return Outcome(resource=resource, action="adopted", notes=compared.adopt(resource))


def written(resource: str, answer: Written, found: Standing) -> Outcome:
    """It was written; the operation says when it is done."""
    action: Literal["repaired", "created"] = "repaired" if found.state == "broken" else "created"
    return Outcome(resource=resource, action=action, operation=answer.operation)


def tags(request: StepRequest) -> dict[str, str]:
    """What everything we create carries from birth."""
    return {**request.profile.tags, naming.TAG_PROFILE: request.rollout.profile_name}
