"""The HTTP pipeline to ARM: authentication and headers, no retries, no redirects, one connection pool.

Retries have one layer, the step runner of the orchestrators; a second one here would multiply them.
"""

import ssl
from typing import Any

import aiohttp
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline import policies
from azure.core.pipeline.transport import AioHttpTransport
from azure.mgmt.core.policies import ARMHttpLoggingPolicy, AsyncARMChallengeAuthenticationPolicy
from yarl import URL

from arm.origin import OnlyTo

USER_AGENT = "gallery-rollout"


def transport(timeout: float) -> AioHttpTransport:
    """One pool of connections. It trusts what Python's default context trusts, `SSL_CERT_FILE` included.

    timeout: seconds without a byte after which a request counts as lost.
    """
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=ssl.create_default_context(), limit=64),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=True,
    )
    return AioHttpTransport(
        session=_Verbatim(session),
        session_owner=True,
        connection_timeout=timeout,
        read_timeout=timeout,
    )


def policy_chain(endpoint: str, credential: AsyncTokenCredential, scope: str) -> list[Any]:
    """The policies that every request passes, outermost first."""
    return [
        OnlyTo(endpoint),
        policies.RequestIdPolicy(),
        policies.HeadersPolicy(),
        policies.UserAgentPolicy(base_user_agent=USER_AGENT),
        policies.ProxyPolicy(),
        policies.ContentDecodePolicy(),
        AsyncARMChallengeAuthenticationPolicy(credential, scope),
        policies.DistributedTracingPolicy(),
        ARMHttpLoggingPolicy(),
    ]


class _Verbatim:
    """A session that sends each URL as it was given, and each write once.

    aiohttp alone would write `%2F` as `/`, and an operation's URL is signed as Azure sent it. It would also repeat,
    unseen, a PUT whose connection broke; our steps repeat it themselves, and look first whether it arrived. A GET
    may be repeated: a connection that Azure closed for idleness is no trouble worth telling.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    def request(self, method: str, url: str, **options: Any) -> Any:
        self._session._retry_connection = method == "GET"  # read before anything else of the request is awaited
        return self._session.request(method, URL(url, encoded=url.isascii()), **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)
