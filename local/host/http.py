"""HTTP triggers: routes, keys and the conversion of requests and responses, as Azure's host does them.

host.py serves `HttpTriggers.app` with uvicorn on loopback. A path or method that no function has is 404, a
missing or wrong key 401, an exception 500; none of these has a body, so that nothing leaks.
"""

import hmac
import logging
import re
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local.host.invoker import Invoker
from local.host.protos import RpcHttp, RpcHttpCookie, TypedData
from local.host.pulse import Pulse
from local.host.worker import AppError, Function, FunctionError

log = logging.getLogger("host")

# Constraints of ASP.NET's routing that make sense for a function; the rest is refused while loading.
CONSTRAINTS = {
    "int": r"-?\d+",
    "long": r"-?\d+",
    "alpha": r"[A-Za-z]+",
    "guid": r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    "bool": r"[Tt]rue|[Ff]alse",
}
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"]


@dataclass(frozen=True)
class _Endpoint:
    function: Function
    pattern: re.Pattern[str]
    methods: frozenset[str]
    level: str
    # Literal segments win over parameters, parameters over a catch-all.
    rank: tuple[int, ...]


class HttpTriggers:
    """The HTTP functions of an app as one ASGI application, `app`."""

    def __init__(self, functions: list[Function], prefix: str, keys: "Keys", invoke: Invoker, pulse: Pulse) -> None:
        self._keys = keys
        self._invoke = invoke
        self._pulse = pulse
        endpoints = [_endpoint(function, prefix) for function in functions if function.trigger["type"] == "httpTrigger"]
        self._endpoints = sorted(endpoints, key=lambda endpoint: endpoint.rank)
        self.app = Starlette(routes=[Route("/{path:path}", self._answer, methods=METHODS)])

    async def _answer(self, request: Request) -> Response:
        with self._pulse.busy():
            found = self._find(request)
            if found is None:
                return Response(status_code=404)
            endpoint, parameters = found
            if not self._keys.open(endpoint.level, request):
                return Response(status_code=401)
            value = TypedData(http=await _rpc(request, parameters))
            try:
                response = await self._invoke(endpoint.function, value)
            except FunctionError as error:
                log.error("'%s' failed: %s at %s", endpoint.function.name, error.type, error.where)
                return Response(status_code=500)
            return _response(response.return_value)

    def _find(self, request: Request) -> tuple[_Endpoint, dict[str, str]] | None:
        path = request.scope["path"].strip("/")  # `request.url` drops line breaks
        for endpoint in self._endpoints:
            match = endpoint.pattern.fullmatch(path)
            if match and request.method in endpoint.methods:
                return endpoint, {name: value for name, value in match.groupdict().items() if value is not None}
        return None


@dataclass(frozen=True)
class Keys:
    """The host's default function key, and the master key, which opens everything."""

    function: str
    master: str

    def open(self, level: str, request: Request) -> bool:
        """The request may call a function of this level."""
        if level == "anonymous":
            return True
        given = request.headers.get("x-functions-key") or request.query_params.get("code") or ""
        accepted = [self.master] if level == "admin" else [self.master, self.function]
        return any(hmac.compare_digest(given.encode(), key.encode()) for key in accepted)


def _endpoint(function: Function, prefix: str) -> _Endpoint:
    trigger = function.trigger
    route = str(trigger.get("route") or function.name).strip("/")
    segments = [segment for segment in f"{prefix}/{route}".split("/") if segment]
    pattern = ""
    for number, segment in enumerate(segments):
        slash = "/" if number else ""
        pattern += _segment(segment, slash, function.name)
    methods = trigger.get("methods") or METHODS
    return _Endpoint(
        function,
        re.compile(pattern, re.IGNORECASE),
        frozenset(str(method).upper() for method in methods),
        str(trigger.get("authLevel", "FUNCTION")).lower(),
        tuple(2 if segment.startswith("{*") else int(segment.startswith("{")) for segment in segments),
    )


def _segment(segment: str, slash: str, function: str) -> str:
    """One segment of a route template: `rollouts`, `{id}`, `{id:int}`, `{id?}`, `{*rest}`."""
    if not segment.startswith("{"):
        return slash + re.escape(segment)
    match = re.fullmatch(r"\{(\*?)(\w+)(?::(\w+))?(\??)\}", segment)
    if match is None or (match[3] and match[3] not in CONSTRAINTS):
        raise AppError(f"'{function}': the route segment {segment!r} is not supported.")
    star, name, constraint, optional = match.groups()
    value = ".*" if star else CONSTRAINTS.get(constraint or "", "[^/]+")
    group = f"{slash}(?P<{name}>{value})"
    return f"(?:{group})?" if optional or star else group


async def _rpc(request: Request, parameters: dict[str, str]) -> RpcHttp:
    query: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        query.setdefault(name, []).append(value)
    headers: dict[str, list[str]] = {}
    for name, value in request.headers.items():
        headers.setdefault(name.lower(), []).append(value)
    body = await request.body()
    return RpcHttp(
        method=request.method,
        url=_url(request),
        headers={name: ",".join(values) for name, values in headers.items()},
        query={name: ",".join(values) for name, values in query.items()},
        params=parameters,
        body=TypedData(bytes=body),
    )


def _url(request: Request) -> str:
    """As the caller wrote it: the path stays escaped."""
    query = request.scope["query_string"].decode("latin-1")
    path = request.scope["raw_path"].decode("latin-1")
    return f"{request.url.scheme}://{request.url.netloc}{path}{'?' if query else ''}{query}"


def _response(value: TypedData | None) -> Response:
    if value is None:
        return Response(status_code=204)
    if value.kind != "http":
        content: Any = value.value
        return Response(content if isinstance(content, bytes) else str(content), media_type="text/plain")
    http: RpcHttp = value.value
    body = b"" if http.body is None else http.body.value
    response = Response(body, status_code=int(http.status_code))
    for name, text in http.headers.items():
        response.headers[name] = text
    for cookie in http.cookies or ():
        response.headers.append("set-cookie", _cookie(cookie))
    return response


def _cookie(cookie: RpcHttpCookie) -> str:
    jar: SimpleCookie = SimpleCookie({cookie.name: cookie.value})
    morsel = jar[cookie.name]
    for attribute in ("domain", "path", "secure", "max_age"):
        field = getattr(cookie, attribute)
        if field is not None and field.value:
            morsel[attribute.replace("_", "-")] = field.value
    if cookie.expires is not None:
        morsel["expires"] = f"{cookie.expires.value:%a, %d %b %Y %H:%M:%S GMT}"
    if cookie.http_only is not None and cookie.http_only.value:
        morsel["httponly"] = True
    if cookie.same_site:
        morsel["samesite"] = ("", "Lax", "Strict", "None")[cookie.same_site]
    return morsel.OutputString()
