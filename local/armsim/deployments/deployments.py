"""`Microsoft.Resources/deployments` as clients see it: PUT, validate, cancel, export, operations; the row.

GET, lists and DELETE are the generic handler's. A PUT checks the template and, with the rules of their types,
all that it would make, before anything is made; the rest is the engine's.
"""

import json
import re
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from local.armsim.answers import Answer
from local.armsim.body import Body
from local.armsim.deployments import parameters
from local.armsim.deployments.engine import conclude, tick
from local.armsim.deployments.expressions import TemplateError
from local.armsim.deployments.plan import Planned, expand
from local.armsim.deployments.progress import ACTIVE, Progress, Step, place_of, span, zulu
from local.armsim.deployments.scopes import NotYetError, Scope
from local.armsim.deployments.secrets import scrubbed
from local.armsim.errors import ArmError
from local.armsim.ids import Route, key
from local.armsim.intake import fields
from local.armsim.kinds import Call, Look, Resource, ResourceType, Wire
from local.armsim.reading import record, text
from local.armsim.rules import checked_name
from local.armsim.world import World
from local.armsim.writing import outcome

NAME = "Microsoft.Resources/deployments"
_LATEST = 8_602_016_068_854_775_807
"""What the name of an operation counts down from, in tenths of a microsecond since 1970."""
_ACCEPTED = 1.0  # seconds until the engine takes a deployment up
_FILTER = re.compile(r"\s*provisioningState\s+eq\s+'(\w+)'\s*", re.IGNORECASE)


def _custom(world: World, call: Call) -> Answer | None:
    route = replace(call.route, scope="resource", action="")
    if call.route.scope == "collection":
        return _filtered(world, call)
    asked = (call.method, call.route.action)
    if asked == ("POST", "validate"):
        return _validate(world, call, route)
    if asked == ("PUT", ""):
        return _put(world, call)
    found = world.store.get(route.id)
    if found is None or (found.hidden is not None and found.hidden > world.now()):
        if call.method == "DELETE":
            return None
        raise ArmError(404, "DeploymentNotFound", f"Deployment '{route.names[-1]}' could not be found.", gateway=True)
    match asked:
        case "POST", "cancel":
            return _cancel(world, found)
        case "POST", "exporttemplate":
            return Answer(200, {"template": found.live.template})
        case "GET", tail if tail.partition("/")[0] == "operations":
            return _operations(world, found, tail.partition("/")[2])
    return None


def _invalid(message: str) -> ArmError:
    return ArmError(400, "InvalidTemplate", f"Deployment template validation failed: '{message}'.", gateway=True)


def _template(call: Call, name: str) -> tuple[Body, Body, str]:
    """Template, parameters and mode of a request, or ArmError."""
    if not checked_name(r"[\w.()-]{1,64}", name):
        raise _refusal(
            "InvalidDeploymentName", f"The deployment name '{name}' is invalid or longer than 64 characters."
        )
    if call.sent.get("location"):
        raise _refusal(
            "InvalidDeployment", f"The 'location' property is not allowed for '{name}' at resource group scope."
        )
    properties = record(call.sent, "properties")
    for link in ("templateLink", "parametersLink"):
        if properties.get(link):
            raise _refusal(
                "InvalidContentLink",
                f"Unable to download deployment content from '{link}': only templates sent in the request are simulated.",
            )
    if not isinstance(properties.get("template"), dict):
        raise _refusal("InvalidRequestContent", "The request content is not valid: 'properties.template' is missing.")
    mode = (text(properties, "mode") or "").capitalize()
    if mode not in ("Incremental", "Complete"):
        raise _refusal("InvalidDeployment", f"The deployment mode '{mode}' is not one of 'Incremental', 'Complete'.")
    template = record(properties, "template")
    for member in ("parameters", "variables", "outputs"):
        record(template, member)
    return template, record(properties, "parameters"), mode


def _refusal(code: str, message: str) -> ArmError:
    return ArmError(400, code, message, gateway=True)


