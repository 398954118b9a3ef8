"""The routes of the HTTP API, each named once. `http` serves them, `openapi` describes them."""

from dataclasses import dataclass

from triggers.access import OPERATE, READ, Role

PREFIX = "/api"
"""host.json's `routePrefix`."""


@dataclass(frozen=True, slots=True)
class Route:
    """A route: the name of its function, method, path below the prefix, and the app role that a caller needs.

    No role: open to everybody, without a key too.
    """

    name: str
    method: str
    path: str
    role: Role | None


ROUTES = (
    Route("start_rollout", "POST", "rollouts", OPERATE),
    Route("list_rollouts", "GET", "rollouts", READ),
    Route("show_rollout", "GET", "rollouts/{id}", READ),
    Route("rollout_history", "GET", "rollouts/{id}/history", READ),
    Route("cancel_rollout", "POST", "rollouts/{id}/cancel", OPERATE),
    Route("openapi", "GET", "openapi.json", READ),
    Route("health", "GET", "health", None),
)
