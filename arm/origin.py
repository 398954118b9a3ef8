"""To which addresses the app's token may go: the ARM endpoint and nowhere else. `arm.pipeline` asks for every request.

Azure itself names addresses: where an operation is looked at, where the next page of a list is. They are followed as
they are, but only within the endpoint that the settings name; a redirect is never followed.
"""

import re
from urllib.parse import urlsplit

_MISLEADING = re.compile(r"[\x00-\x20\x7f\\]")
"""What parsers of addresses drop or turn round, each in its own way: two of them may not see the same host."""

_PORTS = {"https": 443, "http": 80}


class ForeignUrl(Exception):  # noqa: N818 - the address is foreign, not we
    """A request was about to leave the ARM endpoint; nothing was sent."""


def same_origin(url: str, endpoint: str) -> bool:
    """Whether scheme, host and port are the endpoint's, and nothing in `url` could make another reader see others."""
    here, there = _origin(url), _origin(endpoint)
    return here is not None and here == there


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
