"""`Microsoft.Resources/deployments` as clients see it: PUT, validate, cancel, export, operations; and the row.

GET, lists and DELETE are the generic handler's, making the resources is the engine's.
"""

import re
from dataclasses import replace
from datetime import timedelta

from local.armsim.answers import Answer
from local.armsim.body import Body
from local.armsim.deployments.engine import conclude, tick
from local.armsim.deployments.preflight import prepared, purpose, refusal, target
from local.armsim.deployments.progress import ACTIVE, Progress, Step, span, zulu
from local.armsim.errors import ArmError
from local.armsim.ids import key
from local.armsim.intake import fields
from local.armsim.kinds import Call, Look, Resource, ResourceType, Write
from local.armsim.paging import page
from local.armsim.wire import Wire
from local.armsim.world import World
from local.armsim.writing import outcome

NAME = "Microsoft.Resources/deployments"
_LATEST = 8_602_016_068_854_775_807
"""What the name of an operation counts down from, in tenths of a microsecond since 1970."""
_ACCEPTED = 1.0  # seconds until the engine takes a deployment up
_FILTER = re.compile(r"\s*provisioningState\s+eq\s+'(\w+)'\s*", re.IGNORECASE)


def _custom(world: World, call: Call) -> Answer | None:
    if call.route.scope == "collection":
        return _list(world, call)
    act = call.route.action.partition("/")[0]
    route = replace(call.route, scope="resource", action="")
    if (call.method, act) in _ANEW:
        return _ANEW[call.method, act](world, replace(call, route=route))
    found = world.store.get(route.id)
    if (found is None or (found.hidden is not None and found.hidden > world.now())) and call.method != "DELETE":
        raise _refused(404, "DeploymentNotFound", f"Deployment '{route.names[-1]}' could not be found.")
    function = _ACTIONS.get((call.method, act))
    return function(world, call, found) if function is not None and found is not None else None


def _refused(status: int, code: str, message: str) -> ArmError:
    return ArmError(status, code, message, gateway=True)


def _put(world: World, call: Call) -> Answer:
    route, now = call.route, world.now()
    existing = world.store.get(route.id)
    if existing is not None and existing.busy:
        raise _active("edit or replace", existing)
    live, body = prepared(world, call.route, call.sent)
    resource = existing or Resource(call.kind, route, route.id, key(route.id), {}, now)
    world.count(purpose(route.id))
    resource.body, resource.live, resource.writes = body, live, live.turn
    resource.state = "Creating" if existing is None else "Updating"
    lasts, live.fails = outcome(call.fault, _ACCEPTED)
    ticket = _LATEST - int(now.timestamp() * 10_000_000) - world.count("deployments")
    operation = world.operations.start(
        kind="deployments PUT",
        resource_id=resource.id,
        type_name=NAME,
        location="",
        wire=call.kind.wire,
        api_version=call.api_version,
        seconds=None,
        path=f"{resource.id}/operationStatuses/{{}}",
        name=f"{ticket:020d}",
    )
    resource.operation = operation
    conclude(world, resource, now)
    if call.fault is not None and call.fault.kind == "operation_expires":
        operation.gone = now + world.lasts(call.fault.seconds)
    elif call.fault is not None and call.fault.kind == "not_found_after":
        resource.hidden = now + world.lasts(call.fault.seconds)
    world.store.put(resource)
    if lasts is not None:
        world.ring(resource, now + world.lasts(lasts))
    headers = {
        "Azure-AsyncOperation": f"{call.base_url}{operation.path}?{operation.query}",
        "x-ms-deployment-engine-version": "1.95.0",
    }
    return Answer(201 if existing is None else 200, _view(resource, Look(world, call.api_version)), headers)


def _active(verb: str, resource: Resource) -> ArmError:
    """A deployment of that name is under way (the text for a deletion is *inferred*)."""
    return _refused(
        409,
        "DeploymentActive",
        f"Unable to {verb} deployment '{resource.name}': previous deployment from '{zulu(resource.live.started)}' is "
        "still active. Please see https://aka.ms/arm-deploy for usage details.",
    )


def _validate(world: World, call: Call) -> Answer:
    live, body = prepared(world, call.route, call.sent)
    resource = Resource(call.kind, call.route, call.route.id, key(call.route.id), body, live.started, live=live)
    live.status, live.ended = "Succeeded", live.started
    shown = _view(resource, Look(world, call.api_version))
    shown["properties"]["validatedResources"] = [{"id": step.id} for step in live.steps]
    return Answer(200, shown)


def _cancel(world: World, call: Call, resource: Resource) -> Answer:
    live: Progress = resource.live
    if live.status not in ACTIVE:
        message = f"The deployment '{resource.name}' cannot be cancelled because it is in the state '{live.status}'."
        raise _refused(409, "DeploymentCannotBeCancelled", message)
    live.status, live.ended = "Canceled", world.now()
    live.error = {"code": "DeploymentCanceled", "message": "The deployment was canceled."}
    resource.state = "Failed"
    conclude(world, resource, world.now())
    world.store.put(resource)
    return Answer(204)


