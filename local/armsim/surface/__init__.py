"""What ARM answers outside resource groups: login and metadata, subscriptions, and what hangs below them.

`public` answers what needs no token, `below_root` what the parser of ids knows no resource type for. Both
return None for what is not theirs.
"""

from local.armsim.answers import Answer
from local.armsim.body import Body
from local.armsim.ids import Route
from local.armsim.intake import Incoming
from local.armsim.surface.entra import ENTRA
from local.armsim.surface.metadata import METADATA
from local.armsim.surface.routes import Paths
from local.armsim.tokens import Tokens
from local.armsim.world import World

_PUBLIC = Paths({**ENTRA, **METADATA})


def public(world: World, tokens: Tokens, request: Incoming) -> Answer | None:
    """The answer to a request that needs no token."""
    if request.path.startswith("/subscriptions/"):  # nearly every request, and none of these
        return None
    return _PUBLIC.answer(world, tokens, request)


def below_root(world: World, request: Incoming, route: Route, asked: dict[str, str]) -> Answer | None:
    """The answer to a request for a subscription or what is no resource."""
    if route.scope not in ("subscriptions", "subscription"):
        return None
    shown: Body = {
        "id": f"/subscriptions/{world.subscription_id}",
        "subscriptionId": world.subscription_id,
        "tenantId": world.tenant_id,
        "displayName": "Simulated subscription",
        "state": "Enabled",
        "subscriptionPolicies": {"spendingLimit": "Off"},
        "authorizationSource": "RoleBased",
    }
    return Answer(200, shown if route.scope == "subscription" else {"value": [shown]})
