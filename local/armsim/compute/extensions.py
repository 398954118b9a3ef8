"""Extensions: parts of what has them, written by writing that.

A scale set's are in its model's `extensionProfile`; a machine keeps its own in its `properties`, and shows them as
`resources`.
"""

from dataclasses import dataclass, replace

from local.armsim.answers import Answer
from local.armsim.body import Body, section
from local.armsim.compute import wires
from local.armsim.compute.instances import owner
from local.armsim.compute.scale_set_models import kept_extension
from local.armsim.errors import entity_not_found, resource_not_found, unsupported_verb
from local.armsim.kinds import Call, Resource, ResourceType
from local.armsim.reading import record, records
from local.armsim.world import World
from local.armsim.writing import Writing


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the two: its type's name, and how it lies in what has it."""

    name: str
    path: tuple[str, ...]
    charged: bool = False

    def shown(self, above: Resource, extension: Body, state: str = "") -> Body:
        """An extension as ARM shows it."""
        properties = {"settings": {}, **record(extension, "properties")}  # a model shows none that was not sent
        body = {
            "name": extension["name"],
            "id": f"{above.id}/extensions/{extension['name']}",
            "type": self.name,
            "properties": {"provisioningState": state or above.state, **properties},
        }
        return body if self.charged else {**body, "location": above.location}

    def there(self, above: Resource) -> list[Body]:
        """The extensions as they are kept."""
        return records(above.body, *self.path)

    def answer(self, world: World, call: Call) -> Answer:
        """Any request for the type."""
        above, there = owner(world, call), self.there(owner(world, call))
        if call.route.scope == "collection" and call.method == "GET":
            return Answer(200, {"value": [self.shown(above, one) for one in there]}, {}, above.location)
        if call.route.scope != "resource" or call.method not in ("GET", "PUT", "PATCH", "DELETE"):
            raise unsupported_verb(call.method, call.kind.name)
        name = call.route.names[-1]
        found = next((one for one in there if one["name"].lower() == name.lower()), None)
        if found is None and call.method == "DELETE":
            return Answer(204)
        if found is None and call.method != "PUT":
            raise entity_not_found() if self.charged else resource_not_found(call.route.label, call.route.group)
        if found is not None and call.method == "GET":
            return Answer(200, self.shown(above, found), {}, above.location)
        return self._write(world, call, above, found)

    def _write(self, world: World, call: Call, above: Resource, found: Body | None) -> Answer:
        """Write what has the extension, with it put, changed or left out."""
        name = found["name"] if found else call.route.names[-1]
        kept = [one for one in self.there(above) if one is not found]
        if call.method != "DELETE":
            before = record(found, "properties") if found and call.method == "PATCH" else {}
            properties = {**before, **record(call.sent, "properties")}
            kept.append(kept_extension({"name": name, "properties": properties}))
        sent: Body = {"location": above.location, "properties": {}}
        section(sent, *self.path[:-1])[self.path[-1]] = kept
        inner = replace(call, method="PATCH", route=above.route, kind=above.kind, sent=sent, if_none_match="")
        written, _, operation = Writing(world).write(inner, f"{self.name.partition('/')[2]} {call.method}")
        assert operation is not None
        headers = {
            "Azure-AsyncOperation": f"{call.base_url}{operation.path}?{operation.query}",
            "Azure-AsyncNotification": "Enabled",
            **({"x-ms-request-charge": "1"} if self.charged else {}),
            **world.retry_after(10.0),
        }
        if call.method == "DELETE":
            headers["Location"] = f"{call.base_url}{operation.monitor}"
            return Answer(202, None, headers, above.location)
        extension = next(one for one in self.there(written) if one["name"] == name)
        shown = self.shown(written, extension, "Updating" if found else "Creating")
        return Answer(200 if found else 201, shown, headers, above.location)


OF_SCALE_SETS = Kind(
    "Microsoft.Compute/virtualMachineScaleSets/extensions",
    ("properties", "virtualMachineProfile", "extensionProfile", "extensions"),
    charged=True,
)
OF_MACHINES = Kind("Microsoft.Compute/virtualMachines/extensions", ("properties", "extensions"))
EXTENSIONS = tuple(
    ResourceType(name=one.name, versions=(oldest, "2026-04-01"), wire=wires.SCALE_SET, located=False, custom=one.answer)
    for one, oldest in ((OF_SCALE_SETS, "2017-12-01"), (OF_MACHINES, "2015-06-15"))
)
