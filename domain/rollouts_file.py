"""`rollouts.yaml` as a whole: the profiles, and where images may come from. `wiring.rollouts_file` reads it."""

import fnmatch
from typing import Annotated

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from domain.profiles import ImageMatch, Model, Profile, ProfileName, Subscription
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

    def meets(self, match: ImageMatch) -> bool:
        """Whether `match` covers images of this group, in one subscription at least."""
        return fnmatch.fnmatchcase(self.resource_group.lower(), match.resource_group.lower()) and (
            self.subscription is None or fnmatch.fnmatchcase(self.subscription.lower(), match.subscription.lower())
        )


class RolloutsFile(Model):
    """The whole file."""

    allowed_image_groups: tuple[ImageGroup, ...] = Field(
        default_factory=tuple,
        min_length=1,  # of a list that is given: whoever empties one means nobody, not everybody
        description="The resource groups from which images are rolled out, whatever the profiles match; an image from "
        "any other starts nothing, however it is asked for. Default: what each profile matches.",
    )
    profiles: dict[ProfileName, Profile] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_profile_gets_images(self) -> "RolloutsFile":
        """A profile that matches no allowed group would never start anything, and nothing would say so."""
        allowed = self.allowed_image_groups
        starved = [
            InitErrorDetails(
                type=PydanticCustomError("no_image_group", "covers none of allowedImageGroups, so gets no image"),
                loc=("profiles", name, "match"),
                input=profile.match.resource_group,
            )
            for name, profile in self.profiles.items()
            if allowed and not any(group.meets(profile.match) for group in allowed)
        ]
        if starved:
            raise ValidationError.from_exception_data(type(self).__name__, starved)
        return self

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
