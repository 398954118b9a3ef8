"""Replicas of an image version: where each one stands at a given time.

Nothing ticks: a replica knows when it began and when it is due, and its state follows from the clock. Regions
copy side by side, the version's own region first. Progress while copying is a reading: no recording shows a
version in that state.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from local.armsim import timing
from local.armsim.body import Body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from local.armsim.kinds import Write

type ReplicaState = Literal["Unknown", "Replicating", "Completed", "Failed"]

_STUCK_AT = 42
"""Progress of a replica that never arrives."""
_CAPTURE = 0.1
"""Share of the time before the first percent shows: the source is captured before it is copied."""
DETAILS = "Copying the image to this region failed. Update the version again to retry."


@dataclass(slots=True)
class Replica:
    """One region's copy. `due` None: it never arrives."""

    region: str
    began: datetime
    due: datetime | None
    fails: bool = False

    def state(self, now: datetime) -> ReplicaState:
        if self.due is None or now < self.due:
            return "Replicating"
        return "Failed" if self.fails else "Completed"

    def progress(self, now: datetime) -> int:
        """Per cent; 100 only when Completed."""
        if self.due is None:
            return _STUCK_AT
        if now >= self.due:
            return _STUCK_AT if self.fails else 100
        total = (self.due - self.began).total_seconds()
        share = (now - self.began).total_seconds() / total if total else 1.0
        percent = int(100 * (share - _CAPTURE) / (1 - _CAPTURE))
        return max(0, min(percent, _STUCK_AT if self.fails else 99))


@dataclass(slots=True)
class Replication:
    """All replicas of one version, by region's short name."""

    replicas: dict[str, Replica] = field(default_factory=dict)
    disks: Body = field(default_factory=dict)
    """What the body will say of the source's disks once the first copy is done."""

    def missing(self, regions: "Iterable[str]", now: datetime) -> list[str]:
        """Those of `regions` that must be copied: new ones and failed ones."""
        return [one for one in regions if one not in self.replicas or self.replicas[one].state(now) == "Failed"]

    def begin(
        self,
        plan: dict[str, float],
        now: datetime,
        lasts: "Callable[[float], timedelta]",
        *,
        fails: frozenset[str] = frozenset(),
        ends: bool = True,
    ) -> None:
        """Start copying as planned (seconds by region); `fails` will fail, and nothing arrives unless `ends`."""
        for region, seconds in plan.items():
            due = now + lasts(seconds) if ends else None
            self.replicas[region] = Replica(region, now, due, region in fails)

    def completed_in(self, region: str, now: datetime) -> bool:
        """Whether a scale set in `region` can use the version."""
        replica = self.replicas.get(region)
        return replica is not None and replica.state(now) == "Completed"

    def status(self, now: datetime) -> Body:
        """`replicationStatus`, as `$expand=ReplicationStatus` shows it: regions by their short names."""
        summary: list[Body] = []
        for replica in self.replicas.values():
            state = replica.state(now)
            line: Body = {"region": replica.region, "state": state, "progress": replica.progress(now)}
            if state == "Failed":
                line["details"] = DETAILS
            summary.append(line)
        states = {line["state"] for line in summary}
        if "Replicating" in states:
            aggregated = "InProgress"
        elif "Failed" in states:
            aggregated = "Failed"
        else:
            aggregated = "Completed" if states else "Unknown"
        return {"aggregatedState": aggregated, "summary": summary}


def plan_creation(write: "Write", regions: list[str], home: str, *, shallow: bool) -> dict[str, float]:
    """Seconds by region for a new version: home takes what one region takes, the last one what two take, and longer."""
    if shallow:
        return dict.fromkeys(regions, write.takes(timing.VERSION_SHALLOW))
    first = write.takes(timing.VERSION_ONE_REGION)
    last = max(first + 15, write.takes(timing.VERSION_TWO_REGIONS))
    others = [one for one in regions if one != home]
    plan = {one: first + (last - first) * _share(write, one) for one in regions}
    plan[home] = first
    return plan | dict.fromkeys(others[-1:], last)


def plan_addition(write: "Write", regions: list[str]) -> dict[str, float]:
    """Seconds by region for regions that join a version, or that are retried."""
    last = write.takes(timing.VERSION_ADD_REGION)
    plan = {one: last * (0.8 + 0.2 * _share(write, one)) for one in regions}
    return plan | dict.fromkeys(regions[-1:], last)


def _share(write: "Write", region: str) -> float:
    return write.world.draws.fraction("replica", write.id.lower(), region)
