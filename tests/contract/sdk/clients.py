"""The SDK's clients for one simulator, so that a test need not know which kind it drives, or over what."""

import inspect
from collections.abc import Callable
from typing import Any, cast

from azure.core.async_paging import AsyncItemPaged
from azure.core.polling import AsyncLROPoller
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.compute.aio import ComputeManagementClient as AsyncCompute
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.network.aio import NetworkManagementClient as AsyncNetwork
from azure.mgmt.resource.deployments import DeploymentsMgmtClient
from azure.mgmt.resource.deployments.aio import DeploymentsMgmtClient as AsyncDeployments
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.resources.aio import ResourceManagementClient as AsyncResources
from azure.mgmt.resource.subscriptions import SubscriptionClient
from azure.mgmt.resource.subscriptions.aio import SubscriptionClient as AsyncSubscriptions

SCOPES = ["https://management.azure.com/.default"]

type Run = Callable[[Any], Any]


class Blocking:
    """An asynchronous client, group of operations or poller, used as if it were the synchronous one."""

    def __init__(self, inner: Any, run: Run) -> None:
        self._inner, self._run = inner, run

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return Blocking(found, self._run)

        def call(*given: Any, **named: Any) -> Any:
            return self._plain(found(*given, **named))

        return call

    def _plain(self, value: Any) -> Any:
        if inspect.isawaitable(value) and not isinstance(value, AsyncLROPoller):
            value = self._run(value)
        if isinstance(value, AsyncLROPoller):
            return Blocking(value, self._run)
        if isinstance(value, AsyncItemPaged):
            return iter(self._run(_all(value)))
        return value


async def _all(pages: AsyncItemPaged[Any]) -> list[Any]:
    return [one async for one in pages]


class Clients:
    """One client a package. With `run`, which runs a coroutine, they are the asynchronous ones.

    `common` makes what every client is given: credential, transport, policies.
    """

    def __init__(self, subscription_id: str, common: Callable[[], dict[str, Any]], run: Run | None = None) -> None:
        self._made: list[Any] = []
        self._credentials: list[Any] = []
        self._common, self._run = common, run
        ours = {"subscription_id": subscription_id}
        self.compute = cast(ComputeManagementClient, self._make(ComputeManagementClient, AsyncCompute, **ours))
        self.network = cast(NetworkManagementClient, self._make(NetworkManagementClient, AsyncNetwork, **ours))
        self.resources = cast(ResourceManagementClient, self._make(ResourceManagementClient, AsyncResources, **ours))
        self.deployments = cast(DeploymentsMgmtClient, self._make(DeploymentsMgmtClient, AsyncDeployments, **ours))
        self.subscriptions = cast(SubscriptionClient, self._make(SubscriptionClient, AsyncSubscriptions))

    def close(self) -> None:
        """Close their connections, and those of their credentials."""
        for one in [*self._made, *self._credentials]:
            closed = one.close()
            if self._run is not None:
                self._run(closed)

    def _make(self, plain: Any, asynchronous: Any, **ids: str) -> Any:
        options = {"credential_scopes": SCOPES, **ids, **self._common()}
        self._credentials.append(options["credential"])
        if self._run is None:
            self._made.append(plain(**options))
            return self._made[-1]
        self._made.append(asynchronous(**options))
        return Blocking(self._made[-1], self._run)
