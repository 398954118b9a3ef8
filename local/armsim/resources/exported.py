"""A resource group as a template: what lies in it, names as parameters, ids as expressions.

Bodies are those that are kept, so that a template can be deployed again once it is given what is never kept:
passwords. Always JSON and at once, with 200: that ARM answers 202 for large groups is left out.
"""

from typing import Any

from local.armsim.answers import Answer
from local.armsim.body import Body
from local.armsim.errors import group_not_found
from local.armsim.ids import key
from local.armsim.intake import parsed_body
from local.armsim.kinds import Resource
from local.armsim.reading import text, texts
from local.armsim.surface.routes import Ask

_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
_LEFT_OUT = ("Microsoft.Resources/deployments",)
_SERVICES_OWN = ("provisioningState", "resourceGuid", "uniqueId", "timeCreated", "vmId", "etag")


class Export:
    """One export: the resources in it, and how their names and ids read."""

    def __init__(self, found: list[Resource], *, named: bool) -> None:
        """`named`: names become parameters."""
        self._found = {one.key: one for one in found}
        self._named = named
        self.parameters: dict[str, str] = {}
        """Parameter → the name that it stands for."""

    def _name(self, resource: Resource) -> list[str]:
        """Each part of a resource's name as an operand of an expression."""
        types = resource.kind.name.split("/")[1:]
        names = [f"'{one}'" for one in resource.route.names]
        if self._named:
            word = "".join(char if char.isalnum() else "_" for char in resource.route.names[0])
            self.parameters[f"{types[0]}_{word}_name"] = resource.route.names[0]
            names[0] = f"parameters('{types[0]}_{word}_name')"
        return names

    def _id(self, resource: Resource) -> str:
        return f"resourceId('{resource.kind.name}', {', '.join(self._name(resource))})"

    def _owner(self, value: str) -> tuple[Resource, str] | None:
        """The exported resource that an id names or leads into, and the rest of the id."""
        parts = value.split("/")
        for cut in range(len(parts), 8, -1):
            found = self._found.get(key("/".join(parts[:cut])))
            if found is not None:
                return found, "".join(f"/{part}" for part in parts[cut:])
        return None

    def _value(self, value: Any, uses: dict[str, None]) -> Any:
        """A body with expressions for ids, which are noted in `uses`."""
        if isinstance(value, dict):
            return {one: self._value(each, uses) for one, each in value.items() if one not in _SERVICES_OWN}
        if isinstance(value, list):
            return [self._value(each, uses) for each in value]
        if not isinstance(value, str):
            return value
        owner = self._owner(value) if value.startswith("/") else None
        if owner is None:
            return f"[{value}" if value.startswith("[") else value
        expression = self._id(owner[0])
        uses[f"[{expression}]"] = None
        return f"[concat({expression}, '{owner[1]}')]" if owner[1] else f"[{expression}]"

    def resource(self, resource: Resource) -> Body:
        """A resource as the template has it."""
        uses: dict[str, None] = {}
        names = self._name(resource)
        body = self._value(resource.body, uses)
        parent = self._found.get(key(resource.route.parent.id)) if len(resource.route.names) > 1 else None
        uses = {f"[{self._id(parent)}]": None} | uses if parent else uses
        uses.pop(f"[{self._id(resource)}]", None)
        joined = names[0] if len(names) == 1 else f"concat({', '.join([names[0], *_slashed(names[1:])])})"
        plain = "/".join(resource.route.names)
        shown: Body = {"type": resource.kind.name, "apiVersion": resource.kind.versions[1]}
        shown |= {"name": f"[{joined}]" if self._named else plain, **body}
        return {**shown, "dependsOn": list(uses)} if uses else shown


def _slashed(names: list[str]) -> list[str]:
    return [f"'/{name[1:]}" for name in names]


def export(ask: Ask) -> Answer:
    """POST …/resourceGroups/<group>/exportTemplate `{"resources": ["*"], "options": "…"}`."""
    group = f"/subscriptions/{ask.names['subscription']}/resourceGroups/{ask.names['group']}"
    if ask.world.store.get(group) is None:
        raise group_not_found(ask.names["group"])
    sent = parsed_body(ask.request.body)
    wanted, options = {key(one) for one in texts(sent, "resources")}, (text(sent, "options") or "").lower()
    found = [one for one in ask.world.store.below(group) if one.kind.name not in _LEFT_OUT]
    if wanted and "*" not in wanted:
        found = [one for one in found if one.key in wanted]
    made = Export(found, named="skipresourcename" not in options and "skipall" not in options)
    resources = [made.resource(one) for one in found]
    default = "includeparameterdefaultvalue" in options
    parameters = {
        name: {"type": "String", **({"defaultValue": value} if default else {})}
        for name, value in made.parameters.items()
    }
    template = {"$schema": _SCHEMA, "contentVersion": "1.0.0.0", "parameters": parameters, "variables": {}}
    return Answer(200, {"template": {**template, "resources": resources}})
