"""PUT and PATCH of every type: preconditions, rules, the new body, and the operation that makes it true."""

from local.armsim import regions
from local.armsim.body import Body, known_at, merge, without_nulls
from local.armsim.errors import (
    ArmError,
    bad_content,
    concurrent_write,
    group_not_found,
    marked_for_deletion,
    parent_not_found,
    precondition_failed,
    resource_not_found,
)
from local.armsim.faults import Fault
from local.armsim.ids import key
from local.armsim.kinds import Call, Resource, ResourceType, Write
from local.armsim.operations import Operation
from local.armsim.reading import texts
from local.armsim.world import World

_ENVELOPE = ("location", "tags", "sku", "zones", "plan", "identity", "extendedLocation", "properties")


def short_name(kind: ResourceType) -> str:
    """`galleries/images` for `Microsoft.Compute/galleries/images`."""
    return kind.name.partition("/")[2]


def outcome(fault: Fault | None, seconds: float) -> tuple[float | None, Body | None]:
    """How long an operation takes (None: for ever) and its error, with what `fault` does to it."""
    if fault is not None and fault.kind == "never_ends":
        return None, None
    if fault is not None and fault.kind == "operation_fails":
        return seconds, {
            "code": fault.code or "InternalExecutionError",
            "message": fault.message or "An internal execution error occurred. Please retry later.",
        }
    return seconds, None


