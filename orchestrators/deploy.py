"""The scale set: create it, or move it to the version, and follow its instances until they run it.

It continues as new after some looks: an upgrade may take hours. What it must remember is in its state.
"""

from datetime import datetime, timedelta
from typing import Any, Literal

from durabletask.task import OrchestrationContext
from pydantic import Field

from domain import regions
from domain.errors import RolloutCancelled, RolloutError, TerminalError
from domain.models import Operation, StepRequest, Upgrade, UpgradeRequest, Wire
from domain.status import Status
from domain.steps import CREATE_SCALE_SET, MOVE_SCALE_SET, READ_REPLICATION, READ_UPGRADE
from orchestrators import _records
from orchestrators._journal import told
from orchestrators._steps import Run, Steps, Superseded, raise_failure

LOOKS_PER_EXECUTION = 20
_LISTING_SECONDS = 15.0
"""Instances are listed at most so often: the list is one of Compute's high-cost reads."""

_PATIENCE = timedelta(minutes=10)
"""Azure may take a while between two batches; after so long without any change it will do nothing more."""

_OVERRULED = ("OperationPreempted", "OperationCanceled")
"""Our write's operation ended because a later write took over; what it changed is in force all the same."""

_SHOWN = 10
"""Instances that a sentence names; more are counted."""


class DeployState(Wire):
    """What survives continue-as-new.

    phase `check`: is the version replicated here; `create`; `creating`: wait for our PUT; `move`: PATCH; `follow`:
    wait until the instances run the version. waiting: somebody else's change, after which the phase is repeated.
    """

    request: StepRequest
    exists: bool = False
    phase: Literal["check", "create", "creating", "move", "follow"] = "check"
    waiting: Operation | None = None
    operation: Operation | None = None
    since: datetime | None = None
    ends: datetime | None = None
    looks: int = 0
    idle_since: datetime | None = None
    status: Status = Field(default_factory=Status)

    @property
    def scale_set(self) -> str:
        """Id of the scale set."""
        return self.request.targets.scale_set


def deploy(ctx: OrchestrationContext, payload: dict[str, Any]) -> Steps[dict[str, Any]]:
    """Child of `rollout`. payload: `DeployState`; answers `{"note"}`, or `{"superseded": why}`."""
    state = DeployState.load(payload)
    run = Run(ctx, state.status)
    try:
        for _ in range(LOOKS_PER_EXECUTION):
            state, note = yield from _advance(run, state)
            if note is not None:
                return run.ended("Completed", note, {"note": note})
        run.check()
    except Superseded as reason:
        return run.ended("Superseded", str(reason), {"superseded": str(reason)})
    except RolloutCancelled:
        return run.ended("Cancelled", "What Azure has under way for the scale set runs on.")
    except RolloutError as error:
        raise run.failed(error) from None
    _records.still_runs(ctx, state.request)
    run.start_over(state.model_copy(update={"status": run.status}))
    return {}


def _advance(run: Run, state: DeployState) -> Steps[tuple[DeployState, str | None]]:
    """One look or one write. The second value is the closing note, once there is nothing more to do."""
    if state.waiting and not state.waiting.finished:
        ends, within = _deadline(run, state)
        seen = yield from run.look(state.waiting, state.looks, ends, within, "a change of the scale set under way")
        return state.model_copy(update={"waiting": seen, "looks": state.looks + 1, "ends": ends}), None
    if state.phase == "check":
        return (yield from _check(run, state)), None
    if state.phase == "create":
        return (yield from _create(run, state)), None
    if state.phase == "creating":
        return (yield from _creating(run, state))
    if state.phase == "move":
        return (yield from _move(run, state)), None
    return (yield from _follow(run, state))


def _check(run: Run, state: DeployState) -> Steps[DeployState]:
    """A version is unusable in a region until its replication there is complete."""
    request = state.request
    here = regions.normalized(request.profile.scale_set.location)
    seen = yield from run.step(READ_REPLICATION, request, resource=request.version_id, journal=False)
    if not any(region.name == here and region.state == "Completed" for region in seen.regions):
        raise TerminalError(
            "ImageNotReplicated",
            f"Version {request.number} is not replicated to {here}, where the scale set is.",
            resource=request.version_id,
            remedy=f"Add {here} to version.targetRegions, then start the rollout again.",
        )
    return state.model_copy(update={"phase": "move" if state.exists else "create", "since": seen.published})


def _create(run: Run, state: DeployState) -> Steps[DeployState]:
    outcome = yield from run.step(CREATE_SCALE_SET, state.request, resource=state.scale_set, close=False)
    if outcome.action == "waiting":
        return state.model_copy(update={"waiting": outcome.operation, "looks": 0})
    run.found("scaleSet", state.scale_set)
    if outcome.action == "adopted":  # somebody else made it meanwhile
        run.close(CREATE_SCALE_SET.name, state.scale_set, "Completed", told(outcome))
        return state.model_copy(update={"phase": "move", "ends": None})
    return state.model_copy(update={"phase": "creating", "operation": outcome.operation, "looks": 0})


def _creating(run: Run, state: DeployState) -> Steps[tuple[DeployState, str | None]]:
    ends, within = _deadline(run, state)
    if state.operation and not state.operation.finished:
        seen = yield from run.look(state.operation, state.looks, ends, within, "the creation of the scale set")
        return state.model_copy(update={"operation": seen, "looks": state.looks + 1, "ends": ends}), None
    try:
        raise_failure(state.operation)
    except TerminalError as error:
        run.close(CREATE_SCALE_SET.name, state.scale_set, "Failed", f"{error.code}: {error.message}")
        raise
    run.close(CREATE_SCALE_SET.name, state.scale_set, "Completed", "created")
    return state, f"The scale set was created with version {state.request.number}."


