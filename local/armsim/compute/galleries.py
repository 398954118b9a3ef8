"""Galleries: a name that is unique in the subscription, whom they are shared with, and their identity.

Sharing follows the documents of direct and of community galleries; statuses and codes are *inferred*.
"""

from dataclasses import replace
from datetime import datetime

from local.armsim import timing
from local.armsim.body import Body, dig
from local.armsim.compute import quotas, soft_deletes, wires
from local.armsim.compute.soft_deletes import Graveyard
from local.armsim.errors import cannot_change, invalid_parameter, missing_parameter, not_allowed
from local.armsim.kinds import Action, Doing, Done, Look, Resource, ResourceType, Write, plain_view
from local.armsim.reading import choice, flag, integer, record, records, text, texts
from local.armsim.rules import checked_name, invalid_name
from local.armsim.world import World

NAME = quotas.GALLERIES
_RULE = r"[A-Za-z0-9]([A-Za-z0-9._]{0,78}[A-Za-z0-9])?"
_LABEL = "gallery.properties"
_PERMISSIONS = ("Private", "Groups", "Community")
_COMMUNITY = ("publisherUri", "publisherContact", "eula", "publicNamePrefix")
_MOST_SHARED = {"Subscriptions": 30, "AADTenants": 5}
_OPERATIONS = ("Add", "Remove", "Reset", "EnableCommunity")


def _compose(write: Write) -> Body:
    name, world = write.route.names[0], write.world
    if not checked_name(_RULE, name):
        raise invalid_name("galleries", name, r"^[^_\W][\w-._]{0,79}(?<![-.])$")
    if write.existing is None:
        subscription = f"/subscriptions/{write.route.subscription}"
        if any(other.name.lower() == name.lower() for other in world.store.listed(subscription, NAME)):
            raise not_allowed(
                f"The gallery name '{name}' is not unique within the subscription "
                f"'{write.route.subscription}'. Please pick another gallery name."
            )
        quotas.check_quota(write, quotas.GALLERIES)
    kept: Body = {}
    if text(write.properties, "description") is not None:
        kept["description"] = write.properties["description"]
    kept["identifier"] = {"uniqueName": f"{write.route.subscription}-{name.upper()}"}
    sharing = _sharing(write)
    if sharing:
        kept["sharingProfile"] = sharing
    policy = _soft_delete(write)
    if policy:
        kept["softDeletePolicy"] = policy
    return {**write.wanted, "properties": kept}


def _sharing(write: Write) -> Body:
    """Whom a gallery may be shared with is fixed once it is made; groups come and go by `share` alone."""
    before = record(write.existing.properties, "sharingProfile") if write.existing else {}
    sent = record(write.properties, "sharingProfile")
    label = f"{_LABEL}.sharingProfile.permissions"
    wanted = choice(sent, label, _PERMISSIONS, "permissions")
    if not sent or wanted is None:
        return before
    if write.existing is not None and wanted != before.get("permissions", "Private"):
        raise cannot_change(label)
    kept: Body = {**before, "permissions": wanted}
    if wanted == "Community":
        info = {**record(before, "communityGalleryInfo"), **record(sent, "communityGalleryInfo")}
        for one in _COMMUNITY:
            if not text(info, one):
                raise missing_parameter(f"{_LABEL}.sharingProfile.communityGalleryInfo.{one}")
        info.setdefault("communityGalleryEnabled", False)
        own = write.world.draws.guid("public name", write.id.lower())
        info.setdefault("publicNames", [f"{info['publicNamePrefix']}-{own}"])
        kept["communityGalleryInfo"] = info
    return kept


def _soft_delete(write: Write) -> Body:
    policy = record(write.properties, "softDeletePolicy")
    enabled = flag(policy, "isSoftDeleteEnabled")
    for one in ("retentionPeriodInDays", "gracePeriodInDays"):
        days = integer(policy, one)
        if days is not None and days < 0:
            raise invalid_parameter(f"The value '{days}' of parameter '{one}' is out of range.", one)
    return {"retentionPeriodInDays": soft_deletes.RETENTION, **policy} if enabled else policy


def _begin(write: Write, gallery: Resource) -> None:
    kept = gallery.live or Graveyard()
    gallery.live = replace(kept, late=kept.late or write.api_version >= soft_deletes.LATE)


