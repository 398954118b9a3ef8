"""Lives of machines and scale sets: bodies as clients send them, one write after another, with few members wrong.

Most of such bodies are taken, so that what is wrong with them must stand to be read, rolled out, saved and deleted.
One number stands for one life.
"""

from random import Random
from typing import Any

from tests.armsim.arm import AWAY, Json, scale_set

RATES = (0, 0.005, 0.015, 0.06)
"""Parts of a body's members that are wrong, from one request to the next."""
TARGETS = ("Microsoft.Compute/virtualMachines/m", "Microsoft.Compute/virtualMachineScaleSets/s")
QUERY = {"api-version": "2026-04-01"}
UBUNTU = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}
WRONG: tuple[Any, ...] = (
    *(None, True, False, 0, 1, 5, -1, 64, 1.5, 10**400, 1e308, "", "x", "5", "0", "true", "1.0.0", "latest", "PT5S"),
    *("Attach", "Spot", "Specialized", "Windows", "Flexible", "Rolling", "*", "/subscriptions/x", "a/b", "\ud800", "٣"),
    *([], {}, [None], [5], [[]], [{}], {"id": 5}, {"id": "/x"}, {"x": {"y": []}}, {"name": {}}, {"name": "x"}),
)
EXTENSION: Json = {
    "publisher": "Microsoft.Azure.Extensions",
    "type": "CustomScript",
    "typeHandlerVersion": "2.1",
    "autoUpgradeMinorVersion": True,
    "settings": {"a": 1},
    "provisionAfterExtensions": ["b"],
}
POLICY: Json = {
    "maxBatchInstancePercent": 20,
    "maxUnhealthyInstancePercent": 20,
    "maxUnhealthyUpgradedInstancePercent": 20,
    "pauseTimeBetweenBatches": "PT5S",
}
ACTIONS: tuple[tuple[str, Json], ...] = (
    *((name, {"instanceIds": ["0"]}) for name in ("start", "powerOff", "restart", "deallocate", "redeploy", "delete")),
    *((name, {"instanceIds": ["*"]}) for name in ("manualupgrade", "reimage", "reimageAll", "performMaintenance")),
    *((name, {}) for name in ("osRollingUpgrade", "extensionRollingUpgrade", "rollingUpgrades/cancel", "generalize")),
    *((name, {"tempDisk": True}) for name in ("simulateEviction", "reapply", "capture")),
    ("runCommand", {"commandId": "RunShellScript", "script": ["x"], "parameters": [{"name": "a", "value": "b"}]}),
    ("setOrchestrationServiceState", {"serviceName": "AutomaticRepairs", "action": "Suspend"}),
    ("convertToSinglePlacementGroup", {"activePlacementGroupId": "x"}),
)
VIEWS = (
    *("", "/instanceView", "/extensions", "/extensions/e", "/skus", "/osUpgradeHistory", "/rollingUpgrades/latest"),
    *("/virtualMachines", "/networkInterfaces", "/publicIPAddresses", "/virtualMachines/0/networkInterfaces"),
    *("/virtualMachines/0", "/virtualMachines/0/instanceView", "/virtualMachines/0/extensions"),
)


def mutated(random: Random, value: Any, rate: float) -> Any:
    """A copy of `value` in which few members are wrong, missing or there twice."""
    if random.random() < rate:
        return random.choice(WRONG)
    if isinstance(value, dict):
        return {name: mutated(random, one, rate) for name, one in value.items() if random.random() >= rate / 3}
    if isinstance(value, list):
        twice = [*value, *value] if random.random() < rate else value
        return [mutated(random, one, rate) for one in twice]
    return value


