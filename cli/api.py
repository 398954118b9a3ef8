"""The app's HTTP API from the outside, one method a route; every command goes through here.

Nothing else in the command line knows of httpx: answers become the shapes of `cli.shapes`, and whatever is
not an answer becomes one of the errors of `cli.errors`.
"""

from collections.abc import Generator
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import quote

import httpx

from cli.connection import Connection
from cli.errors import CommandError, RefusedError, UnreachableError, UsageError
from cli.plain import plain
from cli.shapes import History, Plan, Rollout, RolloutPage, Started
from cli.tokens import Tokens

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
"""Hosts that a proxy from the environment cannot know."""

TIMEOUT = httpx.Timeout(30.0, connect=5.0)


class RolloutApi:
    """A connection to one app; use as a context manager."""

    def __init__(self, connection: Connection) -> None:
        headers = {"Accept": "application/json"}
        if connection.key:
            headers["x-functions-key"] = connection.key
        self.url = connection.url
        try:
            url = httpx.URL(connection.url)
        except httpx.InvalidURL as error:
            raise UsageError(f"{connection.url} is not an address: {error}") from error
        if url.scheme != "https" and url.host not in LOOPBACK and (connection.key or connection.audience):
            raise UsageError(
                "keys and tokens are sent over https only.", fields=("url",), remedy="name the app as https://…."
            )
        self._http = httpx.Client(
            base_url=url,
            headers=headers,
            auth=_Bearer(url, Tokens(connection.audience)) if connection.audience else None,
            timeout=TIMEOUT,
            trust_env=url.host not in LOOPBACK,
            follow_redirects=False,  # whoever is elsewhere gets neither key nor token
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def start(self, image: str, *, profile: str | None, again: bool) -> Started:
        """Start a rollout of this image, or learn which one there is (`existing`)."""
        body = start_body(image, profile) | ({"again": True} if again else {})
        answer = self._ask("POST", "/api/rollouts", json=body)
        existing = answer.status_code == HTTPStatus.OK
        return cast(Started, _json(answer) | {"existing": existing})

    def plan(self, image: str, *, profile: str | None, again: bool) -> Plan:
        """What a rollout of this image would do; nothing is written."""
        body = start_body(image, profile) | {"dryRun": True} | ({"again": True} if again else {})
        return cast(Plan, _json(self._ask("POST", "/api/rollouts", json=body)))

    def list(self, **filters: str | int | None) -> RolloutPage:
        """One page of rollouts, newest first; filters as the route takes them."""
        params = {name: str(value) for name, value in filters.items() if value is not None}
        return cast(RolloutPage, _json(self._ask("GET", "/api/rollouts", params=params)))

    def show(self, rollout_id: str) -> Rollout:
        """One rollout, with its steps."""
        return cast(Rollout, _json(self._ask("GET", _path(rollout_id))))

    def history(self, rollout_id: str) -> History:
        """One rollout's history, oldest first."""
        return cast(History, _json(self._ask("GET", f"{_path(rollout_id)}/history")))

    def cancel(self, rollout_id: str) -> dict[str, Any]:
        """Ask a rollout to stop; what the app answered."""
        answer = self._ask("POST", f"{_path(rollout_id)}/cancel")
        return _json(answer) if answer.content else {"id": rollout_id}

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **more)
        except httpx.TimeoutException as error:
            raise UnreachableError(f"no answer from {self.url} in time.") from error
        except httpx.TransportError as error:
            raise UnreachableError(
                f"cannot reach {self.url}: {error}.",
                remedy="check --url; for the local stack, see that `rollout serve` is still running.",
            ) from error
        if answer.is_success:
            return answer
        raise refusal(answer)


class _Bearer(httpx.Auth):
    """Adds a token to each request to the app itself."""

    def __init__(self, app: httpx.URL, tokens: Tokens) -> None:
        self._app = app
        self._tokens = tokens

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """See httpx.Auth."""
        here = request.url
        if (here.scheme, here.host, here.port) == (self._app.scheme, self._app.host, self._app.port):
            request.headers["Authorization"] = f"Bearer {self._tokens.current()}"
        yield request


def start_body(image: str, profile: str | None) -> dict[str, Any]:
    """The body of a start."""
    return {"image": image} | ({"profile": profile} if profile else {})


def refusal(answer: httpx.Response) -> CommandError:
    """The error that an answer other than success stands for, with what its problem document says."""
    problem = _problem(answer)
    message = str(problem.get("detail") or problem.get("title") or f"the app answered {answer.status_code}.")
    remedy = problem.get("remedy")
    status = answer.status_code
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return _no_access(answer, problem)
    if answer.is_redirect:
        return UnreachableError(
            f"{answer.url.host} sends callers to another address ({status}), where neither key nor token is sent.",
            remedy="check --url: it names the app itself, over https.",
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        wait = answer.headers.get("Retry-After")
        again = f"try again in {wait} s." if wait else "try again; the app's log says more."
        remedy = f"{remedy} Then {again}" if remedy and wait else remedy or again
        return UnreachableError(message, fields=_fields(problem), remedy=str(remedy), facts=_facts(problem))
    kind = RefusedError if status in (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_CONTENT) else UsageError
    return kind(message, fields=_fields(problem), remedy=str(remedy) if remedy else None, facts=_facts(problem))


def _no_access(answer: httpx.Response, problem: dict[str, Any]) -> UnreachableError:
    """What the app says of a caller who lacks a role; of a wrong key the platform says nothing."""
    if problem.get("detail"):
        remedy = str(problem.get("remedy") or "pass --audience, or ask for the app role.")
        return UnreachableError(str(problem["detail"]), remedy=remedy, facts=_facts(problem))
    sent = "the key and the token" if "Authorization" in answer.request.headers else "the key"
    return UnreachableError(
        f"{answer.url.host} does not accept {sent} ({answer.status_code}).",
        remedy="pass --key or set ROLLOUT_KEY to a function key of the app; where Entra guards it, --audience too.",
    )


def _fields(problem: dict[str, Any]) -> tuple[str, ...]:
    """The fields at fault, each with what is wrong with it where the problem says."""
    errors = problem.get("errors")
    if isinstance(errors, list) and errors:
        return tuple(_field(error) for error in errors if isinstance(error, dict))
    field = problem.get("field")
    return (str(field),) if field else ()


def _facts(problem: dict[str, Any]) -> dict[str, str]:
    """What Azure said, for whoever has to be asked next."""
    names = {"code": "code", "resource": "resource", "action": "missing action", "correlationId": "correlation id"}
    return {said: str(problem[name]) for name, said in names.items() if problem.get(name)}


def _field(error: dict[str, Any]) -> str:
    said = error.get("detail") or error.get("message") or ""
    return f"{error.get('field') or error.get('pointer') or '?'}: {said}".rstrip(": ")


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        problem = plain(answer.json())
    except (ValueError, RecursionError):
        return {}
    return problem if isinstance(problem, dict) else {}


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = plain(answer.json())
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        return body
    raise UnreachableError(
        f"{answer.url.host} answered, but not as the Gallery Rollout app does.", remedy="check --url."
    )


def _path(rollout_id: str) -> str:
    return f"/api/rollouts/{quote(rollout_id, safe='')}"
