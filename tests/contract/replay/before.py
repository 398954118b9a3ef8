"""What was there before a recording began: groups, and resources that it reads or changes without having made them."""

import json
import re
from collections.abc import Iterator, Sequence

from local.armsim.ids import Route
from tests.contract.replay.recordings import Exchange, Json, Recording
from tests.contract.replay.scope import Scope

_OUTER = frozenset({"id", "name", "type", "systemData"})
_READ_ONLY = frozenset({"etag", "provisioningState", "resourceGuid", "uniqueId"})
_PLAIN: dict[str, Json] = {
    "Microsoft.Compute/disks": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 30},
    "Microsoft.Compute/galleries": {},
    "Microsoft.Compute/galleries/images": {
        "osType": "Linux",
        "osState": "Generalized",
        "hyperVGeneration": "V1",
        "identifier": {"publisher": "p", "offer": "o", "sku": "s"},
    },
    "Microsoft.Compute/images": {
        "storageProfile": {
            "osDisk": {
                "osType": "Linux",
                "osState": "Generalized",
                "blobUri": "https://a.blob.core.windows.net/v/os.vhd",
            }
        }
    },
    "Microsoft.Network/virtualNetworks": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
    "Microsoft.Network/virtualNetworks/subnets": {"addressPrefix": "10.0.0.0/24"},
    "Microsoft.Network/networkSecurityGroups": {},
    "Microsoft.Network/publicIPAddresses": {"publicIPAllocationMethod": "Static"},
}
"""What a resource of which nothing is known is made with, but for its location."""
_ID = re.compile(r'"(/subscriptions/[^/"]+/resourceGroups/[^/"]+/providers/[^"]+)"', re.IGNORECASE)


def groups(recording: Recording, scope: Scope) -> Iterator[tuple[str, Json]]:
    """Path and body of every resource group that existed at the beginning."""
    seen: set[str] = set()
    for one in recording.exchanges:
        route = scope.parse(one.path)
        path = f"/subscriptions/{route.subscription}/resourceGroups/{route.group}"
        if not route.group or path.lower() in seen or one.code == "SubscriptionNotFound":
            continue
        seen.add(path.lower())
        at_group = route.scope == "group"
        if (at_group and (one.status in (201, 404))) or one.code == "ResourceGroupNotFound":
            continue
        alike = (each for each in recording.exchanges if each.path.lower() == path.lower())
        shown = next((each.body for each in alike if each.status == 200 and isinstance(each.body, dict)), {})
        yield str(shown.get("id", path)), {"location": location(recording), **writable(shown)}


def resources(recording: Recording, scope: Scope) -> Iterator[Exchange]:
    """Exchanges that show something nobody in the recording made."""
    written = ""
    seen: set[str] = set()
    for one in recording.exchanges:
        route = scope.parse(one.path)
        first = route.scope == "resource" and route.id.lower() not in seen
        if first:
            seen.add(route.id.lower())
            shown = one.status == 200 and one.method in ("GET", "PUT", "PATCH") and isinstance(one.body, dict)
            if shown and f"{route.names[-1].lower()}" not in written:
                yield one
        if one.method in ("PUT", "PATCH", "POST"):
            written = f"{written} {one.path} {json.dumps(one.sent)} {json.dumps(one.body)}".lower()


def shown(resource_id: str, later: Sequence[Exchange]) -> tuple[Exchange, Json] | None:
    """The first answer that shows a resource, by itself or in a list, and its body; None where a write is first."""
    wanted = resource_id.lower()
    for one in later:
        if one.path.lower() == wanted:
            return (one, one.body) if one.method == "GET" and one.status == 200 else None
        listed = one.body.get("value") if isinstance(one.body, dict) and one.method == "GET" else None
        for item in listed if isinstance(listed, list) else []:
            if isinstance(item, dict) and str(item.get("id")).lower() == wanted and "properties" in item:
                return one, item
    return None


def mentioned(recording: Recording, scope: Scope) -> Iterator[Route]:
    """What accepted writes refer to, and the recording neither makes nor shows."""
    known = " ".join(f"{one.path} {json.dumps(one.body)}" for one in recording.exchanges).lower()
    for one in recording.exchanges:
        if one.method in ("PUT", "PATCH") and one.status < 300:
            for found in _ID.finditer(json.dumps(one.sent)):
                route = scope.parse(found[1])
                if route.scope == "resource" and route.id.lower() not in known:
                    yield from chain(route)


def ancestors(one: Exchange, scope: Scope) -> list[Route]:
    """Everything that must be above a lone exchange's resource, outermost first."""
    route = scope.parse(one.path)
    if route.scope not in ("resource", "collection", "action") or "ResourceGroup" in one.code:
        return []
    return [] if one.code == "ResourceNotFound" else chain(route if route.scope != "resource" else route.parent)


def can_stand_alone(one: Exchange, scope: Scope) -> bool:
    """Whether a lone answer follows from the request and from what can be made before it."""
    if one.status == 409 or scope.is_poll(one):
        return False
    made = all(each.type_name in _PLAIN for each in ancestors(one, scope))
    return made and (one.status == 404 or one.method == "PUT")


def chain(route: Route) -> list[Route]:
    """A resource and all above it, outermost first."""
    found: list[Route] = []
    while route.names:
        found.insert(0, route)
        route = route.parent
    return found


def plain(route: Route, where: str) -> Json | None:
    """The plainest body of a resource; None where nobody knows one."""
    properties = _PLAIN.get(route.type_name) if route.scope == "resource" else None
    return None if properties is None else {"location": where, "properties": properties}


def location(recording: Recording) -> str:
    """Where the recording's first located body lies."""
    for one in recording.exchanges:
        for body in (one.body, one.sent):
            if isinstance(body, dict) and isinstance(body.get("location"), str):
                return str(body["location"])
    return "westus"


def writable(body: Json) -> Json:
    """A body as one would send it: without what the service adds."""
    return _trimmed({name: inner for name, inner in body.items() if name not in _OUTER})


def _trimmed(body: Json) -> Json:
    if isinstance(body, dict):
        return {name: _trimmed(inner) for name, inner in body.items() if name not in _READ_ONLY}
    return [_trimmed(inner) for inner in body] if isinstance(body, list) else body
