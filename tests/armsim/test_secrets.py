"""Secrets wherever a client can put one: no answer, file, export or log has them. What is no secret stays whole."""

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from local.armsim import Fault
from local.armsim.deployments.secrets import PLACEHOLDER, scrubbed
from local.clock import ManualClock
from tests.armsim.arm import HOME, VMSS, Arm, make_network, scale_set
from tests.armsim.deploying import PATH, address, deploy, deployment, ended, resource
from tests.armsim.test_machines import UBUNTU, machine
from tests.armsim.test_state import world

SECRET = "Planted-Pa55word"
MACHINE = "Microsoft.Compute/virtualMachines/vm1"
WINDOWS = {
    "publisher": "MicrosoftWindowsServer",
    "offer": "WindowsServer",
    "sku": "2022-datacenter-g2",
    "version": "latest",
}
VAULT = [{"sourceVault": {"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v"}}]
UNATTENDED = {"passName": "OobeSystem", "settingName": "AutoLogon", "content": f"<p>{SECRET}</p>"}
"""What Windows reads at its first start; its `content` has passwords."""


@pytest.fixture
async def kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Arm]:
    """A client of a simulator with a state file; in the end nothing that it left behind may hold the secret."""
    caplog.set_level(logging.DEBUG)
    lines: list[Any] = []
    answers: list[str] = []

    async def read(answer: Any) -> None:
        await answer.aread()
        answers.append(f"{answer.headers} {answer.text}")

    async with world(tmp_path / "s", ManualClock()) as arm:
        arm.sim.app.log = lines.append
        arm.http.event_hooks["response"] = [read]
        await arm.put(f"{arm.subscription}/resourceGroups/rg", {"location": HOME})
        yield arm
        answers.append((await arm.http.get("/_sim/world")).text)
        assert "resource" in answers[-1]
    files = left_in(tmp_path)
    assert b"resourceGroups" in b"".join(files)
    assert SECRET not in "".join(answers)
    assert all(SECRET.encode() not in one for one in files)
    assert SECRET not in json.dumps(lines)
    assert lines
    assert SECRET not in caplog.text


def left_in(folder: Path) -> list[bytes]:
    """What the files of a state hold, its key and certificate among them."""
    return [one.read_bytes() for one in folder.iterdir() if one.is_file()]


def extension(**more: Any) -> dict[str, Any]:
    properties = {"publisher": "p", "type": "t", "typeHandlerVersion": "1.0", "settings": {"userData": "open"}}
    return {"name": "e", "properties": {**properties, **more}}


def spelt_otherwise(os_profile: dict[str, Any]) -> dict[str, Any]:
    """The profile with its secrets in spellings that ARM reads as well."""
    rest = {name: one for name, one in os_profile.items() if name not in ("adminPassword", "customData")}
    windows = {"AdditionalUnattendContent": [UNATTENDED]}
    return {**rest, "AdminPassword": SECRET, "CUSTOMDATA": SECRET, "windowsConfiguration": windows, "secrets": VAULT}


async def windows_set(arm: Arm) -> dict[str, Any]:
    """A PUT body of a scale set with a secret in every place, in other spellings than ARM's own."""
    await make_network(arm)
    body = scale_set(arm, arm.id("unused"))
    body["tags"] = {"password": "rotate-monthly"}
    profile = body["properties"]["virtualMachineProfile"]
    profile["storageProfile"] = {"imageReference": WINDOWS}
    profile["osProfile"] = spelt_otherwise({**profile["osProfile"], "computerNamePrefix": "pre"})
    profile |= {"UserData": SECRET, "OsProfile": {"adminPassword": SECRET}}
    profile["extensionProfile"] = {"extensions": [extension(ProtectedSettings={"command": SECRET})]}
    return body


