"""Public IP addresses: an address once made, a DNS label that is unique in its region, and who holds them."""

from base64 import b32encode
from collections.abc import Iterable
from datetime import datetime

from local.armsim import timing
from local.armsim.body import Body, dig
from local.armsim.errors import network_error
from local.armsim.kinds import Look, Resource, Write
from local.armsim.network.members import SHOWN, TEXT, Member, object_of, to, word
from local.armsim.network.references import in_use
from local.armsim.network.rows import kept_of, network_type, network_wire
from local.armsim.reading import choice, integer, record, records, texts
from local.armsim.rules import checked_name
from local.armsim.world import World

NAME = "Microsoft.Network/publicIPAddresses"
_LABEL = r"[a-z][a-z0-9-]{1,61}[a-z0-9]"
_IDLE = range(4, 31)
_REUSE = {"TenantReuse": 0, "SubscriptionReuse": 3, "ResourceGroupReuse": 5, "NoReuse": None}
"""How much of an id decides the hash in a name that may be used again: one tenant, so nothing of it, to the whole."""

MEMBERS = {
    "resourceGuid": SHOWN,
    "ipAddress": SHOWN,
    "publicIPAddressVersion": Member(word("IPv4", "IPv6"), "IPv4"),
    "publicIPAllocationMethod": Member(word("Static", "Dynamic")),
    "idleTimeoutInMinutes": Member(integer, 4),
    "dnsSettings": object_of(
        {
            "domainNameLabel": TEXT,
            "domainNameLabelScope": Member(word(*_REUSE), since="2022-05-01"),
            "fqdn": SHOWN,
            "reverseFqdn": TEXT,
        }
    ),
    "ipTags": Member(records, []),
    "publicIPPrefix": to("publicIPPrefixes"),
    "ddosSettings": object_of(
        {
            "protectionMode": Member(word("VirtualNetworkInherited", "Enabled", "Disabled"), "VirtualNetworkInherited"),
            "ddosProtectionPlan": to("ddosProtectionPlans"),
        },
        since="2022-05-01",
    ),
    "deleteOption": Member(word("Delete", "Detach"), since="2021-03-01"),
}
"""`since` as recorded, or as the descriptions of the API have it."""


def _compose(write: Write) -> Body:
    name, tier = _sku(write)
    before = write.existing.properties if write.existing else {}
    kept = kept_of(write, NAME, MEMBERS)
    kept.setdefault("publicIPAllocationMethod", "Dynamic" if name == "Basic" else "Static")
    if name == "Basic":
        kept.pop("ddosSettings", None)
    else:
        kept.setdefault("ddosSettings", {"protectionMode": "VirtualNetworkInherited"})
        if kept["publicIPAllocationMethod"] == "Dynamic":
            raise network_error(
                "StandardSkuPublicIPAddressesMustBeStatic",
                f"Standard sku publicIp {write.id} must have AllocationMethod set to Static.",
            )
    if kept["idleTimeoutInMinutes"] not in _IDLE:
        # Code *inferred*; the limits are documented.
        raise network_error(
            "InvalidIdleTimeoutInMinutes",
            f"Idle timeout of public IP address {write.id} must be from {_IDLE[0]} to {_IDLE[-1]} minutes.",
        )
    _check_zones(write)
    _name_it(write, kept)
    if kept["publicIPAllocationMethod"] == "Dynamic":
        kept.pop("ipAddress", None)
    users = in_use(write.world, write.id)
    if users and before.get("publicIPAllocationMethod") != kept["publicIPAllocationMethod"]:
        raise network_error(
            "PublicIPAddressInUse",
            f"The allocation method of {write.id} cannot be changed: it is in use by {users[0]}.",
        )
    return {**write.wanted, "sku": {"name": name, "tier": tier}, "properties": kept}


def _sku(write: Write) -> tuple[str, str]:
    sku = record(write.wanted, "sku")
    name = choice(sku, "sku.name", ("Basic", "Standard", "StandardV2"), "name") or "Basic"
    tier = choice(sku, "sku.tier", ("Regional", "Global"), "tier") or "Regional"
    if tier == "Global" and name == "Basic":
        raise network_error(
            "GlobalPublicIPAddressNotSupportedForBasicPublicIpAddress",
            "Global publicIP addresses are only supported for standard SKU public IP addresses. Public IP address "
            f"{write.id} is not standard SKU.",
        )
    if name == "Basic" and write.existing is not None and write.existing.body["sku"]["name"] != "Basic":
        # Code *inferred*: an address is upgraded, never the other way.
        raise network_error("PublicIPAddressSkuCannotBeDowngraded", f"{write.id} cannot become Basic sku again.")
    return name, tier


