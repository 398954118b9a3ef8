"""Event Grid's events of Azure Resource Manager, in both schemas: one that must pass, and its neighbours that must not.

Fields after learn.microsoft.com, "Azure subscription as an Event Grid source". As on the wire, the subject says
`resourcegroups` in lower case.
"""

import copy
from collections.abc import Callable
from typing import Any

Event = dict[str, Any]


def written(image: str, schema: str) -> Event:
    """The event of a managed image that was written."""
    subscription = "/".join(image.split("/")[:3])
    subject = image.replace("/resourceGroups/", "/resourcegroups/")
    data = {
        "authorization": {"scope": image, "action": "Microsoft.Compute/images/write", "evidence": {"role": "Owner"}},
        "claims": {"aud": "https://management.core.windows.net/", "name": "Somebody"},
        "correlationId": "0b1a2f4e-6d0c-4f3a-9d55-1f1f0a3b7c21",
        "resourceProvider": "Microsoft.Compute",
        "resourceUri": image,
        "operationName": "Microsoft.Compute/images/write",
        "status": "Succeeded",
        "subscriptionId": subscription.rpartition("/")[2],
        "tenantId": "00000000-0000-0000-0000-00000000000a",
    }
    common = {"id": "6f1c7d5e-9f0a-4f53-8c0b-52d0f0a8f3d1", "subject": subject, "data": data}
    kind, time = "Microsoft.Resources.ResourceWriteSuccess", "2026-11-22T18:38:04.6117357Z"
    if schema == "CloudEventSchemaV1_0":
        return common | {"specversion": "1.0", "source": subscription, "type": kind, "time": time}
    versions = {"dataVersion": "2", "metadataVersion": "1"}
    return common | versions | {"topic": subscription, "eventType": kind, "eventTime": time}


def _of_type(kind: str) -> Callable[[Event], Event]:
    def changed(event: Event) -> Event:
        return event | {("type" if "specversion" in event else "eventType"): f"Microsoft.Resources.{kind}"}

    return changed


def _of_operation(operation: str) -> Callable[[Event], Event]:
    def changed(event: Event) -> Event:
        other = copy.deepcopy(event)
        other["data"]["operationName"] = operation
        return other

    return changed


OTHER_EVENTS: dict[str, Callable[[Event], Event]] = {
    "a failed write": _of_type("ResourceWriteFailure"),
    "a deletion": _of_type("ResourceDeleteSuccess"),
    "an action": _of_type("ResourceActionSuccess"),
    "a written version of a gallery": _of_operation("Microsoft.Compute/galleries/images/versions/write"),
    "a written snapshot of a disk": _of_operation("Microsoft.Compute/snapshots/write"),
    "a written scale set": _of_operation("Microsoft.Compute/virtualMachineScaleSets/write"),
    "an image's deletion": _of_operation("Microsoft.Compute/images/delete"),
    "written tags": _of_operation("Microsoft.Resources/tags/write"),
}
