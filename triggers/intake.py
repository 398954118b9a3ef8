"""What the triggers need of the rest of the app; `wiring.app` makes one and registers the triggers with it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from azure.durable_functions import DurableFunctionsClient

from domain.models import ImageFound, ImageRequest, RolloutPlan, StepRequest
from domain.rollouts_file import RolloutsFile
from triggers.access import Access
from triggers.durable import DurableInstances, Instances


@dataclass(frozen=True, slots=True)
class Intake:
    """rollouts: the profiles; raises RolloutError where rollouts.yaml cannot be used. Only who needs them asks, so
    that a broken file stops no rollout that is under way, and whoever starts one reads what is wrong with it.
    read_image, plan: the activities of these names with their dependencies bound. now: aware, UTC.

    connect: the engine behind the durable client that a binding gave. access: what a caller over HTTP needs beside a
    function key.
    """

    rollouts: Callable[[], RolloutsFile]
    read_image: Callable[[ImageRequest], Awaitable[ImageFound]]
    plan: Callable[[StepRequest], Awaitable[RolloutPlan]]
    now: Callable[[], datetime]
    connect: Callable[[DurableFunctionsClient], Instances] = DurableInstances
    access: Access = field(default_factory=Access)
