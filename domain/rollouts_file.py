"""`rollouts.yaml` as a whole: the profiles, and where images may come from. `wiring.rollouts_file` reads it."""

from typing import Annotated

from pydantic import Field

from domain.profiles import Model, Profile, ProfileName, Subscription
from domain.resource_ids import ResourceId

GroupName = Annotated[str, Field(pattern=r"^[\w().-]{0,89}[\w()-]$")]
"""The name of a resource group (learn.microsoft.com, naming rules): no wildcard, no dot at its end."""


class ImageGroup(Model):
    """A resource group whose images may be rolled out."""

    resource_group: GroupName = Field(description="Name of the resource group; no wildcards, case does not count.")
    subscription: Subscription | None = Field(
        default=None,
        description="Subscription id. Default: the group of this name in every subscription that the app may read.",
    )

    def holds(self, image: ResourceId) -> bool:
        """Whether the image lies in this group."""
        same_subscription = self.subscription is None or self.subscription.lower() == image.subscription.lower()
        return same_subscription and self.resource_group.lower() == image.group.lower()


class RolloutsFile(Model):
    """The whole file."""

    allowed_image_groups: tuple[ImageGroup, ...] = Field(
        default_factory=tuple,
        min_length=1,  # of a list that is given: whoever empties one means nobody, not everybody
        description="The resource groups from which images are rolled out, whatever the profiles match; an image from "
        "any other starts nothing, however it is asked for. Default: what each profile matches.",
    )
    profiles: dict[ProfileName, Profile] = Field(min_length=1)

    def allows(self, image: ResourceId) -> bool:
        """Whether the image comes from where images may come from; nothing but its id is looked at."""
        allowed = self.allowed_image_groups
        return not allowed or any(group.holds(image) for group in allowed)

    def without_group_creation(self) -> "RolloutsFile":
        """The same file with `createResourceGroups: false` in every profile."""
        changed = {
            name: one.model_copy(update={"create_resource_groups": False}) for name, one in self.profiles.items()
        }
        return self.model_copy(update={"profiles": changed})

    def matching(self, image: ResourceId) -> dict[str, Profile]:
        """The profiles that are for this image, by name."""
        return {name: profile for name, profile in self.profiles.items() if profile.match.covers(image)}
