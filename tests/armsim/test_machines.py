"""Virtual machines of their own: how they are made, stopped, generalized, and what they show."""

from typing import Any

import pytest

from tests.armsim.arm import HOME, Arm, managed_image

MACHINE = "Microsoft.Compute/virtualMachines/vm1"
UBUNTU = {"publisher": "Canonical", "offer": "UbuntuServer", "sku": "18.04-LTS", "version": "latest"}


def machine(arm: Arm, reference: dict[str, Any], size: str = "Standard_DS1_v2", **more: Any) -> dict[str, Any]:
    """A PUT body of a machine with one empty data disk."""
    nic = {"id": arm.id("Microsoft.Network/networkInterfaces/nic"), "properties": {}}
    return {
        "location": HOME,
        "properties": {
            "hardwareProfile": {"vmSize": size},
            "storageProfile": {
                "imageReference": reference,
                "osDisk": {"createOption": "fromImage", "caching": "ReadWrite"},
                "dataDisks": [{"lun": 0, "createOption": "empty", "diskSizeGB": 10}],
            },
            "osProfile": {
                "computerName": "vm1",
                "adminUsername": "azureuser",
                "adminPassword": "Correct-Horse-9",
                "customData": "Y2xvdWQ=",
            },
            "networkProfile": {"networkInterfaces": [nic]},
            **more,
        },
    }


async def test_a_machine_of_a_marketplace_image_names_the_exact_version_and_keeps_no_secret(arm: Arm) -> None:
    answer = await arm.send("PUT", MACHINE, machine(arm, UBUNTU))
    assert (answer.status_code, answer.json()["properties"]["provisioningState"]) == (201, "Creating")
    await arm.finish(answer)
    shown = (await arm.get(MACHINE))["properties"]
    storage = shown["storageProfile"]
    assert storage["imageReference"] == {**UBUNTU, "exactVersion": "18.04.202306070"}
    assert storage["osDisk"]["name"].startswith("vm1_OsDisk_1_")
    assert storage["osDisk"]["managedDisk"]["storageAccountType"] == "Premium_LRS"
    assert storage["dataDisks"][0]["name"].startswith("vm1_disk2_")
    assert shown["networkProfile"] == {"networkInterfaces": [{"id": arm.id("Microsoft.Network/networkInterfaces/nic")}]}
    kept = str(arm.sim.world.store.all())
    assert "Correct-Horse" not in kept
    assert "Y2xvdWQ=" not in kept


async def test_a_machine_that_is_being_made_does_not_know_its_disks_yet(arm: Arm) -> None:
    """As recorded; and what its OS disk caches where nobody said, and the one member that older api-versions show."""
    body = machine(arm, UBUNTU)
    del body["properties"]["storageProfile"]["osDisk"]["caching"]
    answer = await arm.send("PUT", MACHINE, body, version="2022-08-01")
    made = answer.json()["properties"]["storageProfile"]
    assert made["osDisk"]["managedDisk"] == {"storageAccountType": "Premium_LRS"}
    assert ("name" in made["osDisk"], "name" in made["dataDisks"][0]) == (False, False)
    await arm.finish(answer)
    shown = (await arm.get(MACHINE, version="2022-08-01"))["properties"]
    disk = shown["storageProfile"]["osDisk"]
    assert (disk["caching"], disk["managedDisk"]["id"].endswith(disk["name"])) == ("ReadWrite", True)
    older, newer = shown["osProfile"], (await arm.get(MACHINE))["properties"]["osProfile"]
    assert older["linuxConfiguration"]["enableVMAgentPlatformUpdates"] is False
    assert "enableVMAgentPlatformUpdates" not in newer["linuxConfiguration"]


async def test_the_instance_view_is_shown_when_asked_for(arm: Arm) -> None:
    await arm.done(MACHINE, machine(arm, UBUNTU))
    assert "instanceView" not in (await arm.get(MACHINE))["properties"]
    view = (await arm.get(f"{MACHINE}?$expand=instanceView"))["properties"]["instanceView"]
    assert (view["osName"], view["osVersion"], view["hyperVGeneration"]) == ("ubuntu", "18.04", "V1")
    assert [one["code"] for one in view["statuses"]] == ["ProvisioningState/succeeded", "PowerState/running"]
    assert view["vmAgent"]["statuses"][0]["displayStatus"] == "Ready"


async def test_a_machine_is_stopped_before_it_is_generalized_and_never_starts_again(arm: Arm) -> None:
    await arm.done(MACHINE, machine(arm, UBUNTU))
    assert (await arm.refused("POST", f"{MACHINE}/generalize"))["status"] == 409
    answer = await arm.send("POST", f"{MACHINE}/deallocate")
    assert answer.status_code == 202
    await arm.finish(answer)
    idle = (await arm.get(MACHINE))["properties"]["storageProfile"]["osDisk"]
    assert "diskSizeGB" not in idle
    assert list(idle["managedDisk"]) == ["id"]
    generalized = await arm.send("POST", f"{MACHINE}/generalize")
    assert (generalized.status_code, generalized.content) == (200, b"")
    assert "is generalized" in (await arm.refused("POST", f"{MACHINE}/start"))["message"]


