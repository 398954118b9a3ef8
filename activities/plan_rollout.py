"""Look at everything that a rollout will touch, and say beforehand what it would do and what is wrong."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any

from arm.port import Arm, Body
from domain import planning, rules
from domain.errors import AccessDeniedError
from domain.models import RolloutPlan, StepRequest
from domain.planning import World
from domain.resource_ids import parse, same


async def plan_rollout(request: StepRequest, *, arm: Arm, now: Callable[[], datetime]) -> RolloutPlan:
    """Read, compare, write nothing. now: aware, UTC.

    What is missing is not looked into, and reads that do not depend on one another run together: three requests
    where there is nothing yet, six where everything exists. The network is read only where there is no scale set.
    AccessDeniedError where the gallery, the definition, its versions or the scale set may not be read, since nothing
    can be decided without them; what else may not be read is in the plan's `unchecked`. Of a subscription's galleries
    Azure shows those that the identity may read, so another one's name may clash unseen: the gallery's PUT is then
    refused.
    """
    broken = rules.check(request.profile, request.image, now=now())
    if not rules.namable(broken):
        return planning.blind(request, broken)
    return planning.draw(request, await _Look(arm, request).at_everything(), broken)


class _Look:
    def __init__(self, arm: Arm, request: StepRequest) -> None:
        self._arm = arm
        self._targets = request.targets
        self._denied: list[str] = []

    async def at_everything(self) -> World:
        groups = await self._groups()
        seen = await _together(self._at_gallery(groups["gallery_group"]), self._at_scale_set(groups["scale_set_group"]))
        found: dict[str, Any] = {**groups}
        for part in seen:
            found.update(part)
        return World(**found, denied=tuple(self._denied))

    async def _groups(self) -> dict[str, Body | None]:
        gallery, scale_set = self._targets.gallery_group, self._targets.scale_set_group
        if same(gallery, scale_set):
            group = await self._optional(gallery, denied={})
            return {"gallery_group": group, "scale_set_group": group}
        first, second = await _together(self._optional(gallery, denied={}), self._optional(scale_set, denied={}))
        return {"gallery_group": first, "scale_set_group": second}

    async def _at_gallery(self, group: Body | None) -> dict[str, Any]:
        targets = self._targets
        gallery = await self._arm.get(targets.gallery) if group is not None else None
        if gallery is None:
            subscription = f"/subscriptions/{parse(targets.gallery).subscription}"
            return {"galleries": await self._listed(f"{subscription}/providers/Microsoft.Compute/galleries")}
        definition = await self._arm.get(targets.definition)
        if definition is None:
            return {"gallery": gallery, "definitions": await self._listed(f"{targets.gallery}/images")}
        versions = tuple(await self._arm.list(f"{targets.definition}/versions"))
        return {"gallery": gallery, "definition": definition, "versions": versions}

    async def _at_scale_set(self, group: Body | None) -> dict[str, Any]:
        if group is None:
            return {}
        scale_set = await self._arm.get(self._targets.scale_set)
        found: dict[str, Any] = {"scale_set": scale_set}
        if World(scale_set=scale_set).scale_set_exists:
            return found
        names = ("virtual_network", "public_ip_address", "security_group", "load_balancer")
        bodies = await _together(*(self._optional(getattr(self._targets, name)) for name in names))
        return found | dict(zip(names, bodies, strict=True))

    async def _optional(self, resource: str, denied: Body | None = None) -> Body | None:
        """A resource without which the plan is poorer but still one; `denied` where it may not be read."""
        return await self._unless_denied(resource, self._arm.get(resource), denied)

    async def _listed(self, collection: str) -> tuple[Body, ...]:
        return tuple(await self._unless_denied(collection, self._arm.list(collection), []))

    async def _unless_denied[T](self, resource: str, read: Awaitable[T], denied: T) -> T:
        try:
            return await read
        except AccessDeniedError:
            self._denied.append(resource)
            return denied


async def _together[T](*reads: Coroutine[Any, Any, T]) -> list[T]:
    """All results, in order. The first error alone, and the other reads are cancelled: one retry looks again anyway."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(read) for read in reads]
    except ExceptionGroup as errors:
        raise _first(errors) from None
    return [task.result() for task in tasks]


def _first(errors: ExceptionGroup[Exception]) -> Exception:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, ExceptionGroup) else error