def _prepared(world: World, call: Call, route: Route) -> tuple[Progress, Body, list[Planned]]:
    """What a deployment is to keep, its body, and its resources, if nothing stands against it."""
    template, sent, mode = _template(call, route.names[-1])
    turn, now = world.counts.get(_purpose(route.id), 0) + 1, world.now()
    place = place_of(world, route.id, turn, now)
    try:
        values = parameters.given(template, sent)
        scope = Scope(template, values, place, withholds=False)
        parameters.check(template, scope)
        plan = expand(template, scope)
        live = Progress(scrubbed(template), parameters.kept(template, values), turn, now)
        kept = expand(live.template, Scope(live.template, live.parameters, place))
        problems = _problems(world, plan)
    except TemplateError as error:
        raise _invalid(error.message) from None
    if problems:
        raise ArmError(
            400,
            "InvalidTemplateDeployment",
            f"The template deployment '{route.names[-1]}' is not valid according to the validation procedure. The "
            f"tracking id is '{world.draws.guid('tracking', route.id, turn)}'. See inner errors for details.",
            details=problems,
            gateway=True,
        )
    live.steps = [Step(one.id, one.type_name, one.name) for one in kept if one.made]
    digest = blake2b(json.dumps(live.template, sort_keys=True).encode(), digest_size=8).digest()
    properties: Body = {
        "templateHash": str(int.from_bytes(digest)),
        "parameters": parameters.shown(template, scope),
        "mode": mode,
        "correlationId": world.draws.guid("correlation", route.id.lower(), turn),
        "providers": _providers(kept),
        "dependencies": _dependencies(kept),
    }
    tags = record(call.sent, "tags")
    return live, {"properties": properties, **({"tags": tags} if tags else {})}, kept


def _purpose(resource_id: str) -> str:
    return f"{key(resource_id)} deployed"


def _problems(world: World, plan: list[Planned]) -> list[Body]:
    """What the rules say against resources, apart from what this template makes first."""
    made = {one.key for one in plan if one.made}
    found: list[Body] = []
    for one in (one for one in plan if one.made):
        there = world.store.get(one.id)
        try:
            if there is None or not there.busy:
                world.validate("PUT", one.id, one.api_version, one.body())
        except NotYetError:
            continue
        except ArmError as error:
            if error.status != 429 and not _names(error, made - {one.key}, one.key):
                found.append(error.body()["error"])
    return found


def _names(error: ArmError, made: set[str], own: str) -> bool:
    """Whether an error is about something that the same template makes."""
    said = json.dumps(error.body()).lower().replace(own, "")
    return any(re.search(rf"{re.escape(one)}(?![\w.-])", said) for one in made if one in said)


def _providers(plan: list[Planned]) -> list[Body]:
    found: dict[str, dict[str, dict[str | None, None]]] = {}
    for one in (one for one in plan if one.made):
        namespace, _, kind = one.type_name.partition("/")
        found.setdefault(namespace, {}).setdefault(kind, {})[one.location] = None
    return [
        {
            "namespace": namespace,
            "resourceTypes": [{"resourceType": kind, "locations": list(where)} for kind, where in kinds.items()],
        }
        for namespace, kinds in found.items()
    ]


def _dependencies(plan: list[Planned]) -> list[Body]:
    waiting = [(one, [need for need in one.needs if need.made]) for one in plan if one.made]
    return [{"dependsOn": [_target(need) for need in needs], **_target(one)} for one, needs in waiting if needs]


def _target(one: Planned | Step) -> Body:
    return {"id": one.id, "resourceType": one.type_name, "resourceName": one.name}


def _put(world: World, call: Call) -> Answer:
    route, now = call.route, world.now()
    existing = world.store.get(route.id)
    if existing is not None and existing.busy:
        raise _active("edit or replace", existing)
    live, body, _ = _prepared(world, call, route)
    resource = existing or Resource(call.kind, route, route.id, key(route.id), {}, now)
    world.count(_purpose(route.id))
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
    return ArmError(
        409,
        "DeploymentActive",
        f"Unable to {verb} deployment '{resource.name}': previous deployment from '{zulu(resource.live.started)}' is "
        "still active. Please see https://aka.ms/arm-deploy for usage details.",
        gateway=True,
    )


def _validate(world: World, call: Call, route: Route) -> Answer:
    live, body, plan = _prepared(world, call, route)
    resource = Resource(call.kind, route, route.id, key(route.id), body, live.started, live=live)
    live.status, live.ended = "Succeeded", live.started
    shown = _view(resource, Look(world, call.api_version))
    shown["properties"]["validatedResources"] = [{"id": one.id} for one in plan if one.made]
    return Answer(200, shown)


