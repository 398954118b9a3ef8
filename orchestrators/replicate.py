"""The version of an image and its replication: number, publish, follow region by region, for hours if need be.

It continues as new after some looks, so that its history stays short however long Azure takes; what it must remember
is in its state.
"""

from datetime import datetime, timedelta
from typing import Any, Literal

from durabletask.task import OrchestrationContext
from pydantic import Field

from domain import naming, regions, rules, versions
from domain.errors import NumberTakenError, RolloutCancelled, RolloutError, SourceBusyError, TerminalError
from domain.models import ClaimRequest, Operation, RegionState, Replication, StepRequest, Wire
from domain.status import Status
from domain.steps import FIND_VERSION, POLL_OPERATION, PUBLISH_VERSION, READ_REPLICATION, VERSION_NUMBERS
from orchestrators import _records
from orchestrators._journal import told
from orchestrators._steps import Run, Steps, raise_failure

LOOKS_PER_EXECUTION = 20
"""About eight events of history a look. Each look replays the ones before it, so few are cheap as well as short."""

_SILENT_POLL = 15.0
"""Seconds between looks at somebody else's replication, whose Retry-After we never saw."""

_BUSY_DELAY = 30.0


class ReplicateState(Wire):
    """What survives continue-as-new. phase `find`: choose the number; `publish`: write; `copy`: follow.

    settled: the version was written or adopted by us; else it is followed because somebody else is changing it, and
    looked at again afterwards.
    """

    request: StepRequest
    phase: Literal["find", "publish", "copy"] = "find"
    settled: bool = False
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
                    regions_done = [region.dump() for region in state.regions]
                    return run.ended("Completed", result={"number": state.request.number, "regions": regions_done})
        run.check()
    except RolloutCancelled:
        return run.ended(
            "Cancelled", "Replication that is under way runs on in Azure." if state.phase == "copy" else ""
        )
    except RolloutError as error:
        raise run.failed(error) from None
    _records.still_runs(ctx, state.request)
    run.start_over(state.model_copy(update={"status": run.status}))
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
        number = rules.tagged_number(request.profile, request.image) or ""  # the rules made sure that it is there
    elif spec.number != "next":
        number = spec.number
    else:
        claim = ClaimRequest(key=request.rollout.claim, largest=found.largest, floor=spec.floor, taken=state.taken)
        number = yield from run.claim(VERSION_NUMBERS, naming.numbers_key(request.targets.definition), claim)
    number = str(versions.parse(number))
    run.update(version=number)
    return state.model_copy(
        update={
            "request": request.model_copy(update={"number": number}),
            "phase": "publish",
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
    if outcome.operation and outcome.operation.kind == "gone":
        yield from run.look(outcome.operation, state.looks, state.ends, _within(state), "the deletion of the version")
        return state.model_copy(update={"looks": state.looks + 1})
    run.found("version", request.version_id)
    settled = outcome.action != "waiting"
    if settled:
        run.close(PUBLISH_VERSION.name, request.version_id, "Completed", told(outcome))
        if request.profile.version.number == "next":  # from now on the gallery remembers it, even once it is deleted
            key = naming.numbers_key(request.targets.definition)
            run.tell(VERSION_NUMBERS, key, "published", request.rollout.claim)
    ours = outcome.operation if outcome.operation and outcome.operation.kind == "operation" else None
    looks = -1 if outcome.action == "adopted" else 0
    return state.model_copy(update={"phase": "copy", "settled": settled, "operation": ours, "looks": looks})


def _copy(run: Run, state: ReplicateState) -> Steps[tuple[ReplicateState, bool]]:
    """One look at the replication; True once every wanted region is complete."""
    request = state.request
    assert state.ends is not None
    what = f"replication of {request.number} to {_named(request)}"
    run.deadline(state.ends, _within(state), what, request.version_id)
    run.open(READ_REPLICATION.name, request.version_id)
    if state.looks >= 0:  # a version that was adopted as it stands is looked at without waiting
        asked = state.operation.retry_after if state.operation else None
        left = (state.ends - run.now).total_seconds()
        yield from run.pause(min(_SILENT_POLL if asked is None else asked, left), what)
    try:
        seen = yield from run.step(READ_REPLICATION, request, resource=request.version_id, close=False)
    except TerminalError:
        yield from _explain(run, state)
        raise
    run.update(regions=seen.regions)
    run.polled(READ_REPLICATION.name, request.version_id)
    state = state.model_copy(update={"looks": max(state.looks, 0) + 1, "regions": seen.regions})
    if seen.over and not state.settled:  # what somebody else had under way is over: decide again
        return state.model_copy(update={"phase": "publish"}), False
    if seen.over and (seen.provisioning_state != "Succeeded" or _a_region_failed(seen, request)):
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
        looked = yield from _operation(run, state.operation)
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


def _operation(run: Run, operation: Operation) -> Steps[Operation]:
    """The operation's end; what was known of it where Azure forgot it, which must not hide why we ask."""
    try:
        return (yield from run.step(POLL_OPERATION, operation, journal=False))
    except TerminalError:
        return operation


def _a_region_failed(seen: Replication, request: StepRequest) -> bool:
    return any(region.state == "Failed" for region in _wanted(seen, request))


def _wanted(seen: Replication, request: StepRequest) -> list[RegionState]:
    names = {regions.normalized(region.name) for region in request.profile.version.target_regions}
    return [region for region in seen.regions if region.name in names]


def _named(request: StepRequest) -> str:
    names = [regions.normalized(region.name) for region in request.profile.version.target_regions]
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} regions"


def _within(state: ReplicateState) -> timedelta:
    return state.request.profile.deadlines.replication
