"""Where the expressions of one deployment mean something: its parameters, variables, loops and surroundings.

A scope is made anew from what a deployment keeps whenever the engine goes on, so nothing here is state.
"""

import functools
import re
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.armsim.body import Body, dig, items, part
from local.armsim.deployments.expressions import TemplateError, member, passes, resolve
from local.armsim.deployments.functions import apply, called
from local.armsim.deployments.secrets import secret_parameter, withheld

type Refer = Callable[[str, str, bool], Any]
"""The body of a resource by id or name, with an api-version (or none), in full or its properties only."""

_HELP = "Please see https://aka.ms/arm-{} for usage details."
_TIME = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "u": "%Y-%m-%d %H:%M:%SZ"}


class NotYetError(Exception):
    """`reference` was called before the resource can be there."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a deployment runs in. `objects` answers functions without arguments, such as `resourcegroup`."""

    subscription: str
    group: str
    now: datetime
    objects: Mapping[str, Body]
    versions: Callable[[str], tuple[str, ...]]
    """api-versions of a type, newest first; empty for one that is unknown."""
    guid: Callable[[int], str]
    """The GUID of the nth `newGuid`."""


def resource_id(subscription: str, group: str, type_name: str, names: list[str]) -> str:
    """The id of a resource; without group: below the subscription; without either: the provider's part only."""
    namespace, *types = type_name.split("/")
    if len(types) != len(names) or not types:
        raise TemplateError(
            f"Unable to evaluate template language function 'resourceId': the type '{type_name}' requires "
            f"'{len(types)}' resource name argument(s). " + _HELP.format("resource-functions")
        )
    base = f"/subscriptions/{subscription}" if subscription else ""
    base += f"/resourceGroups/{group}" if group else ""
    pairs = "/".join(f"{kind}/{name}" for kind, name in zip(types, names, strict=True))
    return f"{base}/providers/{namespace}/{pairs}"