def _export(world: World, call: Call, resource: Resource) -> Answer:
    return Answer(200, {"template": resource.live.template})


def _list(world: World, call: Call) -> Answer | None:
    """A list with `$filter`, by state; without one it is the generic handler's, but for subscriptions' empty one."""
    asked = fields(call.query)
    wanted = _FILTER.fullmatch(asked.get("$filter", ""))
    if call.method != "GET" or (call.route.group and "$filter" not in asked):
        return None
    if wanted is None and "$filter" in asked:
        raise refusal("InvalidFilterInQueryString", f"Invalid $filter '{asked['$filter']}' in the query string.")
    base = f"/subscriptions/{call.route.subscription}/resourceGroups/{call.route.group}"
    found = [one for one in world.store.listed(base, NAME) if wanted and one.live.status.lower() == wanted[1].lower()]
    look = Look(world, call.api_version)
    return Answer(200, page(world, found, call.path, call.query, call.base_url, show=lambda one: _view(one, look)))


def _operations(world: World, call: Call, resource: Resource) -> Answer:
    """What was done for a deployment, the last first; or one of it."""
    wanted = call.route.action.partition("/")[2]
    live, operation = resource.live, resource.operation
    done = [_operation(world, resource, step) for step in live.steps if step.started is not None]
    if live.ended is not None and operation is not None:
        last: Body = {"provisioningOperation": "EvaluateDeploymentOutput", "provisioningState": "Succeeded"}
        last |= {"timestamp": zulu(live.ended), "duration": span(timedelta(0)), "statusCode": "OK"}
        done.append(_numbered(resource, operation.name, last))
    if not wanted:
        return Answer(200, page(world, done[::-1], call.path, call.query, call.base_url))
    for one in done:
        if one["operationId"].lower() == wanted:
            return Answer(200, one)
    message = f"Deployment operation '{wanted}' could not be found."
    raise _refused(404, "DeploymentOperationNotFound", message)


def _operation(world: World, resource: Resource, step: Step) -> Body:
    until = step.ended or world.now()
    properties: Body = {
        "provisioningOperation": "Create" if step.method == "PUT" else "Delete",
        "provisioningState": step.state if step.state != "Waiting" else "Running",
        "timestamp": zulu(until),
        "duration": span(until - (step.started or until)),
        "statusCode": step.code,
    }
    if step.error is not None:
        properties["statusMessage"] = step.error
    number = world.draws.text(16, "deployment", resource.key, resource.live.turn, step.id.lower()).upper()
    return _numbered(resource, number, {**properties, "targetResource": target(step)})


def _numbered(resource: Resource, number: str, properties: Body) -> Body:
    return {"id": f"{resource.id}/operations/{number}", "operationId": number, "properties": properties}


def _view(resource: Resource, look: Look) -> Body:
    live: Progress = resource.live
    until = live.ended or (look.world.now() if live.status == "Running" else live.started)
    kept = resource.properties
    properties: Body = {name: kept[name] for name in ("templateHash", "parameters", "mode") if name in kept}
    properties |= {
        "provisioningState": live.status,
        "timestamp": zulu(until),
        "duration": span(until - live.started),
        **{name: kept[name] for name in ("correlationId", "providers", "dependencies")},
    }
    if live.outputs is not None:
        ids = sorted((step.id for step in live.steps if step.method == "PUT"), key=str.lower)
        # A section that the template lacks is not shown (recorded).
        outputs = {"outputs": live.outputs} if "outputs" in live.template else {}
        properties |= {**outputs, "outputResources": [{"id": one} for one in ids]}
    if live.error is not None:
        properties["error"] = live.error
    tags: Body = {"tags": resource.body["tags"]} if "tags" in resource.body else {}
    return {"id": resource.id, "name": resource.name, "type": NAME, **tags, "properties": properties}


def _compose(write: Write) -> Body:
    """For the preflight of a deployment inside another one's template."""
    return prepared(write.world, write.route, write.sent)[1]


def _delete(world: World, call: Call, resource: Resource) -> Answer | None:
    """Not while it runs; else the generic handler's. A group that goes takes a running deployment with it."""
    if resource.live.status in ACTIVE:
        raise _active("delete", resource)
    return None


_ANEW = {("PUT", ""): _put, ("POST", "validate"): _validate}
"""What needs no deployment of that name."""
_ACTIONS = {
    ("DELETE", ""): _delete,
    ("POST", "cancel"): _cancel,
    ("POST", "exporttemplate"): _export,
    ("GET", "operations"): _operations,
}

DEPLOYMENT = ResourceType(
    name=NAME,
    versions=("2015-11-01", "2026-06-01"),
    wire=Wire(
        operations="operationresults", bare=True, delete_retry_after=15.0, delete_polls=(15.0,), end_of_monitor=204
    ),
    compose=_compose,
    view=_view,
    custom=_custom,
    live=Progress,
    tick=tick,
    delete_seconds=5.0,
    verbs=frozenset({"GET", "HEAD", "PUT", "DELETE"}),
    located=False,
)
