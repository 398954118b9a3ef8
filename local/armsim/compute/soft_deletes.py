"""Versions that a gallery with a soft-delete policy keeps for a while after their deletion.

They lie in the gallery's `live`. A PUT on the number of one restores it; until they are gone for good they
stand in the way of their definition's and their gallery's deletion. `DELETE ?bypassSoftDelete=true` of API
2026-03-03 is not simulated.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.armsim.answers import Answer
from local.armsim.body import Body, dig
from local.armsim.compute import wires
from local.armsim.errors import marked_for_deletion, nested_resources, not_allowed, resource_not_found
from local.armsim.ids import key
from local.armsim.kinds import Call, Resource, ResourceType, Write
from local.armsim.operations import stamp
from local.armsim.world import World

RETENTION = 7
"""Days, where the policy names none (recorded)."""
LATE = "2024-03-03"
"""Since when clients make galleries whose writes are notified of (see `notifies`)."""


@dataclass(slots=True)
class Grave:
    """One version that was deleted softly."""

    id: str
    body: Body
    deleted: datetime
    consumable: datetime
    """Until when scale sets could still use it."""
    gone: datetime
    """When it is deleted for good."""


@dataclass(slots=True)
class Graveyard:
    """What a gallery keeps: its deleted versions, by their id in lower case."""

    graves: dict[str, Grave] = field(default_factory=dict)
    late: bool = False
    """Whether it was ever written with an api-version since `LATE`."""


def _gallery(world: World, resource_id: str) -> Resource | None:
    return world.store.get("/".join(resource_id.split("/")[:9]))


def _policy(gallery: Resource | None) -> Body:
    policy = dig(gallery.properties, "softDeletePolicy") if gallery is not None else None
    return policy if isinstance(policy, dict) and policy.get("isSoftDeleteEnabled") else {}


def check_parent(write: Write) -> None:
    """Nothing is made in what is being deleted (*inferred*)."""
    parent = write.world.store.get(write.route.parent.id)
    if parent is not None and parent.state == "Deleting":
        raise marked_for_deletion(parent.kind.name, parent.id)


def notifies(world: World, call: Call) -> bool:
    """Whether a write in a gallery announces notifications.

    Recorded: none did until 2023, all do in 2026, by the same api-versions. Clients of 2026 make the gallery itself
    with a newer one, which tells them apart.
    """
    gallery = _gallery(world, call.route.id)
    return call.api_version >= LATE or (gallery is not None and gallery.live is not None and gallery.live.late)


def bury(world: World, version: Resource, when: datetime) -> None:
    """Keep a version that has just been deleted, where its gallery has a policy."""
    gallery = _gallery(world, version.id)
    policy = _policy(gallery)
    if gallery is None or not policy:
        return
    consumable = when + timedelta(days=policy.get("retentionPeriodInDays", RETENTION))
    gone = consumable + timedelta(days=policy.get("gracePeriodInDays", 0))
    if gallery.live is None:
        gallery.live = Graveyard()
    gallery.live.graves[version.key] = Grave(version.id, version.body, when, consumable, gone)
    world.store.put(gallery)


def buried(world: World, below: str, now: datetime) -> list[Grave]:
    """What is kept of a gallery's or a definition's versions; forgets what is gone for good."""
    gallery = _gallery(world, below)
    if gallery is None or gallery.live is None:
        return []
    graves: dict[str, Grave] = gallery.live.graves
    for name in [name for name, one in graves.items() if one.gone <= now]:
        del graves[name]
    return [one for name, one in graves.items() if f"{name}/".startswith(key(below) + "/")]


def find(write: Write) -> Grave | None:
    """The kept version that a PUT would restore."""
    return next(iter(buried(write.world, write.id, write.now)), None)


def dig_up(write: Write) -> None:
    """A version was made, anew or from what was kept of it."""
    gallery = _gallery(write.world, write.id)
    if gallery is not None and gallery.live is not None and gallery.live.graves.pop(key(write.id), None):
        write.world.store.put(gallery)


def check_empty(world: World, parent: Resource, now: datetime) -> None:
    """A gallery or definition goes only after its softly deleted versions."""
    kept = buried(world, parent.id, now)
    if kept:
        raise nested_resources([one.id for one in kept])


def check_state(world: World, version: Resource) -> None:
    """A failed version cannot be deleted while the policy is on."""
    if version.state == "Failed" and _policy(_gallery(world, version.id)):
        raise not_allowed(
            f"The gallery image version '{version.id}' has failed: it cannot be deleted while soft delete is enabled "
            "on its gallery."
        )


def _list(world: World, call: Call) -> Answer:
    """`…/softDeletedArtifactTypes/Images/artifacts/<definition>/versions`; nothing else of it can be asked."""
    route = call.route
    gallery = _gallery(world, route.id)
    if gallery is None or route.scope != "collection" or not route.type_name.endswith("/versions"):
        raise resource_not_found(route.label, route.group)
    kept = buried(world, f"{gallery.id}/images/{route.names[-1]}", world.now())
    return Answer(200, {"value": [_shown(one, gallery) for one in kept]}, region=gallery.location)


def _shown(grave: Grave, gallery: Resource) -> Body:
    definition, _, name = grave.id.partition("/images/")[2].partition("/versions/")
    base = f"{gallery.id}/softDeletedArtifactTypes/Images/artifacts/{definition}/versions/{name}"
    return {
        "name": name,
        "id": base,
        "type": f"{gallery.kind.name}/softDeletedArtifactTypes/artifacts/versions",
        "location": grave.body["location"],
        "properties": {
            "resourceArmId": grave.id,
            "softDeletedArtifactType": "Images",
            "softDeletedTime": stamp(grave.deleted),
            "consumptionEndTime": stamp(grave.consumable),
            "hardDeletionTargetTime": stamp(grave.gone),
        },
    }


ARTIFACTS = tuple(
    ResourceType(
        name=f"Microsoft.Compute/galleries/softDeletedArtifactTypes{tail}",
        versions=("2021-10-01", "2026-03-03"),
        wire=wires.GALLERY,
        verbs=frozenset({"GET"}),
        custom=_list,
    )
    for tail in ("", "/artifacts", "/artifacts/versions")
)
"""The path to what is kept, of which only the list of versions answers."""
