"""What can be asked of running machines, the same for scale sets, their instances and single machines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.armsim import timing
from local.armsim.compute.fleets import Course, Instance
from local.armsim.errors import ArmError
from local.armsim.faults import Fault
from local.armsim.kinds import Resource
from local.armsim.timing import Spread
from local.armsim.world import World


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of work: how long it takes, and what an instance is afterwards."""

    name: str
    takes: Spread
    then: Mapping[str, Any] = field(default_factory=lambda: {"power": "running"})
    renews: bool = False
    """Whether the disk is made again from the image."""


WORKS: Mapping[str, Work] = {
    one.name.lower(): one
    for one in (
        Work("start", timing.MACHINE_START),
        Work("restart", timing.MACHINE_RESTART),
        Work("redeploy", timing.MACHINE_RESTART),
        Work("powerOff", timing.MACHINE_STOP, {"power": "stopped"}),
        Work("deallocate", timing.MACHINE_DEALLOCATE, {"power": "deallocated"}),
        Work("reimage", timing.INSTANCE_UPGRADE, renews=True),
        Work("reimageAll", timing.INSTANCE_UPGRADE, renews=True),
    )
}


def begin(world: World, owner: Resource, work: Work, machines: list[Instance], fault: Fault | None) -> float:
    """Begin `work` on `machines` of `owner`, a scale set or the machine itself; the seconds that it takes."""
    for one in machines:
        if one.generalized and work.name in ("start", "restart"):
            raise ArmError(
                409,
                "OperationNotAllowed",
                f"Operation '{work.name}' is not allowed on VM '{one.id}' since the VM is generalized.",
            )
    seconds = work.takes.draw(world.draws, owner.key, work.name, world.count(f"{owner.key} {work.name}"))
    due = world.now() + world.lasts(seconds)
    for one in machines:
        then = {**work.then, "healthy": True} if work.renews else dict(work.then)
        one.start("Updating", due, Course.of(fault, seconds), **then)
    return seconds


def refuse_maintenance(name: str) -> ArmError:
    """Self-service maintenance is open to subscriptions that Azure has told so (recorded)."""
    return ArmError(
        409,
        "OperationNotAllowed",
        f"Operation 'performMaintenance' is not allowed on VM '{name}' since the Subscription of this VM is not "
        "eligible.",
    )


def refuse_eviction() -> ArmError:
    """Only Spot machines can be evicted (recorded)."""
    return ArmError(
        409, "OperationNotAllowed", "Operation 'simulateEviction' is allowed only for Spot Virtual Machines"
    )
