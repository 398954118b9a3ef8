"""A durable engine in memory, as the triggers see one: a fake of `triggers.durable.Instances` for unit tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.errors import TransientError
from domain.steps import ROLLOUT
from triggers.durable import Instance, Runtime

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@dataclass
class FakeEngine:
    """Holds instances; each start is a second later than the one before.

    lagging: ids that a query does not show yet. lost: the next start happens and its answer is lost. refuses: the
    next start does not happen, and its answer is the same error. words: what came with each of `events`.
    """

    held: dict[str, Instance] = field(default_factory=dict)
    events: list[tuple[str, str]] = field(default_factory=list)
    words: list[dict[str, str] | None] = field(default_factory=list)
    lagging: set[str] = field(default_factory=set)
    lost: bool = False
    refuses: bool = False

    async def get(self, instance_id: str) -> Instance | None:
        return self.held.get(instance_id)

    async def find(
        self,
        *,
        prefix: str = "",
        runtime: Sequence[Runtime] = (),
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        payloads: bool = True,
    ) -> list[Instance]:
        return [
            instance if payloads else replace(instance, input=None, custom_status=None)
            for instance in self.held.values()
            if instance.id.startswith(prefix)
            and instance.id not in self.lagging
            and (not runtime or instance.runtime in runtime)
            and (created_from is None or instance.created >= created_from)
            and (created_to is None or instance.created < created_to)
        ]

    async def start(self, name: str, instance_id: str, payload: dict[str, Any]) -> bool:
        if self.refuses:
            raise TransientError("DurableEngineUnavailable", "The durable engine answered UNAVAILABLE.")
        if instance_id in self.held:
            return False
        created = START + timedelta(seconds=len(self.held))
        self.held[instance_id] = Instance(instance_id, name, "Pending", created, created, input=payload)
        if self.lost:
            raise TransientError("DurableEngineUnavailable", "The durable engine answered UNAVAILABLE.")
        return True

    async def raise_event(self, instance_id: str, event: str, data: dict[str, str] | None = None) -> None:
        self.events.append((instance_id, event))
        self.words.append(data)

    def end(self, instance_id: str, runtime: Runtime, **status: Any) -> None:
        """Let an instance end so, with this custom status."""
        instance = self.held[instance_id]
        later = instance.updated + timedelta(minutes=10)
        self.held[instance_id] = replace(instance, runtime=runtime, updated=later, custom_status=status or None)

    def put(self, instance_id: str, name: str = ROLLOUT, **more: Any) -> Instance:
        """An instance that exists already."""
        base = Instance(instance_id, name, "Running", START, START)
        self.held[instance_id] = replace(base, **more)
        return self.held[instance_id]
