"""The event of an image's write, as Azure's subscription topic sends it: Event Grid schema or CloudEvents 1.0.

Its resource ids say `resourcegroups`, as recorded write events do, and it carries the claims of the caller's
token, which a receiver should drop.
"""

from typing import Any, Literal

from local.armsim.kinds import Written
from local.armsim.operations import stamp
from local.armsim.world import World

_UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
_TYPE = "Microsoft.Resources.ResourceWriteSuccess"
_CONTRIBUTOR = "b24988ac6180a0ab20f7382dd24"


type Schema = Literal["eventgrid", "cloudevents"]


def image_written(world: World, written: Written, schema: Schema = "eventgrid") -> dict[str, Any]:
    """The event for a write of an image that has just succeeded."""
    resource = written.resource
    subscription = f"/subscriptions/{resource.route.subscription.lower()}"
    resource_id = resource.id.replace("/resourceGroups/", "/resourcegroups/")
    draw = (resource.key, resource.writes, stamp(written.when))  # a name may be written anew after a deletion
    principal = world.draws.guid("principal")
    data: dict[str, Any] = {
        "authorization": {
            "scope": resource_id,
            "action": "Microsoft.Compute/images/write",
            "evidence": {
                "role": "Contributor",
                "roleAssignmentScope": subscription,
                "roleAssignmentId": world.draws.guid("role assignment").replace("-", ""),
                "roleDefinitionId": _CONTRIBUTOR,
                "principalId": principal.replace("-", ""),
                "principalType": "User",
            },
        },
        "claims": {
            "aud": "https://management.core.windows.net/",
            "iss": f"https://sts.windows.net/{world.tenant_id}/",
            "iat": str(int(resource.created.timestamp())),
            "appid": world.draws.guid("client"),
            "name": "Image Builder",
            _UPN: "builder@contoso.example",
            "ipaddr": "203.0.113.7",
            "http://schemas.microsoft.com/identity/claims/objectidentifier": principal,
            "http://schemas.microsoft.com/identity/claims/tenantid": world.tenant_id,
        },
        "correlationId": world.draws.guid("correlation", *draw),
        "resourceProvider": "Microsoft.Compute",
        "resourceUri": resource_id,
        "operationName": "Microsoft.Compute/images/write",
        "status": "Succeeded",
        "subscriptionId": resource.route.subscription.lower(),
        "tenantId": world.tenant_id,
    }
    if not written.created:
        # Documented: only for updates and deletions.
        data["httpRequest"] = {
            "clientRequestId": world.draws.guid("client request", *draw),
            "clientIpAddress": "203.0.113.7",
            "method": written.method,
            "url": f"https://management.azure.com{resource_id}?api-version={written.api_version}",
        }
    event_id, moment = world.draws.guid("event", *draw), stamp(written.when).replace("+00:00", "Z")
    if schema == "cloudevents":
        return {
            "specversion": "1.0",
            "id": event_id,
            "source": subscription,
            "subject": resource_id,
            "type": _TYPE,
            "time": moment,
            "data": data,
        }
    return {
        "id": event_id,
        "topic": subscription,
        "subject": resource_id,
        "eventType": _TYPE,
        "eventTime": moment,
        "dataVersion": "2",
        "metadataVersion": "1",
        "data": data,
    }
