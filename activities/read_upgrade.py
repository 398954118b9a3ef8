"""Look how far the scale set's instances have followed its model."""

from datetime import datetime
from typing import Any, Literal

from arm.port import Arm, Body
from domain import expectations, resource_ids, versions
from domain.errors import TerminalError
from domain.models import Upgrade, UpgradeRequest

_ENDED_BADLY = {"Faulted", "Cancelled"}


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
    instances = await arm.list(f"{resource}/virtualMachines")
    mode = str((body["properties"].get("upgradePolicy") or {}).get("mode") or "Manual")
    rolling = await _rolling(request, arm) if mode == "Rolling" else {}
    protected = [one["instanceId"] for one in instances if _is_protected(one)]
    followers = [one for one in instances if one["instanceId"] not in protected]
    failed = [one["instanceId"] for one in followers if one["properties"].get("provisioningState") == "Failed"]
    behind = [one["instanceId"] for one in followers if not _has_followed(one, request)]
    running = (rolling.get("runningStatus") or {}).get("code", "")
    error = rolling.get("error") or {}
    return Upgrade(
        model=_model(body, request),
        mode=mode,
        total=len(instances),
        followed=len(followers) - len(behind),
        behind=tuple(behind[:50]),
        failed=tuple(failed[:50]),
        protected=tuple(protected[:50]),
        settled=body["properties"].get("provisioningState") in ("Succeeded", "Failed") and running != "RollingForward",
        rolling=running,
        error_code=str(error.get("code") or ("RollingUpgrade" + running if running in _ENDED_BADLY else "")),
        error_message=str(error.get("message") or "")[:800],
    )


async def _rolling(request: UpgradeRequest, arm: Arm) -> dict[str, Any]:
    latest = await arm.get(f"{request.targets.scale_set}/rollingUpgrades/latest")
    properties: dict[str, Any] = (latest or {}).get("properties") or {}
    started = (properties.get("runningStatus") or {}).get("startTime")
    if request.since is None or started is None:
        return {}
    return properties if datetime.fromisoformat(started) >= request.since else {}


def _model(body: Body, request: UpgradeRequest) -> Literal["current", "newer", "other"]:
    running = expectations.model_version(body, request)
    if running is None:
        return "other"
    wanted = versions.parse(request.number or "")
    return "current" if running == wanted else "newer" if running > wanted else "other"


def _is_protected(instance: Body) -> bool:
    policy = instance["properties"].get("protectionPolicy") or {}
    return bool(policy.get("protectFromScaleSetActions"))


def _has_followed(instance: Body, request: UpgradeRequest) -> bool:
    properties = instance["properties"]
    reference = ((properties.get("storageProfile") or {}).get("imageReference") or {}).get("id")
    return resource_ids.same(reference, request.version_id) and properties.get("provisioningState") == "Succeeded"
