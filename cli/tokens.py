"""Tokens for an app that Microsoft Entra guards, got as whoever is signed in. Only `cli.api` asks for them.

azure-identity decides who that is: variables of the environment, a workload's or a managed identity, the az CLI.
"""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from cli.errors import UnreachableError

if TYPE_CHECKING:
    from azure.identity import DefaultAzureCredential

_EVERYTHING = "/.default"
_EARLY = 300.0
"""Seconds before its end that a token is replaced: a request must not arrive with one that has just ended."""


class Tokens:
    """Tokens for one audience, each kept as long as it is good: the az CLI takes half a second for every one.

    audience: what the app's registration calls itself, `api://…` or its client id. now: seconds since 1970.
    """

    def __init__(self, audience: str, *, now: Callable[[], float] = time.time) -> None:
        self._scope = audience if audience.endswith(_EVERYTHING) else f"{audience.rstrip('/')}{_EVERYTHING}"
        self._now = now
        self._credential: DefaultAzureCredential | None = None
        self._token = ""
        self._ends = 0.0

    def current(self) -> str:
        """A token that is good for some minutes more. UnreachableError where nobody is signed in."""
        if self._now() >= self._ends - _EARLY:
            self._token, self._ends = self._new()
        return self._token

    def _new(self) -> tuple[str, float]:
        from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - half a second that no other command needs

        # What it would log is in the error too, which is shown.
        logging.getLogger("azure.identity").setLevel(logging.CRITICAL)
        self._credential = self._credential or DefaultAzureCredential()
        try:
            got = self._credential.get_token(self._scope)
        except Exception as error:  # noqa: BLE001 - the library has many kinds; each means that there is no token
            raise UnreachableError(
                f"no token for {self._scope.removesuffix(_EVERYTHING)}: {_reason(error)}",
                remedy="sign in with `az login`, and check --audience; without it, only the key is sent.",
            ) from None
        return got.token, float(got.expires_on)


def _reason(error: Exception) -> str:
    """The one line, of many, that says why: what Entra itself answered, else how the az CLI fared, else the first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = (line for mark in ("AADSTS", "AzureCliCredential:") for line in lines if mark in line)
    return next(telling, lines[0] if lines else type(error).__name__)
