"""Pages of lists: every list of ARM's ends in a `nextLink` where more is to come, and takes it back as it was."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from local.armsim.body import Body
from local.armsim.errors import ArmError
from local.armsim.intake import fields
from local.armsim.world import World

_PLACE = "$skiptoken"


def page[Item](
    world: World,
    items: Sequence[Item],
    path: str,
    query: str,
    base_url: str,
    *,
    show: Callable[[Item], Any] = lambda one: one,
) -> Body:
    """`{"value": …, "nextLink"?}` of what `items` the query's `$skiptoken` and `$top` ask for; only those are shown."""
    asked = fields(query)
    rest = {name: value for name, value in asked.items() if name != _PLACE}
    start = _start(world, path, rest, asked[_PLACE]) if _PLACE in asked else 0
    size = min(_top(asked.get("$top")) or len(items), world.page_size or len(items))
    shown = [show(one) for one in items[start : start + size]]
    body: Body = {"value": shown}
    if start + size < len(items):
        again = "&".join(f"{quote(name)}={quote(value)}" for name, value in rest.items())
        token = _token(world, path, rest, start + size)
        body["nextLink"] = f"{base_url}{path}?{again}&{quote(_PLACE)}={quote(token)}"
    return body


def _top(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= 1000):
        raise ArmError(400, "InvalidTopParameter", f"The $top value '{text}' is invalid: 1 to 1000.", gateway=True)
    return int(text)


def _token(world: World, path: str, rest: dict[str, str], start: int) -> str:
    """Where the next page starts, bound to the list that it is of."""
    bound = world.draws.text(32, "skiptoken", path.lower(), sorted(rest.items()), start)
    return base64.urlsafe_b64encode(f"{start}.{bound}".encode()).decode()


def _start(world: World, path: str, rest: dict[str, str], token: str) -> int:
    """Where a page starts; refuses what was not handed out for this list (code *inferred*)."""
    try:
        start = int(base64.urlsafe_b64decode(token).decode().partition(".")[0])
    except (ValueError, binascii.Error):
        start = -1
    if token != _token(world, path, rest, start):
        raise ArmError(
            400, "InvalidSkipToken", "The skip token is not the one of the service's nextLink.", gateway=True
        )
    return start
