"""An ARM that is a dictionary: the port of `arm.port` for tests of single activities and of the plan.

Writes are done at once (`Succeeded`, no operation); who needs operations, durations and faults uses the simulator.
"""

import asyncio
import copy
import re
from collections.abc import Iterable, Sequence
from typing import Any

from arm.port import Body, Written
from domain.errors import AccessDeniedError, RolloutError, TransientError
from domain.models import Operation

_GALLERIES = re.compile(r"^/subscriptions/[^/]+/providers/microsoft\.compute/galleries$")
_GALLERY = re.compile(r"^/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\.compute/galleries/[^/]+$")


class FakeArm:
    """Resources by id. `reads`, `writes`: the ids and collections asked for, in order, lower case.

    `denied`: ids and collections that answer 403. `failing`: errors to raise for a resource or collection.
    `most_at_once`: how many reads were ever under way together.
    """

    def __init__(
        self,
        *bodies: Body,
        denied: Iterable[str] = (),
        failing: dict[str, RolloutError] | None = None,
    ) -> None:
        self.resources: dict[str, Body] = {str(body["id"]).lower(): body for body in bodies}
        self.denied = {resource.lower() for resource in denied}
        self.failing = {resource.lower(): error for resource, error in (failing or {}).items()}
        self.reads: list[str] = []
        self.writes: list[str] = []
        self.most_at_once = 0
        self._under_way = 0

    async def get(self, resource: str, *, expand: str | None = None) -> Body | None:
        """The resource, or None."""
        await self._read(resource)
        return copy.deepcopy(self.resources.get(resource.lower()))

    async def list(self, collection: str) -> list[Body]:
        """The direct children of a collection, or all galleries of a subscription."""
        await self._read(collection)
        key = collection.lower()
        if _GALLERIES.match(key):
            return [copy.deepcopy(body) for id_, body in self.resources.items() if _GALLERY.match(id_)]
        return [copy.deepcopy(body) for id_, body in self.resources.items() if id_.rpartition("/")[0] == key]

    async def put(
        self, resource: str, body: Body, *, only_if_missing: bool = False, secrets: Sequence[str] = ()
    ) -> Written:
        """Create or replace, done at once."""
        if only_if_missing and resource.lower() in self.resources:
            raise TransientError("PreconditionFailed", "It exists.", resource=resource)
        name = resource.rpartition("/")[2]
        properties = {**body.get("properties", {}), "provisioningState": "Succeeded"}
        return self._store(resource, {**copy.deepcopy(body), "id": resource, "name": name, "properties": properties})

    async def patch(self, resource: str, body: Body, *, etag: str) -> Written:
        """Merge, if the etag is still this one."""
        current = self.resources[resource.lower()]
        if str(current.get("etag", "")) != etag:
            raise TransientError("PreconditionFailed", "It has changed.", resource=resource)
        return self._store(resource, _merged(current, body))

    async def poll(self, operation: Operation, *, secrets: Sequence[str] = ()) -> Operation:
        """Everything is finished already."""
        return operation.model_copy(update={"status": "Succeeded"})

    def _store(self, resource: str, body: Body) -> Written:
        self.writes.append(resource.lower())
        self.resources[resource.lower()] = body
        return Written(copy.deepcopy(body), None)

    async def _read(self, resource: str) -> None:
        key = resource.lower()
        self.reads.append(key)
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            await asyncio.sleep(0)
        finally:
            self._under_way -= 1
        if key in self.failing:
            raise self.failing[key]
        if key in self.denied:
            raise AccessDeniedError("AuthorizationFailed", "No permission.", resource=resource)


def _merged(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}
    return copy.deepcopy(new)
