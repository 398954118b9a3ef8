"""What a row of the table of resource types says, and what the generic handler gives to its functions.

A row (`ResourceType`) is all that the handler knows of a type. Its functions hold what is particular: rules
and defaults (`compose`), how long Azure takes (`seconds`), what begins and ends with an operation, and how the
stored body is shown (`view`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from local.armsim.answers import Answer
from local.armsim.body import Body
from local.armsim.ids import Route
from local.armsim.timing import Spread
from local.armsim.wire import State, Wire

if TYPE_CHECKING:
    from local.armsim.faults import Fault
    from local.armsim.operations import Operation
    from local.armsim.world import World


@dataclass(slots=True)
class Resource:
    """A resource as it is kept: its body without id, name, type and state, which the view adds."""

    kind: "ResourceType"
    route: Route
    id: str
    key: str
    body: Body
    created: datetime
    state: State = "Creating"
    etag: str = ""
    writes: int = 0
    operation: "Operation | None" = None
    live: Any = None
    """What the type keeps beside the body, of the row's class `live`: a version's replicas, a scale set's instances."""
    alarm: datetime | None = None
    """When the row's `tick` is to be called next; `World.ring` sets it."""
    hidden: datetime | None = None
    """Until when reads do not find it: a fault."""
    ghosts: dict[str, datetime] = field(default_factory=dict)
    """Ids of deleted children that a DELETE still sees, each until when."""

    @property
    def name(self) -> str:
        return self.route.names[-1] if self.route.names else self.route.group

    @property
    def location(self) -> str:
        """Short form, lower case; empty for a type without location."""
        location = self.body.get("location")
        return location if isinstance(location, str) else ""

    @property
    def properties(self) -> Body:
        """The body's `properties`, an empty object where there are none."""
        found = self.body.get("properties")
        return found if isinstance(found, dict) else {}

    @property
    def busy(self) -> bool:
        return self.state in ("Creating", "Updating", "Deleting")


@dataclass(slots=True)
class Write:
    """One PUT or PATCH, as a row's functions see it."""

    world: "World"
    route: Route
    method: str
    api_version: str
    sent: Body
    """The request's body as it came."""
    wanted: Body
    """The whole body wanted: what was sent, for PATCH merged into what is there; nulls removed."""
    existing: Resource | None
    now: datetime
    fault: "Fault | None" = None
    memo: Any = None
    """What a row's `seconds` wants its `begin` to know."""

    @property
    def id(self) -> str:
        """The id, in the case of creation."""
        return self.existing.id if self.existing else self.route.id

    @property
    def properties(self) -> Body:
        """`properties` of the body wanted."""
        found = self.wanted.get("properties")
        return found if isinstance(found, dict) else {}

    def takes(self, spread: Spread) -> float:
        """Service seconds of this write, drawn from `spread`."""
        return spread.draw(self.world.draws, self.id.lower(), self.existing.writes if self.existing else 0)


@dataclass(frozen=True, slots=True)
class Written:
    """A write that has succeeded, `when` its operation ended."""

    resource: Resource
    method: str
    api_version: str
    created: bool
    when: datetime


@dataclass(slots=True)
class Call:
    """One request, parsed and allowed. `query` is raw; `if_match` and `if_none_match` are the headers."""

    method: str
    route: Route
    kind: "ResourceType"
    api_version: str
    query: str
    sent: Body
    base_url: str
    if_match: str = ""
    if_none_match: str = ""
    fault: "Fault | None" = None
    path: str = ""
    shows: Callable[[str], bool] | None = None
    """Of a list of a whole subscription: whether the caller sees the resource of an id (None: all)."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a GET wants to see a body."""

    world: "World"
    api_version: str
    expand: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Action:
    """One POST (or odd GET) below a resource, such as `manualupgrade`."""

    world: "World"
    resource: Resource
    sent: Body
    api_version: str
    now: datetime

    fault: "Fault | None" = None
    query: str = ""

    def takes(self, spread: Spread) -> float:
        """Service seconds of this action, drawn from `spread`."""
        return spread.draw(self.world.draws, self.resource.key, self.resource.writes)


@dataclass(frozen=True, slots=True)
class Done:
    """What an action did: an answer at once (`body`), or an operation of `seconds`.

    `note` is plain JSON for the action's `finish`, kept with the operation; `output` is the result that the
    operation's body shows as `properties.output`.
    """

    body: Body | None = None
    seconds: float | None = None
    note: Body | None = None
    output: Body | None = None


