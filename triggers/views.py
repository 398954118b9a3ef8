"""A rollout as every place shows it: one JSON shape for the HTTP API, the command line and the page.

Built from the engine's instance and those of its children, whose ids are computed. `http` and `starting` call it.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import ValidationError

from domain import naming
from domain.errors import from_wire
from domain.models import RolloutInput
from domain.status import ErrorRecord, Status, StepRecord, merged
from triggers.durable import Instance, Instances

type Shown = Literal["Pending", "Running", "Completed", "Failed", "Cancelled"]
"""The status of a rollout as people see it."""

SHOWN: tuple[Shown, ...] = ("Pending", "Running", "Completed", "Failed", "Cancelled")

_REGION_KEYS = ("name", "state", "progress", "replicas", "details")


def shown_status(instance: Instance) -> Shown:
    """One word for an instance: a rollout that was cancelled has completed, for the engine."""
    if not instance.over:
        return "Pending" if instance.runtime == "Pending" else "Running"
    outcome = status_of(instance).outcome
    if instance.runtime == "Terminated" or outcome == "Cancelled":
        return "Cancelled"
    if instance.runtime == "Failed" or outcome == "Failed":
        return "Failed"
    return "Completed"


def status_of(instance: Instance) -> Status:
    """The custom status of an instance; an empty one where there is none yet."""
    try:
        return Status.load(instance.custom_status or {})
    except ValidationError:
        # An app of another version wrote it. What the engine itself knows can still be shown.
        return Status()


def input_of(instance: Instance) -> RolloutInput | None:
    """The input of a rollout; None where it is not readable by this version of the app."""
    try:
        return RolloutInput.load(instance.input)
    except ValidationError:
        return None


async def children_of(instance: Instance, instances: Instances) -> list[Instance]:
    """The child orchestrations of a rollout that exist."""
    found = await asyncio.gather(*(instances.get(naming.child_id(instance.id, child)) for child in naming.CHILDREN))
    return [child for child in found if child is not None]


def whole_status(instance: Instance, children: Sequence[Instance]) -> Status:
    """A rollout's status with its children's, and nothing in it that still runs once the rollout is over."""
    status = merged(status_of(instance), [status_of(child) for child in children])
    if not instance.over:
        return status
    shown = shown_status(instance)
    ended = {
        "waiting_for": None,
        "error": status.error or _failure(instance, shown),
        "steps": tuple(_ended(step, instance.updated, shown) for step in status.steps),
    }
    return status.model_copy(update=ended)


def view(instance: Instance, children: Sequence[Instance] = (), *, steps: bool = True) -> dict[str, Any]:
    """The rollout as plain JSON. `steps`: whether to show them; lists do not."""
    status = whole_status(instance, children)
    asked = input_of(instance)
    shown: dict[str, Any] = {
        "id": instance.id,
        "profile": asked.profile_name if asked else None,
        "image": asked.image if asked else None,
        "fingerprint": asked.fingerprint if asked else None,
        "attempt": asked.attempt if asked else None,
        "again": asked.again if asked else None,
        "earlier": asked.earlier if asked else None,
        "status": shown_status(instance),
        "outcome": status.outcome,
        "note": status.note,
        "cancelledBy": status.cancelled_by,
        "createdAt": rfc3339(instance.created),
        "updatedAt": rfc3339(max([instance.updated, *(child.updated for child in children)])),
        "completedAt": rfc3339(instance.updated) if instance.over else None,
        "startedBy": asked.started_by.dump() if asked else None,
        "waitingFor": status.waiting_for.model_dump(by_alias=True) if status.waiting_for else None,
        "version": status.version,
        "resources": status.resources,
        "regions": [{key: region.model_dump()[key] for key in _REGION_KEYS} for region in status.regions],
        "error": status.error.dump() if status.error else None,
    }
    if steps:
        shown["steps"] = [step.model_dump(by_alias=True) for step in status.steps]
    return shown


def rfc3339(moment: datetime) -> str:
    """UTC to the millisecond: `2026-11-24T08:00:00.000Z`."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _failure(instance: Instance, shown: Shown) -> ErrorRecord | None:
    """The error of a rollout that failed without writing one, as one that was ended by force does."""
    if shown != "Failed":
        return None
    return ErrorRecord.of(from_wire(instance.failure))


def _ended(step: StepRecord, at: datetime, shown: Shown) -> StepRecord:
    if step.status != "Running":
        return step
    left: dict[str, Any] = {"status": "Cancelled" if shown == "Cancelled" else "Failed", "ended_at": rfc3339(at)}
    return step.model_copy(update=left)
