"""Managed identities of machines and scale sets: the ids that the directory gives them."""

from local.armsim.body import Body
from local.armsim.kinds import Write
from local.armsim.reading import choice, record

_KINDS = ("SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned", "None")


def set_identity(write: Write) -> None:
    """Complete `identity` of the body wanted; what is wanted as `None` is left out."""
    sent = record(write.wanted, "identity")
    kind = choice(sent, "identity.type", _KINDS, "type")
    if kind is None or kind == "None":
        write.wanted.pop("identity", None)
        return
    draws = write.world.draws
    shown: Body = {"type": kind}
    if kind.startswith("SystemAssigned"):
        shown["principalId"] = draws.guid("principal", write.id.lower())
        shown["tenantId"] = write.world.tenant_id
    if "UserAssigned" in kind:
        shown["userAssignedIdentities"] = {
            one: {"principalId": draws.guid("principal", one.lower()), "clientId": draws.guid("client", one.lower())}
            for one in record(sent, "userAssignedIdentities")
        }
    write.wanted["identity"] = shown
