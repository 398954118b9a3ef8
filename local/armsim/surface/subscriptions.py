"""Subscriptions, tenants, locations, and the empty lists of what is assigned and locked."""

from local.armsim import regions
from local.armsim.answers import Answer
from local.armsim.body import Body
from local.armsim.paging import page
from local.armsim.surface.routes import Ask
from local.armsim.world import World

_GEOGRAPHIES = {
    "US": "US EUAP",
    "Canada": "Canada",
    "Mexico": "Mexico",
    "South America": "Brazil Chile",
    "Europe": "Europe Sweden UK France Germany Italy Norway Poland Spain Switzerland Austria Belgium",
    "Middle East": "UAE Israel Qatar",
    "Africa": "Africa",
}
_GEOGRAPHY = {word: name for name, words in _GEOGRAPHIES.items() for word in words.split()}
_EVERYTHING: Body = {"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}


def _subscription(world: World, subscription: str) -> Body:
    number = world.subscriptions.index(subscription)
    return {
        "id": f"/subscriptions/{subscription}",
        "subscriptionId": subscription,
        "tenantId": world.tenant_id,
        "displayName": f"Simulated subscription {number}" if number else "Simulated subscription",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
    }


def _listed(ask: Ask, shown: list[Body]) -> Answer:
    return Answer(200, page(ask.world, shown, ask.request.path, ask.request.query, ask.base))


def _subscriptions(ask: Ask) -> Answer:
    return _listed(ask, [_subscription(ask.world, one) for one in ask.world.subscriptions])


def _one(ask: Ask) -> Answer:
    return Answer(200, _subscription(ask.world, ask.names["subscription"].lower()))


def _tenants(ask: Ask) -> Answer:
    tenant = ask.world.tenant_id
    domain = f"{tenant[:8]}.onmicrosoft.com"
    shown: Body = {
        "id": f"/tenants/{tenant}",
        "tenantId": tenant,
        "countryCode": "US",
        "displayName": "Simulated directory",
        "defaultDomain": domain,
        "domains": [domain],
        "tenantCategory": "Home",
        "tenantType": "AAD",
    }
    return _listed(ask, [shown])


def _location(subscription: str, name: str, display: str) -> Body:
    zones = name not in regions.WITHOUT_ZONES
    geography = next((_GEOGRAPHY[word] for word in display.split() if word in _GEOGRAPHY), "Asia Pacific")
    shown: Body = {
        "id": f"/subscriptions/{subscription}/locations/{name}",
        "name": name,
        "type": "Region",
        "displayName": display,
        "regionalDisplayName": f"({geography}) {display}",
        "metadata": {
            "regionType": "Physical",
            "regionCategory": "Recommended" if zones else "Other",
            "geographyGroup": geography,
        },
    }
    if zones:
        mapped = [{"logicalZone": one, "physicalZone": f"{name}-az{one}"} for one in "123"]
        shown["availabilityZoneMappings"] = mapped
    return shown


def _locations(ask: Ask) -> Answer:
    subscription = ask.names["subscription"].lower()
    return Answer(200, {"value": [_location(subscription, *one) for one in regions.DISPLAY_NAMES.items()]})


def _none(ask: Ask) -> Answer:
    return Answer(200, {"value": []})


def _permissions(ask: Ask) -> Answer:
    """What the caller may do, as the portal asks: everything."""
    return Answer(200, {"value": [_EVERYTHING]})


_SCOPES = ("/subscriptions/{subscription}", "/subscriptions/{subscription}/resourceGroups/{group}")
_AUTHORIZATION = {
    "roleAssignments": _none,
    "denyAssignments": _none,
    "policyAssignments": _none,
    "locks": _none,
    "permissions": _permissions,
}
SUBSCRIPTIONS = {
    "GET /subscriptions": _subscriptions,
    "GET /subscriptions/{subscription}": _one,
    "GET /subscriptions/{subscription}/locations": _locations,
    "GET /tenants": _tenants,
    **{
        f"GET {scope}/providers/Microsoft.Authorization/{kind}": answering
        for scope in _SCOPES
        for kind, answering in _AUTHORIZATION.items()
    },
}
