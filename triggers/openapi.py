"""The HTTP API described as OpenAPI 3.1, made from the tables that serve it. `GET /api/openapi.json` answers it.

A test holds it together with the functions that are registered, both ways, and every answer to its shape.
"""

from typing import Any

from triggers.access import OPERATE, READ
from triggers.listing import CURSOR_LIMIT, DEFAULT_LIMIT, LARGEST_LIMIT
from triggers.routes import PREFIX, ROUTES, Route
from triggers.schemas import IMAGE_ID, PROFILE_NAME, ROLLOUT_ID, STATUS, ref, schemas

type Part = dict[str, Any]

VERSION = "0.1.0"
"""The project's, which pyproject.toml says too; the package has none."""

_TITLES = {
    "start_rollout": "Start a rollout of an image, learn which one exists, or see the plan.",
    "list_rollouts": "Rollouts, newest first.",
    "show_rollout": "One rollout, with its steps.",
    "rollout_history": "What one rollout did and when, oldest first, polls folded.",
    "cancel_rollout": "End a rollout's waits; nothing in Azure is deleted or stopped.",
    "openapi": "This description.",
    "health": "Whether the app answers; nothing else.",
}


def description() -> Part:
    """The whole document; made for each who asks, in some milliseconds."""
    paths: dict[str, Part] = {}
    for route in ROUTES:
        paths.setdefault(f"{PREFIX}/{route.path}", {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gallery Rollout",
            "version": VERSION,
            "description": "Publishes managed images to an Azure Compute Gallery and rolls them onto scale sets.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": schemas(), "securitySchemes": _SCHEMES},
    }


def _operation(route: Route) -> Part:
    operation: Part = {
        "operationId": route.name,
        "summary": _TITLES[route.name],
        "responses": {**_SUCCESS[route.name], **_failures(route)},
        "security": [{"functionKey": []}, {"functionKey": [], "entra": [route.role]}] if route.role else [],
    }
    if parameters := _parameters(route):
        operation["parameters"] = parameters
    if route.name == "start_rollout":
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": ref("StartRequest")}}}
    return operation


def _parameters(route: Route) -> list[Part]:
    if route.name == "list_rollouts":
        # A filter without a value is no filter.
        return [
            {"name": name, "in": "query", "allowEmptyValue": True, "schema": schema}
            for name, schema in _FILTERS.items()
        ]
    return [{"name": "id", "in": "path", "required": True, "schema": ROLLOUT_ID}] if "{id}" in route.path else []


def _json(says: str, schema: Part, **more: Any) -> Part:
    return {"description": says, "content": {"application/json": {"schema": schema}}, **more}


def _problem(says: str, **more: Any) -> Part:
    return {"description": says, "content": {"application/problem+json": {"schema": ref("Problem")}}, **more}


def _failures(route: Route) -> dict[str, Part]:
    """What else a route answers. Of a 401 no body is promised: the platform's, for want of a key, has none."""
    if route.role is None:
        return {}
    failures = {
        "401": {"description": _UNKNOWN},
        "403": _problem(f"App roles are required, and the caller does not have {route.role}."),
        "500": _problem("The app's own fault, or its settings'."),
    }
    if route.name != "openapi":
        failures["503"] = _problem(
            "Azure or the durable engine cannot be asked now.", headers={"Retry-After": _SECONDS}
        )
    if route.name in ("start_rollout", "list_rollouts"):
        failures["400"] = _problem("The request makes no sense; `field` says where.")
    if route.name == "start_rollout":
        failures["413"] = _problem("The body is larger than 64 KiB.")
        failures["422"] = _problem("Azure, or rollouts.yaml, does not allow it.")
    if "{id}" in route.path:
        failures["404"] = _problem("There is no such rollout.")
    if route.name == "cancel_rollout":
        failures["409"] = _problem("The rollout has ended already.")
    return failures


_UNKNOWN = (
    "No key that opens the app: the platform's answer, without a body. Or, where app roles are required, no caller "
    "that Entra knows: the app's own, a problem document."
)
_SECONDS: Part = {"description": "Seconds to come back after.", "schema": {"type": "integer", "minimum": 1}}
_LOCATION: Part = {"Location": {"description": "Where the rollout is shown.", "schema": {"type": "string"}}}
_MOMENT: Part = {"type": "string", "format": "date-time"}

_FILTERS: dict[str, Part] = {
    "status": STATUS,
    "image": IMAGE_ID,
    "profile": PROFILE_NAME,
    "from": _MOMENT | {"description": "Started at this time or later."},
    "to": _MOMENT | {"description": "Started before this time."},
    "limit": {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": DEFAULT_LIMIT},
    "cursor": {"type": "string", "maxLength": CURSOR_LIMIT, "description": "The `nextCursor` of the page before."},
}

_SUCCESS: dict[str, dict[str, Part]] = {
    "start_rollout": {
        "200": _json(
            "The rollout that exists, and why none was started; or the plan of a dry run.",
            {"anyOf": [ref("Existing"), ref("DryRun")]},
        ),
        "202": _json("A rollout was started.", ref("Accepted"), headers=_LOCATION),
    },
    "list_rollouts": {"200": _json("A page of rollouts.", ref("RolloutPage"))},
    "show_rollout": {"200": _json("The rollout.", ref("Rollout"))},
    "rollout_history": {"200": _json("Its history.", ref("History"))},
    "cancel_rollout": {"202": _json("The rollout was asked to stop.", ref("Accepted"))},
    "openapi": {"200": _json("An OpenAPI 3.1 document.", {"type": "object"})},
    "health": {"200": {"description": "The app answers."}},
}

_SCHEMES: dict[str, Part] = {
    "functionKey": {"type": "apiKey", "in": "header", "name": "x-functions-key", "description": "A function key."},
    "entra": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": f"A token of Microsoft Entra with an app role, where the app requires one: {READ}, or {OPERATE} "
        "to start and cancel (it reads, too).",
    },
}
