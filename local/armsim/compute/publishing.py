"""A version's `publishingProfile`: target regions, replica counts, storage types, and what may not change."""

from local.armsim import regions
from local.armsim.body import Body, dig
from local.armsim.compute.encryption import shown_encryption
from local.armsim.errors import ArmError, cannot_change, invalid_parameter, missing_parameter
from local.armsim.kinds import Write
from local.armsim.operations import stamp
from local.armsim.reading import choice, flag, integer, record, records, text

_LABEL = "galleryImageVersion.properties.publishingProfile"
_STORAGE = ("Standard_LRS", "Standard_ZRS", "Premium_LRS", "PremiumV2_LRS")
_EDGE_STORAGE = ("Standard_LRS", "Standard_ZRS", "StandardSSD_LRS", "Premium_LRS")
_MOST_REPLICAS = 100


def compose_publishing(write: Write) -> Body:
    """The profile to keep, from what was sent and what is there."""
    sent = record(write.properties, "publishingProfile")
    before = record(write.existing.properties, "publishingProfile") if write.existing else {}
    mode = choice(sent, f"{_LABEL}.replicationMode", ("Full", "Shallow"), "replicationMode")
    _check_same("replicationMode", mode or before.get("replicationMode", "Full"), before, "Full")
    shallow = (mode or before.get("replicationMode")) == "Shallow"
    count = _count(sent, "replicaCount", shallow=shallow) or before.get("replicaCount") or 1
    storage = choice(sent, f"{_LABEL}.storageAccountType", _STORAGE, "storageAccountType")
    storage = storage or before.get("storageAccountType") or "Standard_LRS"
    _check_same("storageAccountType", storage, before, storage)
    latest = flag(sent, "excludeFromLatest")
    kept: Body = {
        "targetRegions": _regions(write, sent, before, count, storage, shallow=shallow),
        "replicaCount": count,
        "excludeFromLatest": latest if latest is not None else before.get("excludeFromLatest", False),
        "publishedDate": before.get("publishedDate") or stamp(write.now),
        "storageAccountType": storage,
    }
    if mode or "replicationMode" in before:
        kept["replicationMode"] = mode or before["replicationMode"]
    if "targetExtendedLocations" in sent:
        edges = records(sent, "targetExtendedLocations")
        kept["targetExtendedLocations"] = [_edge(one, count, shallow=shallow) for one in edges]
    return kept


def _edge(zone: Body, count: int, *, shallow: bool) -> Body:
    """A target in an edge zone; its replicas are kept and shown, and nothing is copied."""
    label = f"{_LABEL}.targetExtendedLocations"
    name = text(zone, "name")
    if not name or text(zone, "extendedLocation", "name") is None:
        raise missing_parameter(f"{label}.extendedLocation.name")
    kind = choice(zone, f"{label}.extendedLocation.type", ("EdgeZone",), "extendedLocation", "type")
    storage = choice(zone, f"{label}.storageAccountType", _EDGE_STORAGE, "storageAccountType")
    own = _count(zone, "extendedLocationReplicaCount", shallow=shallow)
    return zone | {
        "name": regions.display(name),
        "extendedLocation": {"name": zone["extendedLocation"]["name"], "type": kind or "EdgeZone"},
        "extendedLocationReplicaCount": own or count,
        "storageAccountType": storage or "StandardSSD_LRS",
    }


def _check_same(name: str, value: str, before: Body, default: str) -> None:
    if before and before.get(name, default) != value:
        if name == "storageAccountType":
            raise invalid_parameter(
                "Global storage account type does not match the storage account type in the existing "
                f"TargetRegion: '{value}' instead of '{before[name]}'.",
                f"{_LABEL}.{name}",
            )
        raise cannot_change(f"{_LABEL}.{name}")


