"""The composition root: settings in, the function app out. Only `function_app.py` calls it.

Decorators are called here, not worn where the functions are written: a decorated function can no longer be called
or tested. Nothing of Azure's management SDKs is imported until the first activity or trigger runs.
"""

import functools
from datetime import UTC, datetime
from typing import Any

from azure.durable_functions import DFApp
from azure.functions import AuthLevel

from activities import ACTIVITIES
from arm.client import ArmClient
from domain.rollouts_file import RolloutsFile
from domain.steps import PLAN_ROLLOUT, READ_IMAGE
from orchestrators import ENTITIES, ORCHESTRATORS
from triggers.access import Access
from triggers.http import register_http
from triggers.intake import Intake
from triggers.queue import register_queue
from wiring.activities import adapter, bound, guarded
from wiring.credentials import credential_factory
from wiring.rollouts_file import load_rollouts
from wiring.settings import Settings


def build_app(settings: Settings) -> DFApp:
    """The app with everything registered. What it needs is made when it is first used, and then kept."""
    dependencies: dict[str, Any] = {
        "arm": ArmClient(settings.arm_endpoint, settings.arm_scope, credential_factory(settings.client_id)),
        "now": utc_now,
        "secret": settings.secret,
    }
    activities = {step: bound(function, dependencies) for step, function in ACTIVITIES.items()}
    app = DFApp(http_auth_level=AuthLevel.FUNCTION)
    for name, orchestrator in ORCHESTRATORS.items():
        app.function_name(name)(app.orchestration_trigger(context_name="context", orchestration=name)(orchestrator))
    for name, entity in ENTITIES.items():
        app.function_name(name)(app.entity_trigger(context_name="context", entity_name=name)(entity))
    for step, activity in activities.items():
        app.activity_trigger(input_name="payload", activity=step.name)(adapter(step, activity))
    intake = Intake(
        rollouts=functools.cache(lambda: _rollouts(settings)),
        read_image=guarded(READ_IMAGE, activities[READ_IMAGE]),
        plan=guarded(PLAN_ROLLOUT, activities[PLAN_ROLLOUT]),
        now=utc_now,
        access=Access(settings.require_app_roles, settings.platform_auth),
    )
    register_queue(app, intake)
    register_http(app, intake)
    return app


def _rollouts(settings: Settings) -> RolloutsFile:
    """The profiles, as far as this deployment lets them go."""
    file = load_rollouts(settings.rollouts_file)
    return file if settings.allow_group_creation else file.without_group_creation()


def utc_now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)