def _move(run: Run, state: DeployState) -> Steps[DeployState]:
    outcome = yield from run.step(MOVE_SCALE_SET, state.request, resource=state.scale_set, close=False)
    run.found("scaleSet", state.scale_set)
    if outcome.action == "waiting":
        return state.model_copy(update={"waiting": outcome.operation, "looks": 0})
    run.close(MOVE_SCALE_SET.name, state.scale_set, "Completed", told(outcome))
    if outcome.action == "newer":
        raise Superseded(f"The scale set was left alone. {outcome.notes[0]}")
    changes: dict[str, Any] = {"phase": "follow", "operation": outcome.operation, "looks": 0, "ends": None}
    if outcome.action != "current":
        changes |= {"since": outcome.operation.at if outcome.operation else None}
    return state.model_copy(update=changes)


def _follow(run: Run, state: DeployState) -> Steps[tuple[DeployState, str | None]]:
    """One look at the write's operation or, at most every 15 s, at the instances."""
    ends, within = _deadline(run, state)
    what = f"the instances to run {state.request.number}"
    run.open(READ_UPGRADE.name, state.scale_set)
    if state.operation and not state.operation.finished:
        seen = yield from run.look(state.operation, state.looks, ends, within, what)
        state = state.model_copy(update={"operation": seen, "looks": state.looks + 1, "ends": ends})
        if not seen.finished:
            return state, None
    elif state.looks > 0:
        run.deadline(ends, within, what, state.scale_set)
        yield from run.pause(_LISTING_SECONDS, what)
    upgrade = yield from run.step(
        READ_UPGRADE,
        UpgradeRequest(**dict(state.request), since=state.since),
        resource=state.scale_set,
        close=False,
    )
    run.polled(READ_UPGRADE.name, state.scale_set)
    note = _verdict(state, upgrade)
    if note is not None:
        run.close(READ_UPGRADE.name, state.scale_set, "Completed", note)
        return state, note
    idle_since = (state.idle_since or run.now) if upgrade.idle else None
    if idle_since and run.now - idle_since >= _PATIENCE:
        raise _failure(state, "InstancesLeftBehind", f"Azure does nothing about instances {_behind(upgrade)}.")
    return state.model_copy(update={"looks": state.looks + 1, "ends": ends, "idle_since": idle_since}), None


def _verdict(state: DeployState, upgrade: Upgrade) -> str | None:
    """The closing note; None while instances still follow. Raises where they will not."""
    number = state.request.number
    if upgrade.model == "newer":
        raise Superseded("The scale set was moved on to a newer version.")
    if upgrade.model == "other":
        raise _failure(state, "ScaleSetModelChanged", "Somebody changed the scale set's image while it was followed.")
    left_out = (
        f" Protected from scale-set actions and left out: {_ids(upgrade.protected, upgrade.left_out)}."
        if upgrade.left_out
        else ""
    )
    behind = _count(upgrade)
    if upgrade.mode == "Manual" and behind:
        return (
            f"The model names {number}; the upgrade policy is Manual, and instances {_behind(upgrade)} are behind. "
            f"Upgrade them: az vmss update-instances --ids {state.scale_set} --instance-ids "
            f"{' '.join(upgrade.behind) if behind <= _SHOWN else "'*'"}.{left_out}"
        )
    if behind:
        _refuse_failed(state, upgrade)
        return None
    if not upgrade.total:
        return f"The model names {number}; the scale set has no instances."
    return f"All {upgrade.followed} instances that follow run {number}.{left_out}"


def _refuse_failed(state: DeployState, upgrade: Upgrade) -> None:
    """Raise where instances are behind and will not follow by themselves."""
    if upgrade.error_code:
        raise _failure(state, upgrade.error_code, upgrade.error_message or f"The rolling upgrade is {upgrade.rolling}.")
    if upgrade.failed and upgrade.settled:
        raise _failure(state, "InstancesFailed", f"Instances {', '.join(upgrade.failed)} failed to take the version.")
    operation = state.operation
    if operation and operation.finished and operation.status != "Succeeded" and operation.error_code not in _OVERRULED:
        raise _failure(state, operation.error_code or "UpgradeFailed", operation.error_message or "The upgrade failed.")


def _failure(state: DeployState, code: str, message: str) -> TerminalError:
    return TerminalError(
        code,
        message,
        resource=state.scale_set,
        remedy="Look at the instances' health and repair them; what Azure left behind is brought along by "
        "az vmss update-instances --instance-ids '*'. Then start the rollout again: it follows on.",
    )


def _deadline(run: Run, state: DeployState) -> tuple[datetime, timedelta]:
    deadlines = state.request.profile.deadlines
    within = deadlines.scale_set if state.phase in ("create", "creating") else deadlines.upgrade
    return state.ends or run.now + within, within


def _count(upgrade: Upgrade) -> int:
    """How many instances are behind."""
    return upgrade.total - upgrade.followed - upgrade.left_out


def _behind(upgrade: Upgrade) -> str:
    return _ids(upgrade.behind, _count(upgrade))


def _ids(instances: tuple[str, ...], count: int) -> str:
    shown = ", ".join(instances[:_SHOWN])
    return shown if count <= _SHOWN else f"{shown} and {count - _SHOWN} more"
