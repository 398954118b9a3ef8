"""Image versions: rules, defaults by api-version, replication, and why a deletion is refused."""

from datetime import datetime, timedelta

from local.armsim import regions, timing
from local.armsim.body import Body, dig, section
from local.armsim.compute import wires
from local.armsim.compute.publishing import compose_publishing
from local.armsim.compute.replication import DETAILS, Replication, plan_addition, plan_creation
from local.armsim.compute.sources import check_fits, check_free, read_source, sent_ids
from local.armsim.errors import ArmError, cannot_change, invalid_parameter
from local.armsim.kinds import Look, Resource, ResourceType, Write, plain_view
from local.armsim.operations import stamp
from local.armsim.reading import choice, flag, future, record, records
from local.armsim.world import World

NAME = "Microsoft.Compute/galleries/images/versions"
_LABEL = "galleryImageVersion.properties"
_LIFE_BY_DEFAULT = "2026-03-03"
_CACHING = ("None", "ReadOnly", "ReadWrite")


def _check_name(name: str) -> None:
    parts = name.split(".")
    valid = all(part.isascii() and part.isdigit() and len(part) <= 10 and int(part) < 2**31 for part in parts)
    if len(parts) != 3 or not valid:
        raise invalid_parameter(
            f"The gallery image version name '{name}' is invalid. The name should follow Major(int).Minor(int)."
            "Patch(int) format, for example: 1.0.0, 2018.12.1 etc.",
            "galleryImageVersionName",
        )


def _compose(write: Write) -> Body:
    _check_name(write.route.names[-1])
    profile = compose_publishing(write)
    storage = _storage(write)
    safety = _safety(write)
    _end_of_life(write, profile, safety)
    return {
        **write.wanted,
        "properties": {
            "publishingProfile": profile,
            "storageProfile": storage,
            "safetyProfile": safety,
            **(
                {"securityProfile": write.properties["securityProfile"]}
                if "securityProfile" in write.properties
                else {}
            ),
        },
    }


def _storage(write: Write) -> Body:
    sent = record(write.properties, "storageProfile")
    old_style = record(write.properties, "publishingProfile", "source", "managedImage")
    if old_style:
        # Where the source stood in 2018-06-01.
        sent = {**sent, "source": old_style}
    if write.existing is not None:
        return _same_storage(write.existing, sent)
    source = read_source(write, sent)
    definition = write.world.store.get(write.route.parent.id)
    assert definition is not None
    shallow = dig(write.properties, "publishingProfile", "replicationMode") == "Shallow"
    check_fits(source, definition, write.id, shallow=shallow)
    check_free(write, source)
    kept: Body = {}
    if source.whole:
        kept["source"] = record(sent, "source")
    for one in ("osDiskImage", "dataDiskImages"):
        if one in sent:
            kept[one] = sent[one]
    luns = [disk.get("lun") for disk in records(kept, "dataDiskImages")]
    if len(set(map(str, luns))) != len(luns):
        raise invalid_parameter(
            "Duplicated lun numbers in data disk images.", f"{_LABEL}.storageProfile.dataDiskImages"
        )
    choice(kept, f"{_LABEL}.storageProfile.osDiskImage.hostCaching", _CACHING, "osDiskImage", "hostCaching")
    return kept


def _same_storage(existing: Resource, sent: Body) -> Body:
    """An update keeps its source; one that names another is refused."""
    before = existing.properties["storageProfile"]
    whole, disks = sent_ids(sent)
    old_whole, old_disks = sent_ids(before)
    if whole and [one.lower() for one in whole] != [one.lower() for one in old_whole]:
        raise cannot_change(f"{_LABEL}.storageProfile.source.id")
    if disks and sorted(one.lower() for one in disks) != sorted(one.lower() for one in old_disks):
        raise cannot_change(f"{_LABEL}.storageProfile.osDiskImage.source.id")
    luns = {str(disk.get("lun")) for disk in records(sent, "dataDiskImages")}
    if luns - {str(disk.get("lun")) for disk in records(before, "dataDiskImages")}:
        raise cannot_change(f"{_LABEL}.storageProfile.dataDiskImages")
    kept: Body = before
    return kept


def _safety(write: Write) -> Body:
    sent = record(write.properties, "safetyProfile")
    before = record(write.existing.properties, "safetyProfile") if write.existing else {}
    kept: Body = {"reportedForPolicyViolation": False}
    for one, default in (
        ("allowDeletionOfReplicatedLocations", False),
        ("blockDeletionBeforeEndOfLife", write.api_version >= _LIFE_BY_DEFAULT),
    ):
        value = flag(sent, one)
        kept[one] = value if value is not None else before.get(one, default)
    return kept


def _end_of_life(write: Write, profile: Body, safety: Body) -> None:
    """End of life is kept once set; since 2026-03-03 one is given: six months after publishing."""
    label = f"{_LABEL}.publishingProfile.endOfLifeDate"
    if record(write.sent, "properties", "publishingProfile").get("endOfLifeDate") is not None:
        moment = future(write.sent, write.now, label, "properties", "publishingProfile", "endOfLifeDate")
        profile["endOfLifeDate"] = stamp(moment or write.now)
        return
    before = dig(write.existing.properties, "publishingProfile", "endOfLifeDate") if write.existing else None
    if before is not None:
        profile["endOfLifeDate"] = before
    elif write.existing is None and write.api_version >= _LIFE_BY_DEFAULT:
        profile["endOfLifeDate"] = stamp(_six_months_after(write.now))