def _check_zones(write: Write) -> None:
    wanted = ", ".join(texts(write.wanted, "zones")) or "NoZone"
    there = ", ".join(write.existing.body.get("zones") or ()) or "NoZone" if write.existing else wanted
    if wanted != there:
        raise network_error(
            "ResourceAvailabilityZonesCannotBeModified",
            f"Resource {write.id} has an existing availability zone constraint {there} and the request has "
            f"availability zone constraint {wanted}, which do not match. Zones cannot be added/updated/removed once "
            "the resource is created. The resource cannot be updated from regional to zonal or vice-versa.",
        )


def _name_it(write: Write, kept: Body) -> None:
    """The whole DNS name, which nobody else in the region has."""
    settings = kept.get("dnsSettings", {})
    label, scope = settings.get("domainNameLabel"), settings.get("domainNameLabelScope")
    settings.pop("fqdn", None)
    if label is None:
        return
    _check_label(label)
    fqdn = f"{label}.{write.wanted['location']}.cloudapp.azure.com"
    if scope is not None:
        # Such a name holds a hash of what it may be used again in.
        area = "/".join(write.id.lower().split("/")[: _REUSE[scope]])
        hashed = b32encode(bytes.fromhex(write.world.draws.text(20, "dns", area, label))).decode().lower()
        fqdn = f"{label}.{hashed}.{write.wanted['location']}.sysgen.cloudapp.azure.com"
    if any(user.lower() != write.id.lower() for user in write.world.store.users(_record(fqdn))):
        raise network_error("DnsRecordInUse", f"DNS record {fqdn} is already used by another public IP.")
    settings["fqdn"] = fqdn


def _record(fqdn: str) -> str:
    """A DNS name as something that addresses refer to: the index of references then knows who has it."""
    return f"/dns/{fqdn}"


def _records(kept: Body) -> Iterable[tuple[str, str]]:
    fqdn = dig(kept, "dnsSettings", "fqdn")
    return [(_record(fqdn), "")] if fqdn else []


def _check_label(label: str) -> None:
    if not checked_name(_LABEL, label):
        raise network_error(
            "InvalidDomainNameLabel",
            f"The domain name label {label} is invalid. It must conform to the following regular expression: "
            "^[a-z][a-z0-9-]{1,61}[a-z0-9]$.",
        )


def label_available(world: World, location: str, label: str) -> Body:
    """GET …/locations/<location>/CheckDnsNameAvailability?domainNameLabel=…"""
    _check_label(label.lower())
    return {"available": not any(world.store.users(_record(f"{label}.{location}.cloudapp.azure.com")))}


def public_address(world: World, of: str, version: str) -> str:
    """The address of the public IP with the key `of`."""
    number = int(world.draws.text(8, "address", of), 16)
    if version == "IPv6":
        return f"2603:1030:{number >> 16 & 0xFFF:x}:{number & 0xFFF:x}::{1 + number % 254:x}"
    return f"20.{number >> 16 & 255}.{number >> 8 & 255}.{1 + number % 254}"


def _address(world: World, resource: Resource) -> str:
    return public_address(world, resource.key, resource.properties["publicIPAddressVersion"])


def _end(world: World, resource: Resource, when: datetime) -> None:
    """A static address is there once the write has ended."""
    if resource.properties["publicIPAllocationMethod"] == "Static":
        resource.properties.setdefault("ipAddress", _address(world, resource))


def _dress(resource: Resource, look: Look) -> tuple[Body, dict[str, Body]]:
    """Who holds it; a dynamic address is there as long as somebody does."""
    users = in_use(look.world, resource.id)
    if not users:
        return resource.properties, {}
    kept = {"ipAddress": _address(look.world, resource), **resource.properties}
    return kept, {resource.id.lower(): {"ipConfiguration": {"id": users[0]}}}


def _check_delete(world: World, resource: Resource, now: datetime) -> None:
    for user in in_use(world, resource.id):
        raise network_error(
            "PublicIPAddressCannotBeDeleted",
            f"Public IP address {resource.id} can not be deleted since it is still allocated to resource {user}. In "
            "order to delete the public IP, disassociate/detach the Public IP address from the resource.",
        )


PUBLIC_IP = network_type(
    NAME,
    MEMBERS,
    network_wire(1.0),
    _compose,
    timing.PUBLIC_IP,
    dress=_dress,
    check_delete=_check_delete,
    end=_end,
    more_links=_records,
)
