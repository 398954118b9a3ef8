"""`az sig` against the simulator: galleries, image definitions and image versions."""

import pytest

from tests.contract.az.cli import DEFAULT_POLLING, Az
from tests.contract.az.test_images import BLOB

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def image(az: Az, group: str) -> str:
    """The id of a managed image of the first generation."""
    made: str = az(f"image create -g {group} -n source --source {BLOB} --os-type Linux")["id"]
    return made


@pytest.fixture(scope="module")
def definition(az: Az, group: str) -> str:
    """The arguments that name an image definition."""
    az(f"sig create -g {group} -r gallery")
    named = f"-g {group} -r gallery -i linux"
    az(f"sig image-definition create {named} -p me -f web -s one --os-type Linux --hyper-v-generation V1")
    return named


def test_a_gallery_is_made_shown_listed_changed_and_deleted(az: Az, group: str) -> None:
    made = az(f"sig create -g {group} -r first --tags a=b --description 'My images'")
    assert (made["provisioningState"], made["location"]) == ("Succeeded", "westus2")
    shown = az(f"sig show -g {group} -r first")
    assert shown["identifier"]["uniqueName"].endswith("-FIRST")
    assert shown["description"] == "My images"
    assert "first" in [one["name"] for one in az(f"sig list -g {group}")]
    assert "first" in [one["name"] for one in az("sig list")]
    assert az(f"sig update -g {group} -r first --set tags.c=d")["tags"] == {"a": "b", "c": "d"}
    az(f"sig delete -g {group} -r first")
    assert "ResourceNotFound" in az.refused(f"sig show -g {group} -r first", code=3)


def test_the_default_poller_sees_the_end_of_a_gallery(az: Az, group: str) -> None:
    assert az(f"sig create -g {group} -r slow", polling=DEFAULT_POLLING)["provisioningState"] == "Succeeded"


def test_a_definition_is_made_shown_listed_changed_and_deleted(az: Az, group: str, definition: str) -> None:
    named = f"-g {group} -r gallery -i windows"
    made = az(
        f"sig image-definition create {named} -p me -f web -s two --os-type Windows --os-state Specialized "
        "--hyper-v-generation V2 --features SecurityType=TrustedLaunch --minimum-cpu-core 2 --maximum-memory 64"
    )
    assert (made["provisioningState"], made["osState"], made["hyperVGeneration"]) == ("Succeeded", "Specialized", "V2")
    shown = az(f"sig image-definition show {named}")
    assert shown["identifier"] == {"publisher": "me", "offer": "web", "sku": "two"}
    assert shown["features"] == [{"name": "SecurityType", "value": "TrustedLaunch"}]
    assert (shown["recommended"]["vCPUs"]["min"], shown["recommended"]["memory"]["max"]) == (2, 64)
    assert [one["name"] for one in az(f"sig image-definition list -g {group} -r gallery")] == ["linux", "windows"]
    az(f"sig image-definition update {named} --set description='For the web'")
    assert az(f"sig image-definition show {named}")["description"] == "For the web"
    az(f"sig image-definition delete {named}")
    assert "ResourceNotFound" in az.refused(f"sig image-definition show {named}", code=3)


def test_a_version_goes_to_every_region_that_was_asked_for(az: Az, definition: str, image: str) -> None:
    made = az(
        f"sig image-version create {definition} -e 1.0.0 --managed-image {image} --replica-count 2 "
        "--target-regions westus2 eastus=1=standard_zrs 'South Central US'"
    )
    assert made["provisioningState"] == "Succeeded"
    targets = made["publishingProfile"]["targetRegions"]
    assert [(one["name"], one["regionalReplicaCount"], one["storageAccountType"]) for one in targets] == [
        ("West US 2", 2, "Standard_LRS"),
        ("East US", 1, "Standard_ZRS"),
        ("South Central US", 2, "Standard_LRS"),
    ]
    shown = az(f"sig image-version show {definition} -e 1.0.0 --expand ReplicationStatus")
    assert shown["replicationStatus"]["aggregatedState"] == "Completed"
    assert {one["region"] for one in shown["replicationStatus"]["summary"]} == {"westus2", "eastus", "southcentralus"}
    assert "1.0.0" in [one["name"] for one in az(f"sig image-version list {definition}")]
    assert az(f"sig image-version show {definition} -e 1.0.0").get("replicationStatus") is None


