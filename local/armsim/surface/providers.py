"""`/providers`: the table of resource types as ARM shows it, and which namespaces a subscription has registered."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from local.armsim import regions
from local.armsim.answers import Answer
from local.armsim.body import Body
from local.armsim.errors import ArmError
from local.armsim.ids import Route
from local.armsim.paging import page
from local.armsim.surface.routes import Ask
from local.armsim.world import World

_OTHERS = {
    "Microsoft.Compute": "locations locations/operations locations/capsOperations locations/usages locations/vmSizes "
    "locations/publishers operations skus",
    "Microsoft.Network": "locations locations/operations locations/operationResults locations/usages "
    "locations/CheckDnsNameAvailability operations",
    "Microsoft.Resources": "subscriptions tenants subscriptions/locations subscriptions/providers operations providers "
    "subscriptions/resources subscriptions/operationresults",
}
"""What is no resource and yet listed among the types."""
_ON_THE_WAY = {"Registered": "Registering", "Unregistered": "Unregistering"}
_TAKES = 30.0  # seconds that a registration takes: *inferred*
_STATES = "registrations"


def _namespaces(world: World) -> dict[str, str]:
    return {name.split("/", 1)[0].lower(): name.split("/", 1)[0] for name in world.kinds}


def _types(world: World, namespace: str) -> Iterator[Body]:
    own = [kind for name, kind in world.kinds.items() if name.startswith(f"{namespace}/")]
    places = list(regions.DISPLAY_NAMES.values())
    newest, oldest = max(kind.versions[1] for kind in own), min(kind.versions[0] for kind in own)
    for kind in own:
        yield {
            "resourceType": kind.name.partition("/")[2],
            "locations": places,
            "apiVersions": [*reversed(kind.versions)],
            "defaultApiVersion": kind.versions[1],
            "capabilities": "SupportsTags, SupportsLocation" if kind.located else "None",
        }
    for name in _OTHERS.get(namespace, "").split():
        plain = "/" not in name and name != "skus"
        versions = [newest, oldest]
        yield {
            "resourceType": name,
            "locations": [] if plain else places,
            "apiVersions": versions,
            "capabilities": "None",
        }


def _states(world: World) -> dict[str, Any]:
    found: dict[str, Any] = world.documents.setdefault(_STATES, {})
    return found


def state(world: World, subscription: str, namespace: str) -> str:
    """`Registered`, `Unregistered`, or on the way there. All are registered until someone asks otherwise."""
    kept = _states(world).get(f"{subscription}/{namespace}".lower())
    if kept is None:
        return "Registered"
    final, until = kept
    return str(final) if datetime.fromisoformat(until) <= world.now() else _ON_THE_WAY[final]


def check_registered(world: World, route: Route, method: str) -> None:
    """Refuse a write in a namespace that the subscription has not registered."""
    if method in ("PUT", "PATCH", "POST") and state(world, route.subscription, route.namespace) == "Unregistered":
        raise ArmError(
            409,
            "MissingSubscriptionRegistration",
            f"The subscription is not registered to use namespace '{route.namespace}'. See "
            "https://aka.ms/rps-not-found for how to register subscriptions.",
            gateway=True,
        )


def _shown(ask: Ask, namespace: str) -> Body:
    subscription = ask.names.get("subscription", "").lower()
    shown: Body = {"namespace": namespace, "authorizations": [], "resourceTypes": [*_types(ask.world, namespace)]}
    if not subscription:
        return {"id": f"/providers/{namespace}", **shown}
    registered = state(ask.world, subscription, namespace)
    policy = "RegistrationFree" if namespace == "Microsoft.Resources" else "RegistrationRequired"
    place = {"id": f"/subscriptions/{subscription}/providers/{namespace}"}
    return {**place, **shown, "registrationState": registered, "registrationPolicy": policy}


def _all(ask: Ask) -> Answer:
    names = list(_namespaces(ask.world).values())
    request = ask.request
    return Answer(200, page(ask.world, names, request.path, request.query, ask.base, show=lambda one: _shown(ask, one)))


def _named(ask: Ask) -> str:
    found = _namespaces(ask.world).get(ask.names["namespace"].lower())
    if found is None:
        raise ArmError(
            404,
            "InvalidResourceNamespace",
            f"The resource namespace '{ask.names['namespace']}' is invalid.",
            gateway=True,
        )
    return found


def _one(ask: Ask) -> Answer:
    return Answer(200, _shown(ask, _named(ask)))


def _move(ask: Ask, final: str) -> Answer:
    world, namespace = ask.world, _named(ask)
    subscription = ask.names["subscription"]
    if state(world, subscription, namespace) != final:
        until = (world.now() + world.lasts(_TAKES)).isoformat()
        _states(world)[f"{subscription}/{namespace}".lower()] = [final, until]
        world.note_document(_STATES)
    return _one(ask)


def _operations(ask: Ask) -> Answer:
    """What can be done in a namespace, as role definitions name it."""
    namespace = _named(ask)
    shown = []
    for name, kind in ask.world.kinds.items():
        if name.startswith(f"{namespace}/"):
            shown += [f"{name}/{verb}" for verb in ("read", "write", "delete")]
            shown += [f"{name}/{tail}/{'read' if method == 'GET' else 'action'}" for method, tail in kind.actions]
    display = {"provider": namespace.replace("Microsoft.", "Microsoft ")}
    return Answer(200, {"value": [{"name": one, "isDataAction": False, "display": display} for one in shown]})


_OWN = "/subscriptions/{subscription}/providers"
PROVIDERS = {
    "GET /providers": _all,
    "GET /providers/{namespace}": _one,
    "GET /providers/{namespace}/operations": _operations,
    f"GET {_OWN}": _all,
    f"GET {_OWN}/{{namespace}}": _one,
    f"POST {_OWN}/{{namespace}}/register": lambda ask: _move(ask, "Registered"),
    f"POST {_OWN}/{{namespace}}/unregister": lambda ask: _move(ask, "Unregistered"),
}
