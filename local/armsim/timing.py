"""How long Azure takes: medians and 90th percentiles of recorded operations, in seconds of service time.

One spread a kind of work; `World.lasts` divides what is drawn from it by the simulator's speed.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from local.armsim.draws import Draws

_NORMAL = NormalDist()
_TENTH = _NORMAL.inv_cdf(0.9)


@dataclass(frozen=True, slots=True)
class Spread:
    """A distribution of durations: log-normal through its median and its 90th percentile, in seconds.

    `step`: what the service's scheduler rounds to; `past`: how far behind a step the work ends. Draws lie within
    the recorded extremes, `least` and `most`.
    """

    name: str
    median: float
    p90: float
    least: float = 0.0
    most: float = math.inf
    step: float = 0.0
    past: float = 0.0

    def draw(self, draws: Draws, *of: object) -> float:
        """The duration of one piece of work; `of` says which: a resource's id, and the count of its writes."""
        if self.p90 <= self.median or self.median <= 0:
            return self.median
        at = min(max(draws.fraction("duration", self.name, *of), 1e-6), 1 - 1e-6)
        seconds = self.median * math.exp(math.log(self.p90 / self.median) * _NORMAL.inv_cdf(at) / _TENTH)
        if self.step:
            seconds = round((seconds - self.past) / self.step) * self.step + self.past
        return min(max(seconds, self.least), self.most)


GALLERY = Spread("gallery", 0.3, 0.7, 0.1, 21.0)
GALLERY_DELETE = Spread("gallery DELETE", 0.1, 1.0, 0.1, 2.4)
DEFINITION = Spread("definition", 0.1, 0.2, 0.05, 1.2)
DEFINITION_DELETE = Spread("definition DELETE", 0.2, 0.7, 0.05, 2.4)

VERSION_ONE_REGION = Spread("version", 428.0, 541.0, 316.0, 736.0, 15.0, 1.0)
VERSION_TWO_REGIONS = Spread("version, last region", 600.0, 800.0, 451.0, 841.0, 15.0, 1.0)
"""Four recordings: their median and extremes; the 90th percentile is a reading."""
VERSION_SHALLOW = Spread("version, shallow", 45.0, 60.0, 30.0, 60.0, 15.0, 0.2)
VERSION_ADD_REGION = Spread("version, added region", 466.0, 736.0, 331.0, 1411.0, 15.0, 1.0)
VERSION_UPDATE = Spread("version, update", 150.0, 375.0, 150.2, 421.0, 15.0, 0.2)
VERSION_DELETE = Spread("version DELETE", 90.0, 150.0, 25.0, 150.2, 15.0, 0.2)

LINGERS = Spread("lingering child", 14.0, 18.0, 10.0, 20.0)
"""How long the parent's DELETE still sees a deleted child: reported as 10 to 20 seconds."""

IMAGE = Spread("image", 5.2, 10.2, 5.0, 45.0)
IMAGE_DELETE = Spread("image DELETE", 5.1, 10.2, 5.0, 45.0)

DISK = Spread("disk", 0.3, 1.5, 0.1, 10.0)
"""Disks and snapshots; four recorded operations, so a reading but for its order of magnitude."""

PUBLIC_IP = Spread("public IP", 2.0, 4.0, 0.5, 49.0)
VIRTUAL_NETWORK = Spread("virtual network", 4.0, 13.0, 1.0, 48.0)
SECURITY_GROUP = Spread("NSG", 4.0, 10.0, 1.0, 127.0)
LOAD_BALANCER = 0.0
NETWORK_DELETE = Spread("network DELETE", 11.0, 17.0, 1.0, 60.0)
"""A network's clients measured these: the 90th percentile of deletions is 12 to 23 s, by type."""

GROUP_DELETE = 15.0

SCALE_SETS = {
    ("Uniform", "gallery"): Spread("scale set from a gallery", 44.0, 53.0, 9.0, 300.0),
    ("Uniform", "image"): Spread("scale set from an image", 72.0, 116.0, 9.0, 600.0),
    ("Uniform", "marketplace"): Spread("scale set", 73.0, 117.0, 9.0, 600.0),
    ("Flexible", "gallery"): Spread("Flexible from a gallery", 48.0, 62.0, 9.0, 300.0),
    ("Flexible", "image"): Spread("Flexible from an image", 116.0, 149.0, 9.0, 600.0),
    ("Flexible", "marketplace"): Spread("Flexible", 78.0, 137.0, 9.0, 600.0),
}
SCALE_SET_OF_FIVE = Spread("scale set of five", 121.0, 200.0, 9.0, 2500.0)
"""Five instances or more; the 90th percentile is a reading."""
SCALE_SET_MODEL = Spread("scale set, model", 0.4, 43.0, 0.1, 712.0)
SCALE_SET_CAPACITY = Spread("scale set, capacity", 18.6, 95.0, 2.0, 712.0)
SCALE_SET_DELETE = Spread("scale set DELETE", 2.4, 11.0, 0.9, 45.0)
INSTANCE_UPGRADE = Spread("manualUpgrade", 46.0, 206.0, 5.0, 655.0)
ROLLING_BATCH = Spread("rolling batch", 61.0, 77.0, 20.0, 327.0)
"""Half of a recorded rolling upgrade of two batches (122 s, 90th percentile 154 s)."""

EXTENSION = Spread("extension", 50.0, 75.0, 15.0, 120.0)
"""As the seven that follow: medians of one to four recorded operations, 90th percentiles are readings."""
MACHINE_START = Spread("start", 10.3, 20.0, 5.0, 60.0)
MACHINE_RESTART = Spread("restart", 44.2, 60.0, 10.0, 120.0)
MACHINE_STOP = Spread("powerOff", 36.0, 45.0, 5.0, 120.0)
MACHINE_DEALLOCATE = Spread("deallocate", 18.4, 25.0, 10.0, 120.0)
MACHINE_DELETE = Spread("instance delete", 25.8, 40.0, 5.0, 120.0)
MACHINE_UPDATE = Spread("machine, update", 17.4, 25.0, 2.0, 120.0)
RUN_COMMAND = Spread("runCommand", 10.3, 20.2, 5.0, 90.0)
MACHINE = Spread("machine", 40.0, 60.0, 15.0, 300.0)
"""No recording holds a direct PUT: a reading from scale sets of one instance."""
