"""A served simulator and the real SDK, for tests that want the wire."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from azure.core.pipeline.transport import AioHttpTransport
from azure.identity.aio import ManagedIdentityCredential
from azure.mgmt.compute.aio import ComputeManagementClient

from local.armsim import Endpoints, Simulator, serve


@dataclass
class Served:
    """The simulator, where it is, and azure-mgmt-compute's client for it."""

    sim: Simulator
    ends: Endpoints
    compute: ComputeManagementClient

    def id(self, path: str) -> str:
        """`Microsoft.Compute/images/i` → the whole id in group `rg`."""
        return f"/subscriptions/{self.ends.subscription_id}/resourceGroups/rg/providers/{path}"


@asynccontextmanager
async def served(monkeypatch: Any, sim: Simulator, **options: Any) -> AsyncIterator[Served]:
    """Serve `sim` and give the SDK's client, which gets its token from the managed identity endpoint."""
    async with serve(sim) as ends:
        monkeypatch.setenv("IDENTITY_ENDPOINT", ends.identity_endpoint)
        monkeypatch.setenv("IDENTITY_HEADER", ends.identity_header)
        credential = ManagedIdentityCredential()
        transport = AioHttpTransport(connection_verify=ends.ca_file)
        client = ComputeManagementClient(
            credential,
            ends.subscription_id,
            base_url=ends.arm_endpoint,
            credential_scopes=["https://management.azure.com/.default"],
            transport=transport,
            **{"polling_interval": 0.02, **options},
        )
        async with credential, client:
            yield Served(sim, ends, client)
