"""Rolling upgrades: a scale set's instances follow its model batch by batch, as its policy allows.

The state of one is `fleets.Rolling`; `begin` starts it, `step` moves it on whenever its next moment has come:
a batch ends, its health is judged, a pause passes, the next batch begins.
"""

from datetime import datetime

from local.armsim.body import Body, known_at
from local.armsim.compute import fleets
from local.armsim.compute.fleets import Course, Fleet, Rolling
from local.armsim.durations import parse_duration
from local.armsim.kinds import Resource
from local.armsim.operations import stamp
from local.armsim.world import World

DEFAULTS: Body = {
    "maxBatchInstancePercent": 20,
    "maxUnhealthyInstancePercent": 20,
    "maxUnhealthyUpgradedInstancePercent": 20,
    "pauseTimeBetweenBatches": "PT0S",
    "maxSurge": False,
    "rollbackFailedInstancesOnPolicyBreach": False,
}
SINCE = {"maxSurge": "2022-08-01", "rollbackFailedInstancesOnPolicyBreach": "2022-08-01"}
_SPANNING = ("osrollingupgrade", "extensionrollingupgrade")


def _size(fleet: Fleet, policy: Body) -> int:
    return max(1, len(fleet.present()) * int(policy["maxBatchInstancePercent"]) // 100)


def lasts(fleet: Fleet, policy: Body, batch_seconds: float) -> float:
    """Seconds of a rolling upgrade of the whole fleet, where all goes well."""
    batches = max(1, -(-len(fleet.movable()) // _size(fleet, policy)))
    pause = parse_duration(str(policy["pauseTimeBetweenBatches"]))
    return batches * batch_seconds + (batches - 1) * pause


def too_unhealthy(fleet: Fleet, policy: Body) -> bool:
    """Whether so many instances are unhealthy that no batch may begin."""
    present = fleet.present()
    unwell = sum(not one.healthy for one in present)
    return unwell * 100 > int(policy["maxUnhealthyInstancePercent"]) * len(present)


def begin(world: World, scale_set: Resource, policy: Body, course: Course) -> None:
    """Start a rolling upgrade of all instances that may be moved; its first batch, of that course, at once."""
    fleet: Fleet = scale_set.live
    now = world.now()
    waiting = fleet.movable()
    if policy.get("prioritizeUnhealthyInstances"):
        waiting.sort(key=lambda one: one.healthy)
    if fleet.rolling is not None:
        fleet.history = [fleet.rolling, *fleet.history][:10]
    fleet.rolling = Rolling(
        policy,
        now,
        course.image,
        course.seconds,
        _size(fleet, policy),
        [one.id for one in waiting],
        now,
        next=now,
        fails=course.fails,
        ends=course.ends,
        healthy=course.healthy,
    )
    if waiting and not too_unhealthy(fleet, policy):
        step(world, scale_set, now)
    fleets.ring(world, scale_set)


def step(world: World, scale_set: Resource, when: datetime) -> None:
    """Move the rolling upgrade on, if its next moment has come."""
    fleet: Fleet = scale_set.live
    rolling = fleet.rolling
    if rolling is None or rolling.next is None or rolling.next > when:
        return
    rolling.next = None
    if rolling.batch:
        _judge(world, scale_set, rolling)
        pause = world.lasts(parse_duration(str(rolling.policy["pauseTimeBetweenBatches"])))
        if rolling.code != "RollingForward":
            return
        if rolling.waiting:
            rolling.next = when + pause
            if not pause:
                step(world, scale_set, when)
            return
    if not rolling.waiting:
        rolling.code, rolling.ended = "Completed", when
    elif too_unhealthy(fleet, rolling.policy):
        moment = "In" if rolling.done + rolling.failed else "Before"
        _fault(world, scale_set, rolling, f"MaxUnhealthyInstancePercentExceeded{moment}RollingUpgrade")
    else:
        _next_batch(world, scale_set, rolling, when)


def _next_batch(world: World, scale_set: Resource, rolling: Rolling, when: datetime) -> None:
    fleet: Fleet = scale_set.live
    rolling.batch, rolling.waiting = rolling.waiting[: rolling.size], rolling.waiting[rolling.size :]
    moving = [fleet.instances[one] for one in rolling.batch if one in fleet.instances]
    fleets.move(world, scale_set, moving, rolling.course, when)
    rolling.next = when + world.lasts(rolling.seconds) if rolling.ends else None


def _judge(world: World, scale_set: Resource, rolling: Rolling) -> None:
    """What became of the batch; too many failed or unhealthy ones stop the upgrade."""
    fleet: Fleet = scale_set.live
    batch = [fleet.instances[one] for one in rolling.batch if one in fleet.instances]
    failed = sum(one.state == "Failed" for one in batch)
    rolling.failed += failed
    rolling.done += len(rolling.batch) - failed
    rolling.unhealthy += sum(one.state == "Failed" or not one.healthy for one in batch)
    rolling.batch = []
    most = int(rolling.policy["maxUnhealthyUpgradedInstancePercent"])
    if failed or rolling.unhealthy * 100 > most * (rolling.done + rolling.failed):
        _fault(world, scale_set, rolling, "MaxUnhealthyUpgradedInstancePercentExceededInRollingUpgrade")


def _fault(world: World, scale_set: Resource, rolling: Rolling, code: str) -> None:
    """Stop; what waits for the upgrade, the write or the action that started it, fails with it."""
    limit = "MaxUnhealthyUpgradedInstancePercent" if "Upgraded" in code else "MaxUnhealthyInstancePercent"
    rolling.code, rolling.next, rolling.ended = "Faulted", None, world.now()
    rolling.error = {
        "code": code,
        "message": f"Rolling Upgrade failed after exceeding the {limit} value defined in the RollingUpgradePolicy.",
    }
    for operation in world.operations.all():
        spans = operation.role == "write" or operation.action in _SPANNING
        if spans and operation.resource_id.lower() == scale_set.key:
            world.operations.fail(operation, rolling.error, world.now())


def cancel(fleet: Fleet, now: datetime) -> bool:
    """Stop the rolling upgrade under way after its present batch; False where there is none."""
    rolling = fleet.rolling
    if rolling is None or rolling.code != "RollingForward":
        return False
    rolling.code, rolling.last_action, rolling.last_action_time = "Cancelled", "Cancel", now
    rolling.ended = now
    return True


def running_status(rolling: Rolling) -> Body:
    """`runningStatus` of an upgrade."""
    return {
        "code": rolling.code,
        "startTime": stamp(rolling.started),
        "lastAction": rolling.last_action,
        "lastActionTime": stamp(rolling.last_action_time),
    }


def progress(rolling: Rolling) -> Body:
    """`progress` of an upgrade."""
    return {
        "successfulInstanceCount": rolling.done,
        "failedInstanceCount": rolling.failed,
        "inProgressInstanceCount": len(rolling.batch),
        "pendingInstanceCount": len(rolling.waiting),
    }


def shown(scale_set: Resource, rolling: Rolling, api_version: str) -> Body:
    """`rollingUpgrades/latest`."""
    properties: Body = {
        "policy": known_at(api_version, SINCE, rolling.policy),
        "runningStatus": running_status(rolling),
        "progress": progress(rolling),
    }
    if rolling.error is not None:
        properties["error"] = rolling.error
    return {
        "type": "Microsoft.Compute/virtualMachineScaleSets/rollingUpgrades",
        "location": scale_set.location,
        "properties": properties,
    }
