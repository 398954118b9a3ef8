"""The HTTP API of the app: start, list, show, follow and cancel rollouts. `wiring.app` registers it.

Every route but `health` needs a function key, and an app role where the app wants one. Errors are problem documents.
Durable's own management addresses are never handed out: the key in them opens everything.
"""

import asyncio
import dataclasses
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote, urlsplit, urlunsplit

from azure.durable_functions import DFApp, DurableFunctionsClient
from azure.functions import AuthLevel, HttpRequest, HttpResponse

from domain.errors import RolloutError, TransientError
from domain.steps import CANCEL, ROLLOUT
from triggers import problems
from triggers.access import Refused, Role
from triggers.durable import Instance, Instances
from triggers.history import history
from triggers.intake import Intake
from triggers.listing import Filters, page
from triggers.logs import say
from triggers.openapi import description
from triggers.parsing import ImageRequested, Rejected, parse_body
from triggers.routes import ROUTES
from triggers.starting import NothingToStart, look, start_rollouts, to_plan
from triggers.views import children_of, shown_status, view

_ROLLOUT_ID = re.compile(r"[a-z0-9-]{1,60}")


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in. caller: object id in Entra of who sent it; None where a key alone opens the app."""

    request: HttpRequest
    instances: Instances
    caller: str | None = None


type Handler = Callable[[Call, Intake], Awaitable[HttpResponse]]


def register_http(app: DFApp, intake: Intake) -> None:
    """Add the functions of every route to `app`."""
    for route in ROUTES:
        if route.role is None:
            app.route(route=route.path, methods=[route.method], auth_level=AuthLevel.ANONYMOUS)(health)
            continue
        function = _function(HANDLERS[route.name], route.role, intake)
        bound = app.durable_client_input(client_name="client")(function)
        app.route(route=route.path, methods=[route.method], auth_level=AuthLevel.FUNCTION)(bound)


async def start_rollout(call: Call, intake: Intake) -> HttpResponse:
    """Start a rollout, name the one that exists, or answer the plan."""
    asked = parse_body(call.request.get_body())
    requested = dataclasses.replace(asked, started_by=asked.started_by.model_copy(update={"caller": call.caller}))
    if requested.dry_run:
        return await _plan(requested, intake)
    return await _start(requested, call, intake)


async def list_rollouts(call: Call, intake: Intake) -> HttpResponse:
    """`{"rollouts": […], "nextCursor": …}`, newest first; children are read for those that still run."""
    rows, cursor = await page(Filters.of(call.request.params), call.instances)
    children = await asyncio.gather(*(_children_shown(row, call.instances) for row in rows))
    shown = [view(row, beside, steps=False) for row, beside in zip(rows, children, strict=True)]
    return problems.answer(HTTPStatus.OK, {"rollouts": shown, "nextCursor": cursor})


async def show_rollout(call: Call, intake: Intake) -> HttpResponse:
    """One rollout, with its steps."""
    found = await _rollout(call)
    if found is None:
        return problems.unknown(_id(call.request))
    return problems.answer(HTTPStatus.OK, view(found, await children_of(found, call.instances)))


async def rollout_history(call: Call, intake: Intake) -> HttpResponse:
    """What one rollout did and when."""
    found = await _rollout(call)
    if found is None:
        return problems.unknown(_id(call.request))
    return problems.answer(HTTPStatus.OK, history(found, await children_of(found, call.instances)))


async def cancel_rollout(call: Call, intake: Intake) -> HttpResponse:
    """Ask a rollout to end its waits; nothing is deleted, and an activity that runs ends by itself."""
    found = await _rollout(call)
    if found is None:
        return problems.unknown(_id(call.request))
    if found.over:
        return _ended_already(found)
    try:
        await call.instances.raise_event(found.id, CANCEL, {"caller": call.caller} if call.caller else None)
    except TransientError:
        found = await call.instances.get(found.id)
        if found is None or not found.over:
            raise
        return _ended_already(found)  # between our look and our word
    say(logging.INFO, "A rollout was asked to stop.", rollout=found.id, caller=call.caller)
    url = _status_url(call.request, found.id)
    return problems.answer(HTTPStatus.ACCEPTED, {"id": found.id, "statusUrl": url})


def _ended_already(found: Instance) -> HttpResponse:
    return problems.problem(
        HTTPStatus.CONFLICT,
        f"The rollout has ended already: {shown_status(found)}.",
        field="id",
        remedy="Nothing needs to be done.",
    )


async def openapi(call: Call, intake: Intake) -> HttpResponse:
    """The API's own description."""
    return problems.answer(HTTPStatus.OK, description())