class Life:
    """What one number makes of a machine `m`, scale set `s`, and their parts."""

    def __init__(self, number: int, base: str, image: str) -> None:
        self.random = Random(number)
        self._base, self._image = base, image

    def id(self, path: str) -> str:
        """The whole id of what lies in the world's group."""
        return f"{self._base}/{path}"

    def step(self) -> tuple[str, str, Any]:
        """Method, path and body of the next request, each with little wrong."""
        pick = self.random.choice
        target = self.id(pick(TARGETS))
        body = self.machine() if target.endswith("/m") else self.scale_set()
        rate = pick(RATES)
        match pick(("write", "write", "write", "patch", "act", "act", "part", "delete")):
            case "write":
                return "PUT", target, mutated(self.random, body, rate)
            case "patch":
                few = {name: one for name, one in body.items() if name != "location" and pick((True, False))}
                return "PATCH", target, mutated(self.random, few, rate)
            case "part" if target.endswith("/s") and pick((True, False)):
                return "PUT", f"{target}/virtualMachines/0", mutated(self.random, self.instance(), rate)
            case "part":
                extension = {"location": AWAY, "properties": EXTENSION}
                return (
                    pick(("PUT", "PUT", "PATCH", "DELETE")),
                    f"{target}/extensions/e",
                    mutated(self.random, extension, rate),
                )
            case "act":
                action, sent = pick(ACTIONS)
                one = "/virtualMachines/0" if target.endswith("/s") and pick((True, False, False)) else ""
                return "POST", f"{target}{one}/{action}", mutated(self.random, sent, rate)
        return "DELETE", target, None

    def views(self) -> list[str]:
        """Whatever can be read of both."""
        return [self.id(f"{one}{view}") for one in TARGETS for view in VIEWS] + [self.id(one[:-2]) for one in TARGETS]

    def instance(self) -> Json:
        """A PUT body of an instance."""
        disk = {"lun": 1, "createOption": "Empty", "diskSizeGB": 4}
        protection = {"protectFromScaleIn": True, "protectFromScaleSetActions": True}
        return {
            "location": AWAY,
            "properties": {"protectionPolicy": protection, "storageProfile": {"dataDisks": [disk]}, "osProfile": {}},
        }

    def machine(self) -> Json:
        """A PUT body of a machine."""
        interface = {"id": self.id("Microsoft.Network/networkInterfaces/nic"), "properties": {"primary": True}}
        return {
            "location": AWAY,
            "tags": {"a": "b"},
            "identity": {"type": "SystemAssigned"},
            "zones": ["1"],
            "properties": {
                **self._profile(),
                "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
                "osProfile": {"computerName": "m", **self._login()},
                "networkProfile": {"networkInterfaces": [interface]},
                "extensions": [{"name": "e", "properties": EXTENSION}],
            },
        }

    def scale_set(self) -> Json:
        """A PUT body of a scale set in either mode."""
        random = self.random
        mode = random.choice(("Manual", "Automatic", "Rolling"))
        body = scale_set(self, self._image, mode=mode, capacity=random.choice((0, 1, 3)))
        properties, profile = body["properties"], body["properties"]["virtualMachineProfile"]
        profile |= {**self._profile(), "osProfile": {"computerNamePrefix": "s", **self._login()}}
        profile["extensionProfile"] = {"extensions": [{"name": "e", "properties": EXTENSION}]}
        properties["upgradePolicy"] |= {"rollingUpgradePolicy": POLICY}
        properties["automaticRepairsPolicy"] = {"enabled": True, "gracePeriod": "PT30M"}
        properties["scaleInPolicy"] = {"rules": ["OldestVM"], "forceDeletion": False}
        if random.random() < 0.4:
            properties |= {"orchestrationMode": "Flexible", "platformFaultDomainCount": 1}
            del properties["upgradePolicy"], properties["automaticRepairsPolicy"]
        for member in ("automaticRepairsPolicy", "scaleInPolicy"):
            if random.random() < 0.5:
                properties.pop(member, None)
        return {**body, "tags": {"a": "b"}, "zones": ["1", "2"], "identity": {"type": "SystemAssigned"}}

    def _profile(self) -> Json:
        """Disks, and what machines and models have in common."""
        reference = self.random.choice((UBUNTU, {"id": self._image}))
        managed = {"storageAccountType": "Premium_LRS"}
        more = {"securityProfile": {"securityType": "Standard"}, "licenseType": "None", "priority": "Regular"}
        return {
            "storageProfile": {
                "imageReference": reference,
                "osDisk": {"createOption": "FromImage", "managedDisk": managed, "diskSizeGB": 64, "caching": "None"},
                "dataDisks": [{"lun": 0, "createOption": "Empty", "diskSizeGB": 5, "managedDisk": managed}],
            },
            "diagnosticsProfile": {"bootDiagnostics": {"enabled": True}},
            **{name: one for name, one in more.items() if self.random.random() < 0.3},
        }

    def _login(self) -> Json:
        key = {"path": "/home/azureuser/.ssh/authorized_keys", "keyData": "ssh-rsa AAAA x"}
        linux = {"disablePasswordAuthentication": False, "ssh": {"publicKeys": [key]}, "provisionVMAgent": True}
        return {"adminUsername": "azureuser", "adminPassword": "Correct-Horse-9", "linuxConfiguration": linux}
