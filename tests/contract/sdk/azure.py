"""What a test of the SDK's suites is given, and bodies that they have in common."""

from typing import Any

from tests.contract.sdk.clients import Clients

HOME = "westcentralus"
AWAY = "southcentralus"

type Json = Any
"""A request body as a dict; the clients take one wherever they take a model."""


class Azure:
    """Clients of one simulator, and a resource group that is the test's own."""

    home, away = HOME, AWAY

    def __init__(self, clients: Clients, subscription_id: str, number: int) -> None:
        self.compute, self.network = clients.compute, clients.network
        self.resources, self.deployments = clients.resources, clients.deployments
        self.subscriptions = clients.subscriptions
        self.subscription_id = subscription_id
        self.number = number
        self.group = f"rg{number}"
        self.gallery = f"gallery{number}"

    def id(self, path: str) -> str:
        """`Microsoft.Compute/images/i` → the whole id in the test's group."""
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.group}/providers/{path}"