async def test_a_command_answers_with_its_output(arm: Arm) -> None:
    await arm.done(MACHINE, machine(arm, UBUNTU))
    answer = await arm.send("POST", f"{MACHINE}/runCommand", {"commandId": "RunShellScript", "script": ["true"]})
    ended = await arm.finish(answer)
    assert ended["properties"]["output"]["value"][0]["code"] == "ProvisioningState/succeeded"


async def test_a_disk_left_out_is_shown_leaving_until_the_write_has_ended(arm: Arm) -> None:
    await arm.done(MACHINE, machine(arm, UBUNTU))
    body = await arm.get(MACHINE)
    body["properties"]["storageProfile"]["dataDisks"] = []
    answer = await arm.send("PUT", MACHINE, body)
    assert [one["toBeDetached"] for one in answer.json()["properties"]["storageProfile"]["dataDisks"]] == [True]
    await arm.finish(answer)
    assert (await arm.get(MACHINE))["properties"]["storageProfile"]["dataDisks"] == []


@pytest.mark.parametrize(
    ("changed", "phrase"),
    [
        ({"hardwareProfile": {}}, "hardwareProfile.vmSize"),
        ({"networkProfile": {}}, "networkProfile"),
        ({"networkProfile": {"networkInterfaces": [{"id": "/subscriptions/x"}]}}, "fully qualified resource Id"),
        ({"osProfile": {"adminUsername": "root", "adminPassword": "Correct-Horse-9"}}, "Admin Username"),
        ({"securityProfile": {"securityType": "TrustedLaunch"}}, "TrustedLaunch"),
    ],
)
async def test_what_a_machine_cannot_be_made_with(arm: Arm, changed: dict[str, Any], phrase: str) -> None:
    refused = await arm.refused("PUT", MACHINE, machine(arm, UBUNTU, **changed))
    assert (refused["status"], phrase in refused["message"]) == (400, True)


async def test_a_size_must_boot_the_generation_of_the_image(arm: Arm) -> None:
    second = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"}
    refused = await arm.refused("PUT", MACHINE, machine(arm, second, "Standard_D1_v2"))
    assert "cannot boot Hypervisor Generation" in refused["message"]
    await arm.put(MACHINE, machine(arm, second, "Standard_D2s_v5"))


async def test_trusted_launch_takes_no_managed_image(arm: Arm) -> None:
    await arm.done("Microsoft.Compute/images/i", managed_image(arm, generation="V2"))
    reference = {"id": arm.id("Microsoft.Compute/images/i")}
    launch = {"securityProfile": {"securityType": "TrustedLaunch"}}
    refused = await arm.refused("PUT", MACHINE, machine(arm, reference, "Standard_D2s_v5", **launch))
    assert "Managed Images are not supported" in refused["message"]


SCRIPT = {
    "location": HOME,
    "properties": {
        "publisher": "Microsoft.Azure.Extensions",
        "type": "CustomScript",
        "typeHandlerVersion": "2.1",
        "settings": {"commandToExecute": "true"},
        "protectedSettings": {"key": "hidden-value"},
    },
}


async def test_an_extension_is_made_changed_and_removed_and_shows_no_secret(arm: Arm) -> None:
    await arm.done(MACHINE, machine(arm, UBUNTU))
    script = f"{MACHINE}/extensions/script"
    assert (await arm.refused("GET", script))["code"] == "ResourceNotFound"
    answer = await arm.send("PUT", script, SCRIPT)
    assert (answer.status_code, answer.json()["properties"]["provisioningState"]) == (201, "Creating")
    assert (await arm.get(MACHINE))["properties"]["provisioningState"] == "Updating"
    await arm.finish(answer)
    shown = await arm.get(script)
    assert (shown["type"], shown["location"]) == ("Microsoft.Compute/virtualMachines/extensions", HOME)
    assert shown["properties"]["settings"] == {"commandToExecute": "true"}
    assert (await arm.get(MACHINE))["resources"] == [shown]
    assert (await arm.get(f"{MACHINE}/extensions"))["value"] == [shown]
    assert "hidden-value" not in str(arm.sim.world.store.all())
    changed = await arm.done(script, {"properties": {"autoUpgradeMinorVersion": True}}, method="PATCH")
    assert changed["properties"] == {**shown["properties"], "autoUpgradeMinorVersion": True}
    await arm.done(MACHINE, await arm.get(MACHINE))
    assert await arm.get(script) == changed
    await arm.finish(await arm.send("DELETE", script))
    assert "resources" not in await arm.get(MACHINE)
    assert (await arm.send("DELETE", script)).status_code == 204


async def test_an_extension_needs_a_machine_and_a_publisher(arm: Arm) -> None:
    refused = await arm.refused("PUT", f"{MACHINE}/extensions/script", SCRIPT)
    assert refused["status"] == 404
    await arm.done(MACHINE, machine(arm, UBUNTU))
    refused = await arm.refused("PUT", f"{MACHINE}/extensions/script", {"location": HOME, "properties": {}})
    assert (refused["status"], "publisher" in refused["message"]) == (400, True)
    await arm.finish(await arm.send("PUT", f"{MACHINE}/extensions/script", SCRIPT))
    await arm.finish(await arm.send("DELETE", MACHINE))
    assert (await arm.refused("GET", f"{MACHINE}/extensions/script"))["status"] == 404


