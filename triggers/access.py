"""Who calls the HTTP API, and whether they may: Entra's app roles, as App Service authentication tells them.

The platform checks a caller's token, writes what it says into a header of its own, and takes away what the caller
wrote there. Only where the platform does that is the header read at all: anywhere else, anybody could write it.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

type Role = Literal["Rollout.Read", "Rollout.Operate"]

READ: Role = "Rollout.Read"
OPERATE: Role = "Rollout.Operate"

PRINCIPAL = "X-MS-CLIENT-PRINCIPAL"
"""Base64 of `{"auth_typ", "claims": [{"typ", "val"}], "name_typ", "role_typ"}` (learn.microsoft.com, App Service,
work with user identities)."""

LIMIT = 32 * 1024
"""Longest header, in characters; a principal in two hundred groups has about 25,000."""

_ROLES = ("roles", "http://schemas.microsoft.com/ws/2008/06/identity/claims/role")
_OBJECT_ID = ("oid", "http://schemas.microsoft.com/identity/claims/objectidentifier")
"""The platform maps the names of some claims; which ones depends on the version of the token."""

_ENTRA = "aad"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """The caller may not: the HTTP status, a code, what is wrong, and what to do, both as sentences."""

    def __init__(self, status: HTTPStatus, code: str, detail: str, remedy: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Access:
    """The rule. require_roles: whether callers need an app role. platform: whether the platform checks their tokens.

    Without `require_roles` a function key is all that the platform asks for, and nobody is known by name.
    """

    require_roles: bool = False
    platform: bool = False

    def caller(self, headers: Mapping[str, str], role: Role) -> str | None:
        """The object id of a caller who has `role`; None where roles are not required. Raises Refused."""
        if not self.require_roles:
            return None
        if not self.platform:
            raise Refused(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "AuthenticationOff",
                "App roles are required, but the platform's authentication is off, so that no caller can be known.",
                "Turn App Service authentication with Microsoft Entra on, or set REQUIRE_APP_ROLES to false.",
            )
        claims = list(_claims(headers.get(PRINCIPAL.lower()) or ""))
        callers = {value.lower() for kind, value in claims if kind in _OBJECT_ID}
        if len(callers) != 1 or not _GUID.fullmatch(caller := callers.pop()):
            raise _unknown()
        given = {value for kind, value in claims if kind in _ROLES}
        if role not in given and OPERATE not in given:
            raise Refused(
                HTTPStatus.FORBIDDEN,
                "AppRoleMissing",
                f"The caller does not have the app role {role}.",
                f"Give the caller the app role {role} of this app's registration in Entra, then get a new token.",
            )
        return caller


def _claims(header: str) -> Iterator[tuple[str, str]]:
    """The claims in the platform's header, as type and value; Refused where it is none of Entra's."""
    if not header or len(header) > LIMIT:
        raise _unknown()
    try:
        principal: Any = json.loads(base64.b64decode(header, validate=True))
    except (ValueError, RecursionError):
        raise _unknown() from None
    if not isinstance(principal, dict) or principal.get("auth_typ") != _ENTRA:
        raise _unknown()  # another provider's users could bring a claim `roles` of their own making
    claims = principal.get("claims")
    for claim in claims if isinstance(claims, list) else ():
        kind, value = (claim.get("typ"), claim.get("val")) if isinstance(claim, dict) else (None, None)
        if isinstance(kind, str) and isinstance(value, str):
            yield kind, value


def _unknown() -> Refused:
    return Refused(
        HTTPStatus.UNAUTHORIZED,
        "CallerUnknown",
        "The request names no caller that Microsoft Entra knows.",
        "Send a token for this app: `rollout list --audience …` or ROLLOUT_AUDIENCE; else `Authorization: Bearer …`.",
    )
