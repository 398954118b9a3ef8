"""Image versions: rules, defaults by api-version, replication, and why a deletion is refused."""

from datetime import datetime, timedelta

from local.armsim import regions, timing
from local.armsim.body import Body, dig, section
from local.armsim.compute import quotas, soft_deletes, wires
from local.armsim.compute.encryption import check_encryption, check_still_encrypted
from local.armsim.compute.publishing import compose_publishing
from local.armsim.compute.replication import DETAILS, Replication, plan_addition, plan_creation
from local.armsim.compute.sources import capture, captured, sent_ids
from local.armsim.compute.storage_profiles import Memo, compose_storage
from local.armsim.errors import ArmError, invalid_parameter
from local.armsim.kinds import Look, Resource, ResourceType, Write, plain_view
from local.armsim.operations import stamp
from local.armsim.reading import choice, flag, future, record, records, texts
from local.armsim.world import World

NAME = "Microsoft.Compute/galleries/images/versions"
_LABEL = "galleryImageVersion.properties"
_LIFE_BY_DEFAULT = "2026-03-03"
_SIGNATURES = (
    "NoSignatureTemplate",
    "MicrosoftUefiCertificateAuthorityTemplate",
    "MicrosoftWindowsTemplate",
)
_SOURCE_MOVED = "2019-07-01"
"""Until then the source stood in the publishing profile."""


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
    soft_deletes.check_parent(write)
    _check_name(write.route.names[-1])
    grave = soft_deletes.find(write) if write.existing is None else None
    if grave is not None:
        write.memo = Memo()
        return {**grave.body, **{one: write.wanted[one] for one in ("tags",) if one in write.wanted}}
    profile = compose_publishing(write)
    storage, luns, blob = compose_storage(write)
    check_encryption(write, profile, luns, blob=blob)
    if write.existing is not None:
        check_still_encrypted(record(write.existing.properties, "publishingProfile"), profile)
    else:
        quotas.check_quota(write, quotas.VERSIONS)
    safety = _safety(write)
    _end_of_life(write, profile, safety)
    kept: Body = {"publishingProfile": profile, "storageProfile": storage, "safetyProfile": safety}
    security = _security(write)
    if security:
        kept["securityProfile"] = security
    return {**write.wanted, "properties": kept}


def _security(write: Write) -> Body:
    sent = record(write.properties, "securityProfile")
    label = f"{_LABEL}.securityProfile.uefiSettings.signatureTemplateNames"
    for one in texts(sent, "uefiSettings", "signatureTemplateNames"):
        choice({"name": one}, label, _SIGNATURES, "name")
    return sent


def _safety(write: Write) -> Body:
    sent = record(write.properties, "safetyProfile")
    before = record(write.existing.properties, "safetyProfile") if write.existing else {}
    kept: Body = {"reportedForPolicyViolation": False}
    for one, default in (
        ("allowDeletionOfReplicatedLocations", False),
        # Recorded: older api-versions that know it show it only where it was sent.
        ("blockDeletionBeforeEndOfLife", True if write.api_version >= _LIFE_BY_DEFAULT else None),
    ):
        value = flag(sent, one)
        value = value if value is not None else before.get(one, default)
        if value is not None:
            kept[one] = value
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
    wanted = _targets(write.wanted)
    if write.existing is None:
        shallow = dig(write.properties, "publishingProfile", "replicationMode") == "Shallow"
        return plan_creation(write, wanted, write.wanted["location"], shallow=shallow)
    replication: Replication = write.existing.live
    return plan_addition(write, replication.missing(wanted, write.now))


def _seconds(write: Write) -> float:
    memo: Memo = write.memo
    memo.plan = _plan(write)
    return max(memo.plan.values(), default=write.takes(timing.VERSION_UPDATE))


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
    memo: Memo = write.memo
    for gone in set(replication.replicas) - set(_targets(resource.body)):
        del replication.replicas[gone]
    ends = write.fault is None or write.fault.kind != "never_ends"
    replication.begin(memo.plan, write.now, write.world.lasts, fails=_failing(write), ends=ends)
    replication.disks = memo.disks or replication.disks
    if memo.sources:
        capture(write.world, memo.sources, resource)
    if write.existing is None:
        soft_deletes.dig_up(write)


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
    """Disks show only once the source was read."""
    replication: Replication = resource.live
    section(resource.body, "properties", "storageProfile").update(replication.disks)
    replication.disks = {}
    captured(world, [source for source, _ in _references(resource.body)])


def _view(resource: Resource, look: Look) -> Body:
    shown = plain_view(resource, look)
    properties: Body = shown["properties"]
    if look.api_version < _SOURCE_MOVED:
        storage = dict(properties["storageProfile"])
        source = storage.pop("source", None)
        if source is not None:
            properties["publishingProfile"] = {**properties["publishingProfile"], "source": {"managedImage": source}}
        properties["storageProfile"] = storage
    if "uefiSettings" in properties.get("securityProfile", {}) and "uefisettings" not in look.expand:
        properties["securityProfile"] = {
            one: value for one, value in properties["securityProfile"].items() if one != "uefiSettings"
        }
    if not resource.busy and look.api_version >= "2024-03-03":
        # Recorded in 2026; nobody asks for validations here.
        properties["validationsProfile"] = {"validationOperationStatus": "NotExecuted"}
    if "replicationstatus" in look.expand:
        properties["replicationStatus"] = resource.live.status(look.world.now())
    return shown


def _check_delete(world: World, resource: Resource, now: datetime) -> None:
    soft_deletes.check_state(world, resource)
    end = dig(resource.properties, "publishingProfile", "endOfLifeDate")
    blocked = dig(resource.properties, "safetyProfile", "blockDeletionBeforeEndOfLife")
    if blocked and isinstance(end, str) and datetime.fromisoformat(end) > now:
        raise ArmError(
            409,
            "DeleteGalleryImageVersionBlockedBeforeEndOfLife",
            f"The gallery image version '{resource.id}' cannot be deleted before its end of life {end}: "
            "blockDeletionBeforeEndOfLife is on. Turn it off or move the end of life.",
        )


_SINCE = {
    "properties.publishingProfile.storageAccountType": "2019-03-01",
    "properties.publishingProfile.targetRegions[].storageAccountType": "2019-03-01",
    "properties.publishingProfile.targetRegions[].encryption": "2019-12-01",
    "properties.publishingProfile.replicationMode": "2021-07-01",
    "properties.publishingProfile.targetExtendedLocations": "2021-10-01",
    "properties.safetyProfile": "2022-03-03",
    "properties.storageProfile.osDiskImage.source.storageAccountId": "2022-03-03",
    "properties.storageProfile.dataDiskImages[].source.storageAccountId": "2022-03-03",
    "properties.storageProfile.source.communityGalleryImageId": "2022-03-03",
    "properties.publishingProfile.targetRegions[].excludeFromLatest": "2023-07-03",
    "properties.storageProfile.source.virtualMachineId": "2023-07-03",
    "properties.securityProfile": "2023-07-03",
    "properties.publishingProfile.targetRegions[].additionalReplicaSets": "2024-03-03",
    "properties.safetyProfile.blockDeletionBeforeEndOfLife": "2024-03-03",
}


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
    notifies=soft_deletes.notifies,
    removed=soft_deletes.bury,
    live=Replication,
    since=_SINCE,
    delete_seconds=timing.VERSION_DELETE,
    lingers=timing.LINGERS,
    references=_references,
)