def _six_months_after(moment: datetime) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + 6, 12)
    for day in (moment.day, 30, 29, 28):
        try:
            return moment.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return moment + timedelta(days=182)


def _targets(body: Body) -> list[str]:
    return [regions.short(one["name"]) for one in records(body, "properties", "publishingProfile", "targetRegions")]


def _plan(write: Write) -> dict[str, float]:
    """Seconds by region of what this write has to copy."""
    wanted, draws = _targets(write.wanted), write.world.draws
    if write.existing is None:
        shallow = dig(write.properties, "publishingProfile", "replicationMode") == "Shallow"
        return plan_creation(wanted, write.wanted["location"], shallow=shallow, draws=draws, of=write.id.lower())
    replication: Replication = write.existing.live
    return plan_addition(replication.missing(wanted, write.now), draws=draws, of=write.id.lower())


def _seconds(write: Write) -> float:
    return max(_plan(write).values(), default=timing.VERSION_UPDATE)


def _failing(write: Write) -> frozenset[str]:
    fault = write.fault
    if fault is None:
        return frozenset()
    if fault.kind == "region_fails":
        return frozenset({regions.short(fault.region or "")})
    return frozenset(_targets(write.wanted)) if fault.kind == "operation_fails" else frozenset()


def _begin(write: Write, resource: Resource) -> None:
    if resource.live is None:
        resource.live = Replication()
    replication: Replication = resource.live
    plan, wanted = _plan(write), _targets(resource.body)
    for gone in set(replication.replicas) - set(wanted):
        del replication.replicas[gone]
    ends = write.fault is None or write.fault.kind != "never_ends"
    replication.begin(plan, write.now, write.world.lasts, fails=_failing(write), ends=ends)
    if write.existing is None:
        for source, _ in _references(resource.body):
            write.world.captures[source.lower()] = resource


def _failure(write: Write, resource: Resource) -> Body | None:
    replication: Replication = resource.live
    failing = sorted(one for one in _failing(write) if one in replication.replicas and replication.replicas[one].fails)
    if not failing:
        return None
    details = ", ".join(f"{{region:{one}, detail:{DETAILS}}}" for one in failing)
    return {
        "code": "ReplicationJobsFailed",
        "message": "Gallery replication jobs failed in one or more regions. The failing regions' details are as "
        f"follows: '{details}'. Please remove the failed regions and update again by adding them back.",
    }


def _end(world: World, resource: Resource, when: datetime) -> None:
    """Disk sizes show only once the source was read."""
    storage = section(resource.body, "properties", "storageProfile")
    source = world.store.get(dig(storage, "source", "id") or "")
    disk = dig(source.properties, "storageProfile", "osDisk") if source else None
    os_image = section(storage, "osDiskImage")
    os_image.setdefault("sizeInGB", (disk or {}).get("diskSizeGB", 30))
    os_image.setdefault("hostCaching", (disk or {}).get("caching", "None"))
    os_image.setdefault("source", {})
    if source is not None and "dataDiskImages" not in storage:
        disks = records(source.properties, "storageProfile", "dataDisks")
        if disks:
            storage["dataDiskImages"] = [
                {"lun": one["lun"], "sizeInGB": one.get("diskSizeGB", 10), "hostCaching": one.get("caching", "None")}
                for one in disks
            ]


def _view(resource: Resource, look: Look) -> Body:
    shown = plain_view(resource, look)
    properties: Body = shown["properties"]
    safety = properties.get("safetyProfile", {})
    if look.api_version < "2022-03-03":
        properties.pop("safetyProfile", None)
    elif look.api_version < "2024-03-03":
        properties["safetyProfile"] = {
            one: value for one, value in safety.items() if one != "blockDeletionBeforeEndOfLife"
        }
    if "replicationstatus" in look.expand:
        properties["replicationStatus"] = resource.live.status(look.world.now())
    return shown


def _check_delete(world: World, resource: Resource, now: datetime) -> None:
    end = dig(resource.properties, "publishingProfile", "endOfLifeDate")
    blocked = dig(resource.properties, "safetyProfile", "blockDeletionBeforeEndOfLife")
    if blocked and isinstance(end, str) and datetime.fromisoformat(end) > now:
        raise ArmError(
            409,
            "DeleteGalleryImageVersionBlockedBeforeEndOfLife",
            f"The gallery image version '{resource.id}' cannot be deleted before its end of life {end}: "
            "blockDeletionBeforeEndOfLife is on. Turn it off or move the end of life.",
        )


def _references(body: Body) -> list[tuple[str, str]]:
    whole, disks = sent_ids(record(body, "properties", "storageProfile"))
    return [(one, "") for one in [*whole, *disks]]


VERSION = ResourceType(
    name=NAME,
    versions=("2018-06-01", "2026-03-03"),
    wire=wires.VERSION,
    compose=_compose,
    seconds=_seconds,
    begin=_begin,
    end=_end,
    failure=_failure,
    view=_view,
    check_delete=_check_delete,
    delete_seconds=timing.VERSION_DELETE,
    references=_references,
    quota=(
        wires.quota("CreateUpdateGalleryImageVersion", 375, 1200),
        wires.quota("GetGalleryImageVersion", 2000, 10000),
        wires.quota("DeleteGalleryImageVersion", 150, 1000),
    ),
)
