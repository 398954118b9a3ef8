"""What activities need of Azure Resource Manager. `arm.client` implements it; tests reach it over the simulator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from domain.models import Operation

Body = dict[str, Any]
"""A resource as ARM sends it: `{"id", "name", "location", "tags", "properties": {…}}`."""


@dataclass(frozen=True, slots=True)
class Written:
    """The answer to a write: the body, and the operation to watch (None where the write is already done)."""

    body: Body
    operation: Operation | None


class Arm(Protocol):
    """ARM by resource id. Every method raises `domain.errors.RolloutError` and nothing else; it retries nothing."""

    async def get(self, resource: str, *, expand: str | None = None) -> Body | None:
        """The resource, or None where ARM answers 404."""
        ...

    async def list(self, collection: str) -> list[Body]:
        """All pages of a collection such as `…/galleries/g/images/d/versions`; empty where its parent is missing."""
        ...

    async def put(
        self, resource: str, body: Body, *, only_if_missing: bool = False, secrets: Sequence[str] = ()
    ) -> Written:
        """Create or replace. `only_if_missing`: 412 (TransientError `PreconditionFailed`) where it exists.

        secrets: values in `body` that must not appear in any error.
        """
        ...

    async def patch(self, resource: str, body: Body, *, etag: str) -> Written:
        """Change what `body` holds, if the resource still has this etag; else TransientError `PreconditionFailed`."""
        ...

    async def poll(self, operation: Operation, *, secrets: Sequence[str] = ()) -> Operation:
        """Look once at an operation of kind `operation`; the answer has its new status and retry_after."""
        ...
