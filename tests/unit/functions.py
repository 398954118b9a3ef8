"""The functions that the triggers register, callable without a host. Used by the triggers' unit tests."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from azure.durable_functions import DFApp
from azure.functions import HttpRequest, HttpResponse, QueueMessage

from domain.errors import RolloutError
from domain.images import Disk, ManagedImage
from domain.models import ImageFound, ImageRequest, PlannedStep, RolloutPlan, StepRequest
from domain.rollouts_file import ImageGroup
from tests.unit.engine import START, FakeEngine
from triggers.access import Access
from triggers.http import register_http
from triggers.intake import Intake
from triggers.queue import register_queue
from wiring.rollouts_file import load_rollouts
from wiring.settings import APP_DIR

SUBSCRIPTION = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
IMAGE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/myResourceGroup/providers/Microsoft.Compute/images/myImage"
ORIGIN = "https://app.example"


class Poison:
    """The output binding of the poison queue."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def set(self, text: str) -> None:
        self.texts.append(text)


@dataclass
class Triggers:
    """The registered functions with a fake engine and one image behind them. `error`: what reading the image raises.

    groups: the resource groups that images may come from; without, any. access: what callers over HTTP need.
    """

    engine: FakeEngine = field(default_factory=FakeEngine)
    error: Exception | None = None
    rollouts_error: RolloutError | None = None
    groups: list[dict[str, str]] | None = None
    access: Access = field(default_factory=Access)
    planned: list[StepRequest] = field(default_factory=list)
    poison: Poison = field(default_factory=Poison)

    def __post_init__(self) -> None:
        rollouts = load_rollouts(APP_DIR / "rollouts.yaml")

        def profiles() -> Any:
            if self.rollouts_error:
                raise self.rollouts_error
            if self.groups is not None:
                return rollouts.model_copy(update={"allowed_image_groups": tuple(map(_group, self.groups))})
            return rollouts

        app = DFApp()
        connect = cast("Callable[[Any], Any]", lambda client: self.engine)
        intake = Intake(profiles, self.read_image, self.plan, lambda: START, connect, self.access)
        register_http(app, intake)
        register_queue(app, intake)
        self.functions: dict[str, Any] = {}
        self.bindings: dict[str, list[dict[str, Any]]] = {}
        for function in app.get_functions():
            called = function.get_user_function()
            name = str(function.get_function_name())
            self.functions[name] = getattr(called, "client_function", called)
            self.bindings[name] = json.loads(str(function))["bindings"]

    async def read_image(self, request: ImageRequest) -> ImageFound:
        if self.error:
            raise self.error
        image = ManagedImage(
            id=request.image,
            location="westcentralus",
            provisioning_state="Succeeded",
            os_type="Windows",
            os_state="Generalized",
            generation="V1",
            os_disk=Disk(source="/disk"),
        )
        return ImageFound(image=image)

    async def plan(self, request: StepRequest) -> RolloutPlan:
        self.planned.append(request)
        step = PlannedStep(step="create_gallery", resource=request.targets.gallery, action="create")
        asked = request.rollout
        return RolloutPlan(
            profile=asked.profile_name, image=asked.image, fingerprint=asked.fingerprint, version="1.0.0", steps=(step,)
        )

    async def call(
        self,
        name: str,
        method: str = "GET",
        body: object = None,
        path: str = "/api/rollouts",
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> HttpResponse:
        """Call an HTTP function. `id`: of the route; everything else in `more` is the query."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        route = {"id": more.pop("id")} if "id" in more else {}
        request = HttpRequest(
            method,
            f"{ORIGIN}{path}?code=the-key",
            headers=headers or {},
            params={"code": "the-key"} | more,
            route_params=route,
            body=raw,
        )
        answer: HttpResponse = await self.functions[name](request, object())
        return answer

    async def post(self, **body: Any) -> HttpResponse:
        """POST /api/rollouts."""
        return await self.call("start_rollout", "POST", {"image": IMAGE, **body})

    async def deliver(self, text: str, deliveries: int = 1) -> None:
        """Run the queue function on one message."""
        message = Message(text, deliveries)
        await self.functions["image_event"](message, object(), self.poison)


class Message(QueueMessage):
    """A message as the worker library hands it over."""

    def __init__(self, text: str, deliveries: int) -> None:
        super().__init__(id="m-1", body=text)
        self._deliveries = deliveries

    @property
    def dequeue_count(self) -> int:
        return self._deliveries

    @property
    def insertion_time(self) -> datetime:
        return datetime(2026, 11, 24, 7, 30, tzinfo=UTC)


def _group(given: dict[str, str]) -> ImageGroup:
    return ImageGroup.model_validate(given)


def json_of(answer: HttpResponse) -> dict[str, Any]:
    """The body."""
    body: dict[str, Any] = json.loads(answer.get_body())
    return body
