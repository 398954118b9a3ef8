"""What a template wants: every resource with its id, what it waits for, and how its body comes about.

`expand` is a pure function of template, parameters and place. The engine calls it anew whenever it goes on, so
a deployment keeps nothing but the template and how far it has come.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from local.armsim.body import Body, dig
from local.armsim.deployments.expressions import (
    Call,
    TemplateError,
    calls,
    copies,
    evaluate,
    expression,
    parse,
    resolve,
)
from local.armsim.deployments.scopes import NotYetError, Scope, resource_id

DEPLOYMENTS = "microsoft.resources/deployments"
_BODY = ("location", "tags", "sku", "kind", "zones", "plan", "identity", "extendedLocation", "managedBy", "properties")
_MOST = 800  # resources of a template: Azure's limit


@dataclass(slots=True)
class Planned:
    """One resource of a template; `needs` are ids in lower case, `wanted` what `dependsOn` says."""

    name: str
    type_name: str
    id: str
    api_version: str
    source: Body
    scope: Scope
    symbol: str = ""
    loop: str = ""
    at: int = 0
    made: bool = True
    """False for a resource that exists already, or whose condition does not hold."""
    wanted: list[str] = field(default_factory=list)
    needs: list["Planned"] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The id in lower case."""
        return self.id.lower()

    @property
    def handles(self) -> tuple[str, ...]:
        """What else it is called in its template, in lower case: `nets` and `nets[0]`."""
        return self.loop.lower(), self.symbol.lower(), f"{self.symbol}[{self.at}]".lower()

    @property
    def location(self) -> str | None:
        """Where it is to be, in the short form; None for a type without location."""
        try:
            found = resolve(self.source.get("location"), self.scope)
        except NotYetError:
            return None
        return found.replace(" ", "").lower() if isinstance(found, str) else None

    def body(self) -> Body:
        """The body to send; NotYetError where it waits for another resource, TemplateError where it is wrong."""
        try:
            found: Body = {name: self._member(name) for name in _BODY if name in self.source}
        except TemplateError as error:
            raise named(error, self.name) from None
        return found

    def _member(self, name: str) -> Any:
        value = self.source[name]
        inner = dig(value, "expressionEvaluationOptions", "scope")
        if name == "properties" and self.type_name.lower() == DEPLOYMENTS and str(inner).lower() == "inner":
            rest = {one: part for one, part in value.items() if one != "template"}
            return {**resolve(rest, self.scope), "template": value.get("template")}
        return resolve(value, self.scope)


def named(error: TemplateError, name: str) -> TemplateError:
    """The refusal that says which resource of the template is wrong, and which of its expressions."""
    if not error.expression:
        return TemplateError(f"The template resource '{name}' is not valid: {error.message}")
    return TemplateError(
        f"Unable to process template language expressions for resource '{name}'. The language expression "
        f"'[{error.expression}]' can't be evaluated: '{error.message}'.",
        error.expression,
    )


def expand(template: Body, scope: Scope) -> list[Planned]:
    """Every resource of a template, in its order; raises TemplateError."""
    found: list[Planned] = []
    for symbol, source in _sources(template.get("resources", [])):
        found += _planned(source, scope, symbol, None)
        if len(found) > _MOST:
            raise TemplateError(f"The number of resources exceeds the limit of '{_MOST}'.")
    _check_once(found)
    for one in found:
        one.needs = list({need.key: need for need in _needs(one, found)}.values())
    _check_no_circle(found)
    return found


def _sources(resources: Any) -> Iterator[tuple[str, Body]]:
    """Resources with their symbolic names (empty in templates without)."""
    if not isinstance(resources, dict | list):
        raise TemplateError("The template resources must be an array, or an object by symbolic names.")
    pairs = resources.items() if isinstance(resources, dict) else (("", one) for one in resources)
    for symbol, source in pairs:
        if not isinstance(source, dict):
            raise TemplateError("The template resources must be objects.")
        yield symbol, source


