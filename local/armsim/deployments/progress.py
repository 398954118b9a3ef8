"""What a deployment keeps while it runs and afterwards: plain data, so that it goes on after a restart."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from local.armsim.body import Body
from local.armsim.deployments.plan import Planned, expand
from local.armsim.deployments.scopes import Place, Refer, Scope
from local.armsim.kinds import Look, Resource
from local.armsim.world import World

ACTIVE = ("Accepted", "Running")
_ENVIRONMENT: Body = {
    "name": "AzureCloud",
    "resourceManager": "https://management.azure.com/",
    "authentication": {"loginEndpoint": "https://login.microsoftonline.com/"},
    "suffixes": {"storage": "core.windows.net", "keyvaultDns": ".vault.azure.net"},
}


@dataclass(slots=True)
class Step:
    """One resource that a deployment makes, or deletes (`mode` Complete)."""

    id: str
    type_name: str
    name: str
    method: Literal["PUT", "DELETE"] = "PUT"
    needs: list[str] = field(default_factory=list)
    """Ids, in lower case, of what must be there first."""
    state: Literal["Waiting", "Running", "Succeeded", "Failed"] = "Waiting"
    operation: str = ""
    code: str = ""
    """The HTTP status in words, without spaces: `Created`, `Conflict`."""
    error: dict[str, Any] | None = None
    """The body that says why it failed."""
    tries: int = 0
    started: datetime | None = None
    ended: datetime | None = None


@dataclass(slots=True)
class Progress:
    """`Resource.live` of a deployment. Template and parameters hold no secrets (see `secrets.py`)."""

    template: dict[str, Any]
    parameters: dict[str, Any]
    turn: int
    """How many deployments of this name there were, this one included."""
    started: datetime
    status: str = "Accepted"
    ended: datetime | None = None
    steps: list[Step] = field(default_factory=list)
    sweeping: bool = False
    """All is made, and what the template lacks is being deleted."""
    outputs: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    fails: dict[str, Any] | None = None
    """The error that a fault gives it in the end."""


def place_of(world: World, resource_id: str, turn: int, now: datetime) -> Place:
    """What the expressions of the deployment `resource_id` can see."""
    parts = resource_id.split("/")
    subscription, group = parts[2], parts[4]
    kinds = {name.lower(): kind for name, kind in world.kinds.items()}
    owner = world.store.get("/".join(parts[:5]))
    base = f"/subscriptions/{subscription}"
    tenant = {"tenantId": world.tenant_id, "countryCode": "US", "displayName": "Simulated tenant"}
    objects: dict[str, Body] = {
        "resourcegroup": owner.kind.view(owner, Look(world, owner.kind.versions[1])) if owner is not None else {},
        "subscription": {"id": base, "subscriptionId": subscription, **tenant, "displayName": "Simulated subscription"},
        "tenant": tenant,
        "deployment": {"name": parts[-1], "properties": {"provisioningState": "Running"}},
        "environment": _ENVIRONMENT,
    }

    def versions(type_name: str) -> tuple[str, ...]:
        kind = kinds.get(type_name.lower())
        return (kind.versions[1], kind.versions[0]) if kind is not None else ()

    return Place(
        subscription=subscription,
        group=owner.name if owner is not None else group,
        now=now,
        objects=objects,
        versions=versions,
        guid=lambda count: world.draws.guid("newGuid", resource_id.lower(), turn, count),
    )


def scope_of(world: World, resource: Resource, refer: Refer | None = None) -> Scope:
    """The scope of a deployment that has begun, secrets withheld."""
    live: Progress = resource.live
    place = place_of(world, resource.id, live.turn, live.started)
    return Scope(live.template, live.parameters, place, refer)


def plan_of(world: World, resource: Resource, refer: Refer | None = None) -> list[Planned]:
    """The resources of a deployment that has begun."""
    live: Progress = resource.live
    return expand(live.template, scope_of(world, resource, refer))


def span(passed: timedelta) -> str:
    """A duration as ISO 8601: `PT1M40.7846824S`."""
    seconds = max(passed.total_seconds(), 0.0001)
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    whole = "".join(f"{int(count)}{unit}" for count, unit in ((hours, "H"), (minutes, "M")) if count)
    return f"PT{whole}{f'{rest:.7f}'.rstrip('0').rstrip('.')}S"


def zulu(moment: datetime) -> str:
    """A time as deployments show it: `2024-08-27T02:20:57.265396Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".") + "Z"
