"""Where the app's identity needs roles, from a rollouts file: the reference that the infrastructure is held against.

Bicep computes the same from `rollouts.yaml` by its own means; snapshots of it are compared with `groups_of`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.profiles import Profile
from domain.resource_ids import resource_id
from domain.rollouts_file import RolloutsFile


@dataclass(frozen=True, slots=True)
class Group:
    """A resource group."""

    subscription: str
    name: str

    @property
    def id(self) -> str:
        """Its ARM id."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.name}"


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of each kind, each once, in the spelling that the file has first."""

    images: tuple[Group, ...]
    galleries: tuple[Group, ...]
    scale_sets: tuple[Group, ...]

    @property
    def every(self) -> tuple[Group, ...]:
        """All of them, each once."""
        return _once([*self.images, *self.galleries, *self.scale_sets])

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """Where the app writes, and so has operations to follow: the subscriptions of galleries and scale sets."""
        return tuple({group.subscription.lower(): None for group in (*self.galleries, *self.scale_sets)})


def groups_of(document: Mapping[str, Any], deployment: str) -> Groups:
    """The groups that the profiles of a rollouts file need.

    deployment: id of the subscription that is meant where the file does not say whose images. The app itself takes
    such an image from any subscription, but is given roles for those of this one alone. ValueError where a profile's
    images may lie in any group (a wildcard, and no `allowedImageGroups`): no scope follows from that.
    """
    file = RolloutsFile.model_validate(document)
    allowed = [Group(one.subscription or deployment, one.resource_group) for one in file.allowed_image_groups]
    images, galleries, scale_sets = [*allowed], [], []
    for name, profile in file.profiles.items():
        own = _covered(profile, allowed) if allowed else [_matched(name, profile, deployment)]
        images += own
        for image in own:
            gallery, scale_set = profile.gallery, profile.scale_set
            galleries.append(Group(gallery.subscription or image.subscription, gallery.resource_group))
            scale_sets.append(Group(scale_set.subscription or image.subscription, scale_set.resource_group))
    return Groups(_once(images), _once(galleries), _once(scale_sets))


def _covered(profile: Profile, allowed: Iterable[Group]) -> list[Group]:
    """The allowed groups whose images the profile may be for, whatever the images' names."""
    match = profile.match.model_copy(update={"name": "*"})
    return [
        group
        for group in allowed
        if match.covers(resource_id(group.subscription, group.name, "Microsoft.Compute/images", "any"))
    ]


def _matched(name: str, profile: Profile, deployment: str) -> Group:
    match = profile.match
    subscription = deployment if match.subscription == "*" else match.subscription
    for field, text in (("match.resourceGroup", match.resource_group), ("match.subscription", subscription)):
        if "*" in text or "?" in text or "[" in text:
            raise ValueError(f"profiles.{name}.{field} is {text}: list the groups in allowedImageGroups")
    return Group(subscription, match.resource_group)


def _once(groups: Iterable[Group]) -> tuple[Group, ...]:
    found: dict[str, Group] = {}
    for group in groups:
        found.setdefault(group.id.lower(), group)
    return tuple(found.values())
