"""A scale set's model: defaults that the service writes, rules of its profiles."""

from typing import Any

from local.armsim.body import Body, dig, merge
from local.armsim.compute import rolling
from local.armsim.compute.image_references import MARKETPLACE, Image
from local.armsim.compute.machine_storage import storage_profile
from local.armsim.compute.os_profiles import kept_os_profile
from local.armsim.compute.sizes import generations
from local.armsim.errors import ArmError, invalid_parameter, missing_parameter
from local.armsim.kinds import Write
from local.armsim.reading import choice, flag, integer, record, records, text
from local.armsim.rules import required

MODES = ("Manual", "Automatic", "Rolling")


_SPELT_FLAGS = ("true", "false", "True", "False")
_FLAG_NAMES = (
    "overprovision singlePlacementGroup doNotRunExtensionsOnOverprovisionedVMs zoneBalance enabled "
    "enableAutomaticOSUpgrade disableAutomaticRollback useRollingUpgradePolicy enableCrossZoneUpgrade "
    "prioritizeUnhealthyInstances maxSurge rollbackFailedInstancesOnPolicyBreach enableAcceleratedNetworking "
    "enableIPForwarding ultraSSDEnabled encryptionAtHost secureBootEnabled vTpmEnabled provisionVMAgent "
    "disablePasswordAuthentication enableAutomaticUpdates autoUpgradeMinorVersion enableAutomaticUpgrade"
)
_FLAGS = frozenset(_FLAG_NAMES.split())


def _true_types(value: Any, name: str = "") -> Any:
    """Truth values that templates send as text come back as what they are (recorded); `settings` stay as sent."""
    if isinstance(value, dict):
        return {each: one if each == "settings" else _true_types(one, each) for each, one in value.items()}
    if isinstance(value, list):
        return [_true_types(one) for one in value]
    return value.lower() == "true" if name in _FLAGS and value in _SPELT_FLAGS else value


def merged(write: Write) -> Body:
    """The properties wanted. A PUT over a scale set keeps what it leaves out (recorded: it sends sku alone)."""
    wanted: Body = _true_types(record(write.wanted, "properties"))
    if write.existing is None:
        return wanted
    if write.method == "PUT":
        wanted = merge(write.existing.properties, wanted)
    sent = dig(write.sent, "properties", "virtualMachineProfile", "storageProfile", "imageReference")
    if isinstance(sent, dict):
        # A reference is one value: merged member by member it would name two images. One of the Marketplace's
        # names one still: az, which leaves the old one out, sends `--set ….imageReference.version` alone (*inferred*).
        old = dig(write.existing.properties, "virtualMachineProfile", "storageProfile", "imageReference") or {}
        both = {**old, **sent} if set(sent) < set(MARKETPLACE) <= set(old) else sent
        profile = dict(wanted["virtualMachineProfile"])
        profile["storageProfile"] = {**record(profile, "storageProfile"), "imageReference": both}
        wanted = {**wanted, "virtualMachineProfile": profile}
    return wanted


def check_sku(write: Write) -> Body:
    """`sku` with its defaults: name required on creation, capacity 0 to 1000."""
    before = write.existing.body.get("sku", {}) if write.existing else {}
    sku = {**before, **record(write.wanted, "sku")}
    if text(sku, "name") is None:
        raise missing_parameter("sku.name")
    capacity = integer(sku, "capacity")
    if capacity is None:
        capacity = 0
    if not 0 <= capacity <= 1000:
        raise invalid_parameter(
            f"The value '{capacity}' of parameter 'sku.capacity' is out of range. The value must be between '0' and "
            "'1000', inclusive.",
            "sku.capacity",
        )
    tier = text(sku, "tier") or ("Basic" if sku["name"].startswith("Basic_") else "Standard")
    return {"name": sku["name"], "tier": tier, "capacity": capacity}


def check_capacity(properties: Body, sku: Body, image: Image) -> None:
    """How many instances a placement group and a managed image allow."""
    most, why = 1000, ""
    if image.source == "image":
        most, why = 600, "a managed image"
    grouped = flag(properties, "singlePlacementGroup")
    if grouped or (grouped is None and properties.get("orchestrationMode") != "Flexible"):
        most, why = 100, "a single placement group"
    if sku["capacity"] > most:
        raise invalid_parameter(
            f"The capacity {sku['capacity']} of the virtual machine scale set exceeds {most}, the most that {why} "
            "allows.",
            "sku.capacity",
        )


