"""Holds bodies against the SDK's models: every key must be a field there, every value of the field's type.

The SDK takes any body, so this is a checker of ours. `faults_of` finds by method and path which model an answer
should be; what a recording shows and the models lack is listed in `RECORDED` and `PUBLIC`.
"""

import re
import typing
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any, Literal, get_args, get_origin

from tests.contract.schema_models import ACTIONS, ARRAYS, LISTS, OPEN, PUBLIC, RECORDED, RESOURCES

_PACKAGES = {
    "compute": "azure.mgmt.compute.models",
    "network": "azure.mgmt.network.models",
    "resources": "azure.mgmt.resource.resources.models",
    "deployments": "azure.mgmt.resource.deployments.models",
    "subscriptions": "azure.mgmt.resource.subscriptions.models",
}
_OPERATIONS = re.compile(
    r"/(operations|capsoperations|diskoperations|operationstatuses|operationresults)/[^/]+$", re.IGNORECASE
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_OPERATION: dict[str, type] = {
    "startTime": str,
    "endTime": str,
    "status": str,
    "name": str,
    "error": dict,
    "properties": dict,
}
_ERROR: dict[str, type] = {
    "code": str,
    "message": str,
    "target": str,
    "details": list,
    "innererror": dict,
    "additionalInfo": list,
}
_PAGE: dict[str, type] = {"value": list, "nextLink": str}
_TEXTS: dict[Any, re.Pattern[str]] = {
    datetime: _MOMENT,
    timedelta: re.compile(r"P.+"),
    date: re.compile(r"\d{4}-\d\d-\d\d"),
    time: re.compile(r"\d\d:.+"),
    bytes: re.compile(r"[\w+/=-]*", re.ASCII),
}


def faults_of(method: str, path: str, status: int, body: Any) -> list[str]:
    """What an answer holds that it should not; empty where all fits."""
    label = f"{method} {type_of(path) or path} {status}"
    return [f"{label}: {fault}" for fault in _answer_faults(method, path, status, body)]


def type_of(path: str) -> str:
    """`…/providers/Microsoft.Compute/galleries/g/images` → `Microsoft.Compute/galleries/images`."""
    _, found, tail = path.lower().rpartition("/providers/")
    parts = [part for part in (tail if found else path.lower()).split("/") if part]
    if found:
        return "/".join([parts[0], *parts[1::2]]) if len(parts) > 1 else "subscriptions/providers"
    return "/".join(parts[0::2])


def _answer_faults(method: str, path: str, status: int, body: Any) -> Iterator[str]:
    if isinstance(body, list) and method == "GET" and type_of(path) in ARRAYS:
        yield from _known(type_of(path), faults(body, list[model(ARRAYS[type_of(path)])], ""))  # type: ignore[misc]
    elif not isinstance(body, dict):
        yield "the body is no object"
    elif status >= 400:
        yield from _plain_faults(body, {"error": dict}, "")
        yield from _plain_faults(body.get("error") or {}, _ERROR, "error")
    elif _OPERATIONS.search(path):
        # without a status it is what the operation made, and the path does not say what that is
        yield from _plain_faults(body, _OPERATION, "") if "status" in body else ()
    else:
        yield from _model_faults(method, path, body)


def _model_faults(method: str, path: str, body: dict[str, Any]) -> Iterator[str]:
    type_name = type_of(path)
    named = model_of(method, path)
    if not named:
        yield "no model is named for it in schema_models.py"
    elif named.endswith("[]"):
        yield from _plain_faults(body, _PAGE, "")
        for one in body.get("value", []):
            yield from _known(type_name, faults(one, model(named[:-2]), ""))
    else:
        yield from _known(type_name, faults(body, model(named), ""))


def model_of(method: str, path: str) -> str:
    """Name of the model of a good answer, with `[]` for a list of it; empty where none is named."""
    type_name = type_of(path)
    if (method, type_name) in ACTIONS:
        return ACTIONS[method, type_name]
    if type_name in LISTS:
        return f"{LISTS[type_name]}[]"
    if type_name in ARRAYS:
        return "compute.VirtualMachineImage"
    found = RESOURCES.get(type_name, "")
    lists = method == "GET" and len([part for part in path.split("/") if part]) % 2 == 1
    return f"{found}[]" if found and lists else found


def _known(type_name: str, found: Iterator[str]) -> Iterator[str]:
    """All faults but the unknown keys that a recording shows too."""
    excused = RECORDED.keys() | PUBLIC
    return (fault for fault in found if f"{type_name} {fault}".removesuffix(": unknown key") not in excused)


def _plain_faults(body: dict[str, Any], shape: dict[str, type], at: str) -> Iterator[str]:
    for name, value in body.items():
        where = f"{at}.{name}".lstrip(".")
        if name not in shape:
            yield f"{where}: unknown key"
        elif not isinstance(value, shape[name]):
            yield f"{where}: {shape[name].__name__} expected"


@cache
def model(name: str) -> Any:
    """`compute.Gallery` → the class."""
    package, _, class_name = name.partition(".")
    return getattr(import_module(_PACKAGES[package]), class_name)


@cache
def fields(of: Any) -> dict[str, Any]:
    """The members of a model by their names on the wire, with their annotations."""
    package = import_module(of.__module__.rpartition(".")[0])
    hints = typing.get_type_hints(of, vars(import_module(of.__module__)), {"_models": package})
    found = {}
    for attribute, hint in hints.items():
        member: Any = next((vars(base)[attribute] for base in of.__mro__ if attribute in vars(base)), None)
        if hasattr(member, "_rest_name_input"):
            found[member._rest_name_input or attribute] = hint
    return found


def faults(value: Any, wanted: Any, at: str) -> Iterator[str]:
    """Where `value` differs from the annotation `wanted`; `at` is the dotted path so far, `[]` for any item."""
    origin = get_origin(wanted)
    if wanted is Any or wanted is object:
        return
    if origin is list or origin is dict:
        yield from _container_faults(value, wanted, at)
    elif origin is Literal or (origin is not None and _is_text(wanted)):
        yield from _text_faults(value, wanted, at)
    elif origin is not None:
        kinds = [kind for kind in get_args(wanted) if kind is not type(None)]
        found = [list(faults(value, kind, at)) for kind in kinds]
        yield from min(found, key=len)
    elif hasattr(wanted, "_deserialize"):
        yield from _object_faults(value, wanted, at)
    elif not _fits(value, wanted):
        yield f"{at}: {wanted.__name__} expected, {type(value).__name__} found"


def _container_faults(value: Any, wanted: Any, at: str) -> Iterator[str]:
    origin, inner = get_origin(wanted), get_args(wanted)[-1]
    if not isinstance(value, origin):
        yield f"{at}: {origin.__name__} expected, {type(value).__name__} found"
        return
    for one in value if origin is list else value.values():
        yield from faults(one, inner, f"{at}[]")


def _object_faults(value: Any, wanted: Any, at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: object expected, {type(value).__name__} found"
        return
    known = fields(_concrete(value, wanted))
    for name, inner in value.items():
        where = f"{at}.{name}".lstrip(".")
        if name in known:
            yield from faults(inner, known[name], where)
        else:
            yield f"{where}: unknown key"


def _concrete(value: dict[str, Any], wanted: Any) -> Any:
    """The subclass that the discriminator of a polymorphic model names."""
    for name, member in vars(wanted).items():
        if getattr(member, "_is_discriminator", False):
            kind = value.get(member._rest_name_input or name)
            return getattr(wanted, "__mapping__", {}).get(kind, wanted)
    return wanted


def _is_text(wanted: Any) -> bool:
    """`Union[str, SomeEnum]`, optional or not."""
    kinds = [kind for kind in get_args(wanted) if kind is not type(None)]
    return str in kinds and any(isinstance(kind, type) and issubclass(kind, Enum) for kind in kinds)


def _text_faults(value: Any, wanted: Any, at: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{at}: str expected, {type(value).__name__} found"
        return
    kinds = get_args(wanted)
    if any(getattr(kind, "__name__", "") in OPEN for kind in kinds):
        return
    known = {one.value.lower() for kind in kinds if isinstance(kind, type(Enum)) for one in kind}
    known |= {str(getattr(one, "value", one)).lower() for one in kinds if get_origin(wanted) is Literal}
    if value.lower() not in known:
        yield f"{at}: '{value}' is none of the known values"


def _fits(value: Any, wanted: Any) -> bool:
    if wanted in _TEXTS:
        return isinstance(value, str) and bool(_TEXTS[wanted].fullmatch(value))
    if wanted is bool or isinstance(value, bool):
        return wanted is bool and isinstance(value, bool)
    return isinstance(value, (int, float) if wanted is float else wanted)
