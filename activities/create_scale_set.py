"""Make the scale set, where there is none."""

import math
from collections.abc import Callable
from typing import Any

from activities._settle import tags
from arm.port import Arm, Body
from domain import comparison, naming, network_names, regions, rules
from domain.errors import TerminalError
from domain.models import Operation, Outcome, StepRequest
from domain.profiles import UpgradeMode


async def create_scale_set(request: StepRequest, *, arm: Arm, secret: Callable[[str], str | None]) -> Outcome:
    """PUT the scale set if it is missing (`If-None-Match: *`, so that two rollouts cannot both create it).

    One that exists is `adopted` in whatever shape: `move_scale_set` decides what becomes of it. The admin
    password is read here, and only here, by the name of its app setting.
    """
    resource = request.targets.scale_set
    existing = await arm.get(resource)
    if existing is not None:
        return _standing(resource, existing)
    password = _password(request, secret)
    body = _body(request, password)
    answer = await arm.put(resource, body, only_if_missing=True, secrets=[password] if password else [])
    operation = answer.operation
    if operation and password:
        sent = (request.profile.scale_set.admin_password_setting,)
        operation = operation.model_copy(update={"secret_settings": sent})
    return Outcome(resource=resource, action="created", operation=operation)


def _standing(resource: str, existing: Body) -> Outcome:
    state = comparison.standing(existing)
    if state in ("ready", "broken"):
        return Outcome(resource=resource, action="adopted")
    operation = Operation(kind="gone" if state == "leaving" else "resource", resource=resource)
    return Outcome(resource=resource, action="waiting", operation=operation)


def _password(request: StepRequest, secret: Callable[[str], str | None]) -> str | None:
    name = request.profile.scale_set.admin_password_setting
    if name is None or request.image.os_state == "Specialized":
        return None
    password = secret(name)
    fault = (
        f"The app setting {name} is not set." if not password else rules.check_password(password, request.image.os_type)
    )
    if fault:
        raise TerminalError(
            "AdminPasswordUnusable",
            fault,
            resource=request.targets.scale_set,
            remedy=f"Set {name} (in Azure: a Key Vault reference), then start the rollout again.",
        )
    return password


def _body(request: StepRequest, password: str | None) -> Body:
    spec, plan = request.profile.scale_set, request.profile.definition.plan
    profile: dict[str, Any] = {
        "storageProfile": {
            "imageReference": {"id": request.version_id},
            "osDisk": {"createOption": "FromImage", "caching": "ReadWrite"},
        },
        "networkProfile": _network(request),
    }
    if request.image.os_state != "Specialized":  # a specialized image keeps its accounts and its name
        profile["osProfile"] = _os_profile(request, password)
    return {
        "location": regions.normalized(spec.location),
        "tags": tags(request),
        "sku": {"name": spec.size, "tier": "Standard", "capacity": spec.capacity},
        **({"plan": plan.model_dump()} if plan else {}),
        "properties": {
            "orchestrationMode": "Uniform",
            "singlePlacementGroup": False,
            "upgradePolicy": _upgrade_policy(request),
            "virtualMachineProfile": profile,
        },
    }


def _upgrade_policy(request: StepRequest) -> Body:
    spec = request.profile.scale_set
    policy = spec.upgrade_policy
    if policy.mode is not UpgradeMode.ROLLING:
        return {"mode": policy.mode.value}
    one_instance = math.ceil(100 / max(spec.capacity, 1))  # less than one instance fails at the first restart
    return {
        "mode": policy.mode.value,
        "rollingUpgradePolicy": {
            "maxBatchInstancePercent": policy.max_batch_instance_percent,
            "maxUnhealthyInstancePercent": max(policy.max_unhealthy_instance_percent, one_instance),
            "maxUnhealthyUpgradedInstancePercent": max(policy.max_unhealthy_upgraded_instance_percent, one_instance),
            "pauseTimeBetweenBatches": f"PT{int(policy.pause_between_batches.total_seconds())}S",
        },
    }


def _os_profile(request: StepRequest, password: str | None) -> Body:
    spec = request.profile.scale_set
    profile: dict[str, Any] = {
        "computerNamePrefix": naming.computer_name_prefix(spec.name),
        "adminUsername": spec.admin_username,
    }
    if password:
        profile["adminPassword"] = password
    if request.image.os_type == "Windows":
        return {**profile, "windowsConfiguration": {"provisionVMAgent": True}}
    linux: dict[str, Any] = {"disablePasswordAuthentication": password is None}
    if spec.ssh_public_key:
        path = f"/home/{spec.admin_username}/.ssh/authorized_keys"
        linux["ssh"] = {"publicKeys": [{"path": path, "keyData": spec.ssh_public_key}]}
    return {**profile, "linuxConfiguration": linux}


def _network(request: StepRequest) -> Body:
    spec, targets = request.profile.scale_set, request.targets
    health = (
        {"healthProbe": {"id": network_names.probe_id(targets, spec.network.backend_ports[0])}}
        if spec.upgrade_policy.mode is UpgradeMode.ROLLING
        else {}
    )
    address = {
        "subnet": {"id": targets.subnet},
        "loadBalancerBackendAddressPools": [{"id": network_names.pool_id(targets)}],
    }
    interface = {
        "primary": True,
        "enableAcceleratedNetworking": spec.accelerated_networking,
        "networkSecurityGroup": {"id": targets.security_group},
        "ipConfigurations": [{"name": spec.name, "properties": address}],
    }
    return {**health, "networkInterfaceConfigurations": [{"name": spec.name, "properties": interface}]}