def upgrade_policy(properties: Body, profile: Body, image: Image) -> Body:
    """`upgradePolicy` with the defaults of Rolling, and what Rolling and automatic OS upgrade require."""
    policy = dict(record(properties, "upgradePolicy"))
    mode = choice(policy, "upgradePolicy.mode", MODES, "mode")
    if mode is None and properties.get("orchestrationMode") == "Flexible":
        mode = "Manual"
    if mode is None:
        raise missing_parameter("upgradePolicy.mode")
    policy["mode"] = mode
    if mode == "Rolling" or "rollingUpgradePolicy" in policy:
        policy["rollingUpgradePolicy"] = {**rolling.DEFAULTS, **record(policy, "rollingUpgradePolicy")}
    for one, least in (("maxBatch", 5), ("maxUnhealthy", 5), ("maxUnhealthyUpgraded", 0)):
        name = f"rollingUpgradePolicy.{one}InstancePercent"
        value = integer(policy, *name.split("."))
        if value is not None and not least <= value <= 100:
            raise invalid_parameter(
                f"The value '{value}' of parameter '{name}' is out of range. The value must be between '{least}' and "
                "'100', inclusive.",
                name,
            )
    if mode == "Rolling" and not has_health(profile):
        raise ArmError(
            400,
            "BadRequest",
            "Rolling Upgrade mode is not supported for this Virtual Machine Scale Set because a health probe or "
            "health extension was not provided.",
        )
    automatic = flag(policy, "automaticOSUpgradePolicy", "enableAutomaticOSUpgrade")
    if automatic and image.source == "gallery" and not image.by_definition:
        raise invalid_parameter(
            'Automatic OS Upgrade is enabled: the imageReference must use version "latest", not one version.',
            "imageReference",
        )
    return policy


def is_spot(properties: Body) -> bool:
    """Whether the instances may be evicted: such a set has one fault domain and any price (recorded)."""
    return text(properties, "virtualMachineProfile", "priority") == "Spot"


def has_health(profile: Body) -> bool:
    """Whether something says if an instance is well."""
    if text(profile, "networkProfile", "healthProbe", "id") is not None:
        return True
    return any(
        str(dig(one, "properties", "type")).startswith("ApplicationHealth")
        for one in records(profile, "extensionProfile", "extensions")
    )


def check_size(size: str, image: Image) -> None:
    """A size boots the generations that it can."""
    if image.generation and image.generation not in generations(size):
        raise ArmError(
            400,
            "BadRequest",
            f"The selected VM size '{size}' cannot boot Hypervisor Generation '{image.generation[1:]}'. Choose a size "
            "that can, or an image of the other generation.",
        )


def check_security(profile: Body, image: Image) -> None:
    """What Trusted Launch asks of an image (the second refusal is *inferred*)."""
    kind = text(profile, "securityProfile", "securityType")
    if kind != "TrustedLaunch":
        return
    if image.source == "image":
        raise ArmError(
            400,
            "BadRequest",
            "Managed Images are not supported for virtual machines with security type TrustedLaunch.",
        )
    if image.generation == "V1":
        raise ArmError(
            400,
            "BadRequest",
            "Use of TrustedLaunch setting is not supported for the provided image: it needs Hypervisor Generation 2.",
        )


