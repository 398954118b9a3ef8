"""A scale set's model: defaults that the service writes, secrets that it never shows, rules of its profiles."""

from typing import Any

from local.armsim.body import Body, dig, merge, section
from local.armsim.compute.image_references import Image
from local.armsim.errors import ArmError, invalid_parameter, missing_parameter
from local.armsim.kinds import Write
from local.armsim.reading import choice, flag, integer, record, records, text
from local.armsim.rules import required

MODES = ("Manual", "Automatic", "Rolling")
_SECRET = ("adminPassword", "customData", "userData")
_KEPT_NAMES = (
    "administrator admin user user1 test user2 test1 user3 admin1 1 123 a actuser adm admin2 aspnet backup console "
    "david guest john owner root server sql support support_388945a0 sys test2 test3 user4 user5"
)
_BANNED = frozenset(_KEPT_NAMES.split())
_ROLLING: Body = {
    "maxBatchInstancePercent": 20,
    "maxUnhealthyInstancePercent": 20,
    "maxUnhealthyUpgradedInstancePercent": 20,
    "pauseTimeBetweenBatches": "PT0S",
}


def merged(write: Write) -> Body:
    """The properties wanted. A PUT over a scale set keeps what it leaves out (recorded: it sends sku alone)."""
    wanted = record(write.wanted, "properties")
    if write.existing is None:
        return wanted
    if write.method == "PUT":
        wanted = merge(write.existing.properties, wanted)
    sent = dig(write.sent, "properties", "virtualMachineProfile", "storageProfile", "imageReference")
    if isinstance(sent, dict):
        # A reference is one value: merged member by member it would name two images.
        profile = dict(wanted["virtualMachineProfile"])
        profile["storageProfile"] = {**record(profile, "storageProfile"), "imageReference": sent}
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
    tier = text(sku, "tier") or "Standard"
    return {"name": sku["name"], "tier": tier, "capacity": capacity}