def _cancel(world: World, resource: Resource) -> Answer:
    live: Progress = resource.live
    if live.status not in ACTIVE:
        raise ArmError(
            409,
            "DeploymentCannotBeCancelled",
            f"The deployment '{resource.name}' cannot be cancelled because it is in the state '{live.status}'.",
            gateway=True,
        )
    live.status, live.ended = "Canceled", world.now()
    live.error = {"code": "DeploymentCanceled", "message": "The deployment was canceled."}
    resource.state = "Failed"
    conclude(world, resource, world.now())
    world.store.put(resource)
    return Answer(204)


def _filtered(world: World, call: Call) -> Answer | None:
    """A list with `$filter`: the states of deployments, which is all that Azure filters by."""
    asked = fields(call.query).get("$filter", "")
    if call.method != "GET" or not asked:
        return None
    wanted = _FILTER.fullmatch(asked)
    if wanted is None:
        raise _refusal("InvalidFilterInQueryString", f"Invalid $filter '{asked}' specified in the query string.")
    base = f"/subscriptions/{call.route.subscription}/resourceGroups/{call.route.group}"
    look = Look(world, call.api_version)
    found = [one for one in world.store.listed(base, NAME) if one.live.status.lower() == wanted[1].lower()]
    top = fields(call.query).get("$top", "")
    return Answer(200, {"value": [_view(one, look) for one in found[: int(top) if top.isdecimal() else None]]})


def _operations(world: World, resource: Resource, wanted: str) -> Answer:
    """What was done for a deployment, the last first."""
    live: Progress = resource.live
    done = [_operation(world, resource, step) for step in live.steps if step.started is not None]
    if live.ended is not None and resource.operation is not None:
        done.append(
            _record(resource, resource.operation.name, "EvaluateDeploymentOutput", live.ended, timedelta(0), {})
        )
    if not wanted:
        return Answer(200, {"value": done[::-1]})
    for one in done:
        if one["operationId"].lower() == wanted:
            return Answer(200, one)
    raise ArmError(
        404, "DeploymentOperationNotFound", f"Deployment operation '{wanted}' could not be found.", gateway=True
    )


def _operation(world: World, resource: Resource, step: Step) -> Body:
    started = step.started or resource.live.started
    more: Body = {"statusMessage": step.error} if step.error is not None else {}
    number = world.draws.text(16, "deployment", resource.key, resource.live.turn, step.id.lower()).upper()
    state = step.state if step.state != "Waiting" else "Running"
    return _record(
        resource,
        number,
        "Create" if step.method == "PUT" else "Delete",
        step.ended or world.now(),
        (step.ended or world.now()) - started,
        {"provisioningState": state, "statusCode": step.code, **more, "targetResource": _target(step)},
    )


def _record(resource: Resource, number: str, what: str, when: Any, lasted: timedelta, more: Body) -> Body:
    properties: Body = {
        "provisioningOperation": what,
        "provisioningState": "Succeeded",
        "timestamp": zulu(when),
        "duration": span(lasted),
        "statusCode": "OK",
        **more,
    }
    return {"id": f"{resource.id}/operations/{number}", "operationId": number, "properties": properties}


def _view(resource: Resource, look: Look) -> Body:
    live: Progress = resource.live
    until = live.ended or (look.world.now() if live.status == "Running" else live.started)
    kept = resource.properties
    properties: Body = {name: kept[name] for name in ("templateHash", "parameters", "mode")}
    properties |= {
        "provisioningState": live.status,
        "timestamp": zulu(until),
        "duration": span(until - live.started),
        **{name: kept[name] for name in ("correlationId", "providers", "dependencies")},
    }
    if live.outputs is not None:
        ids = sorted((step.id for step in live.steps if step.method == "PUT"), key=str.lower)
        properties |= {"outputs": live.outputs, "outputResources": [{"id": one} for one in ids]}
    if live.error is not None:
        properties["error"] = live.error
    shown: Body = {"id": resource.id, "name": resource.name, "type": NAME, "properties": properties}
    if "tags" in resource.body:
        shown["tags"] = resource.body["tags"]
    return shown


def _check_delete(world: World, resource: Resource, now: Any) -> None:
    if resource.live.status in ACTIVE:
        raise _active("delete", resource)


DEPLOYMENT = ResourceType(
    name=NAME,
    versions=("2015-11-01", "2026-06-01"),
    wire=Wire(
        operations="operationresults", bare=True, delete_retry_after=15.0, delete_polls=(15.0,), end_of_monitor=204
    ),
    view=_view,
    custom=_custom,
    live=Progress,
    tick=tick,
    check_delete=_check_delete,
    delete_seconds=5.0,
    verbs=frozenset({"GET", "HEAD", "PUT", "DELETE"}),
    located=False,
)
