"""Resource groups: made at once, deleted with all that lies in them."""

from local.armsim import timing
from local.armsim.body import Body
from local.armsim.errors import ArmError
from local.armsim.kinds import Look, Resource, ResourceType, Write
from local.armsim.rules import checked_name
from local.armsim.wire import Wire

_NAME = r"[\w._()-]{0,89}[\w_()-]"


def _compose(write: Write) -> Body:
    if not checked_name(_NAME, write.route.group):
        raise ArmError(
            400,
            "InvalidResourceGroup",
            f"The provided resource group name '{write.route.group}' is invalid. It may hold letters, digits, "
            "'-', '.', '_', '(' and ')', must not end with a period, and has at most 90 characters.",
            gateway=True,
        )
    kept: Body = {name: write.wanted[name] for name in ("location", "tags") if name in write.wanted}
    kept["properties"] = {}
    return kept


def _view(resource: Resource, look: Look) -> Body:
    return {
        "id": resource.id,
        "name": resource.name,
        "type": resource.kind.name,
        **{name: value for name, value in resource.body.items() if name != "properties"},
        "properties": {"provisioningState": resource.state},
    }


GROUP = ResourceType(
    name="Microsoft.Resources/resourceGroups",
    versions=("2015-11-01", "2025-04-01"),
    wire=Wire(operations="operationresults", delete_retry_after=15.0, delete_polls=(15.0,)),
    compose=_compose,
    view=_view,
    since={"type": "2018-05-01"},  # recorded without it at 2016-09-01, with it at 2020-06-01; the day is *inferred*
    delete_seconds=timing.GROUP_DELETE,
    verbs=frozenset({"GET", "HEAD", "PUT", "PATCH", "DELETE"}),
)
