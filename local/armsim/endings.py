"""What happens when an operation has ended: a write holds, a deleted resource is gone, an action takes effect.

`Operations` calls `Endings.end`, once an operation, at its due time; all it knows is in the operation itself,
so that a restored world ends what it had begun.
"""

from datetime import datetime, timedelta

from local.armsim.body import Body
from local.armsim.errors import ArmError
from local.armsim.kinds import Doing, Look, Resource, Written
from local.armsim.operations import Operation
from local.armsim.world import World


class Endings:
    """The ends of one world's operations."""

    def __init__(self, world: World) -> None:
        self._world = world

    def end(self, operation: Operation, when: datetime) -> None:
        """Carry out the end of `operation`."""
        resource = self._world.store.get(operation.resource_id)
        if resource is None or not operation.role:
            return  # deleted meanwhile, with its group
        well = operation.status == "Succeeded"
        if operation.role == "action":
            self._world.store.put(resource)
            doing = resource.kind.actions.get(("POST", operation.action))
            if well and isinstance(doing, Doing) and doing.finish is not None:
                doing.finish(self._world, resource, operation.note, when)
            return
        if resource.operation is not operation:
            return  # another resource of the same name by now
        if operation.role == "delete":
            self._deleted(operation, resource, when)
        elif well:
            self._wrote(operation, resource, when)
        else:
            resource.state = "Failed"
            self._world.store.put(resource)

    def _wrote(self, operation: Operation, resource: Resource, when: datetime) -> None:
        world, kind = self._world, resource.kind
        resource.state = "Succeeded"
        kind.end(world, resource, when)
        if (kind.etag == "guid" and not kind.wire.done_at_once) or (kind.etag == "count" and operation.created):
            world.touch(resource)
        if kind.wire.accepted:
            operation.output = kind.view(resource, Look(world, operation.api_version))
        world.store.put(resource)
        world.on_written(Written(resource, operation.method, operation.api_version, operation.created, when))

    def _deleted(self, operation: Operation, resource: Resource, when: datetime) -> None:
        world = self._world
        if operation.status == "Succeeded":
            left = self._clear(resource, when)
            if not left:
                self._linger(resource, when)
                world.store.remove(resource)
                resource.kind.removed(world, resource, when)
                return
            operation.status, operation.error = "Failed", _blocked(resource, left)
        resource.state = "Failed" if resource.kind.wire.operations != "operationresults" else "Succeeded"
        world.store.put(resource)

    def _clear(self, resource: Resource, when: datetime) -> dict[str, ArmError]:
        """Remove all below `resource` that nothing holds, users before what they use; says what is left and why."""
        world = self._world
        left = world.store.below(resource.id)
        while left:
            reasons: dict[str, ArmError] = {}
            for one in reversed(left):
                if any(other.key.startswith(one.key + "/") for other in left if other.id in reasons):
                    reasons[one.id] = ArmError(409, "CannotDeleteResource", "Nested resources exist.")
                    continue
                try:
                    one.kind.check_delete(world, one, when)
                except ArmError as refused:
                    reasons[one.id] = refused
                else:
                    world.store.remove(one)
            if len(reasons) == len(left):
                return reasons
            left = [one for one in left if one.id in reasons]
        return {}

    def _linger(self, resource: Resource, when: datetime) -> None:
        """A deleted child is seen by its parent for a while."""
        world, spread = self._world, resource.kind.lingers
        parent = world.store.get(resource.route.parent.id) if spread is not None else None
        if spread is not None and parent is not None:
            seconds = spread.draw(world.draws, resource.key, resource.writes)
            lasting = when + world.lasts(seconds) if seconds else when + timedelta(0)
            parent.ghosts = {one: until for one, until in parent.ghosts.items() if until > when}
            parent.ghosts[resource.id] = lasting
            world.store.put(parent)


def _blocked(group: Resource, left: dict[str, ArmError]) -> Body:
    """The error of a group's deletion that met resources which could not go (code and text *inferred*)."""
    return {
        "code": "ResourceGroupDeletionBlocked",
        "message": f"Deletion of resource group '{group.name}' failed as resources with identifiers "
        f"'{','.join(left)}' could not be deleted. The provisioning state of the resource group will be rolled back.",
        "details": [{"code": reason.code, "message": reason.message, "target": one} for one, reason in left.items()],
    }
