"""Every setting of the app, read once from the environment; nothing else reads it. `wiring.app` uses it."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

APP_DIR = Path(__file__).resolve().parent.parent
"""Where function_app.py lies."""

PUBLIC_ARM = "https://management.azure.com"

LIBRARY_SETTINGS = {
    # Read at every call. Without it, any JSON object that looks like a class becomes one, an image's tags included.
    "AZURE_FUNCTIONS_DURABLE_STRICT_TYPING": "1",
    # Read when the first model is made. We have no plugin, and looking for some reads every installed package.
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
}
"""What libraries read from the environment, and what the app needs it to be; app settings may say otherwise."""

PLATFORM_SETTINGS = ("WEBSITE_AUTH_ENABLED",)
"""What App Service sets by itself and the app reads; nobody else sets it."""

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_QUEUE = re.compile(r"[a-z0-9](-?[a-z0-9]){2,55}")
_LONGEST_QUEUE = 56
_UNRESOLVED = "@Microsoft.KeyVault("


class SettingsError(ValueError):
    """One or more settings cannot be used; `problems` names each and says why."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(["The app cannot start with these settings:", *(f"- {text}" for text in problems)]))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that the app itself reads; the host reads more (queue and storage connections, the hub).

    arm_endpoint: without a trailing slash. client_id: of the user-assigned identity, None for the app's own.
    allow_group_creation: whether profiles may make resource groups. require_app_roles: whether callers over HTTP need
    an app role. platform_auth: whether App Service checks their
    tokens, and so can be believed about who they are.
    """

    rollouts_file: Path
    arm_endpoint: str
    arm_scope: str
    client_id: str | None
    allow_group_creation: bool
    require_app_roles: bool
    platform_auth: bool
    _environ: Mapping[str, str] = field(repr=False, compare=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read and check; SettingsError reports every problem at once."""
        given = os.environ if environ is None else environ
        problems: list[str] = []
        endpoint = (given.get("ARM_ENDPOINT") or PUBLIC_ARM).rstrip("/")
        parts = urlsplit(endpoint)
        if parts.scheme != "https" or not parts.hostname or parts.path or parts.query or parts.username:
            problems.append("ARM_ENDPOINT is not an https address of the form https://host[:port].")
        scope = given.get("ARM_SCOPE") or f"{endpoint}/.default"
        if not scope.endswith("/.default"):
            problems.append("ARM_SCOPE does not end with /.default.")
        client_id = given.get("AZURE_CLIENT_ID") or None
        if client_id and not _GUID.fullmatch(client_id):
            problems.append("AZURE_CLIENT_ID is not a GUID.")
        queue = given.get("IMAGE_EVENTS_QUEUE")
        if queue is not None and not (len(queue) <= _LONGEST_QUEUE and _QUEUE.fullmatch(queue)):
            problems.append(
                "IMAGE_EVENTS_QUEUE is not a queue name of 3 to 56 lower-case letters, digits and single dashes "
                "(63 with the ending of its poison queue)."
            )
        groups = given.get("ALLOW_RESOURCE_GROUP_CREATION", "true")
        roles = given.get("REQUIRE_APP_ROLES", "false")
        switches = {"ALLOW_RESOURCE_GROUP_CREATION": groups, "REQUIRE_APP_ROLES": roles}
        wrong = (name for name, value in switches.items() if value not in ("true", "false"))
        problems.extend(f"{name} is neither true nor false." for name in wrong)
        platform_auth = given.get("WEBSITE_AUTH_ENABLED", "").lower() == "true"
        file = APP_DIR / (given.get("ROLLOUTS_FILE") or "rollouts.yaml")
        if not file.is_file():
            problems.append("ROLLOUTS_FILE names no file.")
        if problems:
            raise SettingsError(problems)
        return cls(file, endpoint, scope, client_id, groups == "true", roles == "true", platform_auth, given)

    def secret(self, name: str) -> str | None:
        """The value of an app setting as it is now; None where it is missing or empty.

        A Key Vault reference that Azure could not resolve shows as its own text; that is no password either.
        """
        value = self._environ.get(name)
        return None if not value or value.startswith(_UNRESOLVED) else value


def prepare() -> None:
    """Give the libraries their settings."""
    for name, value in LIBRARY_SETTINGS.items():
        os.environ.setdefault(name, value)
