"""What a deployment must not keep: values of secure parameters, and the secrets that a template has written into it.

A deployment is kept until it ends, and longer; passwords are not. Its resources are made with placeholders in
their place, which changes nothing, because no resource keeps a password either.
"""

import json
import re
from typing import Any

from local.armsim.body import Body, dig, items, part
from local.armsim.deployments.expressions import Access, Call, Literal, Node, TemplateError, expression, parse
from local.armsim.secret_members import public_member, secret_member, secret_name

PLACEHOLDER = "Withheld0Secret0"
"""Satisfies Azure's rules for passwords, user names and base64 (custom data)."""

_KEYS = ("ssh-", "ecdsa-")
_NAMING = frozenset({"parameters", "reference", "resourceid"})
"""Functions whose arguments are names."""
_VARIABLE = re.compile(r"variables\s*\((?:\s*'([^']*)'\s*\))?", re.IGNORECASE)


def secure(type_name: object) -> bool:
    """Whether a parameter's type is one of the secure ones."""
    return str(type_name).lower() in ("securestring", "secureobject")


def kind_of(template: Body, definition: Body) -> str:
    """A declared type in lower case; a type that the template defines is followed to its end."""
    for _ in range(10):
        where = definition.get("$ref")
        if not isinstance(where, str):
            break
        found = dig(template, *where.removeprefix("#/").split("/"))
        definition = found if isinstance(found, dict) else {}
    return str(definition.get("type", "")).lower()


def secret_parameter(template: Body, name: str) -> bool:
    """Whether a parameter's value is not to be kept or shown."""
    return secret_name(name) or secure(kind_of(template, part(part(template, "parameters"), name)))


def withheld(value: Any) -> Any:
    """`value` with placeholders for its strings; the public half of a key pair is no secret."""
    if isinstance(value, str):
        return value if value.startswith(_KEYS) or not value else PLACEHOLDER
    if isinstance(value, dict):
        return {name: withheld(inner) for name, inner in value.items()}
    return [withheld(one) for one in value] if isinstance(value, list) else value


def scrubbed(template: Body) -> Body:
    """A template without the secrets that are written into it; expressions stay that only read parameters."""
    kept: Body = {name: _shown(value) for name, value in template.items()}
    for section in ("parameters", "definitions"):
        if declared := part(template, section):
            kept[section] = {name: _declaration(template, name, one) for name, one in declared.items()}
    if outputs := part(template, "outputs"):
        kept["outputs"] = {name: _output(template, one) for name, one in outputs.items()}
    lost = _read(template) - _read(kept)  # what nothing but secrets reads is part of one
    if lost:
        kept["variables"] = _unread(part(kept, "variables"), lost)
    return kept


def _shown(value: Any, inside: str = "") -> Any:
    """Part of a template: the secret members in it have placeholders."""
    if public_member(inside):
        return value
    if isinstance(value, dict) and inside == "properties" and isinstance(value.get("template"), dict):
        return _nested(value)
    if isinstance(value, dict):
        return {
            name: _secret(inner) if secret_member(inside, name) else _shown(inner, name)
            for name, inner in value.items()
        }
    return [_shown(one, inside) for one in value] if isinstance(value, list) else value


def _nested(properties: Body) -> Body:
    """A deployment inside a template: parameters are as secret as its own template says."""
    inner = properties["template"]
    sent = {
        name: _secret(one) if secret_parameter(inner, name) else one
        for name, one in part(properties, "parameters").items()
    }
    return {**properties, **({"parameters": sent} if sent else {}), "template": scrubbed(inner)}


def _declaration(template: Body, name: str, declared: Any) -> Any:
    """The declaration of a parameter or of a type, without the values that it gives away."""
    if not isinstance(declared, dict) or not (secret_name(name) or secure(kind_of(template, declared))):
        return declared
    return {
        one: _secret(value) if one in ("defaultValue", "allowedValues") else value for one, value in declared.items()
    }


def _output(template: Body, output: Body) -> Body:
    return (
        {**output, "value": _secret(output["value"])}
        if "value" in output and secure(kind_of(template, output))
        else output
    )


def _secret(value: Any) -> Any:
    """The value of a secret: an expression stays where nothing of the secret is written in it."""
    if isinstance(value, dict):
        return {name: _secret(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_secret(one) for one in value]
    text = expression(value)
    try:
        return value if text is not None and _only_reads(parse(text)) else withheld(value)
    except TemplateError:
        return withheld(value)


def _only_reads(node: Node) -> bool:
    """Whether an expression holds no text but names of parameters, resources and members."""
    match node:
        case Literal(value):
            return isinstance(value, int)
        case Access(of, at):
            return _only_reads(of) and (isinstance(at, Literal) or _only_reads(at))
        case Call(name, args):
            return name in _NAMING or (name != "variables" and all(map(_only_reads, args)))


def _unread(variables: Body, lost: set[str]) -> Body:
    """Variables, those of them that are `lost` with placeholders."""
    kept = {name: _secret(value) if name.lower() in lost else value for name, value in variables.items()}
    if isinstance(kept.get("copy"), list):
        kept["copy"] = [
            {**one, "input": _secret(one.get("input"))} if _loop(one) in lost else one for one in kept["copy"]
        ]
    return kept


def _loop(one: Any) -> str:
    """The name of a variable that is a loop."""
    return str(one.get("name")).lower() if isinstance(one, dict) else ""


def _read(template: Body) -> set[str]:
    """Names of the variables that a template reads, in lower case: all of them where it makes up a name."""
    values = {name.lower(): value for name, value in part(template, "variables").items()}
    loops = items({"copy": values.pop("copy", None)}, "copy")
    values |= {_loop(one): one for one in loops if isinstance(one, dict)}
    waiting: list[Any] = [{name: one for name, one in template.items() if name != "variables"}]
    found: set[str] = set()
    while waiting:
        said = _VARIABLE.findall(json.dumps(waiting.pop(), ensure_ascii=False).lower())
        fresh = (values.keys() if "" in said else values.keys() & set(said)) - found
        found |= fresh
        waiting += [values[name] for name in fresh]
    return found
