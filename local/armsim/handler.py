"""The generic handler: GET, PUT, PATCH, DELETE, list and actions of every type, driven by its row.

Called by `gateway.py` once a request is known to be for a type and an api-version that exist. Each request is
handled in one go, without awaiting, so that the world needs no locks.
"""

from dataclasses import replace
from urllib.parse import parse_qsl

from local.armsim import embedded
from local.armsim.answers import Answer
from local.armsim.body import Body, known_at
from local.armsim.errors import (
    ArmError,
    concurrent_write,
    group_not_found,
    nested_resources,
    parent_not_found,
    resource_not_found,
    unsupported_verb,
)
from local.armsim.faults import FAULTS_OF_WRITES
from local.armsim.ids import Route
from local.armsim.intake import fields
from local.armsim.kinds import Action, Call, Doing, Look, Resource, shows_etag
from local.armsim.operations import Operation
from local.armsim.paging import page
from local.armsim.resources.filters import matcher
from local.armsim.timing import Spread
from local.armsim.world import World
from local.armsim.write_faults import spoil, theirs_of
from local.armsim.writing import Writing, outcome, short_name

GROUPS = "Microsoft.Resources/resourceGroups"


class Handler:
    """Answers calls against one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._writing = Writing(world)

    def handle(self, call: Call) -> Answer:
        """The answer, or ArmError; with what a fault of writes does to it."""
        operations = self._world.operations
        before, operations.begun = operations.begun, []
        try:
            theirs = theirs_of(call, self._world, self._writing)
            answer = self._answer(call)
            if call.fault is not None and call.fault.kind in FAULTS_OF_WRITES:
                spoil(call, call.fault, theirs, self._world)
            return answer
        finally:
            operations.begun = before

    def _answer(self, call: Call) -> Answer:
        route = call.route
        if route.group:
            self._check_group(route, call.method)
        answered = call.kind.custom(self._world, call) if call.kind.custom is not None else None
        if answered is not None:
            return answered
        if route.scope == "action":
            return self._act(call)
        if route.scope in ("groups", "collection"):
            return self._list(call)
        if call.method not in call.kind.verbs and call.method != "HEAD":
            raise unsupported_verb(call.method, route.type_name, route.id)
        return self._part(call) if call.kind.part_of else self._whole(call)

    def _whole(self, call: Call) -> Answer:
        match call.method:
            case "GET" | "HEAD":
                return self._get(call)
            case "PUT" | "PATCH":
                resource, created, operation = self._writing.write(call)
                return self._written(call, resource, created, operation)
            case _:
                return self._delete(call)

    def check(self, call: Call) -> None:
        """Raise what the rules of its type say against a PUT, without effect."""
        self._check_group(call.route, call.method)
        self._writing.checked(call)

    def _find(self, route: Route) -> Resource:
        found = self._world.store.get(route.id)
        if found is None or (found.hidden is not None and found.hidden > self._world.now()):
            if route.scope == "group":
                raise group_not_found(route.group)
            raise resource_not_found(route.label, route.group)
        return found

    def _check_group(self, route: Route, method: str) -> None:
        group = self._world.store.get(f"/subscriptions/{route.subscription}/resourceGroups/{route.group}")
        if group is None and route.scope != "group":
            raise group_not_found(route.group)
        if group is not None and group.state == "Deleting" and method in ("PUT", "PATCH", "POST"):
            raise ArmError(
                409,
                "ResourceGroupBeingDeleted",
                f"The resource group '{group.name}' is in deprovisioning state and cannot perform this operation.",
                gateway=True,
            )

    def _look(self, call: Call) -> Look:
        expand = ""
        if call.query:
            asked = parse_qsl(call.query)
            expand = ",".join(value for name, value in asked if name.lower() in ("$expand", "$select"))
        words = frozenset(part.strip().lower() for part in expand.split(",") if part)
        return Look(self._world, call.api_version, words)

    def _get(self, call: Call) -> Answer:
        resource = self._find(call.route)
        if call.method == "HEAD":
            return Answer(204)
        headers = {"ETag": resource.etag} if shows_etag(resource, call.api_version) else {}
        return Answer(200, self._view(resource, self._look(call)), headers, resource.location or "westus2")

    def _view(self, resource: Resource, look: Look) -> Body:
        """The body as the api-version asked for knows it."""
        return known_at(look.api_version, resource.kind.since, resource.kind.view(resource, look))

    def _list(self, call: Call) -> Answer:
        route, world = call.route, self._world
        if call.method != "GET":
            raise unsupported_verb(call.method, route.type_name, route.id)
        look, now = self._look(call), world.now()
        if call.kind.part_of:
            parts = embedded.parts(self._find(route.parent), call.kind, look)
            return Answer(200, page(world, parts, call.path, call.query, call.base_url))
        scope = f"/subscriptions/{route.subscription}"
        if route.names:
            scope = self._find(route.parent).id
        elif route.group:
            scope = f"{scope}/resourceGroups/{route.group}"
        # Recorded in every list of galleries in a group, and in no other list.
        loud = call.kind.name == "Microsoft.Compute/galleries" and route.group

        def show(one: Resource) -> Body:
            body = self._view(one, look)
            if loud:
                segments = body["id"].split("/")
                body["id"] = "/".join([*segments[:4], segments[4].upper(), *segments[5:]])
            return body

        listed = world.store.listed(scope, call.kind.name)
        found = [one for one in listed if one.hidden is None or one.hidden <= now]
        if call.shows is not None:
            found = [one for one in found if call.shows(one.id)]
        if route.scope == "groups":
            found = [*filter(matcher(fields(call.query).get("$filter", "")), found)]
        shown = page(world, found, call.path, call.query, call.base_url, show=show)
        # Recorded: ARM knows what is nowhere, and joins the lists of all groups, without its providers' limits.
        whole = not route.group and route.scope != "groups"
        headers = {"x-ms-original-request-ids": world.draws.guid("list", call.path, world.now())} if whole else {}
        return Answer(200, shown, headers, alone=whole or (not found and not route.names))

    def _act(self, call: Call) -> Answer:
        function = call.kind.actions.get((call.method, call.route.action))
        if function is None:
            raise ArmError(
                404,
                "InvalidResourceType",
                f"The resource type '{call.route.type_name}/{call.route.action}' could not be found in the "
                f"namespace '{call.route.namespace}' for api version '{call.api_version}'.",
                gateway=True,
            )
        resource, world, kind = self._find(replace(call.route, scope="resource")), self._world, call.kind
        if resource.state == "Deleting" and call.method == "POST":
            raise concurrent_write()
        start = function.start if isinstance(function, Doing) else function
        done = start(Action(world, resource, call.sent, call.api_version, world.now(), call.fault, call.query))
        world.store.put(resource)
        if done.seconds is None:
            return Answer(200, done.body)
        seconds, error = outcome(call.fault, done.seconds)
        operation = world.operations.start(
            kind=f"{short_name(kind)} {call.route.action}",
            resource_id=resource.id,
            type_name=kind.name,
            location=resource.location,
            wire=kind.wire,
            api_version=call.api_version,
            seconds=seconds,
            role="action",
            error=error,
            action=call.route.action,
            note=done.note,
            output=done.output,
        )
        after = None if kind.wire.accepted else kind.wire.retry_after  # recorded
        headers = self._operation_headers(call, operation, after, monitor=True)
        return Answer(202, None, headers, resource.location)

    def _part(self, call: Call) -> Answer:
        """A child that lies in its parent's body: read there, written by writing the parent."""
        route, kind = call.route, call.kind
        parent = self._world.store.get(route.parent.id)
        if parent is None and call.method == "PUT":
            raise parent_not_found("write", short_name(kind), route.parent.id)
        if parent is None:
            raise resource_not_found(route.parent.label, route.group)
        if call.method == "GET":
            shown = embedded.part(parent, kind, route, self._look(call))
            return Answer(200, shown, {"ETag": parent.etag}, parent.location)
        body, before = embedded.changed(parent, kind, route, call.sent if call.method == "PUT" else None)
        if body is None:
            return Answer(204)
        inner = replace(call, method="PUT", route=parent.route, kind=parent.kind, sent=body, if_none_match="")
        parent, _, operation = self._writing.write(inner, f"{short_name(kind)} {call.method}")
        if call.method == "DELETE":
            headers = self._operation_headers(call, operation, kind.wire.delete_retry_after, monitor=True)
            return Answer(202, None, headers, parent.location)
        headers = self._operation_headers(call, operation, kind.wire.retry_after, monitor=False)
        shown = embedded.part(parent, kind, route, self._look(call))
        if parent.kind.wire.done_at_once and not kind.wire.done_at_once:
            shown["properties"]["provisioningState"] = kind.wire.creating
        return Answer(200 if before else 201, shown, headers, parent.location)

    def _written(self, call: Call, resource: Resource, created: bool, operation: Operation | None) -> Answer:
        body = self._view(resource, Look(self._world, call.api_version))
        if created and call.kind.wire.creating != "Creating" and resource.state == "Creating":
            body["properties"]["provisioningState"] = call.kind.wire.creating
        accepted = call.kind.wire.accepted
        headers = self._operation_headers(call, operation, call.kind.wire.retry_after, monitor=accepted)
        if call.kind.etag == "count" and shows_etag(resource, call.api_version):
            headers["ETag"] = resource.etag
        return Answer(202 if accepted else 201 if created else 200, body, headers, resource.location)

    def _delete(self, call: Call) -> Answer:
        world, kind = self._world, call.kind
        resource = world.store.get(call.route.id)
        if resource is None:
            if call.route.scope == "group":
                raise group_not_found(call.route.group)
            return Answer(204)
        now = world.now()
        is_group = call.route.scope == "group"
        running = resource.operation
        if resource.state == "Deleting" and running is not None and running.status == "InProgress":
            return self._deleting(call, resource, running)
        below = world.store.below(resource.id)
        nested = [one.id for one in below] or [one for one, until in resource.ghosts.items() if until > now]
        if nested and not is_group:
            raise nested_resources(nested)
        kind.check_delete(world, resource, now)
        if resource.operation is not None:
            world.operations.preempt(resource.operation, now)
        resource.state = "Deleting"

        wanted = 70.0 if is_group and below else kind.delete_seconds
        if isinstance(wanted, Spread):
            wanted = wanted.draw(world.draws, resource.key, resource.writes)
        seconds, error = outcome(call.fault, wanted)
        operation = world.operations.start(
            kind=f"{short_name(kind)} DELETE",
            resource_id=resource.id,
            type_name=kind.name,
            location=resource.location,
            wire=kind.wire,
            api_version=call.api_version,
            seconds=seconds,
            role="delete",
            error=error,
        )
        resource.operation = operation
        world.store.put(resource)
        return self._deleting(call, resource, operation)

    def _deleting(self, call: Call, resource: Resource, operation: Operation) -> Answer:
        """The answer to a DELETE, the first one or one more while it runs."""
        headers = self._operation_headers(call, operation, call.kind.wire.delete_retry_after, monitor=True)
        if call.kind.wire.operations == "operationresults":
            headers.pop("Azure-AsyncOperation")
        return Answer(202, None, headers, resource.location)

    def _operation_headers(
        self, call: Call, operation: Operation | None, retry_after: float | None, *, monitor: bool
    ) -> dict[str, str]:
        headers: dict[str, str] = {}
        if call.kind.charged:
            headers["x-ms-request-charge"] = "1"
        notifies, wire = call.kind.notifies, call.kind.wire
        if notifies(self._world, call) if notifies else wire.notify and call.route.action not in wire.silent:
            headers["Azure-AsyncNotification"] = "Enabled"
        if operation is None:
            return headers
        url = f"{call.base_url}{operation.path}?"
        headers["Azure-AsyncOperation"] = url + operation.query
        if monitor:
            headers["Location"] = f"{call.base_url}{operation.monitor}"
        if operation.wire.bare:
            headers["x-ms-request-id"] = operation.name
        if retry_after is not None:
            headers |= self._world.retry_after(retry_after)
        return headers
