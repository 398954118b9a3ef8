"""`az image` against the simulator."""

import pytest

from tests.contract.az.cli import DEFAULT_POLLING, Az

pytestmark = pytest.mark.contract

BLOB = "https://acct.blob.core.windows.net/vhds/os.vhd"


def test_an_image_is_made_shown_listed_and_tagged(az: Az, group: str) -> None:
    made = az(f"image create -g {group} -n image --source {BLOB} --os-type Linux --hyper-v-generation V2")
    assert made["provisioningState"] == "Succeeded"
    assert made["storageProfile"]["osDisk"]["blobUri"] == BLOB
    shown = az(f"image show -g {group} -n image")
    assert (shown["hyperVGeneration"], shown["storageProfile"]["osDisk"]["osType"]) == ("V2", "Linux")
    assert [one["name"] for one in az(f"image list -g {group}")] == ["image"]
    assert "image" in [one["name"] for one in az("image list")]
    assert az(f"image update -g {group} -n image --tags a=b")["tags"] == {"a": "b"}


def test_an_image_is_made_of_a_generalized_machine(az: Az, group: str) -> None:
    subnet = az(f"network vnet create -g {group} -n net --subnet-name sub")["newVNet"]["subnets"][0]["id"]
    az(
        f"vm create -g {group} -n machine --image Ubuntu2204 --subnet {subnet} --public-ip-address '' --nsg '' "
        "--admin-username someone --admin-password 'Secret-12345' --authentication-type password"
    )
    az(f"vm deallocate -g {group} -n machine")
    az(f"vm generalize -g {group} -n machine")
    made = az(f"image create -g {group} -n of-machine --source machine --hyper-v-generation V2")
    assert made["sourceVirtualMachine"]["id"].endswith("/virtualMachines/machine")
    assert made["storageProfile"]["osDisk"]["osState"] == "Generalized"


def test_a_deleted_image_is_gone(az: Az, group: str) -> None:
    az(f"image create -g {group} -n short --source {BLOB} --os-type Windows")
    az(f"image delete -g {group} -n short")
    assert "ResourceNotFound" in az.refused(f"image show -g {group} -n short", code=3)
    az(f"image delete -g {group} -n short")  # what is missing is deleted well


def test_an_image_needs_a_source(az: Az, group: str) -> None:
    assert "no-such-machine" in az.refused(f"image create -g {group} -n bad --source no-such-machine", code=2)


def test_the_default_poller_sees_the_end_of_an_image(az: Az, group: str) -> None:
    made = az(f"image create -g {group} -n slow --source {BLOB} --os-type Linux", polling=DEFAULT_POLLING)
    assert made["provisioningState"] == "Succeeded"
