"""Bearer tokens: what the managed identity endpoint hands out, and what ARM accepts.

Tokens are JWTs signed with a key of this simulator's own. They live by the wall clock even where a test owns
the simulator's time, because the client decides by the wall when to fetch a new one.
"""

import base64
import binascii
import hmac
import json
import secrets
from hashlib import sha256
from typing import Any

from local.armsim.errors import ArmError
from local.clock import WallClock

_LIFETIME = 24 * 3600


def _pack(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def _unpack(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


class Tokens:
    """Issues and checks tokens of one tenant."""

    def __init__(self, tenant_id: str, object_id: str) -> None:
        self._key = secrets.token_bytes(32)
        self._clock = WallClock()
        self._tenant_id, self._object_id = tenant_id, object_id
        self._known: dict[str, int] = {}

    def issue(self, audience: str = "https://management.azure.com", lifetime: int = _LIFETIME) -> tuple[str, int]:
        """A token for `audience` and the second of its expiry; a negative lifetime makes an expired one."""
        now = int(self._clock.now().timestamp())
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{self._tenant_id}/",
            "iat": min(now, now + lifetime) - 300,
            "nbf": min(now, now + lifetime) - 300,
            "exp": now + lifetime,
            "appid": self._object_id,
            "idtyp": "app",
            "oid": self._object_id,
            "sub": self._object_id,
            "tid": self._tenant_id,
            "ver": "1.0",
        }
        head = _pack(json.dumps({"typ": "JWT", "alg": "HS256"}).encode())
        signed = f"{head}.{_pack(json.dumps(claims).encode())}"
        return f"{signed}.{self._sign(signed)}", now + lifetime

    def check(self, authorization: str | None) -> None:
        """Raise ARM's 401 unless the header holds a token of ours that has not expired."""
        if not authorization:
            raise self._refusal("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise self._refusal(
                "AuthenticationFailedInvalidHeader",
                "Authentication failed. The 'Authorization' header is provided in an invalid format.",
            )
        expires = self._known.get(token)
        if expires is None:
            expires = self._known[token] = self._read(token)
        if expires <= self._clock.now().timestamp():
            raise self._refusal("ExpiredAuthenticationToken", "The access token expiry UTC time has passed.")

    def _read(self, token: str) -> int:
        """The expiry of a token whose signature is ours."""
        signed, _, signature = token.rpartition(".")
        try:
            claims: Any = json.loads(_unpack(signed.rpartition(".")[2]))
        except (ValueError, binascii.Error):
            raise self._refusal("InvalidAuthenticationToken", "The access token is invalid.") from None
        if not isinstance(claims, dict) or not hmac.compare_digest(signature.encode(), self._sign(signed).encode()):
            raise self._refusal(
                "InvalidAuthenticationToken",
                "The access token is invalid: its signature could not be validated.",
            )
        return int(claims["exp"])

    def _sign(self, signed: str) -> str:
        return _pack(hmac.digest(self._key, signed.encode(), sha256))

    def _refusal(self, code: str, message: str) -> ArmError:
        challenge = (
            f'Bearer authorization_uri="https://login.windows.net/{self._tenant_id}", error="invalid_token", '
            f'error_description="{message}"'
        )
        return ArmError(401, code, message, gateway=True, headers={"WWW-Authenticate": challenge})
