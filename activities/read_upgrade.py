"""Look how far the scale set's instances have followed its model."""

from typing import Any, Literal

from arm import operations
from arm.port import Arm, Body
from domain import expectations, resource_ids, versions
from domain.comparison import properties_of, standing
from domain.errors import TerminalError
from domain.models import Upgrade, UpgradeRequest

_ENDED_BADLY = {"Faulted", "Cancelled"}
_NAMED = 20
"""Instances that an answer names; a scale set has up to 1,000."""


async def read_upgrade(request: UpgradeRequest, *, arm: Arm) -> Upgrade:
    """GET the model, its instances and, in Rolling mode, the latest rolling upgrade.

    An instance has followed when its own image reference is the version and it is Succeeded: Azure sets
    `latestModelApplied` while an instance is still Updating. A rolling upgrade counts only if it started after
    our PATCH. Instances that are protected from scale-set actions are left out.
    """
    resource = request.targets.scale_set
    body = await arm.get(resource)
    if body is None:
        raise TerminalError(
            "ScaleSetNotFound",
            "The scale set was deleted while its instances followed.",
            resource=resource,
            remedy="Start the rollout again: it creates the scale set.",
        )
    properties = properties_of(body)
    mode = str((properties.get("upgradePolicy") or {}).get("mode") or "Manual")
    rolling = await _rolling(request, arm) if mode == "Rolling" else {}
    instances = await arm.list(f"{resource}/virtualMachines")  # last: a repetition must not list them again at once
    protected = [_id(one) for one in instances if _is_protected(one)]
    followers = [one for one in instances if not _is_protected(one)]
    behind = [_id(one) for one in followers if not _has_followed(one, request)]
    failed = [_id(one) for one in followers if standing(one) == "broken"]
    running = (rolling.get("runningStatus") or {}).get("code", "")
    error = rolling.get("error") or {}
    settled = standing(body) in ("ready", "broken") and running != "RollingForward"
    return Upgrade(
        model=_model(body, request),
        mode=mode,
        total=len(instances),
        followed=len(followers) - len(behind),
        behind=tuple(behind[:_NAMED]),
        failed=tuple(failed[:_NAMED]),
        protected=tuple(protected[:_NAMED]),
        left_out=len(protected),
        settled=settled,
        idle=settled and not any(standing(one) in ("busy", "leaving") for one in instances),
        rolling=running,
        error_code=str(error.get("code") or ("RollingUpgrade" + running if running in _ENDED_BADLY else "")),
        error_message=str(error.get("message") or "")[:800],
    )


async def _rolling(request: UpgradeRequest, arm: Arm) -> dict[str, Any]:
    latest = properties_of(await arm.get(f"{request.targets.scale_set}/rollingUpgrades/latest") or {})
    started = operations.moment((latest.get("runningStatus") or {}).get("startTime"))
    return latest if started and request.since and started >= request.since else {}


def _model(body: Body, request: UpgradeRequest) -> Literal["current", "newer", "other"]:
    running = expectations.model_version(body, request)
    if running is None:
        return "other"
    wanted = versions.parse(request.number or "")
    return "current" if running == wanted else "newer" if running > wanted else "other"


def _id(instance: Body) -> str:
    return str(instance.get("instanceId") or instance.get("name") or "")


def _is_protected(instance: Body) -> bool:
    return bool((properties_of(instance).get("protectionPolicy") or {}).get("protectFromScaleSetActions"))


def _has_followed(instance: Body, request: UpgradeRequest) -> bool:
    storage = properties_of(instance).get("storageProfile") or {}
    reference = (storage.get("imageReference") or {}).get("id")
    return resource_ids.same(reference, request.version_id) and standing(instance) == "ready"
