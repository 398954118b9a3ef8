"""The HTTP API of the app: start, list, show, follow and cancel rollouts. `wiring.app` registers it.

Every route but `health` needs a function key. Errors are problem documents. Durable's own management addresses are
never handed out: the key in them opens everything.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import quote, urlsplit, urlunsplit

from azure.durable_functions import DFApp, DurableFunctionsClient
from azure.functions import AuthLevel, HttpRequest, HttpResponse

from domain.errors import RolloutError, TransientError
from domain.steps import CANCEL, ROLLOUT
from triggers import problems
from triggers.durable import Instance, Instances
from triggers.history import history
from triggers.intake import Intake
from triggers.listing import Filters, page
from triggers.parsing import ImageRequested, Rejected, parse_body
from triggers.starting import NothingToStart, look, start_rollouts, to_plan
from triggers.views import children_of, shown_status, view

_ROLLOUT_ID = re.compile(r"[a-z0-9-]{1,60}")

type Handler = Callable[[HttpRequest, Instances], Awaitable[HttpResponse]]


def register_http(app: DFApp, intake: Intake) -> None:
    """Add the functions of every route to `app`."""

    async def start_rollout(request: HttpRequest, instances: Instances) -> HttpResponse:
        requested = parse_body(request.get_body())
        if requested.dry_run:
            return await _plan(requested, intake)
        return await _start(requested, instances, intake, request)

    routes: list[tuple[str, str, Handler]] = [
        ("POST", "rollouts", start_rollout),
        ("GET", "rollouts", list_rollouts),
        ("GET", "rollouts/{id}", show_rollout),
        ("GET", "rollouts/{id}/history", rollout_history),
        ("POST", "rollouts/{id}/cancel", cancel_rollout),
    ]
    for method, route, handler in routes:
        function = _function(handler, intake)
        bound = app.durable_client_input(client_name="client")(function)
        app.route(route=route, methods=[method], auth_level=AuthLevel.FUNCTION)(bound)
    app.route(route="health", methods=["GET"], auth_level=AuthLevel.ANONYMOUS)(health)


async def list_rollouts(request: HttpRequest, instances: Instances) -> HttpResponse:
    """`{"rollouts": […], "nextCursor": …}`, newest first; children are read for those that still run."""
    rows, cursor = await page(Filters.of(request.params), instances)
    children = await asyncio.gather(*(_children_shown(row, instances) for row in rows))
    shown = [view(row, beside, steps=False) for row, beside in zip(rows, children, strict=True)]
    return problems.answer(HTTPStatus.OK, {"rollouts": shown, "nextCursor": cursor})


async def show_rollout(request: HttpRequest, instances: Instances) -> HttpResponse:
    """One rollout, with its steps."""
    found = await _rollout(request, instances)
    if found is None:
        return problems.unknown(_id(request))
    return problems.answer(HTTPStatus.OK, view(found, await children_of(found, instances)))


async def rollout_history(request: HttpRequest, instances: Instances) -> HttpResponse:
    """What one rollout did and when."""
    found = await _rollout(request, instances)
    if found is None:
        return problems.unknown(_id(request))
    return problems.answer(HTTPStatus.OK, history(found, await children_of(found, instances)))


async def cancel_rollout(request: HttpRequest, instances: Instances) -> HttpResponse:
    """Ask a rollout to end its waits; nothing is deleted, and an activity that runs ends by itself."""
    found = await _rollout(request, instances)
    if found is None:
        return problems.unknown(_id(request))
    if found.over:
        return _ended_already(found)
    try:
        await instances.raise_event(found.id, CANCEL)
    except TransientError:
        found = await instances.get(found.id)
        if found is None or not found.over:
            raise
        return _ended_already(found)  # between our look and our word
    return problems.answer(HTTPStatus.ACCEPTED, {"id": found.id, "statusUrl": _status_url(request, found.id)})


def _ended_already(found: Instance) -> HttpResponse:
    return problems.problem(
        HTTPStatus.CONFLICT,
        f"The rollout has ended already: {shown_status(found)}.",
        field="id",
        remedy="Nothing needs to be done.",
    )


async def health(req: HttpRequest) -> HttpResponse:
    """Says that the app answers, and nothing else."""
    return problems.answer(HTTPStatus.OK)


def _function(handler: Handler, intake: Intake) -> Callable[..., Awaitable[HttpResponse]]:
    """The function that the host calls: the handler with its engine, and errors as problem documents."""

    async def function(req: HttpRequest, client: DurableFunctionsClient) -> HttpResponse:
        try:
            return await handler(req, intake.connect(client))
        except Rejected as rejected:
            return problems.invalid(rejected.field, f"{rejected}.")
        except NothingToStart as nothing:
            return problems.invalid(nothing.field, nothing.reason, nothing.remedy)
        except RolloutError as error:
            return problems.of_error(error)

    function.__name__ = handler.__name__
    return function


async def _start(requested: ImageRequested, instances: Instances, intake: Intake, request: HttpRequest) -> HttpResponse:
    [started] = await start_rollouts(
        requested,
        instances=instances,
        read_image=intake.read_image,
        rollouts=intake.rollouts(),
        now=intake.now,
        asked=True,
    )
    url = _status_url(request, started.id)
    found = {"id": started.id, "statusUrl": url}
    if started.created:
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


async def _rollout(request: HttpRequest, instances: Instances) -> Instance | None:
    """The rollout that the route names; a child of one, or any other orchestration, is none."""
    rollout = _id(request)
    found = await instances.get(rollout) if _ROLLOUT_ID.fullmatch(rollout) else None
    return found if found is not None and found.name == ROLLOUT else None


def _status_url(request: HttpRequest, rollout: str) -> str:
    """Where this app shows a rollout, as the caller reaches it; the key in the query stays behind."""
    parts = urlsplit(request.url)
    base, _, _ = parts.path.partition("/rollouts")
    return str(urlunsplit((parts.scheme, parts.netloc, f"{base}/rollouts/{quote(rollout, safe='')}", "", "")))
