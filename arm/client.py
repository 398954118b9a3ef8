"""`ArmClient`: the port of `arm.port` over HTTPS. Compute goes through azure-mgmt-compute, the rest through
azure-mgmt-core's pipeline as plain JSON: azure-mgmt-network costs 0.7 s and 41 MB of cold start for a few PUTs.

Nothing of Azure's SDKs is imported, and no connection made, before the first call.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from arm import errors, operations
from arm.port import Body, Written
from domain import resource_ids
from domain.errors import AccessDeniedError, RolloutError, TerminalError
from domain.models import Operation
from domain.resource_ids import ResourceId

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.exceptions import HttpResponseError
    from azure.core.pipeline.transport import AioHttpTransport
    from azure.mgmt.compute.aio import ComputeManagementClient
    from azure.mgmt.core import AsyncARMPipelineClient

_Policies = list[Any]

API_VERSIONS = {"microsoft.resources": "2025-04-01", "microsoft.network": "2025-05-01"}
"""For what goes as plain JSON: the newest stable ones that were checked."""

_COLLECTION = re.compile(r"^/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/([^/]+)/(.+)$", re.IGNORECASE)
_GALLERIES = re.compile(r"^/subscriptions/([^/]+)/providers/Microsoft\.Compute/galleries$", re.IGNORECASE)


class ArmClient:
    """Talks to one ARM endpoint with one identity; safe to share between concurrent activities of one event loop."""

    def __init__(self, endpoint: str, scope: str, credential: "Callable[[], AsyncTokenCredential]") -> None:
        self._endpoint = endpoint.rstrip("/")
        self._scope = scope
        self._make_credential = credential
        self._credential: AsyncTokenCredential | None = None
        self._transport: AioHttpTransport | None = None
        self._policies: _Policies = []
        self._plain: AsyncARMPipelineClient[Any, Any] | None = None
        self._compute: dict[str, ComputeManagementClient] = {}
        self._lifetime: AsyncGenerator[None] | None = None

    async def get(self, resource: str, *, expand: str | None = None) -> Body | None:
        """The resource, or None where ARM answers 404."""
        target = _target(resource)
        async with self._translated(resource, "GET"):
            try:
                if _is_compute(target):
                    from arm import compute  # noqa: PLC0415 - azure-mgmt-compute is imported with the first call

                    response = await compute.get(await self._compute_client(target.subscription), target, expand)
                else:
                    response = await self._send("GET", self._url(target), resource=resource)
            except _Missing:
                return None
            except Exception as error:
                if getattr(error, "status_code", None) == 404 and _code(error) != "SubscriptionNotFound":
                    return None
                raise
            return _json(response) or {}

    async def list(self, collection: str) -> list[Body]:
        """All pages of a collection; empty where its parent is missing."""
        from arm import compute  # noqa: PLC0415

        async with self._translated(collection, "GET"):
            try:
                if match := _GALLERIES.match(collection):
                    return await compute.galleries_of_subscription(await self._compute_client(match[1]))
                target = _collection(collection)
                return await compute.collect(await self._compute_client(target.subscription), target)
            except Exception as error:
                if getattr(error, "status_code", None) == 404 and _code(error) != "SubscriptionNotFound":
                    return []
                raise

    async def put(
        self, resource: str, body: Body, *, only_if_missing: bool = False, secrets: Sequence[str] = ()
    ) -> Written:
        """Create or replace; returns at once."""
        target = _target(resource)
        async with self._translated(resource, "PUT", secrets):
            if _is_compute(target):
                from arm import compute  # noqa: PLC0415

                client = await self._compute_client(target.subscription)
                response = await compute.put(client, target, body, only_if_missing)
            else:
                response = await self._send("PUT", self._url(target), resource=resource, body=body)
            return _written(resource, response)

    async def patch(self, resource: str, body: Body, *, etag: str) -> Written:
        """Change what `body` holds, if the resource still has this etag; returns at once."""
        from arm import compute  # noqa: PLC0415

        target = _target(resource)
        async with self._translated(resource, "PATCH"):
            response = await compute.patch(await self._compute_client(target.subscription), target, body, etag)
            return _written(resource, response)

    async def poll(self, operation: Operation) -> Operation:
        """Look once at the operation's URL, sent back verbatim, and only ever to our ARM endpoint."""
        if urlsplit(operation.url)[:2] != urlsplit(self._endpoint)[:2]:
            raise TerminalError(
                "ForeignOperationUrl",
                "Azure named an operation outside the ARM endpoint; no token is sent there.",
                resource=operation.resource,
                remedy="Check ARM_ENDPOINT.",
            )
        async with self._translated(operation.resource, "GET"):
            try:
                response = await self._send("GET", operation.url, resource=operation.resource)
            except _Missing as missing:
                raise TerminalError(
                    "OperationNotFound",
                    "Azure no longer knows the operation.",
                    resource=operation.resource,
                    remedy="Look at the resource; start the rollout again: it continues from what exists.",
                ) from missing
            return operations.looked(operation, response.status_code, response.headers, _json(response))

    async def close(self) -> None:
        """Give back the connections and the credential's."""
        if self._transport is not None:
            await self._transport.close()
        if self._credential is not None:
            await self._credential.close()
        self._transport = self._plain = self._credential = None
        self._compute.clear()

    def _url(self, target: ResourceId) -> str:
        version = API_VERSIONS[target.type.split("/")[0].lower()]
        return f"{self._endpoint}{target}?api-version={version}"

    async def _chain(self) -> _Policies:
        if self._transport is None:
            from arm import pipeline  # noqa: PLC0415

            self._credential = self._make_credential()
            self._transport = pipeline.transport()
            self._policies = pipeline.policy_chain(self._credential, self._scope)
            self._lifetime = self._until_the_loop_ends()
            await anext(self._lifetime)
        return self._policies

    async def _until_the_loop_ends(self) -> AsyncGenerator[None]:
        """Event loops end their open generators before they close: then the connections are given back."""
        try:
            yield
        finally:
            await self.close()

    async def _compute_client(self, subscription: str) -> "ComputeManagementClient":
        policies = await self._chain()
        if subscription not in self._compute:
            from azure.mgmt.compute.aio import ComputeManagementClient  # noqa: PLC0415

            assert self._credential is not None
            self._compute[subscription] = ComputeManagementClient(
                self._credential,
                subscription,
                base_url=self._endpoint,
                credential_scopes=[self._scope],
                policies=policies,
                transport=self._transport,
            )
        return self._compute[subscription]

    async def _send(self, method: str, url: str, *, resource: str, body: Body | None = None) -> Any:
        from azure.core.exceptions import HttpResponseError  # noqa: PLC0415
        from azure.core.rest import HttpRequest  # noqa: PLC0415
        from azure.mgmt.core import AsyncARMPipelineClient  # noqa: PLC0415

        policies = await self._chain()
        if self._plain is None:
            self._plain = AsyncARMPipelineClient(self._endpoint, policies=policies, transport=self._transport)
        response = await self._plain.send_request(HttpRequest(method, url, json=body))
        await response.read()
        if response.status_code == 404 and method == "GET":
            raise _Missing(resource)
        if response.status_code >= 400:
            raise HttpResponseError(response=response)
        return response

    @asynccontextmanager
    async def _translated(self, resource: str, method: str, secrets: Sequence[str] = ()) -> AsyncIterator[None]:
        """Whatever the SDK raises leaves as one of our errors, without a trace of the request's body."""
        from azure.core import exceptions as core  # noqa: PLC0415

        try:
            yield
        except RolloutError:
            raise
        except core.HttpResponseError as error:
            raise _from_response(error, resource, method, secrets) from None
        except (core.ServiceRequestError, core.ServiceResponseError) as error:
            raise errors.connection_lost(type(error).__name__, resource=resource) from None
        except TimeoutError:
            raise errors.connection_lost("no answer in time", resource=resource) from None