async def test_a_scale_set_keeps_no_secret_however_it_is_spelt(kept: Arm) -> None:
    shown = await kept.done(VMSS, await windows_set(kept))
    profile = shown["properties"]["virtualMachineProfile"]
    assert not {"AdminPassword", "CUSTOMDATA"} & profile["osProfile"].keys()
    assert profile["osProfile"]["windowsConfiguration"]["AdditionalUnattendContent"] == [
        {"passName": "OobeSystem", "settingName": "AutoLogon"}
    ]
    assert profile["osProfile"]["secrets"] == VAULT
    assert profile["extensionProfile"]["extensions"][0]["properties"]["settings"] == {"userData": "open"}
    patch = {"properties": {"virtualMachineProfile": {"osProfile": {"AdminPassword": SECRET}, "userdata": SECRET}}}
    answer = await kept.send("PATCH", VMSS, patch)
    assert answer.status_code == 200, answer.text
    added = {"properties": extension(protectedsettings={"command": SECRET})["properties"]}
    await kept.put(f"{VMSS}/extensions/f", added)


async def test_a_flexible_scale_set_without_a_model_keeps_no_secret(kept: Arm) -> None:
    properties = {
        "orchestrationMode": "Flexible",
        "platformFaultDomainCount": 1,
        "VirtualMachineProfile": {"userData": SECRET},
    }
    await kept.done(VMSS, {"location": HOME, "properties": properties})


async def test_a_machine_keeps_no_secret_however_it_is_spelt(kept: Arm) -> None:
    body = machine(kept, WINDOWS, "Standard_D2s_v5", UserData=SECRET)
    body["properties"]["osProfile"] = spelt_otherwise(body["properties"]["osProfile"])
    shown = (await kept.done(MACHINE, body))["properties"]
    assert shown["osProfile"]["secrets"] == VAULT
    answer = await kept.send("PATCH", MACHINE, {"properties": {"USERDATA": SECRET}})
    assert answer.status_code == 200, answer.text
    await kept.finish(answer)
    await kept.put(f"{MACHINE}/extensions/e", extension(PROTECTEDSETTINGS={"command": SECRET}))


async def test_a_password_is_judged_however_it_is_spelt(arm: Arm) -> None:
    body = machine(arm, UBUNTU)
    del body["properties"]["osProfile"]["adminPassword"]
    body["properties"]["osProfile"]["AdminPassword"] = "weak"
    assert "The supplied password must be" in (await arm.refused("PUT", MACHINE, body))["message"]


async def test_a_template_keeps_no_secret_wherever_it_is_written(kept: Arm) -> None:
    body = await windows_set(kept)
    profile = body["properties"]["virtualMachineProfile"]
    profile["extensionProfile"]["extensions"] += [
        extension(protectedSettings={"type": "x", "commandToExecute": SECRET}) | {"name": "typed"},
        extension(protectedSettings=f"[createObject('command', '{SECRET}')]") | {"name": "made"},
    ]
    profile["osProfile"] |= {
        "adminPassword": f"[concat('{SECRET}', '1', parameters('Password'))]",
        "customData": "[base64(variables('cloudInit'))]",
    }
    del profile["osProfile"]["AdminPassword"]
    inner = deployment(parameters={"word": {"type": "secureString"}, "more": {"type": "secureString"}})["properties"]
    inner["parameters"] = {"word": {"value": SECRET}, "more": {"value": f"[concat('{SECRET}', '1')]"}}
    inner["expressionEvaluationOptions"] = {"scope": "inner"}
    nested = resource("Microsoft.Resources/deployments", "inner", inner)
    del nested["location"]
    template = deployment(
        resource("Microsoft.Compute/virtualMachineScaleSets", "vmss", **{**body, "apiVersion": "2024-07-01"}),
        nested,
        parameters={
            "default": {"type": "securestring", "defaultValue": SECRET, "allowedValues": [SECRET, "other"]},
            "composed": {"type": "securestring", "defaultValue": f"[concat('{SECRET}', '1')]"},
            "object": {"type": "secureObject", "defaultValue": {"a": [SECRET]}},
            "referred": {"$ref": "#/definitions/hidden", "defaultValue": SECRET},
            "Password": {"type": "string", "defaultValue": SECRET},
        },
        definitions={"hidden": {"type": "secureString", "defaultValue": SECRET}},
        variables={
            "copy": [{"name": "lines", "count": 2, "input": f"{SECRET}[copyIndex('lines')]"}],
            "cloudInit": f"[concat('#cloud-config {SECRET}', variables('lines')[0])]",
            "adminPassword": SECRET,
            "size": "open",
        },
        outputs={
            "hidden": {"type": "secureString", "value": SECRET},
            "referred": {"type": "string", "value": "[parameters('referred')]"},
        },
    )
    shown = await deploy(kept, template)
    assert shown["provisioningState"] == "Succeeded", shown
    exported = (await kept.send("POST", f"{PATH}/exportTemplate")).json()["template"]
    assert exported["parameters"]["default"]["defaultValue"] == PLACEHOLDER
    assert exported["variables"]["size"] == "open"
    await kept.send("POST", "Microsoft.Resources/deployments/inner/exportTemplate")
    await kept.send("GET", f"{PATH}/operations")
    made = await kept.get(VMSS)
    assert made["tags"] == {"password": "rotate-monthly"}
    assert made["properties"]["virtualMachineProfile"]["osProfile"]["secrets"] == VAULT


