"""The plan of a rollout, drawn from what was read of Azure: what would be created, adopted, moved or refused, and why.

Pure. `activities.plan_rollout` reads a `World` and has the plan drawn; the orchestrator stops at its violations before
the first write, and a dry run shows it to a person. It says of each resource what the activity of that resource would
do, by the same comparisons (`domain.expectations`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain import _plan_version, expectations, plan_advice, rules, steps, versions
from domain.comparison import Body, properties_of, standing
from domain.models import RolloutPlan, Violation
from domain.models import StepRequest as Request
from domain.network_expectations import subnet_prefixes
from domain.plan_draft import LEAVING, Action, Draft
from domain.resource_ids import parse, same
from domain.versions import VersionNumber


@dataclass(frozen=True, slots=True)
class World:
    """What was read: bodies as ARM sent them, None where there is nothing or where nobody needed to look.

    `galleries`: of the subscription, read where the gallery is missing. `definitions`: of the gallery, read where the
    definition is missing. The network's parts are read where the scale set is missing. `denied`: ids that may not be
    read; a resource group among them is taken to exist.
    """

    gallery_group: Body | None = None
    scale_set_group: Body | None = None
    gallery: Body | None = None
    galleries: tuple[Body, ...] = ()
    definition: Body | None = None
    definitions: tuple[Body, ...] = ()
    versions: tuple[Body, ...] = ()
    scale_set: Body | None = None
    virtual_network: Body | None = None
    public_ip_address: Body | None = None
    security_group: Body | None = None
    load_balancer: Body | None = None
    denied: tuple[str, ...] = ()

    @property
    def scale_set_exists(self) -> bool:
        """Whether there is a scale set to move; one that is being deleted will be created anew."""
        return self.scale_set is not None and standing(self.scale_set) != "leaving"


def blind(request: Request, broken: Sequence[Violation]) -> RolloutPlan:
    """The plan of a rollout whose profile has names that cannot be: nothing was read, and it says so."""
    return RolloutPlan(
        profile=request.rollout.profile_name,
        image=request.rollout.image,
        fingerprint=request.image.fingerprint,
        violations=tuple(broken),
        unchecked=("Azure was not asked what exists, because names in the profile cannot be.",),
    )


def draw(request: Request, world: World, broken: Sequence[Violation]) -> RolloutPlan:
    """The whole plan, in the order in which a rollout works. broken: what `rules.check` said."""
    draft = Draft(request, world.denied, violations=list(broken))
    _groups(draft, world)
    _gallery(draft, world)
    _definition(draft, world)
    number = _plan_version.draw(draft, world.versions)
    if not world.scale_set_exists:
        _network(draft, world)
    _scale_set(draft, world, number)
    moved = world.scale_set if any(step.action == "move" for step in draft.steps) else None
    return RolloutPlan(
        profile=request.rollout.profile_name,
        image=request.rollout.image,
        fingerprint=request.image.fingerprint,
        version=number,
        scale_set_exists=world.scale_set_exists,
        steps=tuple(draft.steps),
        violations=tuple(draft.violations),
        unchecked=plan_advice.unchecked(request, world.denied, scale_set_exists=world.scale_set_exists),
        warnings=(*draft.warnings, *plan_advice.warnings(request, moved, made=not world.scale_set_exists)),
    )


def _groups(draft: Draft, world: World) -> None:
    targets = draft.request.targets
    _group(draft, "gallery", targets.gallery_group, world.gallery_group)
    if not same(targets.gallery_group, targets.scale_set_group):
        _group(draft, "scaleSet", targets.scale_set_group, world.scale_set_group)


def _group(draft: Draft, section: str, resource: str, body: Body | None) -> None:
    name = steps.CREATE_RESOURCE_GROUP.name
    if resource in draft.denied:
        draft.step(name, resource, "adopt", "It may not be read, so it is taken to exist.")
    elif body is not None and standing(body) == "leaving":
        draft.step(name, resource, "wait", LEAVING)
    elif body is not None:
        draft.step(name, resource, "adopt")
    elif draft.request.profile.create_resource_groups:
        draft.step(name, resource, "create")
    else:
        forbidden = rules.violation(
            "resourceGroup",
            f"{section}.resourceGroup",
            parse(resource).group,
            "The resource group does not exist, and the rollout may not create it.",
            "Create it. (What forbids it: createResourceGroups of the profile, or the app setting "
            "ALLOW_RESOURCE_GROUP_CREATION.)",
        )
        draft.refuse(name, resource, forbidden)


def _gallery(draft: Draft, world: World) -> None:
    name, resource = draft.request.profile.gallery.name, draft.request.targets.gallery
    draft.settle(steps.CREATE_GALLERY.name, "gallery", resource, world.gallery, expectations.gallery)
    for other in world.galleries:
        if str(other.get("name", "")).lower() == name.lower() and not same(other.get("id"), resource):
            taken = rules.violation(
                "R1b",
                "gallery.name",
                name,
                f"A gallery's name is unique in its subscription, and {other.get('id')} has it.",
                "Name that gallery's resource group in gallery.resourceGroup, or choose another name.",
            )
            draft.refuse(steps.CREATE_GALLERY.name, resource, taken)


def _definition(draft: Draft, world: World) -> None:
    wanted, resource = draft.request.profile.definition, draft.request.targets.definition
    draft.settle(steps.DEFINE_IMAGE.name, "definition", resource, world.definition, expectations.definition)
    if world.definition is not None:
        _forgive_past_end_of_life(draft)
    triple = (wanted.publisher.lower(), wanted.offer.lower(), wanted.sku.lower())
    for other in world.definitions:
        if _triple(other) == triple:
            taken = rules.violation(
                "R3b",
                "definition",
                "/".join(triple),
                f"Publisher, offer and SKU are together unique in a gallery, and its definition {other.get('name')} "
                "has these.",
                f"Name the definition {other.get('name')}, or change one of the three.",
            )
            draft.refuse(steps.DEFINE_IMAGE.name, resource, taken)


def _triple(definition: Body) -> tuple[str, str, str]:
    identifier = properties_of(definition).get("identifier") or {}
    publisher, offer, sku = (str(identifier.get(name) or "").lower() for name in ("publisher", "offer", "sku"))
    return publisher, offer, sku


def _forgive_past_end_of_life(draft: Draft) -> None:
    """A definition that exists keeps its end of life, so that a date that has passed is not sent and breaks nothing."""
    for item in [item for item in draft.violations if item.field == "definition.endOfLife"]:
        draft.violations.remove(item)
        draft.warnings.append(f"definition.endOfLife is {item.value}: {item.message} The definition keeps its own.")


def _network(draft: Draft, world: World) -> None:
    targets, section = draft.request.targets, "scaleSet.network"
    vnet, vnet_id = world.virtual_network, targets.virtual_network
    name = steps.CREATE_VIRTUAL_NETWORK.name
    draft.settle(name, f"{section}.virtualNetwork", vnet_id, vnet, expectations.virtual_network)
    if vnet is not None:
        _subnet(draft, vnet)
    ip, ip_id = world.public_ip_address, targets.public_ip_address
    name = steps.CREATE_PUBLIC_IP_ADDRESS.name
    draft.settle(name, f"{section}.publicIpAddress", ip_id, ip, expectations.public_ip_address)
    group, group_id = world.security_group, targets.security_group
    name = steps.CREATE_SECURITY_GROUP.name
    draft.settle(name, f"{section}.securityGroup", group_id, group, expectations.security_group)
    balancer, balancer_id = world.load_balancer, targets.load_balancer
    name = steps.CREATE_LOAD_BALANCER.name
    draft.settle(name, f"{section}.loadBalancer", balancer_id, balancer, expectations.load_balancer)


def _subnet(draft: Draft, virtual_network: Body) -> None:
    resource, name = draft.request.targets.subnet, steps.CREATE_SUBNET.name
    found = expectations.subnet(virtual_network, draft.request)
    draft.step(name, resource, "create" if found is None else "adopt")
    for prefix in subnet_prefixes(found or {}):
        for violation in rules.subnet_room(prefix, draft.request.profile, "scaleSet.network.subnet"):
            draft.refuse(name, resource, violation)


def _scale_set(draft: Draft, world: World, number: str | None) -> None:
    body, resource, spec = world.scale_set, draft.request.targets.scale_set, draft.request.profile.scale_set
    if body is None:
        made = f"{spec.capacity} × {spec.size}, {spec.upgrade_policy.mode}."
        draft.step(steps.CREATE_SCALE_SET.name, resource, "create", made)
        return
    if not world.scale_set_exists:
        draft.step(steps.CREATE_SCALE_SET.name, resource, "wait", LEAVING)
        return
    name = steps.MOVE_SCALE_SET.name
    compared = expectations.scale_set(body, draft.request)
    running = expectations.model_version(body, draft.request)
    if running is None or not compared.matches:
        draft.refuse_mismatches(name, "scaleSet", resource, compared)
        return
    action, detail = _move(body, running, versions.parse(number) if number else None)
    if action != "skip" and standing(body) == "broken" and not draft.ours(body):
        draft.refuse_failed(name, "scaleSet", resource)
    else:
        draft.step(name, resource, action, " ".join([detail, *compared.notes]))


def _move(body: Body, running: VersionNumber, wanted: VersionNumber | None) -> tuple[Action, str]:
    if wanted is not None and running > wanted:
        return "skip", f"It runs {running}, which is newer; the rollout ends as superseded."
    if running == wanted and standing(body) == "broken":
        return "move", f"It is in state Failed with {running}, which is written to it again."
    if running == wanted:
        return "adopt", f"It runs {running} already."
    if standing(body) == "busy":
        return "wait", "Azure is still changing it; then it is moved."
    mode = (properties_of(body).get("upgradePolicy") or {}).get("mode") or "Manual"
    return "move", f"From {running} to {wanted or 'the new version'}; its upgrade policy is {mode}."
