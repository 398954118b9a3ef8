"""Public IP addresses: an address once made, a DNS label that is unique in its region, and who holds them."""

from datetime import datetime

from local.armsim import timing
from local.armsim.body import Body, dig
from local.armsim.errors import network_error
from local.armsim.kinds import Look, Resource, ResourceType, Write, plain_view
from local.armsim.network import wires
from local.armsim.network.naming import check_name, keep_guid
from local.armsim.reading import choice, integer, record, records, text
from local.armsim.rules import checked_name
from local.armsim.world import World

NAME = "Microsoft.Network/publicIPAddresses"
_DDOS_SINCE = "2022-01-01"
_LABEL = r"[a-z][a-z0-9-]{1,61}[a-z0-9]"


def _compose(write: Write) -> Body:
    check_name(write.route.names[-1], NAME)
    wanted, world = write.properties, write.world
    sku = record(write.wanted, "sku")
    name = choice(sku, "sku.name", ("Basic", "Standard", "StandardV2"), "name") or "Basic"
    method = choice(wanted, "publicIPAllocationMethod", ("Static", "Dynamic"), "publicIPAllocationMethod") or (
        "Static" if name != "Basic" else "Dynamic"
    )
    if name != "Basic" and method == "Dynamic":
        raise network_error(
            "StandardSkuPublicIPAddressesMustBeStatic",
            f"Standard sku publicIp {write.id} must have AllocationMethod set to Static.",
        )
    kept: Body = {
        "publicIPAddressVersion": text(wanted, "publicIPAddressVersion") or "IPv4",
        "publicIPAllocationMethod": method,
        "idleTimeoutInMinutes": integer(wanted, "idleTimeoutInMinutes") or 4,
        "ipTags": records(wanted, "ipTags"),
    }
    if name != "Basic":
        kept["ddosSettings"] = record(wanted, "ddosSettings") or {"protectionMode": "VirtualNetworkInherited"}
    if text(wanted, "dnsSettings", "domainNameLabel") is not None:
        kept["dnsSettings"] = _dns(write, record(wanted, "dnsSettings"))
    before = write.existing.properties if write.existing else {}
    if before:
        _check_use(write, before, method)
    address = before.get("ipAddress") or _address(world, write.id.lower(), write.now)
    kept["ipAddress"] = address
    return {
        **write.wanted,
        "sku": {"name": name, "tier": text(sku, "tier") or "Regional"},
        "properties": keep_guid(write, kept),
    }


def _address(world: World, resource_id: str, now: datetime) -> str:
    number = int(world.draws.text(6, "address", resource_id, now), 16)
    return f"20.{number >> 16 & 255}.{number >> 8 & 255}.{1 + number % 254}"


def _dns(write: Write, sent: Body) -> Body:
    label = text(sent, "domainNameLabel") or ""
    if not checked_name(_LABEL, label):
        raise network_error(
            "InvalidDomainNameLabel",
            f"The domain name label {label} is invalid. It must conform to the following regular expression: "
            "^[a-z][a-z0-9-]{1,61}[a-z0-9]$.",
        )
    fqdn = f"{label}.{write.wanted['location']}.cloudapp.azure.com"
    subscription = f"/subscriptions/{write.route.subscription}"
    for other in write.world.store.listed(subscription, NAME):
        if other.key != write.id.lower() and dig(other.properties, "dnsSettings", "fqdn") == fqdn:
            raise network_error("DnsRecordInUse", f"DNS record {fqdn} is already used by another public IP.")
    return {**sent, "domainNameLabel": label, "fqdn": fqdn}


def _check_use(write: Write, before: Body, method: str) -> None:
    for user in write.world.store.users(write.id):
        if before["publicIPAllocationMethod"] != method:
            raise network_error(
                "PublicIPAddressInUse",
                f"The allocation method of {write.id} cannot be changed: it is in use by {user}.",
            )


def _view(resource: Resource, look: Look) -> Body:
    body = plain_view(resource, look)
    body["etag"] = resource.etag
    properties = body["properties"]
    properties["provisioningState"] = resource.state if resource.state != "Creating" else "Updating"
    if resource.state == "Creating" or properties["publicIPAllocationMethod"] == "Dynamic":
        properties.pop("ipAddress", None)
    if look.api_version < _DDOS_SINCE:
        properties.pop("ddosSettings", None)
    for user in look.world.store.users(resource.id):
        properties["ipConfiguration"] = {"id": user}
        break
    return body


def _check_delete(world: World, resource: Resource, now: datetime) -> None:
    for user in world.store.users(resource.id):
        raise network_error(
            "PublicIPAddressCannotBeDeleted",
            f"Public IP address {resource.id} can not be deleted since it is still allocated to resource {user}. In "
            "order to delete the public IP, disassociate/detach the Public IP address from the resource.",
        )


PUBLIC_IP = ResourceType(
    name=NAME,
    versions=wires.VERSIONS,
    wire=wires.PUBLIC_IP,
    compose=_compose,
    seconds=lambda write: timing.PUBLIC_IP,
    view=_view,
    check_delete=_check_delete,
    delete_seconds=timing.NETWORK_DELETE,
    etag="guid",
    busy="network",
    patches_tags=True,
)
