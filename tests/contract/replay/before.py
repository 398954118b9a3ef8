"""What was there before a recording began: groups, and resources that it reads or changes without having made them."""

import json
import re
from collections.abc import Iterator, Sequence

from local.armsim.ids import Route
from tests.contract.replay.recordings import Exchange, Json, Recording
from tests.contract.replay.scope import Scope

_OUTER = frozenset({"id", "name", "type", "systemData", "apiVersion", "dependsOn"})
_READ_ONLY = frozenset({"etag", "instanceView", "provisioningState", "resourceGuid", "uniqueId"})
_PASSWORD = "Correct-Horse-9"
_EMPTY: Json = {"properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 30}}
_DISK: Json = {"osType": "Linux", "osState": "Generalized", "blobUri": "https://a.blob.core.windows.net/v/os.vhd"}
_DEFINITION: Json = {
    "osType": "Linux",
    "osState": "Generalized",
    "hyperVGeneration": "V1",
    "identifier": {"publisher": "p", "offer": "o", "sku": "s"},
}
_PLAIN: dict[str, Json] = {
    "Microsoft.Compute/disks": _EMPTY,
    "Microsoft.Compute/galleries": {},
    "Microsoft.Compute/galleries/images": {"properties": _DEFINITION},
    "Microsoft.Compute/images": {"properties": {"storageProfile": {"osDisk": _DISK}}},
    "Microsoft.Compute/snapshots": _EMPTY,
    "Microsoft.Network/networkSecurityGroups": {},
    "Microsoft.Network/publicIPAddresses": {
        "sku": {"name": "Standard"},
        "properties": {"publicIPAllocationMethod": "Static"},
    },
    "Microsoft.Network/virtualNetworks": {"properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}},
    "Microsoft.Network/virtualNetworks/subnets": {"properties": {"addressPrefix": "10.0.0.0/24"}},
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


def resources(recording: Recording, scope: Scope) -> Iterator[str]:
    """Ids of what the recording deals with as being there, and has not made: parents before their children."""
    written = ""
    seen: set[str] = set()
    for one in recording.exchanges:
        created = one.method == "PUT" and one.status in (201, 202)
        for route in _there(one, scope):
            new = route.id.lower() not in seen and route.names[-1].lower() not in written
            seen.add(route.id.lower())
            if new and not (created and route.id.lower() == one.path.lower()):
                yield route.id
        if one.method in ("PUT", "PATCH", "POST"):
            written = f"{written} {one.path} {json.dumps(one.sent)} {json.dumps(one.body)}".lower()


def _there(one: Exchange, scope: Scope) -> list[Route]:
    """The resources that an answer speaks of as being there, each with all above it."""
    if one.status >= 300 or one.status == 204 or scope.reason(one):
        return []
    listed = one.body.get("value") if isinstance(one.body, dict) and one.method == "GET" else None
    group = scope.parse(one.path).group.lower()
    ids = [str(each["id"]) for each in listed or [] if isinstance(each, dict) and "id" in each and "properties" in each]
    routes = [scope.parse(one.path), *(scope.parse(each) for each in ids if scope.parse(each).group.lower() == group)]
    return [above for route in routes for above in chain(route) if above.group]


def shown(resource_id: str, later: Sequence[Exchange]) -> tuple[Exchange, Json] | None:
    """The first answer that shows a resource, by itself or in a list, and its body; None where it is made or gone."""
    wanted = resource_id.lower()
    for one in later:
        if one.path.lower() == wanted and one.method != "POST":
            return (one, one.body) if one.status == 200 and isinstance(one.body, dict) else None
        listed = one.body.get("value") if isinstance(one.body, dict) and one.method == "GET" else None
        for item in listed if isinstance(listed, list) else []:
            if isinstance(item, dict) and str(item.get("id")).lower() == wanted and "properties" in item:
                return one, item
    return None


def mentioned(recording: Recording, scope: Scope) -> Iterator[str]:
    """Ids of what accepted writes refer to, and the recording neither makes nor shows."""
    addressed = {one.path.lower() for one in recording.exchanges}
    names = " ".join(json.dumps(one.sent).lower() for one in recording.exchanges if "/deployments/" in one.path)
    for one in recording.exchanges:
        if one.method in ("PUT", "PATCH") and one.status < 300:
            for resource_id in references(one.sent, scope):
                name = resource_id.lower().rpartition("/")[2]
                if resource_id.lower() not in addressed and f'"{name}"' not in names:
                    yield resource_id


def references(body: Json, scope: Scope) -> list[str]:
    """Ids of the resources, and of all above them, that a body names."""
    routes = (scope.parse(found[1]) for found in _ID.finditer(json.dumps(body)))
    return list(dict.fromkeys(above.id for route in routes if route.scope == "resource" for above in chain(route)))


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
    body = _PLAIN.get(route.type_name) if route.scope == "resource" else None
    return None if body is None else {"location": where, **body}


def location(recording: Recording) -> str:
    """Where the recording's first located body lies."""
    for one in recording.exchanges:
        for body in (one.body, one.sent):
            if isinstance(body, dict) and isinstance(body.get("location"), str):
                return str(body["location"])
    return "westus"


def writable(body: Json) -> Json:
    """A body as one would send it: without what the service adds, and with what it does not show."""
    return _trimmed({name: inner for name, inner in body.items() if name not in _OUTER})


def _trimmed(body: Json) -> Json:
    if isinstance(body, list):
        return [_trimmed(inner) for inner in body]
    if not isinstance(body, dict):
        return body
    kept = {name: _trimmed(inner) for name, inner in body.items() if name not in _READ_ONLY}
    if "storageProfile" in kept:
        kept.pop("sourceVirtualMachine", None)  # an image shows what it was made from and what it holds
    if "adminUsername" in kept:
        kept.setdefault("adminPassword", _PASSWORD)
    return kept