class _Missing(Exception):  # noqa: N818 - never leaves this module
    """404 on a plain GET."""


def _from_response(error: "HttpResponseError", resource: str, method: str, secrets: Sequence[str]) -> RolloutError:
    response: Any = error.response
    if response is None:  # azure-identity: no credential, or the token endpoint refused
        return AccessDeniedError(
            "CredentialUnavailable",
            errors.struck(str(error.message), secrets),
            resource=resource,
            remedy="Check the app's identity (AZURE_CLIENT_ID) and that the token endpoint can be reached.",
            facts={"action": "a token for Azure Resource Manager"},
        )
    return errors.from_answer(
        response.status_code,
        _json(response),
        resource=resource,
        method=method,
        correlation_id=response.headers.get("x-ms-correlation-request-id", ""),
        retry_after=operations.retry_after(response.headers),
        secrets=secrets,
    )


def _code(error: Exception) -> str:
    return errors.code_and_message(_json(getattr(error, "response", None)))[0]


def _json(response: Any) -> Any:
    try:
        return response.json()
    except (AttributeError, ValueError):
        return None


def _written(resource: str, response: Any) -> Written:
    body = _json(response) or {}
    return Written(body, operations.started(resource, response.status_code, response.headers, body))


def _target(resource: str) -> ResourceId:
    try:
        return resource_ids.parse(resource)
    except ValueError as error:
        raise TerminalError("InvalidResourceId", f"{resource} {error}.", resource=resource) from None


def _collection(path: str) -> ResourceId:
    match = _COLLECTION.match(path)
    parts = match[4].split("/") if match else []
    if match is None or len(parts) % 2 == 0:
        raise TerminalError("InvalidResourceId", f"{path} is not a collection.", resource=path)
    return ResourceId(match[1], match[2], "/".join([match[3], *parts[::2]]), tuple(parts[1::2]))


def _is_compute(target: ResourceId) -> bool:
    return target.type.lower().startswith("microsoft.compute/")
