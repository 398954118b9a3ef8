"""To which addresses the app's token may go: the ARM endpoint and nowhere else.

Azure itself names addresses: where an operation is looked at, where the next page of a list is. They are followed as
they are, but only within the endpoint that the settings name; a redirect is never followed. `arm.pipeline` puts
`OnlyTo` in front of everything else, so that whoever makes a request, nothing is sent to a foreign address.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy

_MISLEADING = re.compile(r"[\x00-\x20\x7f\\]")
"""What parsers of addresses drop or turn round, each in its own way: two of them may not see the same host."""

_PORTS = {"https": 443, "http": 80}


class ForeignAddress(Exception):  # noqa: N818 - the address is foreign, not we
    """A request was about to leave the ARM endpoint; nothing was sent."""


class OnlyTo(SansIOHTTPPolicy[Any, Any]):
    """Refuses a request to any other address than the endpoint's, before it gets a token."""

    def __init__(self, endpoint: str) -> None:
        super().__init__()
        self._endpoint = endpoint

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Raises ForeignAddress."""
        if not same_origin(request.http_request.url, self._endpoint):
            raise ForeignAddress


def same_origin(url: str, endpoint: str) -> bool:
    """Whether scheme, host and port are the endpoint's, and nothing in `url` could make another reader see others."""
    here = _origin(url)
    return here is not None and here == _origin(endpoint)


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for what is no plain absolute address, such as one that names a user."""
    if _MISLEADING.search(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    if "@" in parts.netloc or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port
