"""Extensions of a scale set: each is a part of its model's `extensionProfile`, written by writing the model."""

from dataclasses import replace

from local.armsim.answers import Answer
from local.armsim.body import Body, section
from local.armsim.compute import wires
from local.armsim.compute.instances import owner, unsupported
from local.armsim.errors import entity_not_found
from local.armsim.kinds import Call, Resource, ResourceType
from local.armsim.reading import record, records
from local.armsim.world import World
from local.armsim.writing import Writing

NAME = "Microsoft.Compute/virtualMachineScaleSets/extensions"
_PATH = ("virtualMachineProfile", "extensionProfile")


def _shown(scale_set: Resource, extension: Body, state: str = "") -> Body:
    return {
        "name": extension["name"],
        "id": f"{scale_set.id}/extensions/{extension['name']}",
        "type": NAME,
        "properties": {"provisioningState": state or scale_set.state, **record(extension, "properties")},
    }


def _answer(world: World, call: Call) -> Answer:
    scale_set = owner(world, call)
    there = records(scale_set.properties, *_PATH, "extensions")
    if call.route.scope == "collection" and call.method == "GET":
        return Answer(200, {"value": [_shown(scale_set, one) for one in there]}, {}, scale_set.location)
    if call.route.scope != "resource" or call.method not in ("GET", "PUT", "PATCH", "DELETE"):
        raise unsupported(call)
    name = call.route.names[-1]
    found = next((one for one in there if one["name"].lower() == name.lower()), None)
    if found is None and call.method == "DELETE":
        return Answer(204)
    if found is None and call.method != "PUT":
        raise entity_not_found()
    if found is not None and call.method == "GET":
        return Answer(200, _shown(scale_set, found), {}, scale_set.location)
    return _write(world, call, scale_set, there, found)


def _write(world: World, call: Call, scale_set: Resource, there: list[Body], found: Body | None) -> Answer:
    """Write the scale set with the extension put, changed or left out."""
    name = found["name"] if found else call.route.names[-1]
    kept = [one for one in there if one is not found]
    if call.method != "DELETE":
        before = record(found, "properties") if found and call.method == "PATCH" else {}
        kept.append({"name": name, "properties": {**before, **record(call.sent, "properties")}})
    sent: Body = {"location": scale_set.location, "properties": {}}
    section(sent["properties"], *_PATH)["extensions"] = kept
    inner = replace(call, method="PATCH", route=scale_set.route, kind=scale_set.kind, sent=sent, if_none_match="")
    written, _, operation = Writing(world).write(inner, f"virtualMachineScaleSets/extensions {call.method}")
    assert operation is not None
    url = f"{call.base_url}{operation.path}?{operation.query}"
    headers = {
        "Azure-AsyncOperation": url,
        "Azure-AsyncNotification": "Enabled",
        "x-ms-request-charge": "1",
        **world.retry_after(10.0),
    }
    if call.method == "DELETE":
        headers["Location"] = f"{call.base_url}{operation.monitor}"
        return Answer(202, None, headers, scale_set.location)
    extension = next(one for one in records(written.properties, *_PATH, "extensions") if one["name"] == name)
    shown = _shown(written, extension, "Updating" if found else "Creating")
    return Answer(200 if found else 201, shown, headers, scale_set.location)


EXTENSION = ResourceType(
    name=NAME,
    versions=("2017-12-01", "2026-04-01"),
    wire=wires.SCALE_SET,
    located=False,
    custom=_answer,
)
