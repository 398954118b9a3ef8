"""The version of an image and its replication: number, publish, follow region by region, for hours if need be.

It continues as new after some looks, so that its history stays short however long Azure takes; what it must remember
is in its state.
"""

from datetime import datetime, timedelta
from typing import Any, Literal

from durabletask.task import OrchestrationContext
from pydantic import Field

from domain import naming, regions, versions
from domain.errors import NumberTakenError, RolloutCancelled, RolloutError, SourceBusyError, TerminalError
from domain.models import ClaimRequest, Operation, RegionState, Replication, StepRequest, Wire
from domain.status import Status
from domain.steps import FIND_VERSION, POLL_OPERATION, PUBLISH_VERSION, READ_REPLICATION, VERSION_NUMBERS
from orchestrators._steps import Run, Steps, poll_delay, raise_failure, told

LOOKS_PER_EXECUTION = 20
"""About eight events of history a look. Each look replays the ones before it, so few are cheap as well as short."""

_SILENT_POLL = 15.0
"""Seconds between looks at somebody else's replication, whose Retry-After we never saw."""

_BUSY_DELAY = 30.0


class ReplicateState(Wire):
    """What survives continue-as-new. phase `find`: choose the number; `publish`: write; `copy`: follow."""

    request: StepRequest
    phase: Literal["find", "publish", "copy"] = "find"
    adopted: bool = False
    taken: tuple[str, ...] = ()
    operation: Operation | None = None
    ends: datetime | None = None
    looks: int = 0
    regions: tuple[RegionState, ...] = ()
    status: Status = Field(default_factory=Status)


def replicate(ctx: OrchestrationContext, payload: dict[str, Any]) -> Steps[dict[str, Any]]:
    """Child of `rollout`. payload: `ReplicateState`; answers `{"number", "regions"}`."""
    state = ReplicateState.load(payload)
    run = Run(ctx, state.status)
    state = _begin(run, state)
    try:
        for _ in range(LOOKS_PER_EXECUTION):
            if state.phase == "find":
                state = yield from _find(run, state)
            elif state.phase == "publish":
                state = yield from _publish(run, state)
            else:
                state, done = yield from _copy(run, state)
                if done:
                    run.finish("Completed")
                    return {"number": state.request.number, "regions": [region.dump() for region in state.regions]}
        run.check()
    except RolloutCancelled:
        run.finish("Cancelled", "Replication that is under way runs on in Azure." if state.phase == "copy" else "")
        return {}
    except RolloutError as error:
        run.finish("Failed", error=error)
        raise error from None
    ctx.continue_as_new(state.model_copy(update={"status": run.status}).dump(), save_events=True)
    return {}


def _begin(run: Run, state: ReplicateState) -> ReplicateState:
    """Deadline and end of life are counted once, from the orchestration's clock."""
    if state.ends is not None:
        return state
    profile = state.request.profile
    life = profile.version.end_of_life_after
    end_of_life = (run.now + life).strftime("%Y-%m-%dT%H:%M:%SZ") if life else None
    return state.model_copy(
        update={
            "ends": run.now + profile.deadlines.replication,
            "request": state.request.model_copy(update={"end_of_life": end_of_life}),
        }
    )


def _find(run: Run, state: ReplicateState) -> Steps[ReplicateState]:
    """The number: of the version that carries this image; fixed or from the image's tag; else the next one."""
    request = state.request
    found = yield from run.step(FIND_VERSION, request, resource=request.targets.definition)
    spec = request.profile.version
    if found.adopt:
        number = found.adopt
    elif spec.number.startswith("tag:"):
        number = request.image.tags[spec.number.removeprefix("tag:")]
    elif spec.number != "next":
        number = spec.number
    else:
        claim = ClaimRequest(key=request.rollout.claim, held=found.held, floor=spec.floor, taken=state.taken)
        number = yield from run.claim(VERSION_NUMBERS, naming.numbers_key(request.targets.definition), claim)
    number = str(versions.parse(number))
    run.update(version=number)
    return state.model_copy(
        update={
            "request": request.model_copy(update={"number": number}),
            "phase": "publish",
            "adopted": found.adopt is not None,
        }
    )


