"""ARM's front door: token, subscription, type, api-version and JSON are checked here, faults strike here.

Between the ASGI application (`app.py`) and the generic handler. Whatever comes in, an answer in ARM's own
words goes out; nothing a client sends makes it raise.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.armsim.answers import Answer
from local.armsim.body import Body
from local.armsim.errors import ArmError, bad_content
from local.armsim.faults import Fault, FaultBook
from local.armsim.handler import Handler
from local.armsim.ids import Route, Routes
from local.armsim.kinds import Call, ResourceType
from local.armsim.operations import Operation, poll_body
from local.armsim.tokens import Tokens
from local.armsim.world import World

_DEEPEST = 100  # levels of a body
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Incoming:
    """One request as it came: header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    base_url: str


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
        asked = _asked(request.query)
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
            self._tokens.check(request.headers.get("authorization"))
            if route.scope == "operation":
                return self._poll(request, route)
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
        if route.scope in ("subscriptions", "subscription"):
            return self._subscriptions(route, api_version)
        kind = self._kind(route, api_version)
        _check_version(kind, api_version, route)
        sent = _parsed(request.body) if request.method in ("PUT", "PATCH", "POST") else {}
        if request.method not in ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"):
            raise ArmError(405, "HttpMethodNotAllowed", f"The HTTP method '{request.method}' is not supported.")
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

    def _subscriptions(self, route: Route, api_version: str) -> Answer:
        world = self._world
        shown: Body = {
            "id": f"/subscriptions/{world.subscription_id}",
            "subscriptionId": world.subscription_id,
            "tenantId": world.tenant_id,
            "displayName": "Simulated subscription",
            "state": "Enabled",
            "subscriptionPolicies": {"spendingLimit": "Off"},
            "authorizationSource": "RoleBased",
        }
        return Answer(200, shown if route.scope == "subscription" else {"value": [shown]})

    def _poll(self, request: Incoming, route: Route) -> Answer:
        self._check_subscription(route)
        if request.method != "GET":
            raise ArmError(405, "HttpMethodNotAllowed", f"The HTTP method '{request.method}' is not supported.")
        operation, monitor = self._world.operations.find(route.operation, request.path, request.query)
        headers: dict[str, str] = {}
        running = operation.status == "InProgress"
        if running:
            delays = operation.retry_after
            delay = delays[min(operation.polls, len(delays) - 1)]
            operation.polls += 1
            if delay is not None:
                headers |= self._world.retry_after(delay)
        if operation.wire.operations == "operationresults":
            return self._group_deletion(operation, request, headers, running=running)
        if not monitor:
            return Answer(200, poll_body(operation), headers)
        if running:
            headers["Location"] = f"{request.base_url}{request.path}?{request.query}"
            return Answer(202, None, headers)
        if operation.error is not None:
            return Answer(409, {"error": operation.error}, headers)
        return Answer(operation.wire.end_of_monitor, None, headers)

    def _group_deletion(
        self, operation: Operation, request: Incoming, headers: dict[str, str], *, running: bool
    ) -> Answer:
        if running:
            headers["Location"] = f"{request.base_url}{operation.path}?{operation.query}"
            return Answer(202, None, headers)
        if operation.error is not None:
            return Answer(409, {"error": operation.error}, headers)
        return Answer(200, None, headers)


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


def _asked(query: str) -> dict[str, str]:
    """The query's parameters, names in lower case; values undecoded but for what an api-version needs."""
    asked: dict[str, str] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        asked.setdefault(name.lower(), value)
    return asked


def _parsed(body: bytes) -> Body:
    if not body.strip():
        return {}
    try:
        parsed: Any = json.loads(body, parse_constant=_no_constant)
        if body.count(b"{") + body.count(b"[") > _DEEPEST and _depth(parsed) > _DEEPEST:
            raise ValueError(f"more than {_DEEPEST} levels")
    except (ValueError, RecursionError) as error:
        raise bad_content(
            f"The request content was invalid and could not be deserialized: '{type(error).__name__}: {error}'."
        ) from None
    if not isinstance(parsed, dict):
        raise bad_content("The request content was invalid and could not be deserialized: an object is expected.")
    return parsed


def _depth(parsed: Any) -> int:
    """Levels of objects and lists, counted without recursion."""
    depth, level = 0, [parsed]
    while level:
        depth += 1
        lists = (one.values() if isinstance(one, dict) else one for one in level)
        level = [inner for one in lists for inner in one if isinstance(inner, dict | list)]
    return depth


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check_version(kind: ResourceType, api_version: str, route: Route) -> None:
    oldest, newest = kind.versions
    plain = api_version.lower().removesuffix("-preview")
    if _DATE.fullmatch(api_version) and oldest[:10] <= plain <= newest[:10]:
        return
    if kind.name.startswith("Microsoft.Resources/"):
        raise ArmError(
            400,
            "InvalidApiVersionParameter",
            f"The api-version '{api_version}' is invalid. The supported versions are '{oldest}' to '{newest}'.",
            gateway=True,
        )
    raise ArmError(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for API version '{api_version}' for type "
        f"'{kind.name.partition('/')[2]}'. The supported api-versions are '{oldest}' to '{newest}'.",
        gateway=True,
    )
