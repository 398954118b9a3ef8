"""What Hypothesis puts into the queue: any text at all, JSON of any kind, and events that are a little wrong."""

import base64
import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from tests.security import hostile
from tests.unit.test_parsing import cloud_event, grid_event

_PLAIN = st.characters(exclude_categories=["Cs"])
"""A queue holds no half of a surrogate pair: its messages travel as UTF-8."""

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(_PLAIN, max_size=40) | st.just("a" * 5000)
JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(_PLAIN, max_size=12), inner, max_size=4),
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a JSON value but itself."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield (*path, name)
        yield from _places(inner, (*path, name))


@st.composite
def spoilt(draw: st.DrawFn, image: str) -> Any:
    """An event or a request for `image`, with up to three of its values replaced, removed or doubled."""
    requests: list[dict[str, Any]] = [
        {"image": image},
        {"image": image, "profile": "web"},
        {"image": image, "again": True, "dryRun": False},
    ]
    kinds: list[dict[str, Any]] = [grid_event(image), cloud_event(image), *requests]
    sent = copy.deepcopy(draw(st.sampled_from(kinds)))
    for _ in range(draw(st.integers(0, 3))):
        places = list(_places(sent))
        if not places:
            break
        *way, last = draw(st.sampled_from(places))
        holder: Any = sent
        for name in way:
            holder = holder[name]
        kind = draw(st.sampled_from(["replace", "remove", "double", "case", "hostile"]))
        if kind == "remove":
            del holder[last]
        elif kind == "double" and isinstance(holder, dict):
            holder[draw(st.text(_PLAIN, max_size=8))] = holder[last]
        elif kind == "case" and isinstance(holder[last], str):
            holder[last] = draw(st.sampled_from([str.upper, str.lower, str.swapcase]))(holder[last])
        elif kind == "hostile":
            holder[last] = draw(st.sampled_from(list(hostile.IDS.values())))
        else:
            holder[last] = draw(JSON)
    return sent


@st.composite
def _wrapped(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> str:
    """A JSON value as a sender may encode it."""
    text = json.dumps(draw(values), ensure_ascii=draw(st.booleans()))
    way = draw(st.sampled_from(["plain", "array", "base64", "twice", "blanks", "mark", "cut"]))
    encoded = base64.b64encode(text.encode()).decode()
    ways = {
        "array": f"[{text}]",
        "base64": encoded,
        "twice": base64.b64encode(encoded.encode()).decode(),
        "blanks": f"\n\t {text} \n",
        "mark": f"\ufeff{text}",
        "cut": text[: len(text) // 2],
    }
    return ways.get(way, text)


def messages(image: str) -> st.SearchStrategy[str]:
    """One message of any kind."""
    raw = st.binary(max_size=200)
    return st.one_of(
        st.text(_PLAIN, max_size=200),
        raw.map(lambda sent: sent.decode("latin-1")),
        raw.map(lambda sent: base64.b64encode(sent).decode()),
        _wrapped(JSON),
        _wrapped(spoilt(image)),
        _wrapped(spoilt(image)),
    )
