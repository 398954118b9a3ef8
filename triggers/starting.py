"""One rollout an image: choose the profile and the id, ask whether it exists, start it if not.

The queue and the HTTP trigger call `start_rollouts` with what `parsing` understood. The engine lets a finished id
start again, so nothing is started without having asked; a start replaces nothing; "already exists" means that
somebody else was faster, whom we join; and a start whose answer was lost is looked for before it is given up.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from domain import naming, resource_ids
from domain.errors import TerminalError, TransientError
from domain.images import ManagedImage
from domain.models import ImageFound, ImageRequest, RolloutInput, StepRequest
from domain.profiles import Profile
from domain.rollouts_file import RolloutsFile
from domain.steps import ROLLOUT
from triggers.durable import Instance, Instances
from triggers.parsing import ImageRequested
from triggers.views import Shown, input_of, shown_status, status_of

IMAGE_NOT_FOUND = "ImageNotFound"
"""Code of the terminal error that `read_image` ends with where ARM answers 404."""

_BUSY = frozenset({"creating", "updating", "migrating"})
_BUSY_AGAIN_AFTER = 30.0

type ReadImage = Callable[[ImageRequest], Awaitable[ImageFound]]
type Now = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Started:
    """What became of a request under one profile. `created`: a rollout was started; else `reason` says why not.

    status: the rollout's, as people see it.
    """

    id: str
    profile: str
    created: bool
    status: Shown
    reason: str = ""


class NothingToStart(Exception):  # noqa: N818 - it is an answer, not a fault
    """No rollout is for this request: `field` of the request that would have to change, and `reason`, a sentence.

    remedy: what to do where that is not plain from the reason.
    """

    def __init__(self, field: str, reason: str, remedy: str = "") -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request that was looked into: the image as it is, and the profiles to roll it out under."""

    requested: ImageRequested
    image: ManagedImage
    profiles: dict[str, Profile]


async def start_rollouts(
    requested: ImageRequested,
    *,
    instances: Instances,
    read_image: ReadImage,
    rollouts: RolloutsFile,
    now: Now,
    asked: bool,
) -> list[Started]:
    """Start what is to be started, one rollout a profile.

    asked: a person waits for the answer. Then exactly one profile must fit, and a rollout that failed or was
    cancelled is retried. An event rolls out under every profile that matches, and never retries.
    `now` is when the request was made; a redelivered message must give the same time again.
    Raises NothingToStart, TransientError (come back later) or what `read_image` raises.
    """
    wanted = await look(requested, read_image=read_image, rollouts=rollouts, asked=asked)
    return [
        await _start_one(wanted, name, instances=instances, now=now, retry=asked) for name in sorted(wanted.profiles)
    ]


async def look(requested: ImageRequested, *, read_image: ReadImage, rollouts: RolloutsFile, asked: bool) -> Wanted:
    """Read the image and choose its profiles; raises as `start_rollouts` does."""
    image_id = resource_ids.parse(requested.image)
    if not rollouts.allows(image_id):  # before anything is asked of Azure in the app's name
        raise NothingToStart(
            "image",
            "Images of this resource group are not allowed.",
            "Put the image into one of the groups that allowedImageGroups in rollouts.yaml lists, or add its own.",
        )
    by_name = rollouts.matching(image_id)
    if requested.profile is not None and requested.profile not in rollouts.profiles:
        raise NothingToStart("profile", f"There is no such profile; there are {_listed(rollouts.profiles)}.")
    if requested.profile is not None and requested.profile not in by_name:
        raise NothingToStart("profile", f"This profile is not for the image; {_candidates(by_name)}.")
    if not by_name:
        raise NothingToStart("image", "No profile is for this image.")
    image = await _read(requested.image, read_image)
    matching = {name: profile for name, profile in by_name.items() if profile.match.covers_location(image.location)}
    if requested.profile is not None:
        if requested.profile not in matching:
            raise NothingToStart(
                "profile", f"This profile is not for images in {image.location}; {_candidates(matching)}."
            )
        return Wanted(requested, image, {requested.profile: matching[requested.profile]})
    if not matching:
        raise NothingToStart("image", f"No profile is for this image in {image.location}.")
    if asked and len(matching) > 1:
        raise NothingToStart("profile", f"Several profiles are for this image: {_listed(matching)}. Name one.")
    return Wanted(requested, image, matching)


def to_plan(wanted: Wanted, now: Now) -> StepRequest:
    """What a dry run asks the plan activity: the rollout as it would be, under an id that is not taken."""
    name, profile = next(iter(wanted.profiles.items()))
    rollout = _input(wanted, name, profile, attempt=1, again=_key(now) if wanted.requested.again else None)
    stem = naming.rollout_stem(name, wanted.requested.image, wanted.image.fingerprint)
    return StepRequest(rollout=rollout, image=wanted.image, rollout_id=f"{stem}-dry-run")


