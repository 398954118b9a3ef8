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
    """`{"value": …, "nextLink"?}` of what `items` the query's `$skiptoken` and `$top` ask for; only those are shown.

    Pages go on after the last name that was shown, so that what is deleted between two of them hides nothing.
    """
    asked = fields(query)
    rest = {name: value for name, value in asked.items() if name != _PLACE}
    size = min(_top(asked.get("$top")) or len(items), world.page_size or len(items))
    if _PLACE in asked or size < len(items):
        items = sorted(items, key=_name)
    if _PLACE in asked:
        last = _last(world, path, rest, asked[_PLACE])
        items = [one for one in items if _name(one) > last]
    shown = items[:size]
    body: Body = {"value": [show(one) for one in shown]}
    if size < len(items):
        again = "&".join(f"{quote(name)}={quote(value)}" for name, value in rest.items())
        token = _token(world, path, rest, _name(shown[-1]))
        body["nextLink"] = f"{base_url}{path}?{again}&{quote(_PLACE)}={quote(token)}"
    return body


def _name(item: Any) -> str:
    """What a list is ordered by: a resource's key, a body's id or name."""
    if not isinstance(item, dict):
        return str(getattr(item, "key", item))
    nested = item.get("name")
    named = nested.get("value") if isinstance(nested, dict) else nested  # usages
    return str(item.get("id") or named or item).lower()


def _top(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= 1000):
        raise ArmError(400, "InvalidTopParameter", f"The $top value '{text}' is invalid: 1 to 1000.", gateway=True)
    return int(text)


def _token(world: World, path: str, rest: dict[str, str], last: str) -> str:
    """Where the next page starts, bound to the list that it is of."""
    bound = world.draws.text(32, "skiptoken", path.lower(), sorted(rest.items()), last)
    return base64.urlsafe_b64encode(f"{bound}{last}".encode()).decode()


def _last(world: World, path: str, rest: dict[str, str], token: str) -> str:
    """After which name a page starts; refuses what was not handed out for this list (code *inferred*)."""
    try:
        last = base64.urlsafe_b64decode(token).decode()[32:]
    except (ValueError, binascii.Error):
        last = ""
    if token != _token(world, path, rest, last):
        raise ArmError(
            400, "InvalidSkipToken", "The skip token is not the one of the service's nextLink.", gateway=True
        )
    return last
