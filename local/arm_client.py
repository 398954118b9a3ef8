"""A plain ARM client for the tools around the local stack: it seeds, publishes and looks, as a person would.

The demo uses it, so that what the demo shows was asked from ARM and not from the app's own records. The app
itself never sees it.
"""

import asyncio
import ssl
from types import TracebackType
from typing import Any, Self

import httpx

from local.armsim import Endpoints

COMPUTE, NETWORK, RESOURCES = "2026-03-03", "2024-05-01", "2021-04-01"
"""API versions: galleries, images and scale sets; networks; resource groups."""


POLL = 0.5
"""Seconds between two looks at an operation where ARM does not say."""


class ArmClient:
    """GET, PUT and list with a managed-identity token; use as an async context manager."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints
        self.subscription = f"/subscriptions/{endpoints.subscription_id}"
        self._http = httpx.AsyncClient(
            base_url=endpoints.arm_endpoint,
            verify=ssl.create_default_context(cafile=endpoints.ca_file),
            timeout=30,
            trust_env=False,  # a proxy of the surroundings cannot know a port of this machine
        )

    async def __aenter__(self) -> Self:
        token = await self._token()
        self._http.headers["Authorization"] = f"Bearer {token}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def get(self, resource_id: str, api_version: str, **query: str) -> dict[str, Any]:
        """One resource, as ARM shows it. httpx.HTTPStatusError where it refuses."""
        answer = await self._http.get(resource_id, params={"api-version": api_version, **query})
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body

    async def list(self, path: str, api_version: str) -> list[dict[str, Any]]:
        """Every resource of a collection, all pages."""
        found: list[dict[str, Any]] = []
        page = await self.get(path, api_version)
        while True:
            found += page["value"]
            if not page.get("nextLink"):
                return found
            answer = await self._http.get(page["nextLink"])
            answer.raise_for_status()
            page = answer.json()

    async def put(self, resource_id: str, api_version: str, body: dict[str, Any]) -> dict[str, Any]:
        """Write a resource and wait until ARM has finished with it; the resource as it is then."""
        answer = await self._http.put(resource_id, params={"api-version": api_version}, json=body)
        await self._finished(answer)
        return await self.get(resource_id, api_version)

    async def delete(self, resource_id: str, api_version: str) -> None:
        """Delete a resource and wait until it is gone; one that is not there is gone."""
        await self._finished(await self._http.delete(resource_id, params={"api-version": api_version}))

    async def _finished(self, answer: httpx.Response) -> None:
        answer.raise_for_status()
        operation = answer.headers.get("Azure-AsyncOperation")
        while operation is not None:
            await asyncio.sleep(float(answer.headers.get("Retry-After", POLL)))
            answer = await self._http.get(operation)
            answer.raise_for_status()
            if answer.json()["status"] != "InProgress":
                return

    async def _token(self) -> str:
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.get(
                self._endpoints.identity_endpoint,
                params={"resource": "https://management.azure.com/", "api-version": "2019-08-01"},
                headers={"X-IDENTITY-HEADER": self._endpoints.identity_header},
            )
        answer.raise_for_status()
        token: str = answer.json()["access_token"]
        return token
