"""The template functions that need nothing but their arguments: one table, names in lower case.

What needs the deployment (`parameters`, `resourceId`, `reference`) is in `scopes.py`. A wrong argument may raise
anything here; `apply` turns it into the refusal that names the function.
"""

import base64
import functools
import inspect
import ipaddress
import json
import operator
import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote, urljoin

from local.armsim.deployments.expressions import TemplateError
from local.armsim.deployments.unique import unique_string

_GUIDS = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
_MOST = 10_000  # numbers of a range, and characters of padding


def text(value: Any) -> str:
    """A value as `string` and `concat` write it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    return "" if value is None else json.dumps(value, separators=(",", ":"))


def _concat(*values: Any) -> Any:
    if values and isinstance(values[0], list):
        return [one for value in values for one in (value if isinstance(value, list) else [value])]
    return "".join(map(text, values))


def _format(pattern: str, *values: Any) -> str:
    def put(found: re.Match[str]) -> str:
        shown = text(values[int(found[1])])
        return shown.zfill(int(found[2])) if found[2] else shown

    return re.sub(r"\{(\d+)(?::[Dd](\d+)|:[^}]*)?\}", put, pattern).replace("{{", "{").replace("}}", "}")


def _split(value: str, marks: Any) -> list[str]:
    return re.split("|".join(map(re.escape, [marks] if isinstance(marks, str) else marks)), value)


def _replace(value: str, old: str, new: str) -> str:
    if len(value) * max(len(new), 1) > 10_000_000:
        raise ValueError("the result is too long")
    return value.replace(old, new)


def _pad(value: Any, width: int, mark: str = " ") -> str:
    return text(value).rjust(min(width, _MOST), mark)


def _range(start: int, count: int) -> list[int]:
    if not 0 <= count <= _MOST:
        raise ValueError(f"the count must lie between 0 and {_MOST}")
    return list(range(start, start + count))


def _substring(value: str, start: int, length: int | None = None) -> str:
    end = len(value) if length is None else start + length
    if not 0 <= start <= end <= len(value):
        raise ValueError("the index and length must lie within the string")
    return value[start:end]


def _contains(of: Any, what: Any) -> bool:
    if isinstance(of, dict):
        return str(what).lower() in (name.lower() for name in of)
    return (text(what) if isinstance(of, str) else what) in of


def _union(*values: Any) -> Any:
    if isinstance(values[0], dict):
        return functools.reduce(_merged, values)
    found: list[Any] = []
    for one in _concat(*values):
        if one not in found:
            found.append(one)
    return found


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    both = {name: _merged(old[name], value) for name, value in new.items() if _objects(old.get(name), value)}
    return {**old, **new, **both}


def _objects(*values: Any) -> bool:
    return all(isinstance(one, dict) for one in values)


def _intersection(first: Any, *others: Any) -> Any:
    if isinstance(first, dict):
        return {name: value for name, value in first.items() if all(one.get(name) == value for one in others)}
    return [one for one in first if all(one in other for other in others)]


def _object(*pairs: Any) -> dict[str, Any]:
    if len(pairs) % 2:
        raise ValueError("names and values must come in pairs")
    return dict(zip(map(str, pairs[::2]), pairs[1::2], strict=True))


def _bool(value: Any) -> bool:
    if isinstance(value, str):
        return {"true": True, "false": False, "1": True, "0": False}[value.lower()]
    return bool(value)


def _int(value: Any) -> int:
    return int(value) if not isinstance(value, str) else int(value.strip())


def _divide(one: int, other: int) -> int:
    return int(one / other) if abs(one) < 2**53 else one // other


def _numbers(choose: Callable[[list[Any]], Any], *values: Any) -> Any:
    return choose(values[0] if isinstance(values[0], list) else list(values))


def _host(network: str, at: int) -> str:
    return str(ipaddress.ip_network(network, strict=False)[at + 1])


def _sorted(of: list[Any], before: Callable[[Any, Any], bool]) -> list[Any]:
    return sorted(of, key=functools.cmp_to_key(lambda one, other: before(other, one) - before(one, other)))


def _subnet(network: str, bits: int, at: int) -> str:
    whole = ipaddress.ip_network(network, strict=False)
    size = 2 ** (whole.max_prefixlen - bits)
    if bits < whole.prefixlen or (at + 1) * size > whole.num_addresses:
        raise ValueError(f"subnet {at} does not lie within the network")
    return f"{whole.network_address + at * size}/{bits}"


def _try_get(of: Any, *path: Any) -> Any:
    for at in path:
        if isinstance(of, dict):
            of = next((value for name, value in of.items() if name.lower() == str(at).lower()), None)
        else:
            of = of[at] if isinstance(of, list) and isinstance(at, int) and 0 <= at < len(of) else None
    return of


def _plain(of: list[Any]) -> list[Any]:
    return [inner for one in of for inner in (one if isinstance(one, list) else [one])]


_TABLE: dict[str, Callable[..., Any]] = {
    "concat": _concat,
    "format": _format,
    "string": text,
    "tolower": lambda value: value.lower(),
    "toupper": lambda value: value.upper(),
    "trim": lambda value: value.strip(),
    "substring": _substring,
    "replace": _replace,
    "split": _split,
    "join": lambda values, mark: mark.join(map(text, values)),
    "padleft": _pad,
    "startswith": lambda value, what: value.lower().startswith(what.lower()),
    "endswith": lambda value, what: value.lower().endswith(what.lower()),
    "indexof": lambda of, what: of.lower().find(what.lower()) if isinstance(of, str) else [*of, what].index(what),
    "lastindexof": lambda of, what: of.lower().rfind(what.lower()),
    "uniquestring": unique_string,
    "guid": lambda *values: str(uuid.uuid5(_GUIDS, "-".join(values))),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64tostring": lambda value: base64.b64decode(value).decode(),
    "base64tojson": lambda value: json.loads(base64.b64decode(value)),
    "uri": urljoin,
    "uricomponent": lambda value: quote(value, safe=""),
    "uricomponenttostring": unquote,
    "length": len,
    "empty": lambda value: value is None or len(value) == 0,
    "contains": _contains,
    "first": lambda of: of[0] if of else ("" if isinstance(of, str) else None),
    "last": lambda of: of[-1] if of else ("" if isinstance(of, str) else None),
    "skip": lambda of, count: of[max(count, 0) :],
    "take": lambda of, count: of[: max(count, 0)],
    "union": _union,
    "intersection": _intersection,
    "array": lambda value: value if isinstance(value, list) else [value],
    "createarray": lambda *values: list(values),
    "createobject": _object,
    "shallowmerge": lambda values: {name: value for one in values for name, value in one.items()},
    "items": lambda of: [{"key": name, "value": of[name]} for name in sorted(of)],
    "objectkeys": sorted,
    "flatten": _plain,
    "tryget": _try_get,
    "map": lambda of, change: [change(one) for one in of],
    "filter": lambda of, test: [one for one in of if test(one)],
    "sort": _sorted,
    "mapvalues": lambda of, change: {name: change(value) for name, value in of.items()},
    "reduce": lambda of, start, join: functools.reduce(join, of, start),
    "toobject": lambda of, name, value=lambda one: one: {name(one): value(one) for one in of},
    "json": json.loads,
    "int": _int,
    "bool": _bool,
    "float": float,
    "min": functools.partial(_numbers, min),
    "max": functools.partial(_numbers, max),
    "range": _range,
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": _divide,
    "mod": lambda one, other: one - _divide(one, other) * other,
    "equals": lambda one, other: one == other and isinstance(one, bool) == isinstance(other, bool),
    "and": lambda *values: all(values),
    "or": lambda *values: any(values),
    "not": lambda value: not value,
    "less": operator.lt,
    "lessorequals": operator.le,
    "greater": operator.gt,
    "greaterorequals": operator.ge,
    "coalesce": lambda *values: next((one for one in values if one is not None), None),
    "true": lambda: True,
    "false": lambda: False,
    "null": lambda: None,
    "cidrsubnet": _subnet,
    "cidrhost": _host,
}
_ONLY_NUMBERS = frozenset({"add", "sub", "mul", "div", "mod"})


def apply(name: str, args: list[Any]) -> Any:
    """The value of a function of the table; raises TemplateError for an unknown one, or a wrong argument."""
    function = _TABLE.get(name)
    if function is None:
        raise TemplateError(
            f"The template function '{name}' is not valid. Please see https://aka.ms/arm-functions for usage details."
        )
    return called(name, function, args)


def called(name: str, function: Callable[..., Any], args: list[Any]) -> Any:
    """`function(*args)`, where nothing but TemplateError comes out."""
    try:
        inspect.signature(function).bind(*args)
    except TypeError:
        raise TemplateError(f"The template function '{name}' has a wrong number of arguments: {len(args)}.") from None
    except ValueError:
        pass  # a builtin without a signature
    try:
        if name in _ONLY_NUMBERS and not all(type(one) is int for one in args):
            raise TypeError("integers are expected")
        return function(*args)
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise TemplateError(f"Unable to evaluate template language function '{name}': {error}.") from None
