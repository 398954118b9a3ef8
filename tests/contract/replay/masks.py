"""What differs between two worlds that behave alike: GUIDs, times, etags, keys and addresses that a service chose."""

import re
from typing import Any

_MASKS = (
    (re.compile(r'W/\\?"[^"]*"|"[0-9a-f]+"', re.IGNORECASE), "<etag>"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE), "<guid>"),
    (re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})"), "<time>"),
    (re.compile(r"[0-9a-f]{30,}", re.IGNORECASE), "<hex>"),
    (re.compile(r"[A-Za-z0-9+_=]{48,}"), "<opaque>"),
    (re.compile(r"(?<=\.)[a-z0-9]{16}(?=\.)|[a-z0-9]{26}\.[a-z]{2}(?=\.internal\.)"), "<zone>"),
    (re.compile(r"([0-9A-F]{2}-){5}[0-9A-F]{2}"), "<hardware address>"),
    (re.compile(r"\bP(T|\d+[DYM])[0-9DHMS.T]+\b"), "<duration>"),
    (re.compile(r"\d{12,}"), "<digits>"),
)
_INSTANCE = re.compile(
    r"(?<=_)\d{1,4}(?=_|$)|(?<=/virtualMachines/)\d+(?=/|$)|(?<=[_-])[0-9a-f]{8}(?=[/_]|$)|0000[0-9A-Z]{2}$",
    re.IGNORECASE,
)
"""The numbers that a scale set gives to its instances and their interfaces, in names, ids and computer names."""
_ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(\.\d{1,3}){3}(?![\d./])")
_SCRUBBED = re.compile(r"sanitized|redacted|\{KEY\}", re.IGNORECASE)
"""What publishers write for what they hide."""
_UNDER_WAY = {"Accepted": "InProgress", "Running": "InProgress"}


def mask(text: str, asked: str) -> str:
    """`text` with all that another world chooses otherwise replaced by its kind; `asked`: all that requests said."""
    for pattern, kind in _MASKS:
        text = pattern.sub(kind, text)
    return _ADDRESS.sub(lambda found: found[0] if found[0] in asked else "<address>", text)


def numbered(text: str) -> re.Pattern[str]:
    """What a publisher's numbered name stands for: `rg000001` was `rg` and something random, and somewhere still is."""
    return re.compile(re.sub(r"0000\d\d", r"[\\w<>]+", re.escape(text)), re.IGNORECASE)


def same(recorded: Any, got: Any, asked: str) -> bool:
    """Whether two values that are no objects or lists say the same."""
    if isinstance(recorded, str) and isinstance(got, str):
        if _SCRUBBED.search(recorded):
            return True
        return _same_text(_UNDER_WAY.get(recorded, recorded), _UNDER_WAY.get(got, got), asked)
    if isinstance(recorded, bool) or isinstance(got, bool):
        return recorded is got
    if isinstance(recorded, int | float) and isinstance(got, int | float):
        return recorded == got
    return bool(recorded == got and type(recorded) is type(got))


def _same_text(recorded: str, got: str, asked: str) -> bool:
    pairs = [(mask(recorded, asked), mask(got, asked)), (recorded, got)]
    if f'"{recorded}"' not in asked:
        pairs += [(_INSTANCE.sub("<number>", one), _INSTANCE.sub("<number>", other)) for one, other in pairs]
    return any(one == other or ("0000" in other and numbered(other).fullmatch(one)) for one, other in pairs)