class Scope:
    """One deployment's names. `values` are its parameters; what is not among them comes from a default.

    `withholds`: secure parameters have placeholders for values.
    """

    def __init__(
        self, template: Body, values: Body, place: Place, refer: Refer | None = None, *, withholds: bool = True
    ) -> None:
        self.place = place
        self._template, self._refer, self._withholds = template, refer, withholds
        self._values = {name.lower(): value for name, value in values.items()}
        self._variables: dict[str, Any] = {}
        self._busy: set[str] = set()
        self._guids = 0
        self._loops: tuple[tuple[str, int], ...] = ()

    def call(self, name: str, args: list[Any]) -> Any:
        """The value of a function: one of ours, the template's own, or one of the common table."""
        if name in _SCOPED:
            return called(name, functools.partial(_SCOPED[name], self), args)
        if name in self.place.objects and not args:
            return self.place.objects[name]
        return self._own(name, args) if "." in name else apply(name, args)

    def looped(self, name: str, index: int) -> "Scope":
        """The scope inside pass `index` of the loop `name`."""
        inner = copy(self)
        inner._loops = (*self._loops, (name.lower(), index))
        return inner

    def parameter(self, name: str) -> Any:
        """The value of a parameter, given or by default."""
        key, declared = _declared(self._template, "parameters", name)
        if key not in self._values:
            if not isinstance(declared, dict) or "defaultValue" not in declared:
                raise TemplateError(f"The value for the template parameter '{name}' is not provided.")
            self._values[key] = self._once(name, lambda: resolve(declared["defaultValue"], self))
            if self._withholds and secret_parameter(self._template, name):
                self._values[key] = withheld(self._values[key])
        return self._values[key]

    def _variable(self, name: str) -> Any:
        variables = part(self._template, "variables")
        key = name.lower()
        if key not in self._variables:
            loop = next((one for one in _objects(variables, "copy") if str(one.get("name")).lower() == key), None)
            if loop is not None:
                self._variables[key] = self._once(name, lambda: passes(loop, self))
            else:
                _, found = _declared(self._template, "variables", name)
                self._variables[key] = self._once(name, lambda: resolve(found, self))
        return self._variables[key]

    def _once(self, name: str, value: Callable[[], Any]) -> Any:
        if name.lower() in self._busy:
            raise TemplateError(f"Circular reference detected at '{name}'.")
        self._busy.add(name.lower())
        try:
            return value()
        finally:
            self._busy.discard(name.lower())

    def _own(self, name: str, args: list[Any]) -> Any:
        """A function that the template itself defines."""
        namespace, _, short = name.partition(".")
        for own in _objects(self._template, "functions"):
            if str(own.get("namespace")).lower() == namespace:
                _, body = _declared(own, "members", short)
                names = [str(one.get("name")) for one in _objects(body, "parameters")]
                if len(names) != len(args):
                    raise TemplateError(f"The template function '{name}' expects {len(names)} argument(s).")
                inner = {"parameters": {one: {} for one in names}, "functions": self._template["functions"]}
                within = Scope(inner, dict(zip(names, args, strict=True)), self.place)
                within._busy = self._busy
                try:
                    return self._once(name, functools.partial(resolve, dig(body, "output", "value"), within))
                except NotYetError as error:  # it never may: such a function knows its arguments only
                    raise TemplateError(str(error)) from None
        return apply(name, args)

    def _copy_index(self, *of: Any) -> int:
        name = next((one for one in of if isinstance(one, str)), "")
        offset = next((one for one in of if isinstance(one, int)), 0)
        for loop, index in reversed(self._loops):
            if not name or loop == name.lower():
                return index + offset
        raise TemplateError(
            "The template function 'copyIndex' is not expected at this location. " + _HELP.format("copy")
        )

    def _resource_id(self, *parts: str) -> str:
        at = next((at for at, one in enumerate(parts) if "/" in one), len(parts))
        if at > 2 or at == len(parts):
            raise TemplateError("The template function 'resourceId' needs a type such as 'Microsoft.Compute/images'.")
        group = parts[at - 1] if at else self.place.group
        subscription = parts[0] if at == 2 else self.place.subscription
        return resource_id(subscription, group, parts[at], list(parts[at + 1 :]))

    def _subscription_resource_id(self, *parts: str) -> str:
        first, *rest = parts
        if "/" in first:
            return resource_id(self.place.subscription, "", first, rest)
        return resource_id(first, "", rest[0], rest[1:])

    def _tenant_resource_id(self, type_name: str, *names: str) -> str:
        return resource_id("", "", type_name, list(names))

    def _extension_resource_id(self, base: str, type_name: str, *names: str) -> str:
        return base + resource_id("", "", type_name, list(names))

    def _providers(self, namespace: str, type_name: str) -> Body:
        versions = self.place.versions(f"{namespace}/{type_name}")
        if not versions:
            raise TemplateError(f"The resource type '{type_name}' could not be found in the namespace '{namespace}'.")
        return {"resourceType": type_name, "locations": [], "apiVersions": list(versions)}

    def _reference(self, target: str, api_version: str = "", full: str = "") -> Any:
        if self._refer is None:
            raise NotYetError("The template function 'reference' is not expected at this location.")
        return self._refer(target, api_version, full.lower() == "full")

    def _new_guid(self) -> str:
        self._guids += 1
        return self.place.guid(self._guids)

    def _utc_now(self, pattern: str = "yyyyMMddTHHmmssZ") -> str:
        return self.place.now.strftime(re.sub("|".join(_TIME), lambda found: _TIME[found[0]], pattern))


def _objects(body: Any, *keys: str) -> list[Body]:
    """The objects of a list that may hold anything."""
    return [one for one in items(body, *keys) if isinstance(one, dict)]


def _declared(template: Body, kind: str, name: str) -> tuple[str, Any]:
    """Key and declaration of a parameter, a variable or a function, by its name in any case."""
    try:
        return name.lower(), member(part(template, kind), name)
    except TemplateError:
        raise TemplateError(
            f"The template {kind.removesuffix('s')} '{name}' is not found. {_HELP.format('template')}"
        ) from None


_SCOPED: dict[str, Callable[..., Any]] = {
    "parameters": Scope.parameter,
    "variables": Scope._variable,
    "copyindex": Scope._copy_index,
    "resourceid": Scope._resource_id,
    "subscriptionresourceid": Scope._subscription_resource_id,
    "tenantresourceid": Scope._tenant_resource_id,
    "extensionresourceid": Scope._extension_resource_id,
    "providers": Scope._providers,
    "reference": Scope._reference,
    "newguid": Scope._new_guid,
    "utcnow": Scope._utc_now,
}
