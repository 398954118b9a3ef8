"""The action of Azure's role definitions that a request needs, from its method and path alone.

`Microsoft.Compute/galleries/images/versions/write`, as the providers' lists of operations name them. Read by
`permissions.py`.
"""

from functools import lru_cache
from urllib.parse import unquote

from local.armsim.table import TABLE

_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete", "POST": "action"}
_OTHERS = """
Microsoft.Authorization approveRollingUpgrade artifactTypes beginGetAccess capsOperations checkDnsNameAvailability
convertToSinglePlacementGroup diskOperations endGetAccess exportTemplate extensionRollingUpgrade instanceView
manualUpgrade operationResults operationStatuses osRollingUpgrade osUpgradeHistory performMaintenance powerOff
reimageAll rollingUpgrades runCommand setOrchestrationServiceState simulateEviction vmSizes
"""
"""Words that are in no type's name, as role definitions spell them."""
_WORDS = {part.lower(): part for name in (*TABLE, *_OTHERS.split()) for part in name.split("/")}
_POLLED = frozenset({"operations", "capsoperations", "diskoperations", "operationresults", "operationstatuses"})


@lru_cache(maxsize=4096)
def action_of(method: str, path: str) -> tuple[str, str] | None:
    """Action and scope of a request; None for what everyone with a token may ask."""
    parts = [unquote(part) for part in path.split("/") if part]
    words = [part.lower() for part in parts]
    if len(parts) < 2 or words[0] != "subscriptions":
        return None
    if words[4:5] == ["deployments"]:  # old clients leave the provider out
        return action_of(method, "/".join([*parts[:4], "providers", "Microsoft.Resources", *parts[4:]]))
    at = next((at for at in (2, 4) if words[at : at + 1] == ["providers"] and len(parts) > at + 2), None)
    namespace, rest = ("Microsoft.Resources", parts) if at is None else (parts[at + 1], parts[at + 2 :])
    named = "/".join(_WORDS.get(part.lower(), part) for part in (namespace, *rest[::2]))
    # A list is asked for where it lies, an operation where it is kept; neither's own name is part of the scope.
    cut = 1 if len(rest) % 2 else 2 if words[-2] in _POLLED else 0
    return f"{named}/{_VERBS.get(method, 'read')}", "/" + "/".join(parts[: len(parts) - cut])
