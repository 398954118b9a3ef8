"""What was there before a recording began: groups, and resources that it reads or changes without having made them."""

import json
from collections.abc import Iterator

from tests.contract.replay.recordings import Exchange, Json, Recording
from tests.contract.replay.scope import Scope

_OUTER = frozenset({"id", "name", "type", "systemData"})
_READ_ONLY = frozenset({"etag", "provisioningState", "resourceGuid", "uniqueId"})
_ANCESTORS: dict[str, Json] = {
    "Microsoft.Compute/galleries": {"location": "westus"},
    "Microsoft.Compute/galleries/images": {
        "location": "westus",
        "properties": {
            "osType": "Linux",
            "osState": "Generalized",
            "hyperVGeneration": "V1",
            "identifier": {"publisher": "p", "offer": "o", "sku": "s"},
        },
    },
    "Microsoft.Network/virtualNetworks": {
        "location": "westus",
        "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
    },
    "Microsoft.Network/networkSecurityGroups": {"location": "westus"},
}
"""What a parent of which nothing is known is made with."""


def groups(recording: Recording, scope: Scope) -> dict[str, Json]:
    """Path → body of every resource group that existed at the beginning."""
    found: dict[str, Json] = {}
    seen: set[str] = set()
    told: set[str] = set()
    for one in recording.exchanges:
        route = scope.parse(one.path)
        if not route.group or one.code == "SubscriptionNotFound":
            continue
        path = f"/subscriptions/{route.subscription}/resourceGroups/{route.group}"
        if path.lower() not in seen:
            seen.add(path.lower())
            made = route.scope == "group" and one.method == "PUT" and one.status == 201
            if not made and one.code != "ResourceGroupNotFound" and not (route.scope == "group" and one.status == 404):
                found[path.lower()] = {"location": _location(recording)}
        shown = route.scope == "group" and isinstance(one.body, dict) and one.status == 200
        if shown and path.lower() in found and path.lower() not in told:
            told.add(path.lower())
            found[path.lower()] = {**writable(one.body), "name": route.group}
    return found


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


def ancestors(one: Exchange, scope: Scope) -> Iterator[tuple[str, Json | None]]:
    """Path and body of everything above a lone exchange's resource; body None: nobody knows how to make it."""
    route = scope.parse(one.path)
    if route.scope not in ("resource", "collection", "action") or one.code in (
        "ResourceGroupNotFound",
        "ResourceNotFound",
    ):
        return
    chain = []
    above = route if route.scope != "resource" else route.parent
    while above.names:
        chain.append(above)
        above = above.parent
    for above in reversed(chain):
        yield above.id, _ANCESTORS.get(above.type_name)


def _location(recording: Recording) -> str:
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