def check_capacity(properties: Body, sku: Body, image: Image) -> None:
    """How many instances a placement group and a managed image allow."""
    most, why = 1000, ""
    if image.source == "image":
        most, why = 600, "a managed image"
    if flag(properties, "singlePlacementGroup") is not False:
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
    if mode is None:
        raise missing_parameter("upgradePolicy.mode")
    policy["mode"] = mode
    if mode == "Rolling" or "rollingUpgradePolicy" in policy:
        policy["rollingUpgradePolicy"] = {**_ROLLING, **record(policy, "rollingUpgradePolicy")}
    for one in ("maxBatchInstancePercent", "maxUnhealthyInstancePercent"):
        value = integer(policy, "rollingUpgradePolicy", one)
        if value is not None and not 5 <= value <= 100:
            raise invalid_parameter(
                f"The value '{value}' of parameter 'rollingUpgradePolicy.{one}' is out of range. The value must be "
                "between '5' and '100', inclusive.",
                f"rollingUpgradePolicy.{one}",
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


def has_health(profile: Body) -> bool:
    """Whether something says if an instance is well."""
    if text(profile, "networkProfile", "healthProbe", "id") is not None:
        return True
    return any(
        str(dig(one, "properties", "type")).startswith("ApplicationHealth")
        for one in records(profile, "extensionProfile", "extensions")
    )


def check_os_profile(write: Write, profile: Body, image: Image) -> None:
    """A generalized image needs an OS profile, a specialized one refuses it; credentials are checked on creation."""
    os_profile = record(profile, "osProfile")
    if image.os_state == "Specialized":
        if os_profile:
            raise invalid_parameter("Parameter 'osProfile' is not allowed.", "osProfile")
        return
    if not os_profile:
        raise missing_parameter("osProfile")
    prefix = text(os_profile, "computerNamePrefix") or write.route.names[-1]
    longest = 9 if image.os_type == "Windows" else 58
    if len(prefix) > longest:
        raise invalid_parameter(
            f"{image.os_type} computer name prefix cannot be more than {longest} characters long: '{prefix}'.",
            "osProfile.computerNamePrefix",
        )
    if write.existing is not None:
        return
    _check_user(required(os_profile, "osProfile", "adminUsername"), image.os_type)
    keys = records(os_profile, "linuxConfiguration", "ssh", "publicKeys")
    password = text(os_profile, "adminPassword")
    if password is None and not (keys and image.os_type == "Linux"):
        raise missing_parameter("osProfile.adminPassword")
    if password is not None and not _strong(password):
        raise invalid_parameter(
            "The supplied password must be between 8-123 characters long and must satisfy at least 3 of password "
            "complexity requirements from the following: Contains an uppercase character, Contains a lowercase "
            "character, Contains a numeric digit, Contains a special character.",
            "adminPassword",
        )


def _check_user(name: str, os_type: str) -> None:
    """Names that Azure keeps for itself, and the length that Windows allows."""
    longest = 20 if os_type == "Windows" else 64
    if len(name) > longest or name.endswith(".") or name.lower() in _BANNED:
        raise invalid_parameter(
            f"The Admin Username specified is not allowed: '{name}'. It must not be a reserved name, must not end with "
            f"a period and has at most {longest} characters.",
            "adminUsername",
        )


def _strong(password: str) -> bool:
    classes = (str.isupper, str.islower, str.isdigit, lambda char: not char.isalnum())
    return 8 <= len(password) <= 123 and sum(any(map(test, password)) for test in classes) >= 3


def with_defaults(profile: Body, image: Image) -> Body:
    """The virtual machine profile as the service keeps and shows it: defaults in, secrets out."""
    kept = dict(profile)
    os_profile = record(profile, "osProfile")
    if os_profile:
        kept["osProfile"] = _os_profile(os_profile, image)
    storage = dict(record(profile, "storageProfile"))
    disk = dict(record(storage, "osDisk"))
    disk.setdefault("createOption", "FromImage")
    disk["osType"] = image.os_type
    disk.setdefault("caching", "None")
    disk["managedDisk"] = {"storageAccountType": "Standard_LRS", **record(disk, "managedDisk")}
    disk.setdefault("diskSizeGB", 127 if image.os_type == "Windows" else 30)
    storage["osDisk"] = disk
    kept["storageProfile"] = storage
    interfaces = records(profile, "networkProfile", "networkInterfaceConfigurations")
    if interfaces:
        network = dict(record(profile, "networkProfile"))
        network["networkInterfaceConfigurations"] = [_interface(one) for one in interfaces]
        kept["networkProfile"] = network
    if "extensionProfile" in profile:
        kept["extensionProfile"] = _without_protected(profile["extensionProfile"])
    for secret in _SECRET:
        kept.pop(secret, None)
    return kept


def _os_profile(sent: Body, image: Image) -> Body:
    kept = {name: value for name, value in sent.items() if name not in _SECRET}
    if image.os_type == "Windows":
        windows = {"provisionVMAgent": True, "enableAutomaticUpdates": True}
        kept["windowsConfiguration"] = {**windows, **record(sent, "windowsConfiguration")}
    else:
        keys = bool(records(sent, "linuxConfiguration", "ssh", "publicKeys"))
        linux = {"disablePasswordAuthentication": keys, "provisionVMAgent": True}
        kept["linuxConfiguration"] = {**linux, **record(sent, "linuxConfiguration")}
    kept.setdefault("secrets", [])
    kept.setdefault("allowExtensionOperations", True)
    kept.setdefault("requireGuestProvisionSignal", True)
    return kept


def _interface(sent: Body) -> Body:
    properties: Body = {
        "enableAcceleratedNetworking": False,
        "disableTcpStateTracking": False,
        "dnsSettings": {"dnsServers": []},
        "enableIPForwarding": False,
        **record(sent, "properties"),
    }
    primary = flag(properties, "primary")
    if primary is not None:
        properties["primary"] = primary
    properties["ipConfigurations"] = [
        {**one, "properties": {"privateIPAddressVersion": "IPv4", **record(one, "properties")}}
        for one in records(properties, "ipConfigurations")
    ]
    return {**sent, "properties": properties}


def _without_protected(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_protected(one) for name, one in value.items() if name != "protectedSettings"}
    if isinstance(value, list):
        return [_without_protected(one) for one in value]
    return value


def references(body: Body) -> list[tuple[str, str]]:
    """Network resources that a model refers to."""
    found: list[tuple[str, str]] = []
    network = section(dict(body), "properties", "virtualMachineProfile").get("networkProfile")
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
