"""What the HTTP API answers, as far as the command line reads it.

Keys are the API's own. All are optional here: the command line shows what it is given and must keep working
against an app that is older or newer than itself. Times are RFC 3339 text in UTC.
"""

from typing import Any, TypedDict


class WaitingFor(TypedDict, total=False):
    """What a running rollout waits for: in words, since when, and when it looks again."""

    what: str
    since: str
    next: str | None


class Region(TypedDict, total=False):
    """One target region: its display name, the service's word for its state, percent 0 to 100."""

    name: str
    state: str
    progress: int
    replicas: int
    details: str


class StepRun(TypedDict, total=False):
    """One step of a rollout as it went so far."""

    name: str
    status: str
    startedAt: str | None
    endedAt: str | None
    attempts: int
    polls: int
    detail: str | None
    resource: str | None


class RolloutError(TypedDict, total=False):
    """Why a rollout failed and what to do about it."""

    code: str
    message: str
    resource: str | None
    remedy: str | None
    violations: list[dict[str, str]]


class Rollout(TypedDict, total=False):
    """A rollout as every route shows it; lists leave `steps` out.

    outcome: more exactly than `status` how it ended, `Superseded` for one. note: a sentence about that.
    earlier: the id of the attempt that this one retries. cancelledBy: who cancelled it, by object id in Entra.
    """

    id: str
    profile: str
    image: str
    fingerprint: str
    attempt: int
    earlier: str | None
    status: str
    outcome: str | None
    note: str
    cancelledBy: str | None
    createdAt: str
    updatedAt: str
    completedAt: str | None
    startedBy: dict[str, Any]
    waitingFor: WaitingFor | None
    version: str | None
    resources: dict[str, Any]
    regions: list[Region]
    steps: list[StepRun]
    error: RolloutError | None


class RolloutPage(TypedDict, total=False):
    """One page of a list, and the cursor of the next."""

    rollouts: list[Rollout]
    nextCursor: str | None


class HistoryEvent(TypedDict, total=False):
    """One line of a rollout's history."""

    at: str
    kind: str
    step: str | None
    region: str | None
    text: str


class History(TypedDict, total=False):
    """A rollout's history, oldest first."""

    id: str
    events: list[HistoryEvent]


class PlannedStep(TypedDict, total=False):
    """What one step would do: `action` is create, adopt, move, wait, refuse or skip."""

    step: str
    resource: str | None
    action: str
    detail: str | None


class Violation(TypedDict, total=False):
    """A rule that the rollout would break, with the field, the value found and the way out."""

    rule: str
    field: str
    value: Any
    message: str
    remedy: str


class Plan(TypedDict, total=False):
    """The answer to a dry run."""

    dryRun: bool
    profile: str
    image: str
    fingerprint: str
    version: str | None
    steps: list[PlannedStep]
    violations: list[Violation]
    unchecked: list[str]
    warnings: list[str]


class Started(TypedDict, total=False):
    """The answer to a start: a new rollout, or (`existing`, from the status 200) the one there is.

    Of the one there is also its status, and the reason why nothing was started.
    """

    id: str
    statusUrl: str
    existing: bool
    status: str
    reason: str
