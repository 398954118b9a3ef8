"""The world of one simulator: its clock, its draws, and every resource by id, parent and use.

`Store` keeps three indexes so that a request costs the same with ten resources as with ten thousand: by id,
by (scope, type) for lists and children, and by what refers to what. `World` adds time. Rules get the world
and nothing else.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from local.armsim.agenda import Agenda
from local.armsim.answers import Answer
from local.armsim.body import Body
from local.armsim.draws import Draws
from local.armsim.ids import key, owner_key
from local.armsim.kinds import Resource, ResourceType, Written
from local.armsim.operations import Operation, Operations
from local.clock import Clock


class Changes:
    """What has changed since it was last saved: pairs of a collection and a key. Nothing is noted unless `kept`."""

    def __init__(self) -> None:
        self.kept = False
        self._pairs: dict[tuple[str, str], None] = {}

    def note(self, collection: str, name: str) -> None:
        """One thing was made, changed or removed."""
        if self.kept:
            self._pairs[collection, name] = None

    def take(self) -> list[tuple[str, str]]:
        """The pairs so far, which are forgotten."""
        pairs, self._pairs = list(self._pairs), {}
        return pairs


class Store:
    """Resources and their indexes."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._by_key: dict[str, Resource] = {}
        self._lists: dict[tuple[str, str], dict[str, Resource]] = {}
        self._children: dict[str, dict[str, Resource]] = {}
        self._totals: Counter[tuple[str, str]] = Counter()
        self._uses: dict[str, dict[str, list[tuple[str, str]]]] = {}
        self._used_by: dict[str, set[str]] = {}

    def get(self, resource_id: str) -> Resource | None:
        """The resource of that id, in any case."""
        return self._by_key.get(key(resource_id))

    def all(self) -> list[Resource]:
        """Every resource, in the order of creation."""
        return list(self._by_key.values())

    def put(self, resource: Resource) -> None:
        """Keep a new resource, or a changed one."""
        self._changes.note("resource", resource.key)
        if resource.key not in self._by_key:
            self._by_key[resource.key] = resource
            self._totals[resource.key.split("/")[2], resource.kind.name] += 1
            for scope in self._scopes(resource):
                self._lists.setdefault((scope, resource.kind.name), {})[resource.key] = resource
            self._children.setdefault(_parent(resource), {})[resource.key] = resource
        self._note_references(resource)

    def remove(self, resource: Resource) -> None:
        """Forget a resource."""
        self._changes.note("resource", resource.key)
        if self._by_key.pop(resource.key, None) is not None:
            self._totals[resource.key.split("/")[2], resource.kind.name] -= 1
        for scope in self._scopes(resource):
            self._lists.get((scope, resource.kind.name), {}).pop(resource.key, None)
        self._children.get(_parent(resource), {}).pop(resource.key, None)
        self._drop_references(resource.key)

    def listed(self, scope: str, type_name: str) -> list[Resource]:
        """The resources of a type directly below a subscription, a group or a parent, by its id."""
        return list(self._lists.get((key(scope), type_name), {}).values())

    def total(self, subscription: str, type_name: str) -> int:
        """How many resources of a type there are in a subscription, by its GUID."""
        return self._totals[subscription.lower(), type_name]

    def clear(self) -> None:
        """Forget everything."""
        for index in (self._by_key, self._lists, self._children, self._totals, self._uses, self._used_by):
            index.clear()

    def below(self, resource_id: str) -> list[Resource]:
        """Every resource below a group or a parent, children after their parents."""
        found = []
        for child in list(self._children.get(key(resource_id), {}).values()):
            found.append(child)
            found.extend(self.below(child.id))
        return found

    def users(self, target_id: str) -> Iterator[str]:
        """Ids of what refers to `target_id`, or to a part of it (a subnet, a pool)."""
        target = key(target_id)
        for source in sorted(self._used_by.get(owner_key(target), ())):
            for wanted, via in self._uses[source].get(owner_key(target), ()):
                if wanted == target or wanted.startswith(target + "/"):
                    yield via

    def _scopes(self, resource: Resource) -> tuple[str, ...]:
        parts = resource.key.split("/")
        if len(parts) > 9:
            return ("/".join(parts[:-2]),)
        return ("/".join(parts[:3]), "/".join(parts[:5]))

    def _note_references(self, resource: Resource) -> None:
        self._drop_references(resource.key)
        uses: dict[str, list[tuple[str, str]]] = {}
        for target, part in resource.kind.references(resource.body):
            via = f"{resource.id}/{part}" if part else resource.id
            uses.setdefault(owner_key(key(target)), []).append((key(target), via))
        if uses:
            self._uses[resource.key] = uses
            for owner in uses:
                self._used_by.setdefault(owner, set()).add(resource.key)

    def _drop_references(self, source: str) -> None:
        for owner in self._uses.pop(source, {}):
            self._used_by[owner].discard(source)


