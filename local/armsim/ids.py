"""Paths and resource ids: what a request is about, in whatever spelling it comes.

`Routes.parse` reads a request's path: any case, doubled slashes and percent-encoding are accepted, as ARM
does. Type names come out in Azure's spelling; names of things stay as they were sent, because ids are echoed
in the case of their creation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

type Scope = Literal[
    "subscriptions", "subscription", "groups", "group", "resource", "collection", "action", "operation", "unknown"
]

_POLLED = frozenset({"operations", "capsoperations", "diskoperations", "operationresults"})
"""Segments between a location and the name of an operation, in lower case."""


@dataclass(frozen=True, slots=True)
class Route:
    """What a path names. `names` are the resource's own and its parents', outermost first."""

    scope: Scope
    subscription: str = ""
    group: str = ""
    namespace: str = ""
    type_name: str = ""
    names: tuple[str, ...] = ()
    action: str = ""
    operation: str = ""

    @property
    def id(self) -> str:
        """The resource's id, or the group's, in Azure's spelling of everything but names."""
        base = f"/subscriptions/{self.subscription}"
        if self.group:
            base = f"{base}/resourceGroups/{self.group}"
        if not self.names:
            return base
        types = self.type_name.split("/")
        pairs = "/".join(f"{kind}/{name}" for kind, name in zip(types[1:], self.names, strict=False))
        return f"{base}/providers/{types[0]}/{pairs}"

    @property
    def parent(self) -> "Route":
        """The route of the resource one level up."""
        return Route(
            "resource",
            self.subscription,
            self.group,
            self.namespace,
            self.type_name.rpartition("/")[0],
            self.names[:-1] if self.scope != "collection" else self.names,
        )

    @property
    def label(self) -> str:
        """`Microsoft.Compute/galleries/g/images/d`, as ARM's messages name a resource."""
        return self.id.partition("/providers/")[2]


def key(resource_id: str) -> str:
    """The form in which two spellings of one id are equal."""
    return resource_id.rstrip("/").lower()


def owner_key(target_key: str) -> str:
    """The stored network resource that holds `target_key`, a subnet's or a pool's id in lower case."""
    return "/".join(target_key.split("/")[:9])


class Routes:
    """The parser, which knows the types that exist."""

    def __init__(self, type_names: Mapping[str, str]) -> None:
        """`type_names`: lower case → Azure's spelling, children included."""
        self._types = type_names
        self._namespaces = {name.split("/", 1)[0]: spelt.split("/", 1)[0] for name, spelt in type_names.items()}

    def parse(self, path: str) -> Route:
        """The route of a request's path (no query); scope `unknown` where no type of the table is meant."""
        parts = [unquote(part) for part in path.split("/") if part]
        head = parts[0].lower() if parts else ""
        if head == "providers" and len(parts) > 1:
            return self._unknown("", "", parts[1], parts[2:])
        if head != "subscriptions":
            return Route("unknown")
        if len(parts) == 1:
            return Route("subscriptions")
        if len(parts) == 2:
            return Route("subscription", parts[1])
        return self._below_subscription(parts[1], parts[2:])

    def _below_subscription(self, subscription: str, rest: list[str]) -> Route:
        head = rest[0].lower()
        if head == "operationresults" and len(rest) == 2:
            return Route("operation", subscription, operation=rest[1])
        group = ""
        if head == "resourcegroups":
            if len(rest) == 1:
                return Route("groups", subscription, type_name="Microsoft.Resources/resourceGroups")
            group, rest = rest[1], rest[2:]
            if not rest:
                return Route("group", subscription, group, type_name="Microsoft.Resources/resourceGroups")
            head = rest[0].lower()
            if f"microsoft.resources/{head}" in self._types:
                rest = ["providers", "Microsoft.Resources", *rest]
                head = "providers"
        if head != "providers" or len(rest) < 2:
            return Route("unknown", subscription, group)
        return self._below_provider(subscription, group, rest[1], rest[2:])

    def _below_provider(self, subscription: str, group: str, namespace: str, parts: list[str]) -> Route:
        spelt = self._namespaces.get(namespace.lower(), namespace)
        before = parts[-2].lower() if len(parts) > 2 else ""
        if before == "operationstatuses" or (len(parts) == 4 and parts[0].lower() == "locations" and before in _POLLED):
            return Route("operation", subscription, group, spelt, operation=parts[-1])
        type_name, index = spelt, 0
        names: list[str] = []
        while index < len(parts):
            found = self._types.get(f"{type_name}/{parts[index]}".lower())
            if found is None:
                break
            if index + 1 == len(parts):
                if names and not group:
                    break
                return Route("collection", subscription, group, spelt, found, tuple(names))
            type_name, index = found, index + 2
            names.append(parts[index - 1])
        if not names or not group:
            return self._unknown(subscription, group, namespace, parts)
        if index == len(parts):
            return Route("resource", subscription, group, spelt, type_name, tuple(names))
        action = "/".join(parts[index:]).lower()
        return Route("action", subscription, group, spelt, type_name, tuple(names), action)

    def _unknown(self, subscription: str, group: str, namespace: str, parts: list[str]) -> Route:
        """What the table has no type for; the name of the type that it would be, for the refusal."""
        spelt = self._namespaces.get(namespace.lower(), namespace)
        return Route("unknown", subscription, group, spelt, "/".join([spelt, *parts[::2]]))
