"""ARM's front door: token, subscription, type, api-version and JSON are checked here, faults strike here.

Between the ASGI application (`app.py`) and the generic handler. Whatever comes in, an answer in ARM's own
words goes out; nothing a client sends makes it raise.
"""

from dataclasses import dataclass
from datetime import datetime

from local.armsim.answers import Answer
from local.armsim.body import Body
from local.armsim.errors import ArmError
from local.armsim.faults import Fault, FaultBook
from local.armsim.handler import Handler
from local.armsim.ids import Route, Routes
from local.armsim.intake import Incoming, asked_of, check_api_version, parsed_body
from local.armsim.kinds import Call, ResourceType
from local.armsim.polling import poll, unsupported
from local.armsim.surface import below_root, public
from local.armsim.tokens import Tokens
from local.armsim.world import World


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request as tests and benchmarks read it; `status` 0 where the connection was dropped."""

    at: datetime
    method: str
    path: str
    resource_id: str
    resource_type: str
    api_version: str
    status: int
    is_poll: bool
    is_write: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request. `answer` None: no answer; `fault` says why."""

    answer: Answer | None
    fault: Fault | None
    record: RequestRecord


class Gateway:
    """Takes requests for one world."""

    def __init__(self, world: World, tokens: Tokens, faults: FaultBook) -> None:
        self._world, self._tokens, self._faults = world, tokens, faults
        self._handler = Handler(world)
        self._routes = Routes({name.lower(): name for name in world.kinds})

    def take(self, request: Incoming) -> Outcome:
        """Everything but sending: the answer (or none), the fault that struck, and the record."""
        world = self._world
        world.agenda.run_due()
        now = world.now()
        route = self._routes.parse(request.path)
        polled = world.operations.get(route.operation) if route.scope == "operation" else None
        is_poll = route.scope == "operation"
        type_name = polled.type_name if polled else route.type_name
        resource_id = polled.resource_id if polled else (route.id if route.scope != "unknown" else request.path)
        fault = self._faults.take(
            method=request.method,
            resource_type=type_name,
            path=f"{request.path} {resource_id}",
            is_poll=is_poll,
        )
        asked = asked_of(request.query)
        answer = self._answer(request, route, asked, fault)
        if fault is not None and fault.kind in ("drop_before", "drop_after", "hang"):
            answer = None
        record = RequestRecord(
            at=now,
            method=request.method,
            path=request.path,
            resource_id=resource_id.lower(),
            resource_type=type_name,
            api_version=asked.get("api-version", ""),
            status=answer.status if answer else 0,
            is_poll=is_poll,
            is_write=request.method in ("PUT", "PATCH", "POST", "DELETE"),
        )
        return Outcome(answer, fault, record)

    def look(self, resource_id: str) -> Body | None:
        """The body that a GET with the newest api-version shows, or None."""
        route = self._routes.parse(resource_id)
        kind = self._world.kinds.get(route.type_name)
        if kind is None or route.scope not in ("group", "resource"):
            return None
        call = Call("GET", route, kind, kind.versions[1], "", {}, "")
        try:
            return self._handler.handle(call).body
        except ArmError:
            return None

    def _answer(self, request: Incoming, route: Route, asked: dict[str, str], fault: Fault | None) -> Answer | None:
        if fault is not None and fault.kind in ("drop_before", "hang"):
            return None
        if fault is not None and fault.kind == "status":
            return _spoilt(fault)
        try:
            opened = public(self._world, self._tokens, request)
            if opened is not None:
                return opened
            self._tokens.check(request.headers.get("authorization"))
            if route.scope == "operation":
                self._check_subscription(route)
                if request.method != "GET":
                    raise unsupported(request.method)
                return poll(self._world, route.operation, request.path, request.query, request.base_url)
            return self._dispatch(request, route, asked, fault)
        except ArmError as refused:
            return refusal(refused)

    def _dispatch(self, request: Incoming, route: Route, asked: dict[str, str], fault: Fault | None) -> Answer:
        self._check_subscription(route)
        api_version = asked.get("api-version", "")
        if not api_version:
            raise ArmError(
                400,
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
                gateway=True,
            )
        if route.scope in ("subscriptions", "subscription", "unknown"):
            found = below_root(self._world, request, route, asked)
            if found is not None:
                return found
        kind = self._kind(route, api_version)
        check_api_version(kind, api_version)
        sent = parsed_body(request.body) if request.method in ("PUT", "PATCH", "POST") else {}
        if request.method not in ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"):
            raise unsupported(request.method)
        return self._handler.handle(
            Call(
                method=request.method,
                route=route,
                kind=kind,
                api_version=api_version,
                query=request.query,
                sent=sent,
                base_url=request.base_url,
                if_match=request.headers.get("if-match", ""),
                if_none_match=request.headers.get("if-none-match", ""),
                fault=fault,
            )
        )

    def _check_subscription(self, route: Route) -> None:
        if route.subscription and route.subscription.lower() != self._world.subscription_id:
            raise ArmError(
                404,
                "SubscriptionNotFound",
                f"The subscription '{route.subscription}' could not be found.",
                gateway=True,
            )

    def _kind(self, route: Route, api_version: str) -> ResourceType:
        kind = self._world.kinds.get(route.type_name)
        if kind is not None and route.scope != "unknown":
            return kind
        if route.namespace and not any(name.startswith(f"{route.namespace}/") for name in self._world.kinds):
            raise ArmError(
                404,
                "InvalidResourceNamespace",
                f"The resource namespace '{route.namespace}' is invalid.",
                gateway=True,
            )
        raise ArmError(
            404,
            "InvalidResourceType",
            f"The resource type '{route.type_name.partition('/')[2]}' could not be found in the namespace "
            f"'{route.namespace}' for api version '{api_version}'.",
            gateway=True,
        )


def refusal(refused: ArmError) -> Answer:
    """The answer that says an ArmError."""
    headers = dict(refused.headers)
    if refused.gateway:
        headers["x-ms-failure-cause"] = "gateway"
    return Answer(refused.status, refused.body(), headers)


def _spoilt(fault: Fault) -> Answer:
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    code = fault.code or {429: "TooManyRequests", 503: "ServerTimeout"}.get(fault.status, "InternalServerError")
    message = fault.message or "The request could not be served; a fault was asked for."
    return Answer(fault.status, {"error": {"code": code, "message": message}}, headers)
