"""ARM's front door: token, subscription, type, api-version and JSON are checked here, faults strike here.

Between the ASGI application (`app.py`) and the generic handler. Whatever comes in, an answer in ARM's own
words goes out; nothing a client sends makes it raise.
"""

from dataclasses import dataclass
from datetime import datetime

from local.armsim.answers import Answer
from local.armsim.body import Body
from local.armsim.errors import ArmError, unsupported_verb
from local.armsim.faults import BEFORE, SILENT, Asked, Fault, FaultBook
from local.armsim.handler import Handler
from local.armsim.ids import Route, Routes
from local.armsim.intake import Incoming, asked_of, check_api_version, parsed_body
from local.armsim.kinds import Call, ResourceType
from local.armsim.operations import Operation
from local.armsim.permissions import Permissions
from local.armsim.polling import poll
from local.armsim.spoiling import refusal, spoilt
from local.armsim.surface import below_root, public
from local.armsim.surface.providers import check_registered
from local.armsim.throttle import Throttle
from local.armsim.tokens import Tokens
from local.armsim.world import World

_VERBS = frozenset({"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"})
_WRITES = frozenset({"PUT", "PATCH", "POST", "DELETE"})


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

    def __init__(
        self, world: World, tokens: Tokens, faults: FaultBook, throttle: Throttle, permissions: Permissions
    ) -> None:
        self._world, self._tokens, self._faults = world, tokens, faults
        self._throttle, self._permissions = throttle, permissions
        self._handler = Handler(world)
        self._routes = Routes({name.lower(): name for name in world.kinds})
        world.submit, world.validate = self.submit, self.validate

    def take(self, request: Incoming) -> Outcome:
        """Everything but sending: the answer (or none), the fault that struck, and the record."""
        world = self._world
        world.agenda.run_due()
        now = world.now()
        route = self._routes.parse(request.path)
        is_poll = route.scope == "operation"
        polled = world.operations.get(route.operation) if is_poll else None
        type_name = polled.type_name if polled else route.type_name
        resource_id = polled.resource_id if polled else (route.id if route.scope != "unknown" else request.path)
        fault = self._faults.take(
            Asked(
                method=request.method,
                resource_type=type_name,
                path=f"{request.path} {resource_id}",
                phase="poll" if is_poll else "token" if _asks_for_token(request) else "request",
                client=request.client,
                resource_id=resource_id,
            )
        )
        asked = asked_of(request.query)
        answer = None if fault is not None and fault.kind in BEFORE else self._answer(request, route, asked, fault)
        if fault is not None and fault.kind in SILENT:
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
            is_write=request.method in _WRITES,
        )
        return Outcome(answer, fault, record)

    def look(self, resource_id: str) -> Body | None:
        """The body that a GET with the newest api-version shows, or None."""
        route = self._routes.parse(resource_id)
        kind = self._world.kinds.get(route.type_name)
        if kind is None or route.scope not in ("group", "resource"):
            return None
        try:
            return self._handler.handle(Call("GET", route, kind, kind.versions[1], "", {}, "")).body
        except ArmError:
            return None

    def submit(self, method: str, resource_id: str, api_version: str, body: Body) -> tuple[Answer, Operation | None]:
        """A request of the service's own (a template deployment's), with the faults and rules of any other."""
        call = self._call(method, resource_id, api_version, body)
        self._permissions.check(method, resource_id)
        self._permissions.check_linked(call)
        asked = Asked(method, call.kind.name, resource_id, "request", "deployments", call.route.id, inner=True)
        call.fault = self._faults.take(asked)
        spoils = spoilt(call.fault) if call.fault is not None else None
        if spoils is not None:
            error = (spoils.body or {}).get("error", {})
            raise ArmError(spoils.status, str(error.get("code")), str(error.get("message")))
        answer = self._handler.handle(call)
        found = self._world.store.get(call.route.parent.id if call.kind.part_of else call.route.id)
        began = "Azure-AsyncOperation" in answer.headers
        return answer, found.operation if found is not None and began else None

    def make(self, resource_id: str, api_version: str, body: Body) -> Operation | None:
        """A PUT that nobody asked for, of what was there before: by the rules, without faults and permissions."""
        call = self._call("PUT", resource_id, api_version, body)
        self._handler.handle(call)
        made = self._world.store.get(call.route.id)
        return made.operation if made is not None else None

    def validate(self, method: str, resource_id: str, api_version: str, body: Body) -> None:
        """Raise what the rules say against a request, without effect."""
        self._handler.check(self._call(method, resource_id, api_version, body))

    def _call(self, method: str, resource_id: str, api_version: str, body: Body) -> Call:
        route = self._routes.parse(resource_id)
        self._check_subscription(route)
        kind = self._kind(route, api_version)
        check_api_version(kind, api_version)
        return Call(method, route, kind, api_version, "", body, "")

    def _answer(self, request: Incoming, route: Route, asked: dict[str, str], fault: Fault | None) -> Answer:
        spoils = spoilt(fault) if fault is not None else None
        if spoils is not None:
            return spoils
        headers: dict[str, str] = {}
        try:
            opened = public(self._world, self._tokens, request)
            if opened is not None:
                return opened
            caller = self._tokens.check(request.headers.get("authorization"), request.base_url)
            limits = None if caller == self._permissions.owner else self._permissions
            self._check_subscription(route)
            headers, throttled = self._throttle.take(request.method, request.path)
            if throttled is not None:
                raise throttled
            if request.too_large:
                raise ArmError(413, "RequestEntityTooLarge", "The request is larger than 4 MiB.", gateway=True)
            if limits is not None and not _is_of_a_subscription(route):
                limits.check(request.method, request.path)
            answer = self._admitted(request, route, asked, fault, limits)
        except ArmError as refused:
            answer = refusal(refused)
            if refused.gateway:  # its provider never saw the request; a 404 says nothing of what is left (recorded)
                headers.pop("x-ms-ratelimit-remaining-resource", None)
                headers = {} if refused.status == 404 else headers
        if answer.alone:
            headers.pop("x-ms-ratelimit-remaining-resource", None)
        answer.headers |= headers
        return answer

    def _admitted(
        self, request: Incoming, route: Route, asked: dict[str, str], fault: Fault | None, limits: Permissions | None
    ) -> Answer:
        if route.scope != "operation":
            return self._dispatch(request, route, asked, fault, limits)
        if request.method != "GET":
            raise unsupported_verb(request.method)
        return poll(self._world, route.operation, request.path, request.query, request.base_url)

    def _dispatch(
        self, request: Incoming, route: Route, asked: dict[str, str], fault: Fault | None, limits: Permissions | None
    ) -> Answer:
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
        if request.method not in _VERBS:
            raise unsupported_verb(request.method)
        call = Call(
            method=request.method,
            route=route,
            kind=kind,
            api_version=api_version,
            query=request.query,
            sent=parsed_body(request.body) if request.method in ("PUT", "PATCH", "POST") else {},
            base_url=request.base_url,
            if_match=request.headers.get("if-match", ""),
            if_none_match=request.headers.get("if-none-match", ""),
            fault=fault,
            path=request.path,
        )
        check_registered(self._world, route, request.method)
        if limits is not None:
            limits.check_linked(call)
            call.shows = limits.within(request.method, request.path) if _is_of_a_subscription(route) else None
        return self._handler.handle(call)

    def _check_subscription(self, route: Route) -> None:
        if route.subscription and route.subscription.lower() not in self._world.subscriptions:
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


def _is_of_a_subscription(route: Route) -> bool:
    """Whether it lists what lies in all groups of a subscription."""
    return route.scope in ("groups", "collection") and not route.group


def _asks_for_token(request: Incoming) -> bool:
    """Whether it is for a token endpoint: those lie outside of subscriptions."""
    return request.path.endswith("/token") and not request.path.lower().startswith("/subscriptions")
