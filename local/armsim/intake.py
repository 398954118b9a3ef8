"""Reading of requests before anything is known of them: query, JSON body, api-version. Used by the gateway."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from local.armsim import relaxed
from local.armsim.body import Body
from local.armsim.errors import ArmError, bad_content
from local.armsim.kinds import ResourceType

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?", re.ASCII | re.IGNORECASE)
_DEEPEST = 100  # levels of a body
_MOST_FIELDS = 100  # of a query or a form


@dataclass(frozen=True, slots=True)
class Incoming:
    """One request as it came: header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    too_large: bool = False

    @property
    def client(self) -> str:
        """Who asks: the az CLI's command, or the User-Agent."""
        return self.headers.get("commandname") or self.headers.get("user-agent", "")


def asked_of(query: str) -> dict[str, str]:
    """The query's parameters, names in lower case, values percent-decoded."""
    asked: dict[str, str] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        asked.setdefault(name.lower(), unquote(value) if "%" in value else value)
    return asked


def fields(encoded: str) -> dict[str, str]:
    """A query or a form, decoded, names in lower case; empty where it is neither."""
    try:
        found = parse_qsl(encoded, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
    return {name.lower(): value for name, value in found}


def parsed_body(body: bytes) -> Body:
    """The JSON object of a request; an empty one where nothing was sent."""
    if not body.strip():
        return {}
    try:
        parsed = _parsed(body)
    except (ValueError, RecursionError) as error:
        raise bad_content(f"The request content was invalid and could not be deserialized: '{error}'.") from None
    if not isinstance(parsed, dict):
        raise bad_content("The request content was invalid and could not be deserialized: an object is expected.")
    return parsed


def _parsed(body: bytes) -> Any:
    try:
        parsed: Any = json.loads(body, parse_constant=_no_constant)
    except json.JSONDecodeError:
        return relaxed.loads(body.decode("utf-8-sig"), _DEEPEST)
    if body.count(b"{") + body.count(b"[") > _DEEPEST and _depth(parsed) > _DEEPEST:
        raise ValueError(f"more than {_DEEPEST} levels")
    return parsed


def _depth(parsed: Any) -> int:
    """Levels of objects and lists, counted without recursion."""
    depth, level = 0, [parsed]
    while level:
        depth += 1
        lists = (one.values() if isinstance(one, dict) else one for one in level)
        level = [inner for one in lists for inner in one if isinstance(inner, dict | list)]
    return depth


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def check_api_version(kind: ResourceType, api_version: str) -> None:
    """Refuse what is no date, or none between the oldest and the newest version known."""
    oldest, newest = kind.versions
    plain = api_version.lower().removesuffix("-preview")
    if _DATE.fullmatch(api_version) and oldest[:10] <= plain <= newest[:10]:
        return
    if kind.name.startswith("Microsoft.Resources/"):
        raise ArmError(
            400,
            "InvalidApiVersionParameter",
            f"The api-version '{api_version}' is invalid. The supported versions are '{oldest}' to '{newest}'.",
            gateway=True,
        )
    raise ArmError(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for API version '{api_version}' for type "
        f"'{kind.name.partition('/')[2]}'. The supported api-versions are '{oldest}' to '{newest}'.",
        gateway=True,
    )
