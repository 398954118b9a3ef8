"""A small catalogue of Marketplace images: publishers, offers, skus, versions, and the aliases of the az CLI.

Read by the routes that browse it, and wherever an `imageReference` names a publisher instead of an id.
"""

from dataclasses import dataclass

from local.armsim.body import Body


@dataclass(frozen=True, slots=True)
class Listed:
    """One sku of the catalogue; `versions` oldest first."""

    os_type: str
    publisher: str
    offer: str
    sku: str
    generation: str
    size: int
    security: str
    upgrades: bool
    versions: tuple[str, ...]

    @property
    def latest(self) -> str:
        """The newest version's number."""
        return self.versions[-1]

    @property
    def features(self) -> list[Body]:
        """Features as the image's body shows them."""
        named = {
            "SecurityType": self.security,
            "IsAcceleratedNetworkSupported": "True",
            "DiskControllerTypes": "SCSI" if self.generation == "V1" else "SCSI, NVMe",
            "IsHibernateSupported": "False" if self.generation == "V1" else "True",
        }
        return [{"name": name, "value": value} for name, value in named.items() if value]


_LAUNCH, _ALL = "TrustedLaunchSupported", "TrustedLaunchAndConfidentialVmSupported"
_JAMMY, _NOBLE, _WINDOWS = "0001-com-ubuntu-server-jammy", "ubuntu-24_04-lts", "MicrosoftWindowsServer"

_LINUX_ROWS = (
    ("Canonical", "UbuntuServer", "18.04-LTS", "V1", 30, "", True, ("18.04.202305220", "18.04.202306070")),
    ("Canonical", _JAMMY, "22_04-lts", "V1", 30, "", False, ("22.04.202407230", "22.04.202408010")),
    ("Canonical", _JAMMY, "22_04-lts-gen2", "V2", 30, _LAUNCH, False, ("22.04.202407230", "22.04.202408010")),
    ("Canonical", _NOBLE, "server", "V2", 30, _LAUNCH, False, ("24.04.202408070", "24.04.202409120")),
    ("Debian", "debian-10", "10", "V1", 30, "", False, ("0.20240211.1654", "0.20240430.1733")),
    ("Debian", "debian-11", "11-backports-gen2", "V2", 30, _LAUNCH, False, ("0.20240717.1811",)),
    ("OpenLogic", "CentOS", "7.5", "V1", 30, "", True, ("7.5.201808150",)),
    ("RedHat", "RHEL", "8-lvm-gen2", "V2", 64, _ALL, False, ("8.10.2024070112",)),
    ("SUSE", "sles-15-sp3", "gen2", "V2", 30, _LAUNCH, False, ("2024.05.10",)),
)
_WINDOWS_ROWS = (
    ("2019-Datacenter", "V1", 127, "", True, ("17763.6189.240811",)),
    ("2022-datacenter-g2", "V2", 127, _ALL, False, ("20348.2582.240703", "20348.2655.240810")),
)

CATALOGUE = (
    *(Listed("Linux", *row) for row in _LINUX_ROWS),
    *(Listed("Windows", _WINDOWS, "WindowsServer", *row) for row in _WINDOWS_ROWS),
)

_ALIASES = {
    "Ubuntu2204": ("Canonical", _JAMMY, "22_04-lts-gen2"),
    "Ubuntu2404": ("Canonical", _NOBLE, "server"),
    "Debian11": ("Debian", "debian-11", "11-backports-gen2"),
    "RHELRaw8LVMGen2": ("RedHat", "RHEL", "8-lvm-gen2"),
    "SuseSles15SP3": ("SUSE", "sles-15-sp3", "gen2"),
    "Win2019Datacenter": (_WINDOWS, "WindowsServer", "2019-Datacenter"),
    "Win2022Datacenter": (_WINDOWS, "WindowsServer", "2022-datacenter-g2"),
}
ALIASES: Body = {
    system: {
        alias: {"publisher": publisher, "offer": offer, "sku": sku, "version": "latest", "architecture": "x64"}
        for alias, (publisher, offer, sku) in _ALIASES.items()
        if (publisher == _WINDOWS) == (system == "Windows")
    }
    for system in ("Linux", "Windows")
}

EXTENSIONS: dict[tuple[str, str], tuple[str, ...]] = {
    ("Microsoft.Azure.Extensions", "CustomScript"): ("2.0.7", "2.1.10"),
    ("Microsoft.Azure.Monitor", "AzureMonitorLinuxAgent"): ("1.31.1", "1.33.1"),
    ("Microsoft.Azure.Monitor", "AzureMonitorWindowsAgent"): ("1.28.0",),
    ("Microsoft.Compute", "CustomScriptExtension"): ("1.10.15", "1.10.18"),
    ("Microsoft.ManagedServices", "ApplicationHealthLinux"): ("1.0.6", "2.0.16"),
    ("Microsoft.ManagedServices", "ApplicationHealthWindows"): ("1.0.12", "2.0.13"),
}
"""Publisher and type of an extension → its versions, oldest first."""

_BY_NAME = {(one.publisher.lower(), one.offer.lower(), one.sku.lower()): one for one in CATALOGUE}


def find(publisher: str, offer: str, sku: str) -> Listed | None:
    """The sku of that name, in any case; None where the catalogue has none."""
    return _BY_NAME.get((publisher.lower(), offer.lower(), sku.lower()))
