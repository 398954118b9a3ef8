"""Microsoft Entra ID as far as clients need it to get a token for ARM: discovery, and the token endpoint.

Any client id and any secret or assertion will do; a request without one is refused as Entra refuses it. Nothing
of a request is kept.
"""

import re

from local.armsim.answers import Answer
from local.armsim.body import Body
from local.armsim.intake import fields
from local.armsim.surface.routes import Ask
from local.armsim.tokens import LIFETIME

_ANY_TENANT = ("common", "organizations", "consumers")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _refused(ask: Ask, status: int, error: str, number: int, text: str) -> Answer:
    """Entra's own envelope, not ARM's."""
    now = ask.world.now()
    trace = ask.world.draws.guid("trace", number, now)
    described = f"AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {trace} Timestamp: {now:%Y-%m-%d %H:%M:%SZ}"
    body: Body = {
        "error": error,
        "error_description": described,
        "error_codes": [number],
        "timestamp": f"{now:%Y-%m-%d %H:%M:%SZ}",
        "trace_id": trace,
        "correlation_id": trace,
        "error_uri": f"{ask.base}/error?code={number}",
    }
    return Answer(status, body)


def _unknown_tenant(ask: Ask) -> Answer | None:
    tenant = ask.names["tenant"].lower()
    if tenant in (*_ANY_TENANT, ask.world.tenant_id):
        return None
    text = f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
    return _refused(ask, 400, "invalid_request", 90002, text)


def _configuration(ask: Ask) -> Answer:
    unknown = _unknown_tenant(ask)
    if unknown is not None:
        return unknown
    base, tenant = ask.base, ask.names["tenant"].lower()
    version = "/v2.0" if "/v2.0/" in ask.request.path.lower() else ""
    issuer = "{tenantid}" if tenant in _ANY_TENANT else tenant
    oauth = f"{base}/{tenant}/oauth2{version}"
    host = base.partition("://")[2]
    return Answer(
        200,
        {
            "token_endpoint": f"{oauth}/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "jwks_uri": f"{base}/{tenant}/discovery{version}/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["HS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{base}/{issuer}{version or '/'}",
            "request_uri_parameter_supported": False,
            "authorization_endpoint": f"{oauth}/authorize",
            "device_authorization_endpoint": f"{oauth}/devicecode",
            "end_session_endpoint": f"{oauth}/logout",
            "http_logout_supported": True,
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "ver"],
            "tenant_region_scope": None,
            "cloud_instance_name": host,
            "cloud_graph_host_name": host,
            "msgraph_host": host,
        },
    )


def _instance(ask: Ask) -> Answer:
    host = ask.base.partition("://")[2]
    return Answer(
        200,
        {
            "tenant_discovery_endpoint": f"{ask.base}/{ask.world.tenant_id}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        },
    )


def _keys(ask: Ask) -> Answer:
    """None: tokens are signed with a secret, which only their issuer checks."""
    return _unknown_tenant(ask) or Answer(200, {"keys": []})


def _wrong(ask: Ask, sent: dict[str, str], target: str) -> tuple[int, str, int, str] | None:
    """What is wrong with a request for a token: status, error, number and text."""
    missing = next((name for name in ("grant_type", "client_id", target) if not sent.get(name)), None)
    if missing:
        return 400, "invalid_request", 900144, f"The request body must contain the following parameter: '{missing}'."
    grant, client, wanted = sent["grant_type"], sent["client_id"], sent[target]
    checks = (
        (grant == "client_credentials", 400, "unsupported_grant_type", 70003, f"Unsupported grant type '{grant}'."),
        (
            _GUID.fullmatch(client),
            *(400, "unauthorized_client", 700016),
            f"Application with identifier '{client}' was not found in the directory '{ask.world.tenant_id}'.",
        ),
        (
            sent.get("client_secret") or sent.get("client_assertion"),
            *(401, "invalid_client", 7000218),
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        ),
        (
            target == "resource" or wanted.endswith("/.default"),
            *(400, "invalid_scope", 1002012),
            f"The provided value for scope {wanted} is not valid. It must end in '/.default'.",
        ),
    )
    return next((check[1:] for check in checks if not check[0]), None)


def _token(ask: Ask) -> Answer:
    """The client credentials grant, in the form of v1 (`resource`) or v2 (`scope`)."""
    sent = fields(ask.request.body.decode("utf-8", "replace"))
    target = "scope" if "/v2.0/" in ask.request.path.lower() else "resource"
    unknown = _unknown_tenant(ask)
    if unknown is not None:
        return unknown
    wrong = _wrong(ask, sent, target)
    if wrong is not None:
        return _refused(ask, *wrong)
    wanted = sent[target]
    assert ask.tokens is not None  # public paths are asked with them
    token, expires = ask.tokens.issue(wanted.removesuffix("/.default"), LIFETIME, sent["client_id"])
    body: Body = {"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME, "access_token": token}
    if target == "resource":
        lifetime = str(LIFETIME)
        body |= {"expires_in": lifetime, "ext_expires_in": lifetime, "expires_on": str(expires), "resource": wanted}
    return Answer(200, body)


ENTRA = {
    "GET /{tenant}/.well-known/openid-configuration": _configuration,
    "GET /{tenant}/v2.0/.well-known/openid-configuration": _configuration,
    "GET /common/discovery/instance": _instance,
    "GET /{tenant}/discovery/keys": _keys,
    "GET /{tenant}/discovery/v2.0/keys": _keys,
    "POST /{tenant}/oauth2/token": _token,
    "POST /{tenant}/oauth2/v2.0/token": _token,
}