def _planned(source: Body, scope: Scope, symbol: str, parent: Planned | None) -> Iterator[Planned]:
    loop = source.get("copy")
    if loop is None:
        yield from _one(source, scope, symbol, parent)
        return
    if not isinstance(loop, dict):
        raise named(TemplateError("the property 'copy' must be an object."), str(source.get("name")))
    name = str(loop.get("name") or symbol)
    try:
        count = copies(loop, scope)
    except TemplateError as error:
        raise named(error, str(source.get("name"))) from None
    batch = loop.get("batchSize", 1) if str(loop.get("mode")).lower() == "serial" else 0
    before: list[Planned] = []
    for at in range(count):
        inner = list(_one(source, scope.looped(name, at), symbol, parent))
        for one in inner:
            one.loop, one.at = name, at
            if isinstance(batch, int) and batch > 0:
                one.wanted += [other.id for other in before[: at // batch * batch]]
        before += inner[:1]
        yield from inner


def _one(source: Body, scope: Scope, symbol: str, parent: Planned | None) -> Iterator[Planned]:
    shown = str(source.get("name", ""))
    try:
        name, type_name = _text(source, "name", scope), _text(source, "type", scope)
        if parent is not None:
            name, type_name = f"{parent.name}/{name}", f"{parent.type_name}/{type_name}"
        shown = name
        api_version = _text(source, "apiVersion", scope)
        wanted = resolve(source.get("dependsOn") or [], scope)
        if not isinstance(wanted, list):
            raise TemplateError("the property 'dependsOn' must be an array.")
        if "scope" in source:
            raise TemplateError("extension resources, with a 'scope' of their own, are not supported.")
        subscription = resolve(source.get("subscriptionId"), scope) or scope.place.subscription
        group = resolve(source.get("resourceGroup"), scope) or scope.place.group
        if len(type_name.split("/")) != len(name.split("/")) + 1:
            raise TemplateError(
                f"the name '{name}' for type '{type_name}' has incorrect segment lengths. A nested resource type "
                "must have identical number of segments as its resource name. A root resource type must have "
                "segment length one greater than its resource name. Please see https://aka.ms/arm-syntax-resources."
            )
        one = Planned(
            name=name,
            type_name=type_name,
            id=resource_id(str(subscription), str(group), type_name, name.split("/")),
            api_version=api_version,
            source=source,
            scope=scope,
            symbol=symbol,
            made=not source.get("existing") and bool(resolve(source.get("condition", True), scope)),
            wanted=[str(one) for one in wanted],
        )
    except NotYetError:
        raise TemplateError(
            f"The template function 'reference' is not expected at this location of resource '{shown}'. "
            "Please see https://aka.ms/arm-functions for usage details."
        ) from None
    except TemplateError as error:
        raise named(error, shown) from None
    yield one
    for inner, child in _sources(source.get("resources", [])):
        yield from _planned(child, scope, inner, one)


def _text(source: Body, member: str, scope: Scope) -> str:
    found = resolve(source.get(member), scope)
    if isinstance(found, str) and found and found.isprintable():
        return found
    raise TemplateError(f"the property '{member}' is missing or no text.")


def matching(word: str, among: list[Planned]) -> list[Planned]:
    """The resources that `dependsOn` or `reference` means: by symbol or loop, by id, by name with type or without."""
    low = word.lower().rstrip("/")
    for named_so in (
        [one for one in among if low and low in one.handles],
        [one for one in among if one.key == low or one.key.endswith(f"/providers/{low}")],
        [one for one in among if one.name.lower() == low or f"{one.type_name}/{one.name}".lower() == low],
    ):
        if named_so:
            return named_so
    return []


def referred(word: str, among: list[Planned]) -> list[Planned]:
    """The resources that `reference` means; none for the id of one that the template does not have."""
    found = matching(word, among)
    if not found and not word.startswith("/"):
        raise TemplateError(
            f"The template reference '{word}' is not valid: could not find template resource or resource copy with "
            "this name. Please see https://aka.ms/arm-function-reference for usage details."
        )
    return found


def _needs(one: Planned, among: list[Planned]) -> Iterator[Planned]:
    for word in one.wanted:
        found = matching(word, among)
        if not found:
            raise TemplateError(
                f"The resource '{word}' is not defined in the template, and resource '{one.name}' depends on it. "
                "Please see https://aka.ms/arm-syntax for usage details."
            )
        others = [other for other in found if other is not one]
        yield from others or found  # one that waits for itself is a circle
    for word in _references({name: one.source[name] for name in _BODY if name in one.source}, one.scope):
        yield from (other for other in referred(word, among) if other is not one and other.made)


def _references(value: Any, scope: Scope) -> Iterator[str]:
    """What `reference` is called with anywhere in a value, as far as that is known before."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _references(inner, scope)
        return
    text = expression(value)
    if text is None or "reference" not in text.lower():
        return
    try:
        for called in calls(parse(text), "reference"):
            yield str(evaluate(Call("string", called.args[:1]), scope))
    except (TemplateError, NotYetError):
        return  # said when the body is composed


def _check_once(found: list[Planned]) -> None:
    seen: set[str] = set()
    for one in found:
        if one.made and one.key in seen:
            raise TemplateError(
                f"The resource '{one.id}' is defined multiple times in a template. "
                "Please see https://aka.ms/arm-syntax-resources for usage details."
            )
        if one.made:
            seen.add(one.key)


def _check_no_circle(found: list[Planned]) -> None:
    done: set[int] = set()
    while len(done) < len(found):
        ready = {id(one) for one in found if id(one) not in done and all(id(need) in done for need in one.needs)}
        if not ready:
            stuck = next(one for one in found if id(one) not in done)
            raise TemplateError(
                f"Circular dependency detected on resource: '{stuck.id}'. "
                "Please see https://aka.ms/arm-syntax-resources for usage details."
            )
        done |= ready