def test_only_secrets_are_withheld_from_a_template() -> None:
    public = {
        "tags": {"password": "rotate-monthly", "adminPassword": "[concat('a', 'b')]"},
        "properties": {
            "osProfile": {
                "secrets": VAULT,
                "adminPassword": "[parameters('password')]",
                "customData": "[base64(reference('ip').ipAddress)]",
                "linuxConfiguration": {"disablePasswordAuthentication": True},
            },
            "settings": {"userData": "open", "content": "open"},
            "content": "open",
        },
    }
    template = {
        "parameters": {"password": {"type": "secureString"}, "type": {"type": "string", "defaultValue": "open"}},
        "variables": {"unread": "open", "read": "open"},
        "resources": [public, {"name": "[variables('read')]", "properties": {"userData": "[variables('read')]"}}],
    }
    found = scrubbed(template)
    assert found["resources"].pop()["properties"] == {"userData": PLACEHOLDER}
    assert found == {**template, "resources": [public]}


def test_a_variable_whose_name_is_made_up_stays_as_it_is_unless_only_secrets_do_so() -> None:
    body: dict[str, Any] = {"variables": {"a1": "open"}, "outputs": {"o": {"value": "[variables(concat('a', '1'))]"}}}
    secret = {"resources": [{"properties": {"customData": "[variables('a1')]"}}]}
    assert scrubbed({**body, **secret})["variables"] == {"a1": "open"}
    loop = {"name": "l", "count": 2, "input": "hidden"}
    secret["resources"][0]["properties"]["customData"] = "[variables(concat('l', ''))]"
    assert scrubbed({**secret, "variables": {"copy": [loop]}})["variables"] == {
        "copy": [{**loop, "input": PLACEHOLDER}]
    }


async def test_what_waits_because_of_a_withheld_expression_still_waits(arm: Arm) -> None:
    first = machine(arm, UBUNTU)
    first["properties"]["osProfile"]["customData"] = "[base64(concat('address: ', reference('ip').ipAddress))]"
    body = resource("Microsoft.Compute/virtualMachines", "vm1", first["properties"])
    shown = await deploy(arm, deployment({**body, "apiVersion": "2024-07-01"}, address()))
    assert shown["provisioningState"] == "Succeeded", shown
    assert [one["resourceName"] for one in shown["dependencies"][0]["dependsOn"]] == ["ip"]


@pytest.mark.parametrize("status", [299, 499, 529])
async def test_a_deployment_ends_whatever_status_a_resource_is_refused_with(arm: Arm, status: int) -> None:
    kind = "Microsoft.Network/publicIPAddresses"
    arm.sim.faults.add(Fault(kind="status", status=status, html=status == 499, resource_type=kind, count=None))
    answer = await arm.send("PUT", PATH, deployment(address()))
    assert (await ended(arm, answer))["status"] == "Failed"
    operations = (await arm.get(f"{PATH}/operations"))["value"]
    assert operations[-1]["properties"]["statusCode"] == str(status)