def test_regions_are_added_and_taken_from_a_version(az: Az, definition: str, image: str) -> None:
    az(
        f"sig image-version create {definition} -e 2.0.0 --managed-image {image} --target-regions westus2 "
        "--allow-replicated-location-deletion true"
    )
    az(
        f"sig image-version update {definition} -e 2.0.0 "
        "--add publishingProfile.targetRegions name=northeurope regionalReplicaCount=3"
    )
    shown = az(f"sig image-version show {definition} -e 2.0.0 --expand ReplicationStatus")
    assert [one["name"] for one in shown["publishingProfile"]["targetRegions"]] == ["West US 2", "North Europe"]
    assert len(shown["replicationStatus"]["summary"]) == 2
    az(f"sig image-version update {definition} -e 2.0.0 --target-regions westus2=2")
    shown = az(f"sig image-version show {definition} -e 2.0.0")
    assert [one["name"] for one in shown["publishingProfile"]["targetRegions"]] == ["West US 2"]
    az(f"sig image-version update {definition} -e 2.0.0 --set publishingProfile.excludeFromLatest=true")
    assert az(f"sig image-version show {definition} -e 2.0.0")["publishingProfile"]["excludeFromLatest"] is True


def test_a_region_stays_where_its_deletion_is_not_allowed(az: Az, definition: str, image: str) -> None:
    az(f"sig image-version create {definition} -e 2.1.0 --managed-image {image} --target-regions westus2 eastus")
    said = az.refused(f"sig image-version update {definition} -e 2.1.0 --target-regions westus2")
    assert "allowDeletionOfReplicatedLocations" in said
    assert len(az(f"sig image-version show {definition} -e 2.1.0")["publishingProfile"]["targetRegions"]) == 2


def test_a_version_is_made_from_a_version_and_deleted(az: Az, definition: str, image: str) -> None:
    first = az(f"sig image-version create {definition} -e 3.0.0 --managed-image {image}")["id"]
    second = az(f"sig image-version create {definition} -e 3.0.1 --image-version {first}")
    assert second["storageProfile"]["source"]["id"] == first
    az(f"sig image-version delete {definition} -e 3.0.1")
    assert "ResourceNotFound" in az.refused(f"sig image-version show {definition} -e 3.0.1", code=3)


def test_a_version_can_be_waited_for(az: Az, definition: str, image: str) -> None:
    az(f"sig image-version create {definition} -e 4.0.0 --managed-image {image} --no-wait")
    az(f"sig image-version wait {definition} -e 4.0.0 --created --interval 1 --timeout 60")
    assert az(f"sig image-version show {definition} -e 4.0.0")["provisioningState"] == "Succeeded"


def test_the_default_poller_sees_the_end_of_a_version(az: Az, definition: str, image: str) -> None:
    command = f"sig image-version create {definition} -e 5.0.0 --managed-image {image}"
    assert az(command, polling=DEFAULT_POLLING)["provisioningState"] == "Succeeded"


def test_a_shared_gallery_is_listed_in_its_region(az: Az, group: str) -> None:
    az(f"sig create -g {group} -r shared --permissions groups")
    subscription = az("account show")["id"]
    az(f"sig share add -g {group} -r shared --subscription-ids {subscription}")
    (one,) = az("sig list-shared -l westus2")
    assert one["uniqueId"] == f"/SharedGalleries/{one['name']}"
    assert az(f"sig show-shared -l westus2 --gallery-unique-name {one['name']}")["name"] == one["name"]
    assert az("sig list-shared -l westus2 --shared-to tenant") == []