def _parent(resource: Resource) -> str:
    """Key of what a resource lies in: its parent, its group, or the subscription."""
    parts = resource.key.split("/")
    if len(parts) > 9:
        return "/".join(parts[:-2])
    return "/".join(parts[:5] if len(parts) > 5 else parts[:3])


def _nobody(*request: Any) -> Any:
    """Stands for the gateway until there is one."""
    raise RuntimeError("this world has no gateway")


class World:
    """Store, time and chance of one simulator."""

    def __init__(
        self,
        *,
        clock: Clock,
        speed: float,
        instant: bool,
        seed: int,
        kinds: dict[str, ResourceType],
        subscriptions: Sequence[str] = (),
        page_size: int | None = None,
    ) -> None:
        self.clock, self.speed, self.instant, self.page_size = clock, speed, instant, page_size
        self.draws = Draws(seed)
        self.agenda = Agenda(clock)
        self.changes = Changes()
        self.store = Store(self.changes)
        self.kinds = kinds
        self.subscriptions = tuple(one.lower() for one in subscriptions) or (self.draws.guid("subscription"),)
        self.tenant_id = self.draws.guid("tenant")
        self.operations = Operations(self)
        self.counts: dict[str, int] = {}
        """Pieces of work begun for each id, deleted resources included; a draw's last part."""
        self.documents: dict[str, Any] = {}
        """Small plain facts beside the resources, by name: `note_document` after a change."""
        self.on_written: Callable[[Written], None] = lambda written: None
        """Told of every write that has succeeded."""
        self.submit: Callable[[str, str, str, Body], tuple[Answer, Operation | None]] = _nobody
        """Sends a request (method, id, api-version, body) the way that a client's goes; raises ArmError."""
        self.validate: Callable[[str, str, str, Body], None] = _nobody
        """Checks such a request by the rules of its type, without effect; raises ArmError."""

    @property
    def subscription_id(self) -> str:
        """The first subscription."""
        return self.subscriptions[0]

    def now(self) -> datetime:
        """The time, in UTC."""
        return self.agenda.moment or self.clock.now()

    def count(self, purpose: str) -> int:
        """How often this was asked for `purpose`, the id in lower case of what is being worked on."""
        turn = self.counts.get(purpose, 0) + 1
        self.counts[purpose] = turn
        self.changes.note("count", purpose)
        return turn

    def note_document(self, name: str) -> None:
        """`documents[name]` was changed."""
        self.changes.note("document", name)

    def touch(self, resource: Resource) -> None:
        """Count a write, and give the resource the etag that goes with it."""
        resource.writes += 1
        if resource.kind.etag == "guid":
            resource.etag = self.etag(resource.key, self.count(f"{resource.key} etag"))
        elif resource.kind.etag == "count":
            resource.etag = f'"{resource.writes}"'

    def lasts(self, seconds: float) -> timedelta:
        """What `seconds` of Azure's time take here."""
        return timedelta(0) if self.instant else timedelta(seconds=seconds / self.speed)

    def ring(self, resource: Resource, due: datetime) -> None:
        """Have the row's `tick` called for `resource` at `due`, or earlier if it is to ring earlier already."""
        if resource.alarm is not None and resource.alarm <= due:
            return
        resource.alarm = due
        self.changes.note("resource", resource.key)
        self.agenda.at(due, lambda when: self._tick(resource.key, when))

    def _tick(self, resource_key: str, when: datetime) -> None:
        resource = self.store.get(resource_key)
        if resource is not None and resource.alarm is not None and resource.alarm <= when:
            resource.alarm = None
            self.changes.note("resource", resource.key)
            resource.kind.tick(self, resource, when)

    def retry_after(self, seconds: float) -> dict[str, str]:
        """The header that says Azure's `seconds`: `Retry-After`, or milliseconds where they are no whole ones.

        azure-mgmt-compute 39 reads Retry-After of a write as an integer and raises on `0.5`; its pollers, and
        those of the other SDKs, understand `retry-after-ms`. Never 0, which clients take for absent.
        """
        scaled = 0.02 if self.instant else max(seconds / self.speed, 0.02)
        if scaled == int(scaled):
            return {"Retry-After": str(int(scaled))}
        return {"retry-after-ms": str(max(1, round(scaled * 1000)))}

    def etag(self, resource_key: str, writes: int) -> str:
        """A weak etag as Network hands out."""
        return f'W/"{self.draws.guid("etag", resource_key, writes)}"'
