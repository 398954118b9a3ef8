"""Where the SDK's suites aim: at a simulator in this process and at a served one, synchronous and asynchronous.

In process the clients poll at their default pace, and a clock leaps while they sleep. The served simulator runs
fast; there the polling interval is 0.3 s where the server says nothing, but for one test a family.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import AioHttpTransport, RequestsTransport
from azure.identity import ManagedIdentityCredential
from azure.identity.aio import ManagedIdentityCredential as AsyncManagedIdentityCredential

from local.armsim import Simulator
from local.clock import ManualClock
from tests.contract.running import simulator
from tests.contract.sdk.azure import Azure
from tests.contract.sdk.clients import Clients
from tests.contract.sdk.in_process import BASE_URL, LeapingAsyncTransport, LeapingTransport, Loop, session
from tests.contract.sdk.watching import AsyncWatch, Watch

SPEED = "20000"  # all but an image version is done by the first poll
_NUMBERS = count(1)


class Token:
    """A credential that has its token already."""

    def __init__(self, token: str) -> None:
        self._token = AccessToken(token, int(time.time()) + 3600)

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return self._token

    def close(self) -> None:
        """Holds nothing."""


class AsyncToken(Token):
    """The same for asynchronous clients."""

    async def get_token(self, *_: str, **__: Any) -> AccessToken:  # type: ignore[override]
        return self._token

    async def close(self) -> None:  # type: ignore[override]
        """Holds nothing."""


@contextmanager
def in_process(kind: str, loop: Loop) -> Iterator[tuple[Clients, str, Watch]]:
    """Clients of a simulator in this process."""
    clock = ManualClock()
    sim = Simulator(clock=clock)
    watch, made = Watch(), session(sim, loop)

    def common() -> dict[str, Any]:
        return {
            "base_url": BASE_URL,
            "credential": (AsyncToken if kind == "aio" else Token)(sim.token()),
            "transport": (LeapingAsyncTransport if kind == "aio" else LeapingTransport)(made, clock),
            "per_retry_policies": [AsyncWatch(watch) if kind == "aio" else Watch(watch.faults)],
        }

    with runner(kind) as run:
        clients = Clients(sim.subscription_id, common, run)
        yield clients, sim.subscription_id, watch
        clients.close()
    loop.run(sim.close())


@contextmanager
def served(kind: str, ready: dict[str, str]) -> Iterator[tuple[Clients, str, Watch]]:
    """Clients of the served simulator, with a token of its managed identity."""
    watch = Watch()

    def common() -> dict[str, Any]:
        transport: Any = AioHttpTransport if kind == "aio" else RequestsTransport
        return {
            "base_url": ready["armEndpoint"],
            "credential": AsyncManagedIdentityCredential() if kind == "aio" else ManagedIdentityCredential(),
            "transport": transport(connection_verify=ready["caFile"]),
            "per_retry_policies": [AsyncWatch(watch) if kind == "aio" else Watch(watch.faults)],
            "polling_interval": 0.3,
        }

    with pytest.MonkeyPatch.context() as patched, runner(kind) as run:
        patched.setenv("IDENTITY_ENDPOINT", ready["identityEndpoint"])
        patched.setenv("IDENTITY_HEADER", ready["identityHeader"])
        clients = Clients(ready["subscriptionId"], common, run)
        yield clients, ready["subscriptionId"], watch
        clients.close()


@contextmanager
def runner(kind: str) -> Iterator[Any]:
    """What runs the coroutines of asynchronous clients; None for the others."""
    if kind != "aio":
        yield None
        return
    with asyncio.Runner() as made:
        yield made.run


@pytest.fixture(scope="session")
def ready() -> Iterator[dict[str, str]]:
    """The ready line of `python -m local.armsim`, which runs until the tests end."""
    with simulator(SPEED) as line:
        yield line


@pytest.fixture(scope="session", params=["process-sync", "process-aio", "served-sync", "served-aio"])
def aimed(request: pytest.FixtureRequest) -> Iterator[tuple[Clients, str, Watch]]:
    """One simulator with clients of one kind."""
    place, _, kind = request.param.partition("-")
    if place == "served":
        with served(kind, request.getfixturevalue("ready")) as found:
            yield found
        return
    loop = Loop()
    with in_process(kind, loop) as found:
        yield found
    loop.close()


@pytest.fixture
def azure(aimed: tuple[Clients, str, Watch]) -> Iterator[Azure]:
    """Clients and an empty resource group of the test's own; every answer of the test must fit the models."""
    clients, subscription_id, watch = aimed
    number = next(_NUMBERS)
    watch.faults.clear()
    made = Azure(clients, subscription_id, number)
    made.resources.resource_groups.create_or_update(made.group, {"location": made.home})
    yield made
    assert not watch.faults, "answers that the SDK's models do not know:\n" + "\n".join(watch.faults)
