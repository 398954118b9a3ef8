"""Small rules that more than one type has."""

import re

from local.armsim.body import Body
from local.armsim.errors import ArmError, invalid_parameter, missing_parameter
from local.armsim.ids import Route
from local.armsim.reading import text


def checked_name(pattern: str, name: str) -> bool:
    """Whether the whole of `name` matches, ASCII only."""
    return re.fullmatch(pattern, name, re.ASCII) is not None


def invalid_name(type_name: str, name: str, rule: str) -> ArmError:
    """A name that breaks its type's rule (code *inferred*)."""
    what = {"galleries": "Gallery", "galleries/images": "Gallery image"}.get(type_name, "Resource")
    why = "has invalid trailing characters" if name[-1:] in (".", "_", "-") else "is too long or has invalid characters"
    return invalid_parameter(
        f"{what} name is invalid. The resource name '{name}' of type '{type_name}' is invalid according to its "
        f"validation rule: {rule}. It {why}.",
        "resourceName",
    )


def check_name(route: Route, most: int) -> None:
    """Refuse a name that breaks the rule of Compute's types but galleries (limits as documented)."""
    name = route.names[-1]
    if len(name) > most or not checked_name(r"[A-Za-z0-9]([\w.-]*\w)?", name):
        rule = f"1 to {most} letters, digits, '_', '.' and '-', a letter or digit first, no '.' or '-' last"
        raise invalid_name(route.type_name.partition("/")[2], name, rule)


def required(body: Body, label: str, *path: str) -> str:
    """The string at `path`, which must be there; `label` is how the message begins its name."""
    value = text(body, *path)
    if value is None or value == "":
        raise missing_parameter(".".join([label, *path]))
    return value


def provider_path(resource_id: str) -> str:
    """`microsoft.compute/images` for the id of a managed image: its type, in lower case."""
    tail = resource_id.lower().partition("/providers/")[2].split("/")
    return "/".join([tail[0], *tail[1::2]])
