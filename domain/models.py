"""What crosses the durable wire: the input of a rollout, the requests and results of its steps.

All of it is plain JSON, dumped and validated at the edge of each activity (`wiring`). A field may be added with a
default; none may change its meaning, because histories that were written before must replay.
"""

from datetime import datetime
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from domain.images import ManagedImage
from domain.profiles import Profile, Targets
from domain.resource_ids import parse

SCHEMA = 1
"""Version of the shapes below, stored in every rollout's input."""


class Wire(BaseModel):
    """Frozen; camelCase outside; unknown fields, from a newer writer, are ignored."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", defer_build=True, alias_generator=to_camel, populate_by_name=True
    )

    def dump(self) -> dict[str, Any]:
        """Plain JSON data."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    @classmethod
    def load(cls, data: Any) -> Self:
        """Validate plain JSON data. pydantic.ValidationError where the shape is wrong."""
        return cls.model_validate(data)


class StartedBy(Wire):
    """Who asked for the rollout: an event (its id, time and correlation id, nothing else of it) or HTTP.

    caller: the object id in Entra of who asked over HTTP; None where a function key alone opens the app.
    """

    kind: Literal["event", "http"]
    event_id: str | None = None
    event_time: str | None = None
    correlation_id: str | None = None
    caller: str | None = None


class RolloutInput(Wire):
    """The input of the `rollout` orchestrator: what was asked, and the profile as it was then.

    `again`: set for a repetition on request of an unchanged image, else None; it distinguishes its version.
    `earlier`: the id of the failed or cancelled attempt that this one retries.
    """

    schema_version: int = SCHEMA
    profile_name: str
    profile: Profile
    image: str
    fingerprint: str
    attempt: int = 1
    again: str | None = None
    earlier: str | None = None
    started_by: StartedBy

    @cached_property
    def targets(self) -> Targets:
        """The ARM ids that the profile means for this image."""
        return Targets.of(self.profile, parse(self.image))

    @property
    def claim(self) -> str:
        """The key under which a version number is given out; all attempts share it."""
        return f"{self.fingerprint}@{self.again}" if self.again else self.fingerprint


class Operation(Wire):
    """Something under way in Azure, and where to look for its end.

    kind `operation`: GET `url` (sent back verbatim) until its status is final. kind `resource`: somebody else's
    work; GET `resource` until its provisioningState is final. kind `gone`: GET `resource` until it answers 404.
    `retry_after`: seconds that the server asked to wait, None where it did not say.
    `at`: when the request was sent, by the server's clock. `secret_settings`: names of app settings whose values were
    in the request and must not appear in its error.
    """

    kind: Literal["operation", "resource", "gone"] = "operation"
    resource: str
    url: str = ""
    status: Literal["InProgress", "Succeeded", "Failed", "Canceled"] = "InProgress"
    retry_after: float | None = None
    at: datetime | None = None
    error_code: str = ""
    error_message: str = ""
    remedy: str = ""
    secret_settings: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.status != "InProgress"


class Outcome(Wire):
    """What an activity found or did.

    action `waiting`: somebody else's change is under way; wait for `operation`, then look again. `created`,
    `updated`, `moved`, `repaired`: written; wait for `operation` if there is one. `adopted`, `current`: exists
    and matches, nothing was written. `newer`: the scale set runs a newer version and was left alone.
    `notes`: differences that were left as they are, each a sentence.
    """

    resource: str
    action: Literal["created", "updated", "moved", "repaired", "adopted", "current", "newer", "waiting"]
    operation: Operation | None = None
    notes: tuple[str, ...] = ()


class ImageRequest(Wire):
    """The image to look at."""

    image: str


class ImageFound(Wire):
    """The image as it was read."""

    image: ManagedImage


class StepRequest(Wire):
    """What most activities take: the rollout, the image as it was read, and what earlier steps found out.

    Activities read from it what they need. `version`: id of the image version. `end_of_life`: computed once.
    """

    rollout: RolloutInput
    image: ManagedImage
    rollout_id: str = ""
    number: str | None = None
    end_of_life: str | None = None

    @property
    def targets(self) -> Targets:
        """The ARM ids that the profile means for this image."""
        return self.rollout.targets

    @property
    def profile(self) -> Profile:
        """The profile as it was when the rollout started."""
        return self.rollout.profile

    @property
    def version_id(self) -> str:
        """Id of the image version; ValueError before its number is known."""
        if self.number is None:
            raise ValueError("the version has no number yet")
        return f"{self.targets.definition}/versions/{self.number}"


class GroupRequest(StepRequest):
    """A resource group of the profile: `gallery` or `scaleSet`."""

    group: Literal["gallery", "scaleSet"]


class VersionsFound(Wire):
    """`adopt`: number of the version that carries the image's fingerprint. `largest`: of all numbers in the definition.

    Of thousands of versions (a gallery holds up to 10,000) no more than these two go into the history.
    """

    adopt: str | None = None
    largest: str | None = None


class RegionState(Wire):
    """Replication to one region. `state`: Unknown, Replicating, Completed or Failed; `progress`: percent."""

    name: str
    state: str = "Unknown"
    progress: int = 0
    replicas: int | None = None
    details: str = ""


class Replication(Wire):
    """A version's replication as ARM tells it. `missing`: wanted regions that are no target of it (yet)."""

    provisioning_state: str
    aggregated: str
    regions: tuple[RegionState, ...] = ()
    missing: tuple[str, ...] = ()
    published: datetime | None = None

    @property
    def over(self) -> bool:
        """Whether nothing is under way on the version."""
        return self.provisioning_state in ("Succeeded", "Failed", "Canceled")


class UpgradeRequest(StepRequest):
    """Follow a scale set to `number`; `since`: only a rolling upgrade that started later counts."""

    since: datetime | None = None


class Upgrade(Wire):
    """How far a scale set's instances have followed its model.

    `model`: `current`, or `newer` where somebody has moved it on. `mode`: the scale set's own upgrade policy.
    `behind`, `failed`, `protected`: ids of the first instances in that state. `left_out`: how many are protected.
    `settled`: Azure is doing nothing more by itself; `idle`: nor is any instance changing.
    `rolling`: the running status of the rolling upgrade that counts, if one does.
    """

    model: Literal["current", "newer", "other"]
    mode: str
    total: int
    followed: int
    behind: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    left_out: int = 0
    settled: bool = False
    idle: bool = False
    rolling: str = ""
    error_code: str = ""
    error_message: str = ""


class Violation(Wire):
    """A broken rule: its number, the field of the profile (or of the image), the value, and what to do."""

    rule: str
    field: str
    value: str
    message: str
    remedy: str


class PlannedStep(Wire):
    """What a rollout would do to one resource. action: create, adopt, move, wait, refuse or skip."""

    step: str
    resource: str
    action: Literal["create", "adopt", "move", "wait", "refuse", "skip"]
    detail: str = ""


class RolloutPlan(Wire):
    """What a rollout would do, and what is wrong: the answer of a dry run, and the gate before the first write."""

    profile: str
    image: str
    fingerprint: str
    version: str | None = None
    scale_set_exists: bool = False
    steps: tuple[PlannedStep, ...] = ()
    violations: tuple[Violation, ...] = ()
    unchecked: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class ClaimRequest(Wire):
    """Ask for a number: `key`, the claim; `largest` that the gallery holds; `taken`, refused by the gallery."""

    key: str
    largest: str | None = None
    floor: str | None = None
    taken: tuple[str, ...] = ()
