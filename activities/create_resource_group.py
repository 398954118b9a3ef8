"""Make sure of a resource group."""

from activities._settle import standing, tags
from arm.port import Arm
from domain import regions
from domain.errors import TerminalError
from domain.models import GroupRequest, Outcome


async def create_resource_group(request: GroupRequest, *, arm: Arm) -> Outcome:
    """PUT the group after a 404 only, and not at all where the profile or the deployment forbids that."""
    gallery = request.group == "gallery"
    resource = request.targets.gallery_group if gallery else request.targets.scale_set_group
    location = request.profile.gallery.location if gallery else request.profile.scale_set.location
    found = await standing(arm, resource, request)
    if found.waiting:
        return found.waiting
    if found.state != "missing":
        return Outcome(resource=resource, action="adopted")
    if not request.profile.create_resource_groups:
        raise TerminalError(
            "ResourceGroupNotFound",
            "The resource group does not exist, and the rollout may not create it.",
            resource=resource,
            remedy="Create the group, then start the rollout again. (What forbids it: createResourceGroups of the "
            "profile, or the app setting ALLOW_RESOURCE_GROUP_CREATION.)",
        )
    answer = await arm.put(resource, {"location": regions.normalized(location), "tags": tags(request)})
    return Outcome(resource=resource, action="created", operation=answer.operation)
