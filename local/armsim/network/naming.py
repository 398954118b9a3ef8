"""Names of network resources and of their parts, and what Network says to a body that it cannot read."""

from local.armsim.body import Body
from local.armsim.errors import ArmError, network_error
from local.armsim.reading import records, text
from local.armsim.rules import checked_name

_NAME = r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9_])?"
_LENGTHS = {"Microsoft.Network/virtualNetworks": (2, 64)}


def unreadable(message: str, code: str = "InvalidJson") -> ArmError:
    """A body whose members have the wrong kind or are missing."""
    return ArmError(
        400, "InvalidRequestFormat", "Cannot parse the request.", details=[{"code": code, "message": message}]
    )


def missing(name: str) -> ArmError:
    """A body without a member that it needs."""
    return unreadable(f"Required property '{name}' not found in JSON. Path 'properties.{name}'.")


def check_name(name: str, kind: str) -> None:
    """Refuse a name that breaks the rule of network resources."""
    least, most = _LENGTHS.get(kind, (1, 80))
    if not least <= len(name) <= most or not checked_name(_NAME, name):
        raise network_error(
            "InvalidResourceName",
            f"Resource name {name} is invalid. The name can be up to {most} characters long. It must begin with a word "
            "character, and it must end with a word character or with '_'. The name may contain word characters or "
            f"'.', '-', '_'. Type: {kind}.",
        )


def named_parts(properties: Body, collection: str) -> list[Body]:
    """The parts of one collection as sent: each with a name, no name twice."""
    found = records(properties, collection)
    names: set[str] = set()
    for one in found:
        name = text(one, "name")
        if not name:
            raise missing(f"{collection}.name")
        check_name(name, collection)
        if name.lower() in names:
            raise unreadable(f"The name '{name}' occurs twice in '{collection}'.", "DuplicateResourceName")
        names.add(name.lower())
    return found
