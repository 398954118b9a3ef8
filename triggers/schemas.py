"""The shapes of the HTTP API as JSON Schema: what the models of `domain` are, and what `views` makes of them.

`openapi` puts them into its description; tests hold every answer to them.
"""

from typing import Any, get_args

from pydantic.json_schema import models_json_schema

from domain.models import RegionState, RolloutPlan, StartedBy
from domain.status import ErrorRecord, Outcomes, StepRecord, Waiting
from triggers.parsing import ID_LIMIT, PROFILE
from triggers.views import SHOWN

type Schema = dict[str, Any]

GUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
ROLLOUT_ID: Schema = {"type": "string", "pattern": "^[a-z0-9-]{1,60}$"}
PROFILE_NAME: Schema = {"type": "string", "pattern": f"^{PROFILE.pattern}$"}
IMAGE_ID: Schema = {
    "type": "string",
    "description": "ARM id of a managed image. Case does not count.",
    "maxLength": ID_LIMIT,
    "pattern": (
        f"^/subscriptions/{GUID}/resourceGroups/[A-Za-z0-9_().-]{{0,89}}[A-Za-z0-9_()-]"
        r"/providers/Microsoft\.Compute/images/[A-Za-z0-9_()-][A-Za-z0-9_().-]{0,79}$"
    ),
}
STATUS: Schema = {"type": "string", "enum": list(SHOWN)}
_TEXT: Schema = {"type": "string"}
_TIME: Schema = {"type": "string", "format": "date-time"}

_MODELS = (StartedBy, Waiting, RegionState, StepRecord, ErrorRecord, RolloutPlan)


def schemas() -> dict[str, Schema]:
    """Every shape by name, as `components.schemas` has them."""
    rollout = _closed(_ROLLOUT | {"steps": _many("StepRecord")})
    return {
        **_models(),
        "StartRequest": _closed(_REQUEST, required=["image"]),
        "Rollout": rollout,
        "RolloutRow": _closed(_ROLLOUT),
        "RolloutPage": _closed({"rollouts": _many("RolloutRow"), "nextCursor": _or_null(_TEXT)}),
        "History": _closed({"id": ROLLOUT_ID, "events": _many("HistoryEvent")}),
        "HistoryEvent": _closed(
            {"at": _TIME, "kind": _TEXT, "step": _or_null(_TEXT), "region": _or_null(_TEXT), "text": _TEXT}
        ),
        "Accepted": _closed(_ACCEPTED),
        "Existing": _closed(_ACCEPTED | {"status": STATUS, "reason": _TEXT}),
        "DryRun": {"allOf": [ref("RolloutPlan")], "properties": {"dryRun": {"const": True}}, "required": ["dryRun"]},
        "Problem": _closed(_PROBLEM | _PROBLEM_MORE, required=list(_PROBLEM)),
    }


def ref(name: str) -> Schema:
    """A reference to a shape."""
    return {"$ref": f"#/components/schemas/{name}"}


def _models() -> dict[str, Schema]:
    """The pydantic models and what they hold. As input: what has a default may be missing, as in what we send."""
    _, found = models_json_schema(
        [(model, "validation") for model in _MODELS], ref_template="#/components/schemas/{model}"
    )
    return dict(found["$defs"])


def _closed(properties: dict[str, Schema], *, required: list[str] | None = None) -> Schema:
    """An object with these properties and no others; all are required where nothing else is said."""
    needed = list(properties) if required is None else required
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": needed}


def _many(name: str) -> Schema:
    return {"type": "array", "items": ref(name)}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_REQUEST: dict[str, Schema] = {
    "image": IMAGE_ID,
    "profile": _or_null(PROFILE_NAME) | {"description": "Which profile, where several are for the image."},
    "again": {"type": "boolean", "default": False, "description": "Roll an unchanged image out under a new number."},
    "dryRun": {"type": "boolean", "default": False, "description": "Answer the plan and write nothing."},
}
_ACCEPTED: dict[str, Schema] = {"id": ROLLOUT_ID, "statusUrl": {"type": "string", "format": "uri"}}
_ROLLOUT: dict[str, Schema] = {
    "id": ROLLOUT_ID,
    "profile": _or_null(_TEXT),
    "image": _or_null(_TEXT),
    "fingerprint": _or_null(_TEXT),
    "attempt": _or_null({"type": "integer", "minimum": 1}),
    "again": _or_null(_TEXT),
    "earlier": _or_null(_TEXT),
    "status": STATUS,
    "outcome": {"enum": [*get_args(Outcomes), None]},
    "note": _TEXT,
    "cancelledBy": _or_null(_TEXT),
    "createdAt": _TIME,
    "updatedAt": _TIME,
    "completedAt": _or_null(_TIME),
    "startedBy": _or_null(ref("StartedBy")),
    "waitingFor": _or_null(ref("Waiting")),
    "version": _or_null(_TEXT),
    "resources": {"type": "object", "additionalProperties": _TEXT, "description": "ARM ids of what exists, by role."},
    "regions": _many("RegionState"),
    "error": _or_null(ref("ErrorRecord")),
}
_PROBLEM: dict[str, Schema] = {
    "type": {"type": "string", "format": "uri-reference"},
    "title": _TEXT,
    "status": {"type": "integer", "minimum": 400, "maximum": 599},
    "detail": _TEXT,
}
_PROBLEM_MORE: dict[str, Schema] = {
    "field": _TEXT | {"description": "The field or parameter at fault."},
    "code": _TEXT | {"description": "ARM's error code, or one of the app's."},
    "resource": _TEXT,
    "remedy": _TEXT | {"description": "What to do next."},
    "correlationId": _TEXT | {"description": "ARM's, for a support request."},
    "action": _TEXT | {"description": "The permission that the app's identity lacks."},
    "rollout": _TEXT,
    "problems": {"type": "array", "items": _TEXT, "description": "Everything that is wrong with rollouts.yaml."},
}
