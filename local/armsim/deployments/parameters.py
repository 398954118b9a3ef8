"""Parameters of a deployment: whether what was sent fits what the template declares, and what of it is shown."""

from typing import Any

from local.armsim.body import Body, part
from local.armsim.deployments.expressions import TemplateError
from local.armsim.deployments.scopes import Scope
from local.armsim.deployments.secrets import PLACEHOLDER, kind_of, secret_parameter, secure, withheld

_KINDS: dict[str, tuple[type, str]] = {
    "string": (str, "String"),
    "securestring": (str, "SecureString"),
    "int": (int, "Int"),
    "bool": (bool, "Bool"),
    "array": (list, "Array"),
    "object": (dict, "Object"),
    "secureobject": (dict, "SecureObject"),
}


def given(template: Body, sent: Body) -> Body:
    """The values sent, by name; raises TemplateError for what is missing, unknown or of the wrong kind."""
    declared = part(template, "parameters")
    spelt = {name.lower(): name for name in declared}
    unknown = [name for name in sent if name.lower() not in spelt]
    if unknown:
        raise TemplateError(
            f"The template parameters '{', '.join(unknown)}' in the parameters file are not valid; they are not "
            "present in the original template and can therefore not be provided at deployment time. The only "
            f"supported parameters for this template are '{', '.join(declared)}'. "
            "Please see https://aka.ms/arm-pass-parameter-values for usage details."
        )
    values = {spelt[name.lower()]: _value(name, one) for name, one in sent.items()}
    for name, definition in declared.items():
        if not isinstance(definition, dict):
            raise TemplateError(f"The declaration of the template parameter '{name}' is not an object.")
        if values.get(name) is None and "defaultValue" in definition:
            values.pop(name, None)
        elif name not in values and not definition.get("nullable"):
            raise TemplateError(
                f"The value for the template parameter '{name}' is not provided. "
                "Please see https://aka.ms/arm-create-parameter-file for usage details."
            )
        else:
            values.setdefault(name, None)
    return values


def _value(name: str, one: Any) -> Any:
    if isinstance(one, dict) and "value" in one:
        return one["value"]
    if isinstance(one, dict) and "reference" in one:
        return PLACEHOLDER  # a key vault's secret, which nothing here could read
    raise TemplateError(f"The value for the template parameter '{name}' is not provided: 'value' is missing.")


def check(template: Body, scope: Scope) -> None:
    """Every parameter's value, given or by default, against its type, allowed values and limits."""
    for name, definition in part(template, "parameters").items():
        value = scope.parameter(name)
        if value is None and definition.get("nullable"):
            continue
        _check_kind(template, name, definition, value)
        shown = PLACEHOLDER if secret_parameter(template, name) else value
        allowed = definition.get("allowedValues")
        if isinstance(allowed, list) and value not in allowed and not _all_allowed(value, allowed):
            raise TemplateError(
                f"The provided value '{shown}' for the template parameter '{name}' is not valid. The value "
                f"'{shown}' is not part of the allowed value(s): '{','.join(map(str, allowed))}'."
            )
        size = value if isinstance(value, int) else len(value)
        what = "Value" if isinstance(value, int) else "Length"
        least, most = definition.get(f"min{what}"), definition.get(f"max{what}")
        if (isinstance(least, int) and size < least) or (isinstance(most, int) and size > most):
            raise TemplateError(
                f"The provided value for the template parameter '{name}' is not valid. {what} '{size}' is outside "
                f"'{least if least is not None else ''}' to '{most if most is not None else ''}'."
            )


def _all_allowed(value: Any, allowed: list[Any]) -> bool:
    return isinstance(value, list) and all(one in allowed for one in value)


def _check_kind(template: Body, name: str, definition: Body, value: Any) -> None:
    kind = kind_of(template, definition)
    if kind not in _KINDS:
        raise TemplateError(f"The type '{kind}' of the template parameter '{name}' is not supported.")
    wanted, shown = _KINDS[kind]
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        actual = {bool: "Boolean", str: "String", int: "Integer", float: "Float", list: "Array", dict: "Object"}
        raise TemplateError(
            f"The value of the template parameter '{name}' has a wrong type. Expected '{shown}'. Actual "
            f"'{actual.get(type(value), 'Null')}'. Please see https://aka.ms/arm-create-parameter-file for details."
        )


def display(kind: object) -> str:
    """A type as answers spell it: `SecureString`."""
    return _KINDS.get(str(kind).lower(), (str, "String"))[1]


def shown(template: Body, scope: Scope) -> Body:
    """The parameters as a deployment shows them: secure ones without value."""
    found: Body = {}
    for name, definition in part(template, "parameters").items():
        kind = kind_of(template, definition)
        found[name] = {"type": display(kind)}
        if not secure(kind):
            value = scope.parameter(name)
            found[name]["value"] = withheld(value) if secret_parameter(template, name) else value
    return found


def kept(template: Body, values: Body) -> Body:
    """The values that a deployment keeps: those of secure parameters withheld."""
    return {name: withheld(value) if secret_parameter(template, name) else value for name, value in values.items()}