def _count(sent: Body, name: str, *, shallow: bool) -> int | None:
    count = integer(sent, name)
    most = 1 if shallow else _MOST_REPLICAS
    if count is not None and not 1 <= count <= most:
        raise invalid_parameter(
            f"The value '{count}' of parameter '{_LABEL}.{name}' is out of range. The value must be between '1' "
            f"and '{most}', inclusive.",
            f"{_LABEL}.{name}",
        )
    return count


def _regions(write: Write, sent: Body, before: Body, count: int, storage: str, *, shallow: bool) -> list[Body]:
    home = write.wanted["location"]
    targets = records(sent, "targetRegions") or records(before, "targetRegions") or [{"name": home}]
    old = {regions.short(one["name"]): one for one in records(before, "targetRegions")}
    kept: list[Body] = []
    for target in targets:
        name = text(target, "name")
        if not name:
            raise missing_parameter(f"{_LABEL}.targetRegions.name")
        if not regions.exists(name):
            raise ArmError(
                400,
                "LocationNotAvailableForResourceType",
                f"The provided location '{name}' is not available for resource type "
                "'Microsoft.Compute/galleries/images/versions'.",
                target=f"{_LABEL}.targetRegions.name",
            )
        kept.append(_region(target, name, old.get(regions.short(name), {}), count, storage, shallow=shallow))
    names = [regions.short(one["name"]) for one in kept]
    if len(set(names)) != len(names):
        raise invalid_parameter(
            "Duplicate regions are not allowed in target publishing regions.", f"{_LABEL}.targetRegions"
        )
    if home not in names:
        raise invalid_parameter(
            f"Gallery image version publishing profile regions '{', '.join(names)}' must contain the location of "
            f"image version '{regions.display(home)}'.",
            f"{_LABEL}.targetRegions",
        )
    _check_kept(write, old, names)
    return kept


def _region(target: Body, name: str, old: Body, count: int, storage: str, *, shallow: bool) -> Body:
    own = choice(target, f"{_LABEL}.targetRegions.storageAccountType", _STORAGE, "storageAccountType")
    own = own or old.get("storageAccountType") or storage
    if old and old["storageAccountType"] != own:
        raise invalid_parameter(
            f"The storage account type '{own}' does not match the storage account type "
            f"'{old['storageAccountType']}' in the existing TargetRegion '{old['name']}'.",
            f"{_LABEL}.targetRegions.storageAccountType",
        )
    if own == "Standard_ZRS" and regions.short(name) in regions.WITHOUT_ZONES:
        raise invalid_parameter(
            f"ZRS storage account type is not supported in this region: '{name}'.",
            f"{_LABEL}.targetRegions.storageAccountType",
        )
    kept: Body = {
        "name": regions.display(name),
        "regionalReplicaCount": _count(target, "regionalReplicaCount", shallow=shallow) or count,
        "storageAccountType": own,
    }
    if "encryption" in target:
        kept["encryption"] = shown_encryption(target)
    latest = flag(target, "excludeFromLatest")
    if latest is not None:
        kept["excludeFromLatest"] = latest
    if "additionalReplicaSets" in target:
        kept["additionalReplicaSets"] = records(target, "additionalReplicaSets")
    return kept


def _check_kept(write: Write, old: dict[str, Body], names: list[str]) -> None:
    """A region leaves only where the safety profile allows it (*inferred* from the field's description)."""
    gone = sorted(set(old) - set(names))
    if not gone or write.existing is None:
        return
    allowed = flag(record(write.properties, "safetyProfile"), "allowDeletionOfReplicatedLocations")
    if allowed is None:
        allowed = dig(write.existing.properties, "safetyProfile", "allowDeletionOfReplicatedLocations")
    if not allowed:
        raise ArmError(
            409,
            "OperationNotAllowed",
            f"Removing the replicated locations '{', '.join(gone)}' is not allowed: "
            "allowDeletionOfReplicatedLocations is off.",
            target=f"{_LABEL}.targetRegions",
        )