def _publish(run: Run, state: ReplicateState) -> Steps[ReplicateState]:
    """Write, once nobody else captures a version from the same image: that refusal is waited out."""
    request = state.request
    assert state.ends is not None
    try:
        outcome = yield from run.step(
            PUBLISH_VERSION, request, resource=request.version_id, hand_back=SourceBusyError, close=False
        )
    except SourceBusyError as error:
        what = "another version that Azure captures from the same image"
        run.deadline(state.ends, _within(state), what, request.version_id)
        yield from run.pause(error.retry_after or _BUSY_DELAY, what)
        return state
    except NumberTakenError as error:
        if request.profile.version.number != "next":
            raise
        run.close(PUBLISH_VERSION.name, request.version_id, "Skipped", error.message)
        return state.model_copy(update={"phase": "find", "taken": (*state.taken, str(request.number))})
    run.found("version", request.version_id)
    if outcome.operation and outcome.operation.kind == "gone":
        yield from run.look(outcome.operation, state.looks, state.ends, _within(state), "the deletion of the version")
        return state.model_copy(update={"looks": state.looks + 1})
    run.close(PUBLISH_VERSION.name, request.version_id, "Completed", told(outcome))
    wait = outcome.operation if outcome.operation and outcome.operation.kind == "operation" else None
    return state.model_copy(
        update={"phase": "copy", "operation": wait, "looks": 0 if outcome.action != "adopted" else -1}
    )


def _copy(run: Run, state: ReplicateState) -> Steps[tuple[ReplicateState, bool]]:
    """One look at the replication; True once every wanted region is complete."""
    request = state.request
    assert state.ends is not None
    what = f"replication of {request.number} to {_named(request)}"
    run.deadline(state.ends, _within(state), what, request.version_id)
    if state.looks >= 0:  # a version that was adopted as it stands is looked at without waiting
        asked = state.operation.retry_after if state.operation else _SILENT_POLL
        yield from run.pause(poll_delay(asked, 0), what)
    try:
        seen = yield from run.step(READ_REPLICATION, request, resource=request.version_id, close=False)
    except TerminalError:
        yield from _explain(run, state)
        raise
    run.update(regions=seen.regions)
    run.polled(READ_REPLICATION.name, request.version_id)
    state = state.model_copy(update={"looks": max(state.looks, 0) + 1, "regions": seen.regions})
    if seen.provisioning_state == "Failed" or _failed_for_good(seen, request):
        yield from _explain(run, state, seen)
    if seen.provisioning_state == "Succeeded":
        if seen.missing:  # somebody else's update overtook ours: add the regions again
            return state.model_copy(update={"phase": "publish", "operation": None}), False
        if all(region.state == "Completed" for region in _wanted(seen, request)):
            run.close(READ_REPLICATION.name, request.version_id, "Completed", "replicated to every region")
            return state, True
    return state, False


def _explain(run: Run, state: ReplicateState, seen: Replication | None = None) -> Steps[None]:
    """Fail with each region's state and details, and with the operation's own error where there is one."""
    cause = ""
    if state.operation is not None:
        looked = yield from run.step(POLL_OPERATION, state.operation, journal=False)
        if seen is None:
            raise_failure(looked)
        cause = f" {looked.error_code}: {looked.error_message}" if looked.error_code else ""
    if seen is None:
        return
    told_regions = "; ".join(
        f"{region.name}: {region.state}" + (f" ({region.details})" if region.details else "") for region in seen.regions
    )
    error = TerminalError(
        "ReplicationFailed",
        f"Version {state.request.number} did not replicate. {told_regions}.{cause}",
        resource=state.request.version_id,
        remedy="Start the rollout again: it puts the same version once more, and Azure retries the failed regions.",
    )
    run.close(READ_REPLICATION.name, state.request.version_id, "Failed", error.message)
    raise error


def _failed_for_good(seen: Replication, request: StepRequest) -> bool:
    """A wanted region failed and nothing is under way any more."""
    return seen.provisioning_state == "Succeeded" and any(region.state == "Failed" for region in _wanted(seen, request))


def _wanted(seen: Replication, request: StepRequest) -> list[RegionState]:
    names = {regions.normalized(region.name) for region in request.profile.version.target_regions}
    return [region for region in seen.regions if region.name in names]


def _named(request: StepRequest) -> str:
    names = [regions.normalized(region.name) for region in request.profile.version.target_regions]
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} regions"


def _within(state: ReplicateState) -> timedelta:
    return state.request.profile.deadlines.replication
