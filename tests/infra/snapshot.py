"""A snapshot: what `bicep snapshot` says a deployment of one shape makes, as resources and role assignments.

Names, ids and bodies are evaluated; what only Azure can know (principal ids, client ids, endpoints) stays an
expression such as `[reference('<id>', …).principalId]`, of which the id says whose it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.infra.builtin_roles import BUILTIN_ROLES

ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
DEFINITION = "Microsoft.Authorization/roleDefinitions"

_REFERENCE = re.compile(r"reference\('([^']+)'")
_ON_RESOURCE = re.compile(r"^\[extensionResourceId\('(?P<scope>[^']+)'")
_ON_GROUP = re.compile(r"^\[resourceId\('(?P<subscription>[^']+)', '(?P<group>[^']+)', 'Microsoft.Authorization/")
_ON_SUBSCRIPTION = re.compile(r"^\[subscriptionResourceId\('(?P<subscription>[^']+)', 'Microsoft.Authorization/")


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a snapshot. `name`: its last part, `body`: all that the snapshot says of it."""

    id: str
    type: str
    body: dict[str, Any]

    @property
    def name(self) -> str:
        """A child's name is its own, without its parents'."""
        return str(self.body["name"]).rpartition("/")[2]

    @property
    def properties(self) -> dict[str, Any]:
        """The body's `properties`, empty where it has none."""
        found: dict[str, Any] = self.body.get("properties") or {}
        return found

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role assignment: `principal` and `scope` are resource ids, `role` a built-in role's name or a custom one's."""

    principal: str
    role: str
    scope: str
    kind: str | None

    def __str__(self) -> str:
        return f"{short(self.principal)} | {self.role} | {short(self.scope)}"


class Snapshot:
    """The resources of one shape."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content
        self.resources = [Resource(body["id"], body["type"], body) for body in content["predictedResources"]]

    def of(self, kind: str) -> list[Resource]:
        """Every resource of a type, in the snapshot's order."""
        return [one for one in self.resources if one.type.lower() == kind.lower()]

    def named(self, resource_id: str) -> Resource | None:
        """The resource of this id, if the deployment makes it."""
        return next((one for one in self.resources if one.id.lower() == resource_id.lower()), None)

    @cached_property
    def grants(self) -> list[Grant]:
        """Every role assignment."""
        return [
            Grant(
                owner(one.properties["principalId"]),
                self._role(one.properties["roleDefinitionId"]),
                scope_of(one.id),
                one.properties.get("principalType"),
            )
            for one in self.of(ASSIGNMENT)
        ]

    def _role(self, definition: str) -> str:
        """Its name: of a custom role as the snapshot defines it, of a built-in one from the table."""
        made = self.named(definition)
        if made:
            return str(made.properties["roleName"])
        return BUILTIN_ROLES.get(definition.rpartition("/")[2].lower(), f"unknown role {definition}")


def owner(expression: str) -> str:
    """The id of the one resource whose principal or client an expression stands for; the text itself where it is none.

    What stops a deployment whose topic is not as expected refers to the topic as well, and so may name it twice.
    """
    found = set(_REFERENCE.findall(expression))
    told = "principalId" in expression or "clientId" in expression
    return str(found.pop()) if told and len(found) == 1 else expression


def scope_of(assignment: str) -> str:
    """The scope of a role assignment, from its id."""
    if found := _ON_RESOURCE.match(assignment):
        return found["scope"]
    if found := _ON_GROUP.match(assignment):
        return f"/subscriptions/{found['subscription']}/resourceGroups/{found['group']}"
    if found := _ON_SUBSCRIPTION.match(assignment):
        return f"/subscriptions/{found['subscription']}"
    return assignment.partition(f"/providers/{ASSIGNMENT}")[0]


def short(resource_id: str) -> str:
    """An id for people to read: subscriptions by their last digits, types without their provider."""
    parts = resource_id.split("/")
    if len(parts) < 3 or parts[1].lower() != "subscriptions":
        return resource_id
    return "/".join(["", f"sub{parts[2].lstrip('0-') or '0'}", *_types(parts[3:])])


def _types(parts: list[str]) -> Iterator[str]:
    skip = {"resourcegroups", "providers"}
    for part in parts:
        if part.lower() not in skip and not part.startswith("Microsoft."):
            yield part
