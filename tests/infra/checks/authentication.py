"""Entra ID in front of the HTTP API, where a shape asks for it; without it, function keys alone."""

from collections.abc import Iterator

from tests.infra.bicep import METADATA
from tests.infra.snapshot import Resource, Snapshot
from tests.infra.tree import Tree

ENTRA = "entra"
TENANT = METADATA["tenantId"]
CONFIG = "Microsoft.Web/sites/config"


def entra_turns_strangers_away(tree: Tree) -> Iterator[str]:
    """Whoever has no token of this tenant for this app gets 401, health apart."""
    (found,) = _authentication(tree.snapshots[ENTRA])
    validation = found.properties.get("globalValidation", {})
    wanted = {
        "requireAuthentication": True,
        "unauthenticatedClientAction": "Return401",
        "excludedPaths": ["/api/health"],
    }
    for name, value in wanted.items():
        if validation.get(name) != value:
            yield f"{ENTRA}: {name} is {validation.get(name)!r}, not {value!r}"
    if not found.properties.get("platform", {}).get("enabled"):
        yield f"{ENTRA}: the platform's authentication is not on"
    if found.properties.get("httpSettings", {}).get("requireHttps") is not True:
        yield f"{ENTRA}: tokens may come over http"
    provider = found.properties["identityProviders"]["azureActiveDirectory"]
    issuer = provider["registration"]["openIdIssuer"]
    if issuer != f"[format('{{0}}{{1}}/v2.0', environment().authentication.loginEndpoint, '{TENANT}')]":
        yield f"{ENTRA}: tokens are taken from {issuer}, which is not this tenant"
    client = provider["registration"]["clientId"]
    audiences = provider.get("validation", {}).get("allowedAudiences")
    if not audiences or any(client not in audience for audience in audiences):
        yield f"{ENTRA}: tokens are taken for {audiences}"


def app_roles_are_asked_for_exactly_with_entra(tree: Tree) -> Iterator[str]:
    """The app trusts the platform's header only where the platform writes it."""
    for shape, snapshot in tree.snapshots.items():
        on = bool(_authentication(snapshot))
        if on != ("entraClientId" in tree.given(shape)):
            yield f"{shape}: Entra is {'on' if on else 'off'}"
        if tree.settings(shape).get("REQUIRE_APP_ROLES") != ("true" if on else "false"):
            yield f"{shape}: REQUIRE_APP_ROLES is {tree.settings(shape).get('REQUIRE_APP_ROLES')}, Entra {on}"


def _authentication(snapshot: Snapshot) -> list[Resource]:
    return [one for one in snapshot.of(CONFIG) if one.name == "authsettingsV2"]


CHECKS = (entra_turns_strangers_away, app_roles_are_asked_for_exactly_with_entra)