class Writing:
    """Writes of one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def write(self, call: Call, kind_of_write: str = "") -> tuple[Resource, bool, Operation | None]:
        """Carry out one PUT or PATCH: the resource, whether it is new, and the operation begun."""
        world, route, kind = self._world, call.route, call.kind
        existing = world.store.get(route.id)
        if existing is not None and call.fault is not None and call.fault.kind == "overtaken":
            call.fault.strike(world)
            world.touch(existing)
        write = self.checked(call)
        if existing is not None and call.method == "PATCH" and kind.patches_tags:
            existing.body = {**existing.body, "tags": write.wanted["tags"]}
            world.touch(existing)
            world.store.put(existing)
            return existing, False, None
        if existing is not None and existing.busy and existing.operation is not None:
            world.operations.preempt(existing.operation, write.now)
        seconds = kind.seconds(write)
        created = existing is None
        resource = existing or Resource(kind, route, route.id, key(route.id), {}, write.now)
        resource.body = write.wanted
        resource.state = "Creating" if created else "Updating"
        world.touch(resource)
        if not kind.wire.operations or route.scope == "group":
            resource.state = "Succeeded"
            world.store.put(resource)
            return resource, created, None
        world.store.put(resource)
        try:
            kind.begin(write, resource)
            operation = self._start(call, write, resource, seconds, kind_of_write)
        except Exception:
            if created:  # nothing half made stays
                world.store.remove(resource)
            raise
        world.store.put(resource)
        return resource, created, operation

    def checked(self, call: Call) -> Write:
        """The write that a PUT or PATCH asks for, its body composed by the type's rules, or ArmError."""
        world, route, kind = self._world, call.route, call.kind
        existing = world.store.get(route.id)
        if existing is None and call.method == "PATCH":
            if route.scope == "group":
                raise group_not_found(route.group)
            raise resource_not_found(route.label, route.group)
        if len(route.names) > 1 and world.store.get(route.parent.id) is None:
            raise parent_not_found("write", short_name(kind), route.parent.id)
        self._check_conditions(call, existing)
        if existing is not None and call.method == "PATCH" and kind.patches_tags:
            tags = call.sent.get("tags") or {}
            _check_tags(tags)
            body: Body = {**existing.body, "tags": tags}
            return Write(world, route, call.method, call.api_version, call.sent, body, existing, world.now())
        if existing is not None and existing.busy:
            self._meet(existing, call.base_url)
        body = self._body(call, existing)
        write = Write(world, route, call.method, call.api_version, call.sent, body, existing, world.now(), call.fault)
        self._check_envelope(write, kind)
        write.wanted = kind.compose(write)
        list(kind.references(write.wanted))  # what cannot be read is refused before anything has changed
        return write

    def _start(self, call: Call, write: Write, resource: Resource, seconds: float, kind_of_write: str) -> Operation:
        kind, created = call.kind, write.existing is None
        lasts, error = outcome(call.fault, seconds)
        if error is None and call.fault is not None and call.fault.kind in ("region_fails", "allocation_fails"):
            error = kind.failure(write, resource)
        operation = self._world.operations.start(
            kind=kind_of_write or f"{short_name(kind)} {call.method}",
            resource_id=resource.id,
            type_name=kind.name,
            location=resource.location,
            wire=kind.wire,
            api_version=call.api_version,
            seconds=lasts,
            role="write",
            error=error,
            method=call.method,
            created=created,
        )
        resource.operation = operation
        if kind.wire.done_at_once and lasts is not None and error is None:
            resource.state = "Succeeded"
        return operation

    def _check_conditions(self, call: Call, existing: Resource | None) -> None:
        if not call.kind.etag:
            return
        if call.if_none_match.strip() == "*" and existing is not None:
            raise precondition_failed(f"The resource '{existing.id}' already exists, and If-None-Match is '*'.")
        wanted = call.if_match.strip()
        if not wanted:
            return
        if existing is None:
            raise precondition_failed(f"The resource '{call.route.id}' does not exist, and If-Match is set.")
        if wanted != "*" and existing.etag not in [part.strip() for part in wanted.split(",")]:
            raise precondition_failed(
                f"The etag value '{wanted}' of If-Match does not match the etag '{existing.etag}' of the resource."
            )

    def _meet(self, existing: Resource, base_url: str) -> None:
        """What a write meets while another one runs: a refusal, unless it takes over."""
        if existing.state == "Deleting" and existing.kind.name.startswith("Microsoft.Compute/galleries"):
            raise marked_for_deletion(existing.kind.name, existing.id)
        if existing.kind.busy == "preempt" and existing.state == "Updating":
            return
        if existing.kind.busy == "network" and existing.operation is not None:
            raise ArmError(
                409,
                "AnotherOperationInProgress",
                "Another operation on this or dependent resource is in progress. To retrieve status of the "
                f"operation use uri: {base_url}{existing.operation.path}?{existing.operation.query}.",
                details=[],
            )
        raise concurrent_write()

    def _body(self, call: Call, existing: Resource | None) -> Body:
        if not isinstance(call.sent.get("properties", {}), dict | None):
            raise bad_content("The request content was invalid: 'properties' must be an object.")
        sent = {name: value for name, value in call.sent.items() if name in _ENVELOPE}
        sent = known_at(call.api_version, call.kind.since, sent)
        if call.method == "PATCH" and existing is not None:
            sent = merge(existing.body, sent)
            if "tags" in call.sent:
                # A PATCH replaces tags as a whole: the providers' update models say so.
                sent["tags"] = call.sent["tags"]
        body: Body = without_nulls(sent)
        return body

    def _check_envelope(self, write: Write, kind: ResourceType) -> None:
        body = write.wanted
        _check_tags(body.get("tags", {}))
        texts(body, "zones")
        if not kind.located:
            return
        location = body.get("location")
        if not isinstance(location, str) or not location:
            raise ArmError(
                400,
                "LocationRequired",
                "The location property is required for this definition.",
                gateway=True,
            )
        if not regions.exists(location):
            raise ArmError(
                400,
                "LocationNotAvailableForResourceType",
                f"The provided location '{location}' is not available for resource type '{kind.name}'. List of "
                f"available regions for the resource type is '{','.join(sorted(regions.DISPLAY_NAMES))}'.",
                gateway=True,
            )
        body["location"] = regions.short(location)
        if write.existing is not None and write.existing.location != body["location"]:
            raise _moved(write, kind, body["location"])


def _check_tags(tags: object) -> None:
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise bad_content("The request content was invalid: 'tags' must be an object of strings.")


def _moved(write: Write, kind: ResourceType, wanted: str) -> ArmError:
    assert write.existing is not None
    name, there = write.existing.name, write.existing.location
    if write.route.scope == "group":
        return ArmError(
            409,
            "InvalidResourceGroupLocation",
            f"Invalid resource group location '{wanted}'. The Resource group already exists in location '{there}'.",
            gateway=True,
        )
    return ArmError(
        409,
        "InvalidResourceLocation",
        f"The resource '{name}' already exists in location '{there}' in resource group "
        f"'{write.route.group}'. A resource with the same name cannot be created in location '{wanted}'. "
        "Please select a new resource name.",
        gateway=True,
    )
