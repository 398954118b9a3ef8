"""Publish the image version, or add target regions to it."""

from typing import Any, Literal

from activities._settle import of_body, tags
from arm.port import Arm, Body
from domain import comparison, expectations, naming, regions
from domain.comparison import properties_of
from domain.errors import NumberTakenError, TerminalError
from domain.models import Operation, Outcome, StepRequest
from domain.profiles import TargetRegion

_SOURCE_IS_FIXED = ("source", "is not allowed")
"""Key phrases of Azure's refusal to change a version's source: somebody else took the number first."""


async def publish_version(request: StepRequest, *, arm: Arm) -> Outcome:
    """Create the version; adopt the one that is there; retry a failed one of ours by the same PUT.

    Missing target regions are added to a version of ours: the union with a fresh read, nothing removed or
    lowered. NumberTakenError where the number belongs to another image.
    """
    resource = request.version_id
    body = await arm.get(resource, expand="ReplicationStatus")
    if body is None:
        return await _put(request, arm, _body(request), "created")
    if comparison.standing(body) == "leaving" and request.profile.version.number != "next":
        return _gone_first(resource)
    if expectations.carrier([body], request) is None:
        raise _taken(request)
    found = of_body(body, resource, request)
    if found.waiting:
        return found.waiting
    if found.state == "broken":
        return await _put(request, arm, _union(body, request), "repaired")
    return await _adopt(request, arm, body)


async def _adopt(request: StepRequest, arm: Arm, body: Body) -> Outcome:
    """A finished version of this image: as it is, or with what it lacks."""
    resource = request.version_id
    ours = comparison.is_ours(body, request.rollout.profile_name)
    notes = expectations.version(body, request).adopt(resource)
    lacking = request.profile.version.missing_regions(_targets(body))
    if not lacking and not (ours and _has_failed_regions(body)):
        return Outcome(resource=resource, action="adopted", notes=notes)
    if not ours:
        raise TerminalError(
            "VersionNotOurs",
            "The version lacks target regions of the profile and was not made for it, so it is left alone.",
            resource=resource,
            remedy="Add the regions to the version by hand, or remove them from the profile.",
        )
    return await _put(request, arm, _union(body, request), "updated" if lacking else "repaired", notes)


def _gone_first(resource: str) -> Outcome:
    return Outcome(resource=resource, action="waiting", operation=Operation(kind="gone", resource=resource))


async def _put(
    request: StepRequest,
    arm: Arm,
    body: Body,
    action: Literal["created", "repaired", "updated"],
    notes: tuple[str, ...] = (),
) -> Outcome:
    try:
        answer = await arm.put(request.version_id, body)
    except TerminalError as error:
        if all(phrase in error.message.lower() for phrase in _SOURCE_IS_FIXED):
            raise _taken(request) from None
        raise
    return Outcome(resource=request.version_id, action=action, operation=answer.operation, notes=notes)


def _taken(request: StepRequest) -> NumberTakenError:
    return NumberTakenError(
        "VersionNumberTaken",
        f"Version {request.number} exists and holds another image, other content of it, or another repetition.",
        resource=request.version_id,
        remedy="Choose another number (version.number in the profile, or the image's tag), then start again.",
        facts={"number": request.number},
    )


def _body(request: StepRequest) -> Body:
    spec = request.profile.version
    marks = {
        naming.TAG_ROLLOUT: request.rollout_id,
        naming.TAG_FINGERPRINT: request.rollout.fingerprint,
        **({naming.TAG_AGAIN: request.rollout.again} if request.rollout.again else {}),
    }
    publishing: dict[str, Any] = {
        "targetRegions": _joined((), spec.target_regions, spec.storage_account_type),
        "storageAccountType": spec.storage_account_type,
        "replicationMode": spec.replication_mode,
        "excludeFromLatest": spec.exclude_from_latest,
    }
    if request.end_of_life:
        publishing["endOfLifeDate"] = request.end_of_life
    return {
        "location": request.image.location,
        "tags": {**tags(request), **marks},
        "properties": {
            "publishingProfile": publishing,
            "storageProfile": {"source": {"id": request.image.id}},
            "safetyProfile": {
                "allowDeletionOfReplicatedLocations": False,
                "blockDeletionBeforeEndOfLife": spec.block_deletion_before_end_of_life,
            },
        },
    }


def _union(body: Body, request: StepRequest) -> Body:
    """The version as it was just read, with the missing regions added: tags, dates and flags stay.

    A version from before api-version 2026-03-03 does not say whether deletion is blocked before its end of life, and
    leaving that out would block it.
    """
    spec, properties = request.profile.version, properties_of(body)
    publishing = dict(properties.get("publishingProfile") or {})
    publishing.pop("publishedDate", None)
    publishing["targetRegions"] = _joined(_targets(body), spec.target_regions, spec.storage_account_type)
    safety = dict(properties.get("safetyProfile") or {})
    for read_only in ("reportedForPolicyViolation", "policyViolations"):
        safety.pop(read_only, None)
    safety.setdefault("blockDeletionBeforeEndOfLife", False)
    return {
        "location": body.get("location") or request.image.location,
        "tags": body.get("tags") or {},
        "properties": {
            "publishingProfile": publishing,
            "storageProfile": {"source": {"id": expectations.source_of(body)}},
            "safetyProfile": safety,
        },
    }


def _has_failed_regions(body: Body) -> bool:
    """Whether a copy failed although the version itself did not: the same PUT again retries it."""
    summary = (properties_of(body).get("replicationStatus") or {}).get("summary") or []
    return any(entry.get("state") == "Failed" for entry in summary)


def _targets(body: Body) -> tuple[dict[str, Any], ...]:
    return tuple((properties_of(body).get("publishingProfile") or {}).get("targetRegions") or ())


def _joined(
    existing: tuple[dict[str, Any], ...], wanted: tuple[TargetRegion, ...], storage: str
) -> list[dict[str, Any]]:
    have = {regions.normalized(region["name"]) for region in existing}
    added = [
        {
            "name": region.name,
            "regionalReplicaCount": region.replica_count,
            "storageAccountType": region.storage_account_type or storage,
            "excludeFromLatest": region.exclude_from_latest,
        }
        for region in wanted
        if regions.normalized(region.name) not in have
    ]
    return [*existing, *added]
