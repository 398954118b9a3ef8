"""What Azure refuses, az says in Azure's words, with an exit code that a script can use."""

import pytest

from tests.contract.az.cli import Az
from tests.contract.az.test_images import BLOB
from tests.contract.az.test_scale_sets import LOGIN

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def definition(az: Az, group: str) -> str:
    """The arguments that name an image definition; in its group an image `source`."""
    az(f"image create -g {group} -n source --source {BLOB} --os-type Linux")
    az(f"sig create -g {group} -r failures")
    named = f"-g {group} -r failures -i linux"
    az(f"sig image-definition create {named} -p me -f web -s one --os-type Linux --hyper-v-generation V1")
    return named


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("sig create -r gallery -l westus2", 3),
        (f"image create -n image --source {BLOB} --os-type Linux", 3),
        ("network vnet create -n net", 3),
        ("resource list", 3),
        ("deployment group list", 3),
        (f"vmss create -n set --image Ubuntu2204 {LOGIN}", 2),
    ],
)
def test_nothing_is_found_or_made_in_a_group_that_is_missing(az: Az, command: str, code: int) -> None:
    assert "ResourceGroupNotFound" in az.refused(f"{command} -g no-such", code)


def test_a_gallery_name_is_taken_in_the_whole_subscription(az: Az, definition: str) -> None:
    az("group create -n failures-two -l westus2")
    assert "is not unique within the subscription" in az.refused("sig create -g failures-two -r failures")


@pytest.mark.parametrize("number", ["1.0", "v1.0.0", "1.0.0.0", "1.0.4294967296"])
def test_a_version_number_has_three_parts(az: Az, group: str, definition: str, number: str) -> None:
    said = az.refused(f"sig image-version create {definition} -e {number} --managed-image source")
    assert "version" in said.lower()


def test_a_version_needs_its_home_region_among_the_targets(az: Az, definition: str) -> None:
    command = f"sig image-version create {definition} -e 1.0.0 --managed-image source --target-regions eastus"
    assert "must contain the location of image version" in az.refused(command)


def test_a_version_needs_a_source_that_exists(az: Az, definition: str) -> None:
    said = az.refused(f"sig image-version create {definition} -e 1.0.0 --managed-image missing")
    assert "Source was not found" in said


def test_a_region_stands_in_the_targets_once(az: Az, definition: str) -> None:
    command = f"sig image-version create {definition} -e 1.0.0 --managed-image source --target-regions westus2 westus2"
    assert "Duplicate regions are not allowed" in az.refused(command)


def test_the_generations_of_image_and_definition_agree(az: Az, group: str, definition: str) -> None:
    az(f"image create -g {group} -n second --source {BLOB} --os-type Linux --hyper-v-generation V2")
    said = az.refused(f"sig image-version create {definition} -e 1.0.0 --managed-image second")
    assert "Hypervisor generation" in said


def test_what_has_children_stays(az: Az, group: str, definition: str) -> None:
    az(f"sig image-version create {definition} -e 9.0.0 --managed-image source")
    assert "nested resources" in az.refused(f"sig image-definition delete {definition}")
    assert "nested resources" in az.refused(f"sig delete -g {group} -r failures")
    assert az(f"sig image-version show {definition} -e 9.0.0")["provisioningState"] == "Succeeded"


def test_what_is_in_use_stays(az: Az, group: str) -> None:
    az(f"network public-ip create -g {group} -n used --sku Standard")
    az(f"network lb create -g {group} -n user --sku Standard --public-ip-address used")
    said = az.refused(f"network public-ip delete -g {group} -n used")
    assert "PublicIPAddressCannotBeDeleted" in said
    assert az(f"network public-ip show -g {group} -n used")["provisioningState"] == "Succeeded"


def test_a_definition_keeps_what_it_was_made_with(az: Az, definition: str) -> None:
    said = az.refused(f"sig image-definition update {definition} --set osType=Windows")
    assert "osType" in said


def test_az_itself_refuses_what_is_left_out(az: Az, group: str) -> None:
    assert "required" in az.refused(f"sig image-definition create -g {group} -r failures -i x", code=2)
