"""The app's identity towards Azure. `wiring.app` hands the factory to the ARM client, which calls it once."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential


def credential_factory(client_id: str | None) -> "Callable[[], AsyncTokenCredential]":
    """Makes the credential when it is first needed: importing azure.identity takes a third of a second.

    In Azure this is the managed identity, the user-assigned one where `client_id` names it; on a laptop, whoever
    is signed in. `AZURE_TOKEN_CREDENTIALS` narrows the choice, as azure-identity documents.
    """

    def make() -> "AsyncTokenCredential":
        from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415 - not before it is needed

        return DefaultAzureCredential(managed_identity_client_id=client_id)

    return make
