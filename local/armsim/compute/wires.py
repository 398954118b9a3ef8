"""How Microsoft.Compute answers writes: the two services behind it, and their rate limits."""

from local.armsim.kinds import Wire

GALLERY = Wire(operations="capsOperations")
"""Galleries and definitions: no Retry-After anywhere, no notification."""

VERSION = Wire(
    operations="capsOperations",
    retry_after=60.0,
    polls=(60.0,),
    delete_retry_after=60.0,
    delete_polls=(60.0,),
)

IMAGE = Wire(operations="operations", notify=True)

DISK = Wire(operations="DiskOperations", retry_after=2.0, polls=(10.0,), creating="Updating", accepted=True)

SCALE_SET = Wire(
    operations="operations",
    notify=True,
    retry_after=10.0,
    polls=(61.0, 30.0),
    update_polls=(37.0, 30.0),
    delete_retry_after=10.0,
    delete_polls=(11.0, 30.0),
)


def quota(name: str, short: int, long: int) -> str:
    """A rate-limit header of the galleries: what is left of 3 and of 30 minutes."""
    return f"Microsoft.Compute/{name}3Min;{short - 1},Microsoft.Compute/{name}30Min;{long - 1}"


def bucket(name: str, subscription: int, resource: int) -> str:
    """A rate-limit header of the other types: what is left for the subscription, and for the resource."""
    return (
        f"Microsoft.Compute/{name}SubscriptionMaximum;{subscription - 1},"
        f"Microsoft.Compute/{name}Resource;{resource - 1}"
    )
