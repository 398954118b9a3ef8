"""How Microsoft.Compute answers writes: the services behind it."""

from local.armsim.wire import Wire

GALLERY = Wire(operations="capsOperations")
"""Galleries and definitions: no Retry-After anywhere."""

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
    silent=frozenset({"osrollingupgrade", "extensionrollingupgrade", "rollingupgrades/cancel"}),
    retry_after=10.0,
    polls=(61.0, 30.0),
    update_polls=(37.0, 30.0),
    delete_retry_after=10.0,
    delete_polls=(10.0, 30.0),
)
