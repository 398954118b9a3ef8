"""The one error that rules raise, and the catalogue of those that more than one rule needs.

`ArmError` becomes Azure's envelope `{"error": {code, message, target?, details?}}`. Codes and messages are
those of recorded traffic where one exists; the functions marked *inferred* follow the service's wording where
only a key phrase is public.
"""

from typing import Any

from local.armsim.body import Body


class ArmError(Exception):
    """A refusal: HTTP status, code, message, and whether ARM itself (the gateway) or a provider said it."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        target: str | None = None,
        details: list[Body] | None = None,
        gateway: bool = False,
        headers: dict[str, str] | None = None,
        inner: Body | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.target, self.details, self.gateway = target, details, gateway
        self.headers, self.inner = headers or {}, inner

    def body(self) -> Body:
        """The envelope, as `{"error": …}`."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.target is not None:
            error["target"] = self.target
        if self.details is not None:
            error["details"] = self.details
        if self.inner is not None:
            error["innererror"] = self.inner
        return {"error": error}


def group_not_found(group: str) -> ArmError:
    """Any request below a resource group that is not there."""
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.", gateway=True)


def resource_not_found(type_and_names: str, group: str) -> ArmError:
    """A resource that ARM keeps track of is missing; `type_and_names` like `Microsoft.Compute/images/i`."""
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{type_and_names}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
        gateway=True,
    )


def parent_not_found(action: str, type_name: str, parent_id: str) -> ArmError:
    """A write below a parent that is not there (*inferred* but for "Parent resource … not found")."""
    return ArmError(
        404,
        "ParentResourceNotFound",
        f"Failed to perform '{action}' on resource(s) of type '{type_name}', because the parent resource "
        f"'{parent_id}' could not be found. Parent resource '{parent_id}' not found.",
        gateway=True,
    )


def entity_not_found(target: str | None = None) -> ArmError:
    """Compute's own 404 for a child or a source that is not there."""
    return ArmError(404, "NotFound", "The entity was not found in this Azure location.", target=target)


def network_child_not_found(resource_id: str) -> ArmError:
    """Network's own 404 for a child of a resource that exists."""
    return ArmError(404, "NotFound", f"Resource {resource_id} not found.", details=[])


def invalid_parameter(message: str, target: str | None = None) -> ArmError:
    """Compute's refusal of a value."""
    return ArmError(400, "InvalidParameter", message, target=target)


def missing_parameter(name: str) -> ArmError:
    """Compute's refusal of a body without a required property."""
    return invalid_parameter(f"Required parameter '{name}' is missing (null).", name)


def cannot_change(name: str) -> ArmError:
    """Compute's refusal to change what is fixed at creation (code and status *inferred*)."""
    return ArmError(409, "PropertyChangeNotAllowed", f"Changing property '{name}' is not allowed.", target=name)


def conflict(message: str, target: str | None = None) -> ArmError:
    """Compute's 409 for a state or a sibling that stands in the way."""
    return ArmError(409, "Conflict", message, target=target)


def not_allowed(message: str, target: str | None = None) -> ArmError:
    """Compute's 409 for what a resource's kind or state rules out."""
    return ArmError(409, "OperationNotAllowed", message, target=target)


def quota_reached(what: str, limit: int, region: str) -> ArmError:
    """A quota of a subscription in a region (*inferred* from the refusal of cores over quota)."""
    return not_allowed(
        f"Operation could not be completed as it results in exceeding approved {what} quota. Additional details - "
        f"Location: {region}, Current Limit: {limit}, Current Usage: {limit}, Additional Required: 1, (Minimum) New "
        f"Limit Required: {limit + 1}."
    )


def linked_elsewhere(tenant: str, resource_id: str, subscription: str) -> ArmError:
    """A resource refers to one of a subscription that the tenant has not (text reported by users)."""
    return ArmError(
        403,
        "LinkedAuthorizationFailed",
        f"The client has permission to perform action on scope '{resource_id}', however the current tenant "
        f"'{tenant}' is not authorized to access linked subscription '{subscription}'.",
        gateway=True,
    )


def marked_for_deletion(type_name: str, resource_id: str) -> ArmError:
    """A write to a gallery, definition or version that is being deleted (code and status *inferred*)."""
    what = {"galleries": "Gallery", "images": "Gallery Image", "versions": "Gallery Image Version"}
    operation = f"Update {what[type_name.rpartition('/')[2]]}"
    return not_allowed(
        f"Operation '{operation}' is not allowed on '{resource_id}' since it is marked for deletion. You can only "
        "retry the Delete operation (or wait for an ongoing one to complete)."
    )


def concurrent_write() -> ArmError:
    """Compute's 409 for a write while another one to the same resource runs."""
    return conflict(
        "The request failed due to conflict with a concurrent request. To resolve it, please refer to "
        "https://aka.ms/activitylog to get more details on the conflicting requests."
    )


def nested_resources(children: list[str]) -> ArmError:
    """DELETE of a resource that still has children: today's sentences, and the older one that documents still name."""
    return ArmError(
        409,
        "CannotDeleteResource",
        "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: "
        f"'{', '.join(children[:3])}'. Please delete all nested resources before deleting this resource. "
        "Can not delete resource before nested resources are deleted.",
        gateway=True,
    )


def precondition_failed(message: str) -> ArmError:
    """If-Match or If-None-Match did not hold (code and text *inferred*)."""
    return ArmError(412, "PreconditionFailed", message)


def network_error(code: str, message: str) -> ArmError:
    """Network's 400: always with a list of details, empty or not."""
    return ArmError(400, code, message, details=[])


def invalid_reference(target: str, source: str) -> ArmError:
    """A network reference to something that is not there."""
    return ArmError(
        400,
        "InvalidResourceReference",
        f"Resource {target} referenced by resource {source} was not found. Please make sure that the "
        "referenced resource exists, and that both resources are in the same region.",
        details=[{"code": "NotFound", "message": f"Resource {target} not found."}],
    )


def bad_content(message: str) -> ArmError:
    """A body that is no JSON object, or whose members have the wrong kind."""
    return ArmError(400, "InvalidRequestContent", message, gateway=True)


def unsupported_verb(method: str, type_name: str = "", scope: str = "") -> ArmError:
    """A verb that a type, polls or ARM itself have not (code *inferred*)."""
    where = f" at scope '{scope}'" if scope else ""
    whose = f" for type '{type_name}'" if type_name else ""
    return ArmError(
        405, "HttpMethodNotAllowed", f"The HTTP method '{method}' is not supported{where}{whose}.", gateway=True
    )
