"""Names and ids that are computed: never random, never from the clock, so that a repetition finds them again."""

import hashlib

from domain.resource_ids import ResourceId

TAG_PROFILE = "gallery-rollout-profile"
"""On everything that the pipeline creates: the profile's name. It is how a resource is known as ours."""
TAG_ROLLOUT = "gallery-rollout-id"
TAG_FINGERPRINT = "gallery-rollout-fingerprint"
TAG_AGAIN = "gallery-rollout-again"
"""On an image version of an unchanged image that was rolled out once more: which repetition it is."""

CHILD_REPLICATE = "replicate"
CHILD_NETWORK = "network"
CHILD_DEPLOY = "deploy"
CHILDREN = (CHILD_REPLICATE, CHILD_NETWORK, CHILD_DEPLOY)


def short_hash(*parts: str, length: int = 10) -> str:
    """Hexadecimal digits of a hash of `parts`, compared without case."""
    return hashlib.sha256("\n".join(part.lower() for part in parts).encode()).hexdigest()[:length]


def rollout_stem(profile: str, image_id: str, fingerprint: str) -> str:
    """What all attempts for one image content under one profile share."""
    return f"{profile}-{short_hash(image_id, fingerprint)}"


def rollout_id(profile: str, image_id: str, fingerprint: str, attempt: int) -> str:
    """The orchestration instance id: `[a-z0-9-]`, at most 60 characters, its children's ids included."""
    return f"{rollout_stem(profile, image_id, fingerprint)}-{attempt}"


def attempt_of(rollout: str) -> int:
    """The attempt that a rollout id ends with."""
    return int(rollout.rpartition("-")[2])


def child_id(rollout: str, child: str) -> str:
    """The instance id of a rollout's child orchestration."""
    return f"{rollout}-{child}"


def numbers_key(definition_id: str) -> str:
    """The key of the entity that gives out version numbers of one image definition."""
    return short_hash(definition_id, length=32)


def dns_label(scale_set: ResourceId) -> str:
    """A DNS label for the public IP: the scale set's name and a hash of its id, 3 to 63 characters."""
    name = "".join(ch for ch in scale_set.name.lower() if ch.isascii() and (ch.isalnum() or ch == "-"))
    stem = name.lstrip("-0123456789")[:40].rstrip("-") or "rollout"
    return f"{stem}-{short_hash(str(scale_set), length=8)}"


def computer_name_prefix(scale_set_name: str) -> str:
    """The first nine characters of the scale set's name, as the Azure PowerShell module takes them."""
    return scale_set_name[:9]
