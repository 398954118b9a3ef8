"""How Microsoft.Network answers writes: Retry-After by type, bare operation bodies, no rate-limit headers."""

from local.armsim.kinds import Wire


def network(retry_after: float | None, *, at_once: bool = False) -> Wire:
    """The family's wire with a type's own first Retry-After."""
    return Wire(
        operations="operations",
        bare=True,
        notify=True,
        retry_after=retry_after,
        polls=(10.0,),
        delete_retry_after=10.0,
        delete_polls=(10.0,),
        creating="Updating",
        done_at_once=at_once,
        end_of_monitor=204,
    )


PUBLIC_IP = network(1.0)
SECURITY_GROUP = network(1.0)
VIRTUAL_NETWORK = network(3.0)
LOAD_BALANCER = network(None, at_once=True)

VERSIONS = ("2015-06-15", "2026-03-01")
NO_PATCH = frozenset({"GET", "PUT", "DELETE"})
"""Network's PATCH changes tags only; the parts have none at all."""
