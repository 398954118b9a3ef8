"""The custom status of an orchestration: what people see of a rollout while it runs and afterwards.

Orchestrators write a `Status` at every change; the HTTP API reads the rollout's and its children's, and merges
them. Durable Functions fails an orchestration whose custom status exceeds 16 KB in UTF-16, about 8,000
characters; `Status.fit` keeps it below, for 40 regions too.
"""

import json
from typing import Any, Literal

from pydantic import Field

from domain.errors import RolloutError
from domain.models import RegionState, Wire

LIMIT = 8000
"""Characters of JSON as the worker writes it, a little under the 8,192 that 16 KB of UTF-16 hold."""

_ERROR_TEXT = 900

StepStatus = Literal["Running", "Completed", "Failed", "Cancelled", "Skipped"]
Outcomes = Literal["Completed", "Superseded", "Failed", "Cancelled"]


class Waiting(Wire):
    """What the rollout waits for, since when, and when it looks again. Times: RFC 3339, UTC."""

    what: str
    since: str
    next: str | None = None


class StepRecord(Wire):
    """One step as the run list shows it. `attempts` counts repetitions after transient errors; `polls`, looks."""

    name: str
    status: StepStatus
    started_at: str
    ended_at: str | None = None
    attempts: int = 1
    polls: int = 0
    detail: str = ""
    resource: str = ""


class ErrorRecord(Wire):
    """The error that ended the rollout."""

    code: str
    message: str
    resource: str = ""
    remedy: str = ""
    violations: tuple[dict[str, str], ...] | None = None
    """The broken rules, where that is what ended it; with as many of their texts as the durable wire holds."""

    @classmethod
    def of(cls, error: RolloutError) -> "ErrorRecord":
        """What people need of an error."""
        return cls(
            code=error.code,
            message=error.message[:_ERROR_TEXT],
            resource=error.resource,
            remedy=error.remedy[:_ERROR_TEXT],
            violations=tuple(error.facts["violations"]) if error.facts.get("violations") else None,
        )


class Status(Wire):
    """The custom status of one instance, rollout or child.

    resources: ARM ids of what exists, by role (`gallery`, `definition`, `version`, `scaleSet`, …).
    outcome: None while it runs. note: one sentence about how it ended. cancelled_by: the object id of who cancelled
    it; None where nobody did, or a function key alone opens the app.
    """

    waiting_for: Waiting | None = None
    version: str | None = None
    resources: dict[str, str] = Field(default_factory=dict)
    regions: tuple[RegionState, ...] = ()
    steps: tuple[StepRecord, ...] = ()
    error: ErrorRecord | None = None
    outcome: Outcomes | None = None
    note: str = ""
    cancelled_by: str | None = None

    def fit(self) -> dict[str, Any]:
        """Plain JSON data within the limit: what a person misses least goes first, and no more than has to."""
        data = self.dump()
        for shorten in _SHORTER:
            if len(json.dumps(data)) <= LIMIT:
                break
            shorten(data)
        return data


def _clip_details(data: dict[str, Any]) -> None:
    data["note"] = _clipped(data.get("note", ""), 400)
    for step in data["steps"]:
        step["detail"] = _clipped(step["detail"], 160)
    for region in data["regions"]:
        region["details"] = _clipped(region["details"], 80)


def _drop_details(data: dict[str, Any]) -> None:
    for step in data["steps"]:
        step.pop("detail")
    for region in data["regions"]:
        region.pop("details")


def _drop_step_resources(data: dict[str, Any]) -> None:
    for step in data["steps"]:
        step.pop("resource")


def _clip_error(data: dict[str, Any]) -> None:
    error = data.get("error", {})
    error.pop("violations", None)
    for name, text in error.items():
        error[name] = _clipped(text, 300)


def _drop_resources(data: dict[str, Any]) -> None:
    data["resources"] = {}


def _drop_old_steps(data: dict[str, Any]) -> None:
    data["steps"] = data["steps"][-8:]


def _drop_regions(data: dict[str, Any]) -> None:
    """More than sixty regions, or endless names: an answer that is cut off is better than a rollout that fails."""
    data["regions"] = data["regions"][:40]
    for part in [data, *data["steps"], *data["regions"], data.get("waitingFor", {}), data.get("error", {})]:
        part.update({name: _clipped(value, 80) for name, value in part.items() if isinstance(value, str)})


_SHORTER = (
    _clip_details,
    _drop_details,
    _drop_step_resources,
    _clip_error,
    _drop_resources,
    _drop_old_steps,
    _drop_regions,
)


def _clipped(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def merged(rollout: Status, children: list[Status]) -> Status:
    """One status out of a rollout's own and its children's; the child that waits says more exactly for what."""
    waiting = next((child.waiting_for for child in children if child.waiting_for), None)
    resources = dict(rollout.resources)
    for child in children:
        resources.update(child.resources)
    steps = [*rollout.steps, *(step for child in children for step in child.steps)]
    return rollout.model_copy(
        update={
            "waiting_for": None if rollout.outcome else waiting or rollout.waiting_for,
            "version": rollout.version or next((child.version for child in children if child.version), None),
            "resources": resources,
            "regions": next((child.regions for child in children if child.regions), rollout.regions),
            "steps": tuple(sorted(steps, key=lambda step: step.started_at)),
        }
    )
