"""Rules for the image and what is published of it: numbers, target regions, replicas, dates, sizes.

Sources: learn.microsoft.com, "Azure Compute Gallery" (limits), "Troubleshoot images in an Azure Compute Gallery"
(what the service refuses), and the definitions of the Compute Gallery API (enumerations).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from domain import regions, versions
from domain._rules_names import violation
from domain.images import Disk, ManagedImage
from domain.models import Violation
from domain.profiles import Profile, Range

MOST_REPLICAS = 100
LARGEST_GB = {"Full": 2048, "Shallow": 32768}
"""Of one source disk, by replication mode."""

_MOVING = ("succeeded", "creating", "updating")


def image_itself(image: ManagedImage) -> Iterator[Violation]:
    """R10, R13: an image that Azure finished, of a kind that a gallery knows."""
    if image.provisioning_state.lower() not in _MOVING:
        yield violation(
            "R13",
            "image.properties.provisioningState",
            image.provisioning_state,
            "Only an image that was created successfully can be published.",
            "Create the image again, then start the rollout.",
        )
    for field, value, allowed in (
        ("storageProfile.osDisk.osType", image.os_type, ("Windows", "Linux")),
        ("storageProfile.osDisk.osState", image.os_state, ("Generalized", "Specialized")),
        ("hyperVGeneration", image.generation, ("V1", "V2")),
    ):
        if value.lower() not in map(str.lower, allowed):
            yield violation(
                "R10",
                f"image.properties.{field}",
                value,
                f"It is one of {', '.join(allowed)}.",
                "Create the image again.",
            )


def image_size(profile: Profile, image: ManagedImage) -> Iterator[Violation]:
    """R15: no disk above what a replication takes. A size that is not known yet breaks nothing."""
    mode = profile.version.replication_mode
    disks: list[tuple[str, Disk]] = [("osDisk", image.os_disk)]
    disks += [(f"dataDisks[{index}]", disk) for index, disk in enumerate(image.data_disks)]
    for field, disk in disks:
        if disk.size_gb is not None and disk.size_gb > LARGEST_GB[mode]:
            shallow = " Shallow replication, for tests, takes up to 32 TB." if mode == "Full" else ""
            yield violation(
                "R15",
                f"image.properties.storageProfile.{field}.diskSizeGB",
                disk.size_gb,
                f"{mode} replication takes disks up to {LARGEST_GB[mode]} GB.",
                f"Make the image from a smaller disk.{shallow}",
            )


def number(profile: Profile, image: ManagedImage) -> Iterator[Violation]:
    """R4: a number that is read from the image's tag is there and is one."""
    name = tag_name(profile)
    if name is None:
        return
    found = tagged_number(profile, image)
    if found is None:
        yield violation(
            "R4",
            f"image.tags.{name}",
            None,
            f"The profile takes the version number from the image's tag {name}, and the image has none.",
            f"Tag the image ({name}=1.0.0, say), or set version.number to next.",
        )
    elif not versions.is_number(found):
        yield violation(
            "R4",
            f"image.tags.{name}",
            found,
            f"A version number is three integers Major.Minor.Patch, each at most {versions.LARGEST_PART}.",
            "Correct the tag.",
        )


def tag_name(profile: Profile) -> str | None:
    """The tag that holds the number, where the profile says `tag:<name>`."""
    form = profile.version.number
    return form.removeprefix("tag:") if form.startswith("tag:") else None


def tagged_number(profile: Profile, image: ManagedImage) -> str | None:
    """The value of that tag, whatever it is; tag names are compared without case."""
    name = tag_name(profile) or ""
    return next((value for key, value in image.tags.items() if key.lower() == name.lower()), None)


def target_regions(profile: Profile, image: ManagedImage) -> Iterator[Violation]:
    """R5, R6, R26: where the version goes. R9's names are checked when the file is read."""
    wanted = profile.version.target_regions
    if not wanted:
        yield violation(
            "R5", "version.targetRegions", None, "A version needs at least one target region.", f"Add {image.location}."
        )
        return
    seen: dict[str, int] = {}
    for index, region in enumerate(wanted):
        field, key = f"version.targetRegions[{index}]", regions.normalized(region.name)
        if key in seen:
            yield violation(
                "R5",
                f"{field}.name",
                region.name,
                f"It is the same region as version.targetRegions[{seen[key]}].",
                "Keep one of the two.",
            )
        seen.setdefault(key, index)
        yield from _replicas(profile, f"{field}.replicaCount", region.replica_count)
    if regions.normalized(image.location) not in seen:
        yield violation(
            "R5",
            "version.targetRegions",
            [region.name for region in wanted],
            f"The target regions must contain {image.location}: a version lives in the region of its image.",
            f"Add {image.location} to version.targetRegions.",
        )
    if regions.normalized(profile.scale_set.location) not in seen:
        yield violation(
            "R26",
            "scaleSet.location",
            profile.scale_set.location,
            "The scale set's region is none of the version's target regions, so the image would not be there.",
            f"Add {profile.scale_set.location} to version.targetRegions.",
        )


def _replicas(profile: Profile, field: str, count: int) -> Iterator[Violation]:
    if profile.version.replication_mode == "Shallow" and count != 1:
        yield violation(
            "R6", field, count, "Shallow replication has exactly one replica in a region.", "Set it to 1, or use Full."
        )
    elif not 1 <= count <= MOST_REPLICAS:
        yield violation(
            "R6", field, count, f"A region takes 1 to {MOST_REPLICAS} replicas.", f"Choose 1 to {MOST_REPLICAS}."
        )


def dates(profile: Profile, now: datetime) -> Iterator[Violation]:
    """R7: ends of life that are dates and lie ahead."""
    text = profile.definition.end_of_life
    if text is not None:
        moment = moment_of(text)
        if moment is None:
            yield violation("R7", "definition.endOfLife", text, "It is no ISO 8601 date.", "Write it like 2030-12-31.")
        elif moment <= now:
            yield violation(
                "R7", "definition.endOfLife", text, "An end of life lies in the future.", "Choose a later date."
            )
    after = profile.version.end_of_life_after
    if after is not None and after <= timedelta(0):
        yield violation(
            "R7",
            "version.endOfLifeAfter",
            after,
            "A version's end of life lies after its publishing.",
            "Give a positive duration, such as P180D.",
        )


def moment_of(text: str) -> datetime | None:
    """An ISO 8601 date or time, UTC where it names no zone; None where it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def recommendations(profile: Profile) -> Iterator[Violation]:
    """R8: a recommended minimum is not above the maximum."""
    for field, wanted in (
        ("recommendedVCPUs", profile.definition.recommended_vcpus),
        ("recommendedMemoryMB", profile.definition.recommended_memory_mb),
    ):
        if wanted is not None and _crossed(wanted):
            yield violation(
                "R8",
                f"definition.{field}",
                f"{wanted.min} to {wanted.max}",
                "The minimum is above the maximum.",
                "Exchange the two.",
            )


def _crossed(wanted: Range) -> bool:
    return wanted.min is not None and wanted.max is not None and wanted.min > wanted.max


def deadlines(profile: Profile) -> Iterator[Violation]:
    """A deadline that has passed before the wait begins would fail every rollout."""
    for field, wait in (
        ("resource", profile.deadlines.resource),
        ("replication", profile.deadlines.replication),
        ("scaleSet", profile.deadlines.scale_set),
        ("upgrade", profile.deadlines.upgrade),
    ):
        if wait <= timedelta(0):
            yield violation(
                "deadlines", f"deadlines.{field}", wait, "A deadline is a time to wait.", "Give a positive duration."
            )
