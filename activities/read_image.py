"""Read the managed image."""

from arm.port import Arm
from domain.errors import TerminalError
from domain.images import ManagedImage
from domain.models import ImageFound, ImageRequest


async def read_image(request: ImageRequest, *, arm: Arm) -> ImageFound:
    """GET the image. TerminalError `ImageNotFound` where it is gone."""
    body = await arm.get(request.image)
    if body is None:
        raise TerminalError(
            "ImageNotFound",
            "The managed image does not exist.",
            resource=request.image,
            remedy="Publish the image again; its event starts a new rollout.",
        )
    return ImageFound(image=ManagedImage.from_arm(body))
