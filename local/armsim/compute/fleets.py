"""A scale set's instances as plain data, and how they change: each carries what it is becoming, and when.

`Fleet` is the `live` part of a scale set, `Instance` also that of a machine of its own. Nothing is planned
outside of them: `tick` moves on what is due and rings for what comes next, so that a saved world goes on
where it was. In Flexible mode every instance has a `Microsoft.Compute/virtualMachines` beside it, which shows
what the fleet says.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from local.armsim.body import Body, dig
from local.armsim.faults import Fault
from local.armsim.ids import Route, key
from local.armsim.kinds import Resource
from local.armsim.network.addresses import lies_in, offered
from local.armsim.reading import records
from local.armsim.world import World

MACHINE = "Microsoft.Compute/virtualMachines"

type InstanceState = Literal["Creating", "Updating", "Deleting", "Succeeded", "Failed"]
type RollingCode = Literal["RollingForward", "Completed", "Faulted", "Cancelled"]


@dataclass(frozen=True, slots=True)
class Course:
    """How a piece of work on instances goes: its service seconds, the image that they get, and what a fault does."""

    seconds: float
    image: Body = field(default_factory=dict)
    fails: bool = False
    ends: bool = True
    healthy: bool = True

    @classmethod
    def of(cls, fault: Fault | None, seconds: float, image: Body | None = None, *, grows: bool = False) -> "Course":
        """The course under `fault`; `grows`: of the making of new instances."""
        kind = fault.kind if fault else ""
        fails = kind == "operation_fails" or (grows and kind == "allocation_fails")
        return cls(seconds, image or {}, fails, kind != "never_ends", kind != "unhealthy")


@dataclass(slots=True)
class Instance:
    """One virtual machine. `image` is its own reference, which changes when its disk has been replaced.

    At `until` it `becomes` another state and takes over the fields in `then`; Deleting ones are gone.
    """

    id: str
    number: int
    created: datetime
    image: Body = field(default_factory=dict)
    model: int = 0
    state: InstanceState = "Creating"
    power: Literal["running", "stopped", "deallocated"] = "running"
    healthy: bool = True
    generalized: bool = False
    zone: str = ""
    protection: Body = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    """Its private addresses, by `<interface>/<IP configuration>`."""
    changed: datetime | None = None
    until: datetime | None = None
    becomes: InstanceState = "Succeeded"
    then: Body = field(default_factory=dict)

    @property
    def protected(self) -> bool:
        """Whether scale-set actions leave it out."""
        return bool(self.protection.get("protectFromScaleSetActions"))

    def start(self, state: InstanceState, due: datetime, course: Course, **then: Any) -> None:
        """Be in `state` until `due`; where that ends well, `then` are its fields."""
        self.state, self.until = state, due if course.ends else None
        self.becomes, self.then = ("Failed", {}) if course.fails else ("Succeeded", then)

    def settle(self, when: datetime) -> None:
        """What was under way has ended."""
        for name, value in self.then.items():
            setattr(self, name, value)
        self.state, self.changed, self.until, self.then = self.becomes, when, None, {}


@dataclass(slots=True)
class Rolling:
    """The latest rolling upgrade: its batch under way, those that wait, and when it moves on."""

    policy: Body
    started: datetime
    image: Body
    seconds: float
    size: int
    waiting: list[str]
    last_action_time: datetime
    batch: list[str] = field(default_factory=list)
    next: datetime | None = None
    ended: datetime | None = None
    fails: bool = False
    ends: bool = True
    healthy: bool = True
    code: RollingCode = "RollingForward"
    last_action: Literal["Start", "Cancel"] = "Start"
    done: int = 0
    failed: int = 0
    unhealthy: int = 0
    error: Body | None = None

    @property
    def course(self) -> Course:
        """How its batches go."""
        return Course(self.seconds, self.image, self.fails, self.ends, self.healthy)


@dataclass(slots=True)
class Fleet:
    """All instances of one scale set, by id, and the models that they follow, by number."""

    instances: dict[str, Instance] = field(default_factory=dict)
    next_number: int = 0
    model: int = 0
    models: dict[str, Body] = field(default_factory=dict)
    rolling: Rolling | None = None
    history: list[Rolling] = field(default_factory=list)
    suspended: bool = False
    """Whether automatic repairs are."""

    def present(self) -> list[Instance]:
        """The instances that are not being deleted, lowest number first."""
        return [one for one in self.instances.values() if one.state != "Deleting"]

    def movable(self) -> list[Instance]:
        """The instances that scale-set actions may move."""
        return [one for one in self.present() if not one.protected]

    def failed(self) -> list[Instance]:
        """Instances that could not be made or moved."""
        return [one for one in self.instances.values() if one.state == "Failed"]

    def remember(self, scale_set: Resource) -> None:
        """Count a new model; those that no instance follows any more are forgotten."""
        self.model += 1
        used = {str(one.model) for one in self.instances.values()}
        self.models = {number: model for number, model in self.models.items() if number in used}
        profile = scale_set.properties.get("virtualMachineProfile", {})
        self.models[str(self.model)] = {"sku": scale_set.body["sku"], "profile": profile}

    def model_of(self, instance: Instance) -> Body:
        """The profile and size that an instance has, or is getting."""
        return self.models.get(str(instance.model), {})


def flexible(scale_set: Resource) -> bool:
    """Whether its instances are virtual machines of their own."""
    return scale_set.properties.get("orchestrationMode") == "Flexible"


def grow(world: World, scale_set: Resource, count: int, course: Course) -> None:
    """Add `count` instances of the present model."""
    fleet: Fleet = scale_set.live
    zones = scale_set.body.get("zones") or [""]
    grown: list[Instance] = []
    due = world.now() + world.lasts(course.seconds)
    for _ in range(count):
        number, fleet.next_number = fleet.next_number, fleet.next_number + 1
        name = str(number)
        if flexible(scale_set):
            name = f"{scale_set.name}_{world.draws.text(8, 'machine', scale_set.key, scale_set.created, number)}"
        one = Instance(name, number, world.now(), course.image, fleet.model, zone=str(zones[number % len(zones)]))
        one.start("Creating", due, course)
        fleet.instances[name] = one
        grown.append(one)
        if flexible(scale_set):
            world.store.put(_machine(world, scale_set, one))
    _place(world, fleet, grown)
    ring(world, scale_set)


def configurations(profile: Body) -> Iterator[tuple[Body, Body]]:
    """Each interface of a model with each of its IP configurations."""
    for interface in records(profile, "networkProfile", "networkInterfaceConfigurations"):
        for one in records(interface, "properties", "ipConfigurations"):
            yield interface, one


def _place(world: World, fleet: Fleet, instances: Iterable[Instance]) -> None:
    """Give instances the private addresses that their model asks for; one that still fits stays (*inferred*)."""
    free: dict[tuple[str, str], Iterator[str]] = {}
    for instance in instances:
        held, instance.addresses = instance.addresses, {}
        for interface, one in configurations(fleet.model_of(instance).get("profile", {})):
            where, subnet = f"{interface['name']}/{one['name']}", str(dig(one, "properties", "subnet", "id"))
            version = str(dig(one, "properties", "privateIPAddressVersion"))
            address = held.get(where)
            if address is None or not lies_in(world, subnet, address):
                source = free.setdefault((subnet.lower(), version), offered(world, subnet, version))
                address = next(source, None)
            if address is not None:
                instance.addresses[where] = address


def _machine(world: World, scale_set: Resource, instance: Instance) -> Resource:
    """The virtual machine that an instance of a Flexible scale set is."""
    above = scale_set.route
    route = Route("resource", above.subscription, above.group, above.namespace, MACHINE, (instance.id,))
    body: Body = {"location": scale_set.location, "tags": scale_set.body.get("tags", {})}
    body["properties"] = {"virtualMachineScaleSet": {"id": scale_set.id}}
    if instance.zone:
        body["zones"] = [instance.zone]
    machine = Resource(world.kinds[MACHINE], route, route.id, key(route.id), body, world.now(), "Succeeded")
    world.touch(machine)
    return machine


def shrink(world: World, scale_set: Resource, count: int, seconds: float) -> None:
    """Remove `count` instances that are not protected from scale-in, chosen by the scale-in policy."""
    fleet: Fleet = scale_set.live
    rules = (scale_set.properties.get("scaleInPolicy") or {}).get("rules") or ["Default"]
    order: dict[str, Callable[[Instance], Any]] = {"OldestVM": lambda one: one.number}
    free = [one for one in fleet.present() if not one.protection.get("protectFromScaleIn")]
    free.sort(key=order.get(rules[0], lambda one: -one.number))
    leave(world, scale_set, free[:count], Course(seconds))


def leave(world: World, scale_set: Resource, leaving: Iterable[Instance], course: Course) -> None:
    """Delete instances."""
    for one in leaving:
        one.start("Deleting", world.now() + world.lasts(course.seconds), course)
        if not course.fails:
            one.becomes = "Deleting"
    ring(world, scale_set)


def move(
    world: World, scale_set: Resource, moving: Iterable[Instance], course: Course, since: datetime | None = None
) -> None:
    """Bring instances to the latest model: Updating, with the model already noted, until the image is theirs."""
    fleet: Fleet = scale_set.live
    due = (since or world.now()) + world.lasts(course.seconds)
    for one in moving:
        # Recorded: latestModelApplied is true while the instance still updates.
        one.model = fleet.model
        one.start("Updating", due, course, image=course.image, power="running", healthy=course.healthy)
        _place(world, fleet, [one])
    ring(world, scale_set)


def remove(world: World, scale_set: Resource, instance: Instance) -> None:
    """An instance is gone; the scale set's capacity goes down with it."""
    fleet: Fleet = scale_set.live
    fleet.instances.pop(instance.id, None)
    sku = {**scale_set.body["sku"], "capacity": min(int(scale_set.body["sku"]["capacity"]), len(fleet.present()))}
    scale_set.body = {**scale_set.body, "sku": sku}
    if flexible(scale_set):
        machine = world.store.get(machine_id(scale_set, instance))
        if machine is not None:
            world.store.remove(machine)


def machine_id(scale_set: Resource, instance: Instance) -> str:
    """Id of the virtual machine that an instance of a Flexible scale set is."""
    return f"{scale_set.id.rpartition('/providers/')[0]}/providers/{MACHINE}/{instance.id}"


def settle(world: World, scale_set: Resource, when: datetime) -> None:
    """Move on the instances that are due."""
    fleet: Fleet = scale_set.live
    for one in list(fleet.instances.values()):
        if one.until is not None and one.until <= when:
            renewed = "model" in one.then
            one.settle(when)
            if renewed:
                _place(world, fleet, [one])
            if one.state == "Deleting":
                remove(world, scale_set, one)


def ring(world: World, scale_set: Resource) -> None:
    """Have `tick` called when the next thing is due."""
    fleet: Fleet = scale_set.live
    due = [one.until for one in fleet.instances.values() if one.until is not None]
    if fleet.rolling is not None and fleet.rolling.next is not None:
        due.append(fleet.rolling.next)
    if due:
        world.ring(scale_set, min(due))
