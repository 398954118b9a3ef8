"""A scale set's instances, and how they follow its model: all at once, in batches, or when told to.

`Fleet` is the `live` part of a scale set. Each change goes onto the agenda; a newer model cancels what an
older one still had to do.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from local.armsim import timing
from local.armsim.body import Body
from local.armsim.world import World

type InstanceState = Literal["Creating", "Updating", "Deleting", "Succeeded", "Failed"]
type RollingCode = Literal["RollingForward", "Completed", "Faulted", "Cancelled"]


@dataclass(slots=True)
class Instance:
    """One virtual machine. `image` is its own reference, which changes when its disk has been replaced."""

    number: int
    image: Body
    model: int
    created: datetime
    state: InstanceState = "Creating"
    protection: Body = field(default_factory=dict)

    @property
    def protected(self) -> bool:
        """Whether scale-set actions leave it out."""
        return bool(self.protection.get("protectFromScaleSetActions"))


@dataclass(slots=True)
class Rolling:
    """The latest rolling upgrade."""

    policy: Body
    started: datetime
    numbers: list[int]
    code: RollingCode = "RollingForward"
    last_action: Literal["Start", "Cancel"] = "Start"
    last_action_time: datetime | None = None
    done: int = 0
    failed: int = 0
    moving: int = 0
    error: Body | None = None


@dataclass(slots=True)
class Fleet:
    """All instances of one scale set. `model` counts its models; `turn` cancels what an older turn planned."""

    instances: dict[int, Instance] = field(default_factory=dict)
    next_number: int = 0
    model: int = 1
    turn: int = 0
    rolling: Rolling | None = None

    def grow(self, world: World, count: int, image: Body, seconds: float | None, *, fails: bool = False) -> None:
        """Add `count` instances of the present model, up after `seconds` (None: never)."""
        fresh = []
        for _ in range(count):
            fresh.append(Instance(self.next_number, image, self.model, world.now()))
            self.instances[self.next_number] = fresh[-1]
            self.next_number += 1
        if seconds is None:
            return

        def up(_: datetime) -> None:
            for one in fresh:
                one.state = "Failed" if fails else "Succeeded"

        world.agenda.after(world.lasts(seconds), up)

    def shrink(self, count: int) -> None:
        """Remove the `count` instances with the highest numbers that are not protected from scale-in."""
        free = [one.number for one in self.instances.values() if not one.protection.get("protectFromScaleIn")]
        for number in sorted(free, reverse=True)[:count]:
            del self.instances[number]

    def failed(self) -> list[Instance]:
        """Instances that could not be made or moved."""
        return [one for one in self.instances.values() if one.state == "Failed"]

    def behind(self) -> list[Instance]:
        """Instances that a scale-set action may move, lowest number first."""
        return [one for _, one in sorted(self.instances.items()) if not one.protected]

    def move(
        self,
        world: World,
        instances: Iterable[Instance],
        image: Body,
        seconds: float | None,
        *,
        fails: bool = False,
        since: datetime | None = None,
    ) -> datetime | None:
        """Reimage `instances`: Updating, with the latest model already noted; done after `seconds`."""
        moving, model, turn = list(instances), self.model, self.turn
        for one in moving:
            # Recorded: latestModelApplied is true while the instance still updates.
            one.state, one.model = "Updating", model

        def moved(_: datetime) -> None:
            if turn != self.turn:
                return
            for one in moving:
                one.state = "Failed" if fails else "Succeeded"
                if not fails:
                    one.image = image

        return None if seconds is None else world.agenda.after(world.lasts(seconds), moved, since)

    def move_all(self, world: World, image: Body, *, fails: bool, ends: bool) -> datetime | None:
        """Automatic mode: every instance at once, each with its own pace."""
        last: datetime | None = None
        for place, one in enumerate(self.behind()):
            share = 0.7 + 0.3 * ((place * 7) % 10) / 9
            seconds = timing.INSTANCE_UPGRADE * share if ends else None
            due = self.move(world, [one], image, seconds, fails=fails)
            last = max(last, due) if last and due else due or last
        return last

    def batches(self, policy: Body) -> list[list[Instance]]:
        """The instances to move, cut into batches of the policy's share (at least one instance each)."""
        waiting = self.behind()
        size = max(1, len(self.instances) * int(policy["maxBatchInstancePercent"]) // 100)
        return [waiting[at : at + size] for at in range(0, len(waiting), size)]

    def rolling_seconds(self, policy: Body) -> float:
        """How long a rolling upgrade by this policy takes."""
        count = max(1, len(self.batches(policy)))
        return count * timing.ROLLING_BATCH + (count - 1) * pause_of(policy)

    def roll(self, world: World, policy: Body, image: Body, *, fails: bool, ends: bool) -> None:
        """Rolling mode: batch by batch."""
        batches, waiting = self.batches(policy), self.behind()
        self.rolling = Rolling(policy, world.now(), [one.number for one in waiting])
        self.rolling.last_action_time = world.now()
        self._batch(world, batches, image, pause_of(policy), fails=fails, ends=ends, since=world.now())

    def _batch(
        self,
        world: World,
        batches: list[list[Instance]],
        image: Body,
        pause: float,
        *,
        fails: bool,
        ends: bool,
        since: datetime,
    ) -> None:
        rolling, turn = self.rolling, self.turn
        if rolling is None:
            return
        if not batches:
            rolling.code, rolling.moving = "Completed", 0
            return
        batch, rest = batches[0], batches[1:]
        rolling.moving = len(batch)
        self.move(world, batch, image, timing.ROLLING_BATCH if ends else None, fails=fails, since=since)
        if not ends:
            return

        def done(when: datetime) -> None:
            if turn != self.turn or rolling.code != "RollingForward":
                return
            rolling.moving = 0
            if fails:
                rolling.failed, rolling.code = len(batch), "Faulted"
                rolling.error = {
                    "code": "MaxUnhealthyUpgradedInstancePercentExceededInRollingUpgrade",
                    "message": "Rolling Upgrade failed after exceeding the MaxUnhealthyUpgradedInstancePercent "
                    "value defined in the RollingUpgradePolicy.",
                }
                return
            rolling.done += len(batch)
            if not rest:
                rolling.code = "Completed"
                return
            world.agenda.after(world.lasts(pause), next_batch, when)

        def next_batch(when: datetime) -> None:
            if turn == self.turn and rolling.code == "RollingForward":
                self._batch(world, rest, image, pause, fails=fails, ends=ends, since=when)

        world.agenda.after(world.lasts(timing.ROLLING_BATCH), done, since)

    def cancel(self, now: datetime) -> bool:
        """Stop the rolling upgrade under way after its present batch; False where there is none."""
        if self.rolling is None or self.rolling.code != "RollingForward":
            return False
        self.rolling.code, self.rolling.last_action, self.rolling.last_action_time = "Cancelled", "Cancel", now
        return True


def pause_of(policy: Body) -> float:
    """Seconds between two batches."""
    return parse_duration(str(policy.get("pauseTimeBetweenBatches", "PT0S")))


def parse_duration(value: str) -> float:
    """Seconds of an ISO 8601 duration of hours, minutes and seconds; 0 for anything else."""
    total, number = timedelta(), ""
    for char in value.upper().removeprefix("PT"):
        if char.isdigit() or char == ".":
            number += char
            continue
        unit = {"H": "hours", "M": "minutes", "S": "seconds"}.get(char)
        if unit is None or not number:
            return 0.0
        total += timedelta(**{unit: float(number)})
        number = ""
    return total.total_seconds()