def with_defaults(write: Write, profile: Body, image: Image, *, flexible: bool, before: Body) -> Body:
    """The virtual machine profile, without secrets, with the defaults that the service writes into it."""
    kept, os_profile = dict(profile), record(profile, "osProfile")
    if os_profile:
        kept["osProfile"] = kept_os_profile(os_profile, image, patched=flexible)
    size, more = write.wanted["sku"]["name"], {"deleteOption": "Delete"} if flexible else {}
    kept["storageProfile"] = storage_profile(profile, image, size, more)
    interfaces = records(profile, "networkProfile", "networkInterfaceConfigurations")
    if interfaces:
        network = dict(record(profile, "networkProfile"))
        defaults = _FLEXIBLE_INTERFACE if flexible else _INTERFACE
        if write.wanted["location"] in _WITHOUT_DEFAULT:
            defaults = {name: value for name, value in defaults.items() if name != "enableAcceleratedNetworking"}
        network["networkInterfaceConfigurations"] = [_interface(one, defaults) for one in interfaces]
        kept["networkProfile"] = network
    if is_spot({"virtualMachineProfile": profile}):
        kept.setdefault("billingProfile", {"maxPrice": -1.0})
    if "extensionProfile" in profile:
        kept["extensionProfile"] = _extensions(record(profile, "extensionProfile"), before)
    return kept


_INTERFACE: Body = {
    "enableAcceleratedNetworking": False,
    "disableTcpStateTracking": False,
    "dnsSettings": {"dnsServers": []},
    "enableIPForwarding": False,
}
_WITHOUT_DEFAULT = ("westus",)
"""Regions that show `enableAcceleratedNetworking` only where it was sent: all sets recorded in West US, none else."""
_FLEXIBLE_INTERFACE: Body = {
    "disableTcpStateTracking": False,
    "dnsSettings": {"dnsServers": []},
    "enableIPForwarding": False,
    "auxiliaryMode": "None",
    "auxiliarySku": "None",
    "deleteOption": "Delete",
}
_FLEXIBLE_ADDRESS: Body = {"applicationSecurityGroups": [], "applicationGatewayBackendAddressPools": []}


def _interface(sent: Body, defaults: Body) -> Body:
    properties: Body = {**defaults, **record(sent, "properties")}
    primary = flag(properties, "primary")
    if primary is not None:
        properties["primary"] = primary
    more = _FLEXIBLE_ADDRESS if "auxiliaryMode" in defaults else {}
    properties["ipConfigurations"] = [
        {**one, "properties": {"privateIPAddressVersion": "IPv4", **more, **_spelt(record(one, "properties"))}}
        for one in records(properties, "ipConfigurations")
    ]
    return {**sent, "properties": properties}


def _spelt(configuration: Body) -> Body:
    """An IP configuration whose public address, in small letters from az, is where it is looked for."""
    public = "publicIPAddressConfiguration"
    spelt = {public if name.lower() == public.lower() else name: one for name, one in configuration.items()}
    if public in spelt:
        required(record(spelt, public), public, "name")
        record(spelt, public, "properties")
    return spelt


def _extensions(profile: Body, before: Body) -> Body:
    """The extensions, those that were there first and in their order (recorded)."""
    places = {one.get("name"): at for at, one in enumerate(records(before, "extensionProfile", "extensions"))}
    kept = [kept_extension(one) for one in records(profile, "extensions")]
    kept.sort(key=lambda one: places.get(one["name"], len(places)))
    return {**profile, "extensions": kept}


def kept_extension(sent: Body) -> Body:
    """One extension, of a model or of a machine."""
    required(sent, "extension", "name")
    properties = record(sent, "properties")
    for name in ("publisher", "type", "typeHandlerVersion"):
        required(properties, "extension", name)
    return {"name": sent["name"], "properties": {"autoUpgradeMinorVersion": False, **properties}}


def references(body: Body) -> list[tuple[str, str]]:
    """Network resources that a model refers to."""
    found: list[tuple[str, str]] = []
    network = dig(body, "properties", "virtualMachineProfile", "networkProfile")
    probe = text(network, "healthProbe", "id")
    if probe:
        found.append((probe, ""))
    for interface in records(network, "networkInterfaceConfigurations"):
        group = text(interface, "properties", "networkSecurityGroup", "id")
        if group:
            found.append((group, ""))
        for config in records(interface, "properties", "ipConfigurations"):
            subnet = text(config, "properties", "subnet", "id")
            if subnet:
                found.append((subnet, ""))
            for kind in ("loadBalancerBackendAddressPools", "loadBalancerInboundNatPools"):
                found.extend((text(one, "id") or "", "") for one in records(config, "properties", kind))
    return [one for one in found if one[0]]
