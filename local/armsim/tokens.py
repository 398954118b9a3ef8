"""Bearer tokens: what the token endpoints hand out, and what ARM accepts.

Tokens are JWTs signed with a secret of this simulator's own, so that only their issuer can check them. They live
by the simulator's clock where it runs as the wall does. Where a test owns the time they live by the wall: the
client decides by the wall when to renew one, and would never do so in six hours that pass in a second.
"""

import base64
import binascii
import hmac
import json
import secrets
from hashlib import sha256
from typing import Any

from local.armsim.errors import ArmError
from local.clock import Clock, ManualClock, WallClock

AUDIENCES = ("https://management.core.windows.net", "https://management.azure.com")
"""What a token for ARM is for; the address that the client itself uses counts too."""
LIFETIME = 3599
"""Seconds of a token from Entra's endpoint; a managed identity's lives a day."""
_DAY = 24 * 3600


def _pack(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def _unpack(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class Tokens:
    """Issues and checks tokens of one tenant. `key`: the secret of a simulator that ran before."""

    def __init__(self, tenant_id: str, object_id: str, key: bytes | None = None, clock: Clock | None = None) -> None:
        self.key = key or secrets.token_bytes(32)
        self._clock = WallClock() if clock is None or isinstance(clock, ManualClock) else clock
        self._tenant_id, self._object_id = tenant_id, object_id
        self._known: dict[str, tuple[str, int, str]] = {}

    def issue(
        self, audience: str = AUDIENCES[1], lifetime: int = _DAY, client: str = "", principal: str = ""
    ) -> tuple[str, int]:
        """A token for `audience` and the second of its expiry; a negative lifetime makes an expired one.

        principal: object id of whom it is for; without it, the one that every client and identity is here.
        """
        now, holder = int(self._clock.now().timestamp()), principal or self._object_id
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self._tenant_id}/",
            "iat": min(now, now + lifetime) - 300,
            "nbf": min(now, now + lifetime) - 300,
            "exp": now + lifetime,
            "appid": client or holder,
            "idtyp": "user" if principal else "app",
            "oid": holder,
            "sub": holder,
            "tid": self._tenant_id,
            "ver": "1.0",
        }
        head = _pack(json.dumps({"typ": "JWT", "alg": "HS256"}).encode())
        signed = f"{head}.{_pack(json.dumps(claims).encode())}"
        return f"{signed}.{self._sign(signed)}", now + lifetime

    def check(self, authorization: str | None, base_url: str = "") -> str:
        """The object id of whoever asks; ARM's 401 unless the header holds a token of ours, for ARM, not expired."""
        if not authorization:
            raise self._refusal("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise self._refusal(
                "AuthenticationFailedInvalidHeader",
                "Authentication failed. The 'Authorization' header is provided in an invalid format.",
            )
        found = self._known.get(token)
        if found is None:
            found = self._known[token] = self._read(token)
        audience, expires, holder = found
        if audience not in AUDIENCES and audience != base_url:
            raise self._refusal(
                "InvalidAuthenticationTokenAudience",
                f"The access token has been obtained for wrong audience or resource '{audience}'. It should exactly "
                f"match with one of the allowed audiences '{"', '".join(AUDIENCES)}'.",
            )
        if expires <= self._clock.now().timestamp():
            raise self._refusal("ExpiredAuthenticationToken", "The access token expiry UTC time has passed.")
        return holder

    def _read(self, token: str) -> tuple[str, int, str]:
        """Audience (without a slash at its end), expiry and holder of a token whose signature and tenant are ours."""
        signed, _, signature = token.rpartition(".")
        try:
            claims: Any = json.loads(_unpack(signed.rpartition(".")[2]))
        except (ValueError, RecursionError, binascii.Error):
            raise self._refusal("InvalidAuthenticationToken", "The access token is invalid.") from None
        tenant = claims.get("tid") if isinstance(claims, dict) else None
        if tenant is not None and tenant != self._tenant_id:
            raise self._refusal(
                "InvalidAuthenticationTokenTenant",
                f"The access token is from the wrong issuer. It must match the tenant '{self._tenant_id}' associated "
                "with this subscription.",
            )
        if tenant is None or not hmac.compare_digest(signature.encode(), self._sign(signed).encode()):
            raise self._refusal(
                "InvalidAuthenticationToken",
                "The access token is invalid: its signature could not be validated.",
            )
        return str(claims["aud"]).rstrip("/"), int(claims["exp"]), str(claims["oid"])

    def _sign(self, signed: str) -> str:
        return _pack(hmac.digest(self.key, signed.encode(), sha256))

    def _refusal(self, code: str, message: str) -> ArmError:
        challenge = (
            f'Bearer authorization_uri="https://login.windows.net/{self._tenant_id}", error="invalid_token", '
            f'error_description="{message}"'
        )
        return ArmError(401, code, message, gateway=True, headers={"WWW-Authenticate": challenge})
