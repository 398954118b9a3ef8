"""A plan while it is being drawn: its steps, violations and warnings, and the usual way to settle one resource.

Used by `domain.planning` alone.
"""

from dataclasses import dataclass, field
from typing import Literal

from domain import rules
from domain.comparison import Body, Comparison, is_ours, standing
from domain.expectations import Compare
from domain.models import PlannedStep, StepRequest, Violation
from domain.resource_ids import parse

Action = Literal["create", "adopt", "move", "wait", "refuse", "skip"]

LEAVING = "It is being deleted; once it is gone it is created."


@dataclass(slots=True)
class Draft:
    """`denied`: ids that may not be read."""

    request: StepRequest
    denied: tuple[str, ...] = ()
    steps: list[PlannedStep] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def step(self, step: str, resource: str, action: Action, detail: str = "") -> None:
        """What would be done to a resource; said once more, the later saying counts."""
        last = self.steps[-1] if self.steps else None
        if last is not None and (last.step, last.resource) == (step, resource):
            self.steps.pop()
        self.steps.append(PlannedStep(step=step, resource=resource, action=action, detail=detail))

    def refuse(self, step: str, resource: str, violation: Violation) -> None:
        """Record a violation; a resource with several is refused once, for all of them."""
        self.violations.append(violation)
        last = self.steps[-1] if self.steps else None
        detail = violation.message
        if last is not None and (last.step, last.resource, last.action) == (step, resource, "refuse"):
            detail = f"{last.detail} {detail}"
        self.step(step, resource, "refuse", detail)

    def refuse_mismatches(self, step: str, section: str, resource: str, compared: Comparison) -> None:
        """A violation `match` for each property that cannot be what the profile wants."""
        name = parse(resource).name
        for mismatch in compared.mismatches:
            message = f"{name} exists: its {mismatch.property} is {mismatch.found}, wanted is {mismatch.wanted}."
            broken = rules.violation(
                "match", f"{section}.{mismatch.property}", mismatch.found, message, mismatch.remedy
            )
            self.refuse(step, resource, broken)

    def refuse_failed(self, step: str, section: str, resource: str) -> None:
        """Azure left it in state Failed, and it is not ours to repair."""
        broken = rules.violation(
            "failed",
            section,
            parse(resource).name,
            "It exists in state Failed and was not made for this profile, so it is left alone.",
            "Repair or delete it, or give the profile another name.",
        )
        self.refuse(step, resource, broken)

    def settle(self, step: str, section: str, resource: str, body: Body | None, compare: Compare) -> None:
        """What an activity does that makes sure of one resource. section: its place in the profile."""
        if resource in self.denied:
            self.step(step, resource, "create", "It may not be read: created if missing, adopted if it matches.")
            return
        state = standing(body) if body is not None else None
        if body is None:
            self.step(step, resource, "create")
        elif state == "busy":
            self.step(step, resource, "wait", "Azure is still changing it.")
        elif state == "leaving":
            self.step(step, resource, "wait", LEAVING)
        elif state == "broken" and self.ours(body):
            self.step(step, resource, "create", "It is in state Failed and is made again.")
        elif state == "broken":
            self.refuse_failed(step, section, resource)
        else:
            self._compare(step, section, resource, compare(body, self.request))

    def _compare(self, step: str, section: str, resource: str, compared: Comparison) -> None:
        if compared.matches:
            self.step(step, resource, "adopt", " ".join(compared.notes))
        else:
            self.refuse_mismatches(step, section, resource, compared)

    def ours(self, body: Body) -> bool:
        """Whether the pipeline made the resource for this profile."""
        return is_ours(body, self.request.rollout.profile_name)
