"""Names and parts that all network types share."""

from local.armsim.body import Body
from local.armsim.errors import ArmError, missing_parameter, network_error
from local.armsim.kinds import Write
from local.armsim.reading import records, text
from local.armsim.rules import checked_name

_NAME = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?"


def check_name(name: str, kind: str) -> None:
    """Refuse a name that breaks the rule of network resources."""
    if not checked_name(_NAME, name):
        raise network_error(
            "InvalidResourceName",
            f"Resource name {name} is invalid. The name can be up to 80 characters long. It must begin with a word "
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
            raise missing_parameter(f"{collection}.name")
        check_name(name, collection)
        if name.lower() in names:
            raise ArmError(
                400,
                "InvalidRequestFormat",
                f"Cannot parse the request: the name '{name}' occurs twice in '{collection}'.",
                details=[{"code": "DuplicateResourceName", "message": f"Duplicate name {name}."}],
            )
        names.add(name.lower())
    return found


def keep_guid(write: Write, kept: Body) -> Body:
    """`resourceGuid`, which lives as long as the resource."""
    before = write.existing.properties.get("resourceGuid") if write.existing else None
    return {"resourceGuid": before or write.world.draws.guid("resource", write.id.lower(), write.now), **kept}
