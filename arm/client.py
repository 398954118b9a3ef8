"""`ArmClient`: the port of `arm.port` over HTTPS. Compute goes through azure-mgmt-compute, the rest through
azure-mgmt-core's pipeline as plain JSON: azure-mgmt-network costs 0.7 s and 41 MB of cold start for a few PUTs.

Nothing of Azure's SDKs is imported, and no connection made, before the first call.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from arm import answers, errors, operations
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

_GALLERIES = re.compile(r"/subscriptions/([0-9a-f-]{36})/providers/Microsoft\.Compute/galleries", re.IGNORECASE)


class ArmClient:
    """Talks to one ARM endpoint with one identity; safe to share between concurrent activities of one event loop.

    timeout: seconds without a byte after which a request counts as lost; a whole call takes at most three times that.
    """

    def __init__(
        self, endpoint: str, scope: str, credential: "Callable[[], AsyncTokenCredential]", *, timeout: float = 60.0
    ) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._timeout = timeout
        self._scope = scope
        self._make_credential = credential
        self._credential: AsyncTokenCredential | None = None
        self._transport: AioHttpTransport | None = None
        self._policies: _Policies = []
        self._plain: AsyncARMPipelineClient[Any, Any] | None = None
        self._compute: dict[str, ComputeManagementClient] = {}
        self._lifetime: AsyncGenerator[None] | None = None

    async def get(self, resource: str, *, expand: str | None = None) -> Body | None:
        """The resource, or None where ARM says that there is none."""
        target = _target(resource)
        async with self._translated(resource, "GET"):
            try:
                if _is_compute(target):
                    from arm import compute  # noqa: PLC0415 - azure-mgmt-compute is imported with the first call

                    response = await compute.get(await self._compute_client(target.subscription), target, expand)
                else:
                    response = await self._send("GET", self._url(target))
            except Exception as error:
                if answers.says_missing(error):
                    return None
                raise
            return answers.resource_of(answers.json_of(response), resource, response.status_code)

    async def list(self, collection: str) -> list[Body]:
        """All pages of a collection; empty where its parent is missing."""
        from arm import compute  # noqa: PLC0415

        async with self._translated(collection, "GET"):
            try:
                if match := _GALLERIES.fullmatch(collection):
                    found = await compute.galleries_of_subscription(await self._compute_client(match[1]))
                else:
                    target = _collection(collection)
                    found = await compute.collect(await self._compute_client(target.subscription), target)
            except Exception as error:
                if answers.says_missing(error):
                    return []
                raise
            return [answers.resource_of(body, collection, 200) for body in found]

    async def put(
        self, resource: str, body: Body, *, only_if_missing: bool = False, secrets: Sequence[str] = ()
    ) -> Written:
        """Create or replace; returns at once."""
        target = _target(resource)
        async with self._translated(resource, "PUT", secrets):
            began = asyncio.get_running_loop().time()
            if _is_compute(target):
                from arm import compute  # noqa: PLC0415

                client = await self._compute_client(target.subscription)
                response = await compute.put(client, target, body, only_if_missing)
            else:
                response = await self._send("PUT", self._url(target), body=body)
            return answers.written(resource, response, began)

    async def patch(self, resource: str, body: Body, *, etag: str) -> Written:
        """Change what `body` holds, if the resource still has this etag; returns at once."""
        from arm import compute  # noqa: PLC0415

        target = _target(resource)
        if not etag:  # the SDK would leave If-Match out, and the write would overrule whoever was faster
            raise errors.unreadable(200, resource=resource)
        async with self._translated(resource, "PATCH"):
            began = asyncio.get_running_loop().time()
            response = await compute.patch(await self._compute_client(target.subscription), target, body, etag)
            return answers.written(resource, response, began)

    async def poll(self, operation: Operation, *, secrets: Sequence[str] = ()) -> Operation:
        """Look once at the operation's URL, sent back verbatim, and only ever to our ARM endpoint."""
        async with self._translated(operation.resource, "GET", secrets):
            try:
                response = await self._send("GET", operation.url)
            except Exception as error:
                if answers.says_missing(error):
                    raise TerminalError(
                        "OperationNotFound",
                        "Azure no longer knows the operation.",
                        resource=operation.resource,
                        remedy="Look at the resource; start the rollout again: it continues from what exists.",
                    ) from None
                raise
            body = answers.json_of(response)
            if response.content and not isinstance(body, dict):  # an empty answer is how some operations end
                raise errors.unreadable(response.status_code, resource=operation.resource)
            return operations.looked(operation, response.status_code, response.headers, body, secrets)

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
            self._transport = pipeline.transport(self._timeout)
            self._policies = pipeline.policy_chain(self._endpoint, self._credential, self._scope)
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

    async def _send(self, method: str, url: str, *, body: Body | None = None) -> Any:
        from azure.core.exceptions import HttpResponseError  # noqa: PLC0415
        from azure.core.rest import HttpRequest  # noqa: PLC0415
        from azure.mgmt.core import AsyncARMPipelineClient  # noqa: PLC0415

        policies = await self._chain()
        if self._plain is None:
            self._plain = AsyncARMPipelineClient(self._endpoint, policies=policies, transport=self._transport)
        response = await self._plain.send_request(HttpRequest(method, url, json=body))  # reads the body, too
        if response.status_code >= 300:
            raise HttpResponseError(response=response)
        return response

    @asynccontextmanager
    async def _translated(self, resource: str, method: str, secrets: Sequence[str] = ()) -> AsyncIterator[None]:
        """Whatever the SDK raises leaves as one of our errors, without a trace of the request's body."""
        from azure.core import exceptions as core  # noqa: PLC0415

        from arm.origin import ForeignAddress  # noqa: PLC0415

        try:
            async with asyncio.timeout(3 * self._timeout):
                yield
        except RolloutError:
            raise
        except ForeignAddress:
            raise errors.foreign_address(resource=resource) from None
        except core.HttpResponseError as error:
            raise self._from_response(error, resource, method, secrets) from None
        except (core.AzureError, OSError) as error:  # TimeoutError is an OSError
            raise errors.connection_lost(type(error).__name__, resource=resource) from None
        except ValueError:
            raise errors.unreadable(200, resource=resource) from None

    def _from_response(
        self, error: "HttpResponseError", resource: str, method: str, secrets: Sequence[str]
    ) -> RolloutError:
        from azure.core.exceptions import ClientAuthenticationError  # noqa: PLC0415

        response: Any = error.response
        if isinstance(error, ClientAuthenticationError) and (
            response is None or not self._is_ours(response.request.url)
        ):
            return AccessDeniedError(
                "CredentialUnavailable",
                errors.struck(str(error.message), secrets),
                resource=resource,
                remedy="Check the app's identity (AZURE_CLIENT_ID) and that the token endpoint can be reached.",
                facts={"action": "a token for Azure Resource Manager"},
            )
        if response is None:
            return errors.connection_lost(type(error).__name__, resource=resource)
        return errors.from_answer(
            response.status_code,
            answers.json_of(response),
            resource=resource,
            method=method,
            correlation_id=response.headers.get("x-ms-correlation-request-id", ""),
            retry_after=operations.retry_after(response.headers),
            secrets=secrets,
        )

    def _is_ours(self, url: str) -> bool:
        """Whether a URL leads to our ARM endpoint."""
        from arm.origin import same_origin  # noqa: PLC0415

        return same_origin(url, self._endpoint)


def _target(resource: str) -> ResourceId:
    try:
        return resource_ids.parse(resource)
    except ValueError as error:
        raise TerminalError("InvalidResourceId", f"{resource} {error}.", resource=resource) from None


def _collection(path: str) -> ResourceId:
    parent, _, kind = path.rpartition("/")
    target = _target(parent)
    if not target.names or not kind.isalpha():
        raise TerminalError("InvalidResourceId", f"{path} is not a collection.", resource=path)
    return ResourceId(target.subscription, target.group, f"{target.type}/{kind}", target.names)


def _is_compute(target: ResourceId) -> bool:
    return target.type.lower().startswith("microsoft.compute/")
