"""What of a recording is not replayed, and why: recorded faults, types not simulated, and what depends on them."""

import json
import re
from urllib.parse import urlsplit

from local.armsim.ids import Route, Routes
from local.armsim.kinds import ResourceType
from tests.contract.replay.recordings import Exchange, Json

_POLL = re.compile(
    r"/(operations|\w+operations|operationresults|operationstatuses)/[^/]+$",
    re.IGNORECASE,
)
_ARM = "management."


class Scope:
    """Decides for one recording, exchange by exchange and in their order."""

    def __init__(self, kinds: dict[str, ResourceType]) -> None:
        self._kinds = kinds
        self._routes = Routes({name.lower(): name for name in kinds})
        self._lost: set[str] = set()

    def parse(self, path: str) -> Route:
        """What a path names."""
        return self._routes.parse(path)

    def is_poll(self, one: Exchange) -> bool:
        """Whether an exchange looks at an operation."""
        return one.method == "GET" and _POLL.search(one.path) is not None

    def reason(self, one: Exchange) -> str:
        """Why `one` is not replayed; empty where it is."""
        host = urlsplit(one.url).hostname
        if host is not None and f".{_ARM}" not in f".{host}":
            return "not ARM"
        if one.further:
            return "a further page of a list"
        if self.is_poll(one):
            return "recorded fault" if one.fault else ""
        reason = self._reason(one)
        if not reason and one.method == "PUT" and one.status < 300:
            self.find(one.path)
        return reason

    def written(self, one: Exchange) -> list[tuple[str, Json]]:
        """Ids of what a write would have made or changed: its own resource, and those of a deployment's template.

        With the template's resource where it is written out, without expressions.
        """
        if one.method == "GET":
            return []
        below = one.path.partition("/providers/")[0]
        literal = [(end, None if '"[' in json.dumps(each) else each) for end, each in _made(one.sent)]
        return [(one.path, None), *((f"{below}/providers/{end}", each) for end, each in literal)]

    def lose(self, resource_id: str) -> None:
        """Note that something could not be made, so that what depends on it is not replayed."""
        self._lost.add(resource_id.lower())

    def find(self, resource_id: str) -> None:
        """Note that something is there again."""
        self._lost.discard(resource_id.lower())

    def _reason(self, one: Exchange) -> str:
        if one.fault:
            return "recorded fault"
        stranger = self._stranger(one)
        if stranger:
            return f"type not simulated: {stranger}"
        path = one.path.lower()
        made = one.method == "PUT" and one.status == 201
        if any((path == lost and not made) or path.startswith(f"{lost}/") for lost in self._lost):
            return "depends on what was not replayed"
        text = json.dumps(one.sent).lower()
        if any(f'"{lost}"' in text or f'"{lost}/' in text for lost in self._lost if self._simulated(lost)):
            return "depends on what was not replayed"
        return ""

    def _simulated(self, resource_id: str) -> bool:
        route = self.parse(resource_id)
        return route.scope == "resource" and route.type_name in self._kinds

    def _stranger(self, one: Exchange) -> str:
        """The type that an exchange is for, or that its template makes, where it is none of the table's."""
        route = self.parse(one.path)
        if route.scope == "unknown" and route.namespace and "/locations/" not in one.path.lower():
            return route.type_name if "/" in route.type_name else ""
        tail = route.action.split("/")
        if route.scope == "action" and (one.method, route.action) not in self._kinds[route.type_name].actions:
            if "providers" in tail:
                return "/".join(one.path.rpartition("/providers/")[2].split("/")[:2])
            if len(tail) % 2 == 0 and one.method in ("PUT", "PATCH", "DELETE", "GET"):
                return f"{route.type_name}/{tail[0]}"
        known = {name.lower() for name in self._kinds}
        made = (str(each.get("type", "")) for _, each in _made(one.sent))
        return next((name for name in made if name.lower() not in known), "")


def _made(sent: Json) -> list[tuple[str, Json]]:
    """What the template of a deployment makes: each resource with the end of its id."""
    properties = sent.get("properties") if isinstance(sent, dict) else None
    template = properties.get("template") if isinstance(properties, dict) else None
    resources = template.get("resources") if isinstance(template, dict) else None
    found = []
    for one in resources or []:
        if isinstance(one, dict):
            namespace, *types = str(one.get("type", "")).split("/")
            pairs = zip(types, str(one.get("name", "")).split("/"), strict=False)
            found.append(("/".join([namespace, *(part for pair in pairs for part in pair)]), one))
    return found
