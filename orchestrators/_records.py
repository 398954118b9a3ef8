"""What a rollout leaves in the log: that it runs, that it still does, and how it ended.

`infra/queries/` finds rollouts by these texts and fields, and the alerts rest on them. The context's replay-safe
logger writes each record once; after a crash between the writing and the engine's commit it may come again.
The fields are fixed here: ids, codes and our own sentences, never the text of an error, which Azure may have written.
"""

import logging
from datetime import UTC, datetime

from durabletask.task import OrchestrationContext

from domain.models import RolloutInput, StepRequest
from domain.records import record
from domain.status import ErrorRecord, Outcomes, Status

log = logging.getLogger("gallery_rollout.rollouts")

RUNS = "A rollout runs."
STILL_RUNS = "A rollout still runs."
ENDED = "A rollout ended."

_LEVELS: dict[Outcomes, int] = {
    "Completed": logging.INFO,
    "Superseded": logging.INFO,
    "Cancelled": logging.WARNING,
    "Failed": logging.ERROR,
}


def runs(ctx: OrchestrationContext, asked: RolloutInput, due: datetime) -> None:
    """A rollout begins. due: when it must have ended by the deadlines of its profile."""
    fields = _named(ctx.instance_id, asked) | {"due": due.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    ctx.create_replay_safe_logger(log).info("%s", record(RUNS, fields))


def still_runs(ctx: OrchestrationContext, request: StepRequest) -> None:
    """A child starts over while it waits for Azure: a sign of life of its rollout."""
    ctx.create_replay_safe_logger(log).info("%s", record(STILL_RUNS, _named(request.rollout_id, request.rollout)))


def ended(ctx: OrchestrationContext, asked: RolloutInput, status: Status) -> None:
    """A rollout is over, and how."""
    outcome, error = status.outcome, status.error
    if outcome is None:  # it broke before it could say so
        outcome, error = "Failed", ErrorRecord(code="InternalError", message="")
    fields = _named(ctx.instance_id, asked) | {
        "outcome": outcome,
        "version": status.version,
        "code": error.code if error else None,
        "resource": (error.resource or None) if error else None,
        "remedy": (error.remedy or None) if error else None,
    }
    ctx.create_replay_safe_logger(log).log(_LEVELS[outcome], "%s", record(ENDED, fields))


def _named(rollout: str, asked: RolloutInput) -> dict[str, str | None]:
    return {"rollout": rollout, "profile": asked.profile_name, "image": asked.image}
