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
from local.armsim.draws import Draws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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


def plan_creation(regions: list[str], home: str, *, shallow: bool, draws: Draws, of: str) -> dict[str, float]:
    """Seconds by region for a new version: home after the median of one region, the last at that of two."""
    if shallow:
        return dict.fromkeys(regions, timing.VERSION_SHALLOW)
    plan: dict[str, float] = {}
    others = [one for one in regions if one != home]
    for region in regions:
        if region == home:
            plan[region] = timing.VERSION_ONE_REGION
        elif region == others[-1]:
            plan[region] = timing.VERSION_TWO_REGIONS
        else:
            span = timing.VERSION_TWO_REGIONS - timing.VERSION_ONE_REGION
            plan[region] = timing.VERSION_ONE_REGION + span * draws.fraction("replica", of, region)
    return plan


def plan_addition(regions: list[str], *, draws: Draws, of: str) -> dict[str, float]:
    """Seconds by region for regions that join a version, or that are retried."""
    plan = {one: timing.VERSION_ADD_REGION * (0.8 + 0.2 * draws.fraction("addition", of, one)) for one in regions}
    if plan:
        plan[regions[-1]] = timing.VERSION_ADD_REGION
    return plan
