"""Galleries: a name that is unique in the subscription, and fields that are kept as sent."""

from local.armsim import timing
from local.armsim.body import Body
from local.armsim.compute import wires
from local.armsim.errors import ArmError
from local.armsim.kinds import ResourceType, Write
from local.armsim.rules import checked_name, invalid_name

NAME = "Microsoft.Compute/galleries"
_RULE = r"[A-Za-z0-9]([A-Za-z0-9._]{0,78}[A-Za-z0-9])?"
_KEPT = ("description", "sharingProfile", "softDeletePolicy")


def _compose(write: Write) -> Body:
    name, world = write.route.names[0], write.world
    if not checked_name(_RULE, name):
        raise invalid_name("galleries", name, r"^[^_\W][\w-._]{0,79}(?<![-.])$")
    if write.existing is None:
        subscription = f"/subscriptions/{write.route.subscription}"
        for other in world.store.listed(subscription, NAME):
            if other.name.lower() == name.lower():
                raise ArmError(
                    409,
                    "OperationNotAllowed",
                    f"The gallery name '{name}' is not unique within the subscription "
                    f"'{write.route.subscription}'. Please pick another gallery name.",
                )
    properties = {field: write.properties[field] for field in _KEPT if field in write.properties}
    properties["identifier"] = {"uniqueName": f"{write.route.subscription}-{name.upper()}"}
    return {**write.wanted, "properties": properties}


GALLERY = ResourceType(
    name=NAME,
    versions=("2018-06-01", "2026-03-03"),
    wire=wires.GALLERY,
    compose=_compose,
    seconds=lambda write: timing.GALLERY,
    delete_seconds=timing.GALLERY_DELETE,
    quota=(
        wires.quota("CreateUpdateGallery", 50, 300),
        wires.quota("GetGallery", 350, 2500),
        wires.quota("DeleteGallery", 50, 300),
    ),
)