async def test_the_disks_of_a_machine_are_resources_that_stay_unless_they_go_along(arm: Arm) -> None:
    """As recorded; snapshots, images and versions are made of them."""
    body = machine(arm, UBUNTU)
    body["properties"]["storageProfile"]["dataDisks"][0]["deleteOption"] = "Delete"
    storage = (await arm.done(MACHINE, body))["properties"]["storageProfile"]
    system, data = storage["osDisk"]["managedDisk"]["id"], storage["dataDisks"][0]["managedDisk"]["id"]
    shown = await arm.get(system)
    assert (shown["managedBy"], shown["properties"]["diskState"]) == (arm.id(MACHINE), "Attached")
    assert (shown["properties"]["osType"], shown["properties"]["tier"]) == ("Linux", "P4")
    image = shown["properties"]["creationData"]["imageReference"]["id"]
    assert image.endswith("/Skus/18.04-LTS/Versions/18.04.202306070")
    copy = {"creationData": {"createOption": "Copy", "sourceResourceId": system}}
    path = "Microsoft.Compute/snapshots/s"
    await arm.finish(await arm.send("PUT", path, {"location": HOME, "properties": copy}))
    assert (await arm.get(path))["properties"]["osType"] == "Linux"
    await arm.finish(await arm.send("DELETE", MACHINE))
    assert (await arm.get(system))["properties"]["diskState"] == "Unattached"
    assert (await arm.send("GET", data)).status_code == 404


NUMBERS = ("5", "0", "x", "1.2", "٣.1.1")


@pytest.mark.parametrize("version", NUMBERS)
async def test_a_marketplace_image_of_a_version_that_can_be_none_is_refused(arm: Arm, version: str) -> None:
    reference = {**UBUNTU, "version": version}
    refused = await arm.refused("PUT", MACHINE, machine(arm, reference))
    assert (refused["status"], refused["code"], refused["target"]) == (404, "PlatformImageNotFound", "imageReference")
    assert f"'Canonical:UbuntuServer:18.04-LTS:{version}' is not available" in refused["message"]
    assert (await arm.send("GET", MACHINE)).status_code == 404


@pytest.mark.parametrize("version", ["latest", "7.2.20240101"])
async def test_a_machine_of_an_image_that_the_catalogue_lacks_shows_its_instance_view(arm: Arm, version: str) -> None:
    reference = {"publisher": "acme", "offer": "ubuntu-plus", "sku": "s", "version": version}
    await arm.done(MACHINE, machine(arm, reference))
    view = await arm.get(f"{MACHINE}/instanceView")
    assert (view["osName"], len(view["osVersion"].split("."))) == ("ubuntu", 2)


@pytest.mark.parametrize("lun", [{}, [], "x", True, None, 1.5])
async def test_a_lun_is_a_number_when_a_machine_is_written_again_too(arm: Arm, lun: Any) -> None:
    await arm.done(MACHINE, machine(arm, UBUNTU))
    body = machine(arm, UBUNTU)
    body["properties"]["storageProfile"]["dataDisks"][0]["lun"] = lun
    assert (await arm.refused("PUT", MACHINE, body))["status"] == 400
    assert (await arm.get(MACHINE))["properties"]["storageProfile"]["dataDisks"][0]["lun"] == 0


@pytest.mark.parametrize(
    "wrong",
    [{"diskSizeGB": "x"}, {"diskSizeGB": 0}, {"diskSizeGB": 99999}, {"name": {}}, {"name": "a/b"}, {"caching": "All"}],
)
async def test_a_disk_of_a_machine_has_a_name_and_a_size_that_a_disk_can_have(arm: Arm, wrong: dict[str, Any]) -> None:
    for disk in ("osDisk", "dataDisks"):
        body = machine(arm, UBUNTU)
        kept = body["properties"]["storageProfile"][disk]
        (kept if disk == "osDisk" else kept[0]).update(wrong)
        assert (await arm.refused("PUT", MACHINE, body))["status"] == 400
    body = machine(arm, UBUNTU)
    body["properties"]["storageProfile"]["osDisk"]["diskSizeGB"] = "64"
    assert (await arm.done(MACHINE, body))["properties"]["storageProfile"]["osDisk"]["diskSizeGB"] == 64


async def test_a_lun_holds_one_disk(arm: Arm) -> None:
    body = machine(arm, UBUNTU)
    body["properties"]["storageProfile"]["dataDisks"] *= 2
    assert (await arm.refused("PUT", MACHINE, body))["target"] == "dataDisk.lun"


async def test_the_instance_view_of_a_machine_that_is_being_made_names_no_disk_yet(arm: Arm) -> None:
    await arm.put(MACHINE, machine(arm, UBUNTU))
    assert (await arm.get(f"{MACHINE}/instanceView"))["disks"] == []
