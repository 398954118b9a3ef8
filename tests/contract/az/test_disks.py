"""`az disk`, `az snapshot` and `az vm` as far as images and versions are made of them."""

import pytest

from tests.contract.az.cli import Az
from tests.contract.az.test_scale_sets import LOGIN

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def definition(az: Az, group: str) -> str:
    """The arguments that name an image definition for specialized machines."""
    az(f"sig create -g {group} -r disks")
    named = f"-g {group} -r disks -i special"
    az(
        f"sig image-definition create {named} -p me -f web -s one --os-type Linux --os-state Specialized "
        "--hyper-v-generation V2"
    )
    return named


def test_a_disk_is_made_shown_listed_grown_and_deleted(az: Az, group: str) -> None:
    made = az(f"disk create -g {group} -n data --size-gb 32 --sku Premium_LRS")
    assert (made["provisioningState"], made["diskSizeGB"], made["sku"]["name"]) == ("Succeeded", 32, "Premium_LRS")
    assert az(f"disk update -g {group} -n data --size-gb 64")["diskSizeGB"] == 64
    assert az(f"disk show -g {group} -n data")["diskState"] == "Unattached"
    assert [one["name"] for one in az(f"disk list -g {group}")] == ["data"]
    az(f"disk delete -g {group} -n data --yes")
    assert "ResourceNotFound" in az.refused(f"disk show -g {group} -n data", code=3)


def test_a_version_is_made_of_a_snapshot(az: Az, group: str, definition: str) -> None:
    az(f"disk create -g {group} -n os --size-gb 32 --os-type Linux --hyper-v-generation V2")
    made = az(f"snapshot create -g {group} -n frozen --source os --hyper-v-generation V2")
    assert made["creationData"]["sourceResourceId"].endswith("/disks/os")
    assert [one["name"] for one in az(f"snapshot list -g {group}")] == ["frozen"]
    version = az(f"sig image-version create {definition} -e 1.0.0 --os-snapshot {made['id']}")
    assert version["storageProfile"]["osDiskImage"]["source"]["id"] == made["id"]
    az(f"snapshot delete -g {group} -n frozen")
    assert "ResourceNotFound" in az.refused(f"snapshot show -g {group} -n frozen", code=3)


def test_a_version_is_made_of_a_machine(az: Az, group: str, definition: str) -> None:
    named = f"-g {group} -n machine"
    az(f"vm create {named} --image Ubuntu2204 --size Standard_D2s_v3 --public-ip-sku Standard {LOGIN}")
    shown = az(f"vm show {named}")
    assert (shown["provisioningState"], shown["osProfile"]["adminUsername"]) == ("Succeeded", "someone")
    assert "adminPassword" not in shown["osProfile"]
    version = az(f"sig image-version create {definition} -e 2.0.0 --virtual-machine {shown['id']}")
    assert version["storageProfile"]["source"]["virtualMachineId"] == shown["id"]
    az(f"vm stop {named}")
    assert "PowerState/stopped" in [
        one["code"] for one in az(f"vm get-instance-view {named}")["instanceView"]["statuses"]
    ]
    az(f"vm start {named}")
    assert [one["name"] for one in az(f"vm list -g {group}")] == ["machine"]
    az(f"vm delete {named} --yes")
    assert "ResourceNotFound" in az.refused(f"vm show {named}", code=3)


def test_a_machine_has_extensions(az: Az, group: str) -> None:
    az(f"vm create -g {group} -n extended --image Ubuntu2204 --size Standard_D2s_v3 {LOGIN}")
    named = f"-g {group} --vm-name extended"
    az(
        f"vm extension set {named} -n CustomScript --publisher Microsoft.Azure.Extensions --version 2.1 "
        """--settings '{"commandToExecute": "true"}' --protected-settings '{"key": "hidden"}'"""
    )
    shown = az(f"vm extension show {named} -n CustomScript")
    assert (shown["provisioningState"], shown.get("protectedSettings")) == ("Succeeded", None)
    assert [one["name"] for one in az(f"vm extension list {named}")] == ["CustomScript"]
    az(f"vm extension delete {named} -n CustomScript")
    assert az(f"vm extension list {named}") == []