async def health(req: HttpRequest) -> HttpResponse:
    """Says that the app answers, and nothing else."""
    return problems.answer(HTTPStatus.OK)


HANDLERS: dict[str, Handler] = {
    handler.__name__: handler
    for handler in (start_rollout, list_rollouts, show_rollout, rollout_history, cancel_rollout, openapi)
}
"""What serves each route of `routes`, by name."""


def _function(handler: Handler, role: Role, intake: Intake) -> Callable[..., Awaitable[HttpResponse]]:
    """The function that the host calls: the handler with its engine for who may, and errors as problem documents."""

    async def function(req: HttpRequest, client: DurableFunctionsClient) -> HttpResponse:
        try:
            caller = intake.access.caller(req.headers, role)
            return await handler(Call(req, intake.connect(client), caller), intake)
        except Refused as refused:
            return problems.refused(refused)
        except Rejected as rejected:
            return problems.rejected(rejected)
        except NothingToStart as nothing:
            return problems.invalid(nothing.field, nothing.reason, nothing.remedy)
        except RolloutError as error:
            return problems.of_error(error)

    function.__name__ = handler.__name__
    return function


async def _start(requested: ImageRequested, call: Call, intake: Intake) -> HttpResponse:
    [started] = await start_rollouts(
        requested,
        instances=call.instances,
        read_image=intake.read_image,
        rollouts=intake.rollouts(),
        now=intake.now,
        asked=True,
    )
    url = _status_url(call.request, started.id)
    found = {"id": started.id, "statusUrl": url}
    if started.created:
        say(
            logging.INFO,
            "A rollout was started.",
            rollout=started.id,
            profile=started.profile,
            image=requested.image,
            caller=call.caller,
        )
        return problems.answer(HTTPStatus.ACCEPTED, found, Location=url)
    return problems.answer(HTTPStatus.OK, {**found, "status": started.status, "reason": started.reason})


async def _plan(requested: ImageRequested, intake: Intake) -> HttpResponse:
    wanted = await look(requested, read_image=intake.read_image, rollouts=intake.rollouts(), asked=True)
    plan = await intake.plan(to_plan(wanted, intake.now))
    return problems.answer(HTTPStatus.OK, {"dryRun": True, **plan.dump()})


async def _children_shown(row: Instance, instances: Instances) -> list[Instance]:
    """A finished rollout's own status says all that a list shows."""
    return [] if row.over else await children_of(row, instances)


def _id(request: HttpRequest) -> str:
    return str(request.route_params.get("id") or "")


async def _rollout(call: Call) -> Instance | None:
    """The rollout that the route names; a child of one, or any other orchestration, is none."""
    rollout = _id(call.request)
    found = await call.instances.get(rollout) if _ROLLOUT_ID.fullmatch(rollout) else None
    return found if found is not None and found.name == ROLLOUT else None


def _status_url(request: HttpRequest, rollout: str) -> str:
    """Where this app shows a rollout, as the caller reaches it; the key in the query stays behind."""
    parts = urlsplit(request.url)
    base, _, _ = parts.path.partition("/rollouts")
    return str(urlunsplit((parts.scheme, parts.netloc, f"{base}/rollouts/{quote(rollout, safe='')}", "", "")))