async def _read(image: str, read_image: ReadImage) -> ManagedImage:
    try:
        found = (await read_image(ImageRequest(image=image))).image
    except TerminalError as error:
        if error.code == IMAGE_NOT_FOUND:
            raise NothingToStart("image", "The image does not exist.") from None
        raise
    state = found.provisioning_state.lower()
    if state in _BUSY:
        raise TransientError(
            "ImageNotReady",
            f"The image is {found.provisioning_state}.",
            resource=image,
            remedy="Wait until Azure has finished it; nothing needs to be done.",
            retry_after=_BUSY_AGAIN_AFTER,
        )
    if state != "succeeded":
        raise NothingToStart("image", f"The image is {found.provisioning_state}, not Succeeded; write it anew.")
    return found


async def _start_one(wanted: Wanted, name: str, *, instances: Instances, now: Now, retry: bool) -> Started:
    profile = wanted.profiles[name]
    stem = naming.rollout_stem(name, wanted.requested.image, wanted.image.fingerprint)
    again = _key(now) if wanted.requested.again else None
    latest = await _latest(instances, stem)
    while True:
        refused = _refusal(latest, again, retry) if latest else ""
        if latest and refused:
            return Started(latest.id, name, created=False, status=shown_status(latest), reason=refused)
        attempt = naming.attempt_of(latest.id) + 1 if latest else 1
        instance_id = naming.rollout_id(name, wanted.requested.image, wanted.image.fingerprint, attempt)
        # The query may lag behind what was started a moment ago; reading one instance does not.
        faster = await instances.get(instance_id)
        if faster is not None:
            latest = faster
            continue
        payload = _following(_input(wanted, name, profile, attempt=attempt, again=again), latest)
        return await _start(instances, instance_id, name, payload)


async def _latest(instances: Instances, stem: str) -> Instance | None:
    """The newest attempt; children's ids begin with the same stem, but their orchestrations have other names."""
    attempts = [found for found in await instances.find(prefix=f"{stem}-") if found.name == ROLLOUT]
    return max(attempts, key=lambda found: naming.attempt_of(found.id), default=None)


def _refusal(latest: Instance, again: str | None, retry: bool) -> str:
    """Why `latest` is not followed by another attempt; "" where it is."""
    if not latest.over:
        return f"Rollout {latest.id} of this image is under way."
    if again is not None and again == _again_of(latest):
        return f"Rollout {latest.id} was started by this very request."
    status = shown_status(latest)
    if status == "Completed":
        came_to_nothing = status_of(latest).outcome == "Superseded" and not status_of(latest).version
        if again or came_to_nothing:
            return ""
        done = (
            "has rolled this image out" if status_of(latest).outcome != "Superseded" else "of this image was superseded"
        )
        return f'Rollout {latest.id} {done}; "again": true (rollout start --again) rolls it out once more.'
    return "" if retry else f"Rollout {latest.id} ended {status}; retry it with `rollout start` or POST /api/rollouts."


def _following(attempt: RolloutInput, latest: Instance | None) -> RolloutInput:
    """The attempt as it follows `latest`: a repetition that failed is retried under the number it has claimed."""
    if latest is None or shown_status(latest) == "Completed":
        return attempt
    return attempt.model_copy(update={"earlier": latest.id, "again": _again_of(latest) or attempt.again})


def _again_of(instance: Instance) -> str | None:
    asked = input_of(instance)
    return asked.again if asked else None


async def _start(instances: Instances, instance_id: str, name: str, payload: RolloutInput) -> Started:
    try:
        created = await instances.start(ROLLOUT, instance_id, payload.dump())
    except TransientError:
        # The answer may be lost and the rollout started all the same. If so, it is ours or like ours.
        found = await instances.get(instance_id)
        if found is None:
            raise
        return Started(instance_id, name, created=found.input == payload.dump(), status=shown_status(found))
    if created:
        return Started(instance_id, name, created=True, status="Pending")
    found = await instances.get(instance_id)
    status = shown_status(found) if found else "Pending"
    return Started(
        instance_id, name, created=False, status=status, reason=f"Rollout {instance_id} was started already."
    )


def _input(wanted: Wanted, name: str, profile: Profile, *, attempt: int, again: str | None) -> RolloutInput:
    return RolloutInput(
        profile_name=name,
        profile=profile,
        image=wanted.requested.image,
        fingerprint=wanted.image.fingerprint,
        attempt=attempt,
        again=again,
        started_by=wanted.requested.started_by,
    )


def _key(now: Now) -> str:
    """The time of a request as a key: `20261124T080000.000123Z`."""
    return now().astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def _listed(names: dict[str, Profile]) -> str:
    return ", ".join(sorted(names))


def _candidates(names: dict[str, Profile]) -> str:
    return f"these are: {_listed(names)}" if names else "no profile is"
