"""What ARM answers outside resource groups: login and metadata, subscriptions, and what hangs below them.

`public` answers what needs no token, `below_root` what the parser of ids knows no resource type for. Both
return None for what is not theirs.
"""

import re

from local.armsim.answers import Answer
from local.armsim.errors import ArmError
from local.armsim.ids import Route
from local.armsim.intake import Incoming
from local.armsim.resources.generic import GENERIC
from local.armsim.surface.capacity import CAPACITY
from local.armsim.surface.entra import ENTRA
from local.armsim.surface.metadata import METADATA
from local.armsim.surface.offers import OFFERS
from local.armsim.surface.providers import PROVIDERS
from local.armsim.surface.publishers import PUBLISHERS
from local.armsim.surface.routes import Ask, Paths
from local.armsim.surface.subscriptions import SUBSCRIPTIONS
from local.armsim.tokens import Tokens
from local.armsim.world import World

_PUBLIC = Paths({**ENTRA, **METADATA})
_PRIVATE = Paths({**SUBSCRIPTIONS, **PROVIDERS, **CAPACITY, **OFFERS, **PUBLISHERS, **GENERIC})
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?", re.ASCII | re.IGNORECASE)


def public(world: World, tokens: Tokens, request: Incoming) -> Answer | None:
    """The answer to a request that needs no token."""
    if request.path.startswith("/subscriptions/"):  # nearly every request, and none of these
        return None
    found = _PUBLIC.find(request)
    return found[0](Ask(world, request, found[1], tokens)) if found else None


def below_root(world: World, request: Incoming, route: Route, asked: dict[str, str]) -> Answer | None:
    """The answer to a request for a subscription or what is no resource."""
    found = _PRIVATE.find(request)
    if found is None:
        return None
    if not _VERSION.fullmatch(asked["api-version"]):
        raise ArmError(
            400,
            "InvalidApiVersionParameter",
            f"The api-version '{asked['api-version']}' is invalid: it is no date.",
            gateway=True,
        )
    return found[0](Ask(world, request, found[1]))