@dataclass(frozen=True, slots=True)
class Doing:
    """An action of a type: what it does at once, and what happens once its operation has ended well."""

    start: Callable[[Action], Done]
    finish: "Callable[[World, Resource, Body, datetime], None] | None" = None


def no_compose(write: Write) -> Body:
    """For types without rules: keep what was sent."""
    return write.wanted


def no_seconds(write: Write) -> float:
    return 0.0


def no_begin(write: Write, resource: Resource) -> None:
    """Nothing begins with the operation."""


def no_failure(write: Write, resource: Resource) -> Body | None:
    """The type knows no replication that could fail."""
    return None


def no_end(world: "World", resource: Resource, when: datetime) -> None:
    """Nothing ends with the operation."""


def no_tick(world: "World", resource: Resource, when: datetime) -> None:
    """Nothing of the type happens by itself."""


def no_check(world: "World", resource: Resource, now: datetime) -> None:
    """Nothing stands in the way of deletion."""


def no_references(body: Body) -> Iterable[tuple[str, str]]:
    """Refers to nothing."""
    return ()


def plain_view(resource: Resource, look: Look) -> Body:
    """The body as it is kept, with id, name, type and state."""
    shown: Body = {"name": resource.name, "id": resource.id, "type": resource.kind.name}
    for name, value in resource.body.items():
        if name != "properties":
            shown[name] = value
    shown["properties"] = {**resource.properties, "provisioningState": resource.state}
    return shown


def shows_etag(resource: Resource, api_version: str) -> bool:
    """Network shows its etags always; scale sets have them since 2023-09-01 (recorded)."""
    return resource.etag != "" and (resource.kind.etag == "guid" or api_version >= "2023-09-01")


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One row of the table."""

    name: str
    versions: tuple[str, str]
    """Oldest and newest api-version known."""
    wire: Wire
    compose: Callable[[Write], Body] = no_compose
    """The body to keep; raises ArmError."""
    seconds: Callable[[Write], float] = no_seconds
    """Service time of the write; asked after `compose`, with its result in `write.wanted`."""
    begin: Callable[[Write, Resource], None] = no_begin
    end: Callable[["World", Resource, datetime], None] = no_end
    """Called when an operation ends well."""
    failure: Callable[[Write, Resource], Body | None] = no_failure
    """The operation's error where the fault `region_fails` strikes; None where it does not concern the write."""
    view: Callable[[Resource, Look], Body] = plain_view
    check_delete: Callable[["World", Resource, datetime], None] = no_check
    removed: Callable[["World", Resource, datetime], None] = no_end
    """Called once a DELETE has taken effect."""
    live: type | None = None
    """Class of `Resource.live`: a dataclass of plain values (text, numbers, times, lists, dicts, such dataclasses)."""
    tick: Callable[["World", Resource, datetime], None] = no_tick
    """Called at `Resource.alarm`, which is unset by then: moves `live` on, and rings again if more is to come."""
    since: Mapping[str, str] = field(default_factory=dict)
    """Dotted path of a member → the first api-version that knows it. Older ones neither take nor show it."""
    delete_seconds: float | Spread = 1.0
    lingers: Spread | None = None
    """For how long the parent's DELETE still sees a deleted one."""
    references: Callable[[Body], Iterable[tuple[str, str]]] = no_references
    """Ids that the body refers to, each with the path of the part that refers (empty: the resource itself)."""
    verbs: frozenset[str] = frozenset({"GET", "PUT", "PATCH", "DELETE"})
    located: bool = True
    etag: Literal["", "guid", "count"] = ""
    busy: Literal["conflict", "network", "preempt"] = "conflict"
    """What a write meets while another runs: Compute's 409, Network's 409, or it takes over."""
    patches_tags: bool = False
    """PATCH takes tags only and is done at once (Network)."""
    charged: bool = False
    """Writes carry `x-ms-request-charge` (scale sets)."""
    part_of: tuple[str, ...] = ()
    """Where a child that is a view of its parent's body lies in it: `("properties", "subnets")`."""
    actions: Mapping[tuple[str, str], Callable[[Action], Done] | Doing] = field(default_factory=dict)
    """(method, tail of the path in lower case) → function."""
    notifies: "Callable[[World, Call], bool] | None" = None
    """Whether a write announces notifications, where that is not for the wire's `notify` alone to say."""
    custom: "Callable[[World, Call], Answer | None] | None" = None
    """Answers requests for the type itself, all (what is kept inside another resource's `live`) or some: None else."""