def _share(action: Action) -> Done:
    gallery, sent = action.resource, action.sent
    wanted = choice(sent, "operationType", _OPERATIONS, "operationType")
    if wanted is None:
        raise missing_parameter("operationType")
    groups = records(sent, "groups")
    for one in groups:
        if choice(one, "groups.type", tuple(_MOST_SHARED), "type") is None:
            raise missing_parameter("groups.type")
        texts(one, "ids")
    permissions = dig(gallery.properties, "sharingProfile", "permissions") or "Private"
    needed = {"Reset": permissions, "EnableCommunity": "Community"}.get(wanted, "Groups")
    if permissions != needed:
        raise not_allowed(
            f"Operation '{wanted}' is not allowed on gallery '{gallery.name}': its sharing permissions are "
            f"'{permissions}', not '{needed}'."
        )
    note: Body = {"operationType": wanted, "groups": groups}
    for kind, ids in _shared(gallery, note).items():
        if len(ids) > _MOST_SHARED[kind]:
            raise invalid_parameter(f"A gallery can be shared with at most {_MOST_SHARED[kind]} {kind}.", "groups")
    return Done(seconds=action.takes(timing.GALLERY), note=note, output=note)


def _shared(gallery: Resource, note: Body) -> dict[str, list[str]]:
    """With whom the gallery is shared after what `note` asks for: ids by kind of group."""
    found = {str(one["type"]): list(one["ids"]) for one in records(gallery.properties, "sharingProfile", "groups")}
    for group in note["groups"]:
        kind = next(one for one in _MOST_SHARED if one.lower() == str(group["type"]).lower())
        had, asked = found.get(kind, []), group.get("ids", [])
        kept = [one for one in had if one not in asked]
        found[kind] = [*kept, *asked] if note["operationType"] == "Add" else kept
    return found


def _finish_share(world: World, gallery: Resource, note: Body, when: datetime) -> None:
    profile: Body = {**record(gallery.properties, "sharingProfile")}
    match note["operationType"]:
        case "Reset":
            profile = {"permissions": "Private"}
        case "EnableCommunity":
            profile["communityGalleryInfo"] = {**profile["communityGalleryInfo"], "communityGalleryEnabled": True}
        case _:
            shared = _shared(gallery, note)
            profile["groups"] = [{"type": kind, "ids": ids} for kind, ids in shared.items() if ids]
    gallery.body = {**gallery.body, "properties": {**gallery.properties, "sharingProfile": profile}}
    world.store.put(gallery)


def _view(gallery: Resource, look: Look) -> Body:
    """Groups show when they are asked for, and the permissions of a private gallery likewise."""
    shown = plain_view(gallery, look)
    if gallery.state == "Updating":
        # Recorded: the answer to an update says so at once.
        shown["properties"]["provisioningState"] = "Succeeded"
    profile = record(gallery.properties, "sharingProfile")
    if "permissions" in look.expand:
        profile = {"permissions": "Private", **profile}
    if "sharingprofile/groups" not in look.expand:
        profile = {one: value for one, value in profile.items() if one != "groups"}
    if profile:
        shown["properties"]["sharingProfile"] = profile
    identity = shown.get("identity")
    if isinstance(identity, dict) and "systemassigned" in str(identity.get("type")).lower():
        own = {"principalId": look.world.draws.guid("identity", gallery.key), "tenantId": look.world.tenant_id}
        shown["identity"] = {**identity, **own}
    return shown


def _check_delete(world: World, gallery: Resource, now: datetime) -> None:
    if dig(gallery.properties, "sharingProfile", "communityGalleryInfo", "communityGalleryEnabled"):
        raise not_allowed(f"The gallery '{gallery.name}' is shared to the community: reset its sharing first.")
    soft_deletes.check_empty(world, gallery, now)


GALLERY = ResourceType(
    name=NAME,
    versions=("2018-06-01", "2026-03-03"),
    wire=wires.GALLERY,
    compose=_compose,
    seconds=lambda write: write.takes(timing.GALLERY),
    view=_view,
    check_delete=_check_delete,
    actions={("POST", "share"): Doing(_share, _finish_share)},
    begin=_begin,
    live=Graveyard,
    notifies=soft_deletes.notifies,
    since={
        "properties.sharingProfile": "2020-09-30",
        "properties.sharingProfile.communityGalleryInfo": "2021-10-01",
        "properties.softDeletePolicy": "2021-10-01",
        "properties.softDeletePolicy.retentionPeriodInDays": "2025-03-03",
        "properties.softDeletePolicy.gracePeriodInDays": "2026-03-03",
        "identity": "2025-03-03",
    },
    delete_seconds=timing.GALLERY_DELETE,
)
