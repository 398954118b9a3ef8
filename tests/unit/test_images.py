"""The fingerprint tells a new image under an old name from a tag edit."""

from typing import Any

import pytest

from domain.images import ManagedImage
from tests.unit import samples

DISK = "properties.storageProfile.osDisk"
CHANGES: list[tuple[str, Any]] = [
    ("location", "westeurope"),
    ("properties.hyperVGeneration", "V2"),
    ("properties.storageProfile.zoneResilient", True),
    ("properties.sourceVirtualMachine.id", "/other"),
    (f"{DISK}.osType", "Linux"),
    (f"{DISK}.osState", "Specialized"),
    (f"{DISK}.managedDisk.id", "/other"),
    ("properties.storageProfile.dataDisks", [{"lun": 0, "managedDisk": {"id": "/data"}}]),
]


@pytest.mark.parametrize(("path", "value"), CHANGES, ids=[path for path, _ in CHANGES])
def test_what_an_image_is_made_of_changes_its_fingerprint(path: str, value: Any) -> None:
    assert samples.image(**{path: value}).fingerprint != samples.image().fingerprint


INDIFFERENT: list[tuple[str, Any]] = [
    ("tags", {"release": "2.0.0"}),
    ("name", "other"),
    ("location", "West Central US"),
    ("properties.provisioningState", "Updating"),
    ("properties.hyperVGeneration", None),
    (f"{DISK}.diskSizeGB", None),
    (f"{DISK}.caching", "ReadWrite"),
    (f"{DISK}.storageAccountType", "Premium_LRS"),
    (f"{DISK}.osType", "windows"),
    (
        f"{DISK}.managedDisk.id",
        samples.image_body()["properties"]["storageProfile"]["osDisk"]["managedDisk"]["id"].upper(),
    ),
    ("properties.storageProfile.dataDisks", None),
]


@pytest.mark.parametrize(("path", "value"), INDIFFERENT, ids=[path for path, _ in INDIFFERENT])
def test_tags_sizes_caching_and_writing_do_not_change_it(path: str, value: Any) -> None:
    assert samples.image(**{path: value}).fingerprint == samples.image().fingerprint


def test_data_disks_count_with_their_luns_in_any_order() -> None:
    def of(*disks: tuple[int, str]) -> str:
        path = "properties.storageProfile.dataDisks"
        return samples.image(**{path: [{"lun": lun, "snapshot": {"id": id_}} for lun, id_ in disks]}).fingerprint

    assert of((0, "/a"), (1, "/b")) == of((1, "/b"), (0, "/a"))
    assert of((0, "/a"), (1, "/b")) != of((0, "/b"), (1, "/a"))


@pytest.mark.parametrize("source", [{"snapshot": {"id": "/S"}}, {"blobUri": "https://store/vhds/S.vhd"}])
def test_disks_may_come_of_snapshots_and_blobs(source: dict[str, Any]) -> None:
    body = samples.image_body()
    disk = body["properties"]["storageProfile"]["osDisk"]
    del disk["managedDisk"]
    disk.update(source)
    read = ManagedImage.from_arm(body)
    assert read.os_disk.source in ("/s", "https://store/vhds/s.vhd")
    assert read.fingerprint != samples.image().fingerprint


def test_an_image_without_a_generation_is_of_the_first() -> None:
    body = samples.image_body()
    del body["properties"]["hyperVGeneration"]
    assert ManagedImage.from_arm(body).generation == "V1"


@pytest.mark.parametrize("path", ["properties", "properties.storageProfile", DISK])
def test_parts_that_arm_leaves_empty_read_as_empty(path: str) -> None:
    read = samples.image(**{path: None})
    assert read.os_type == ""
    assert read.os_disk.source == ""


def test_the_model_survives_the_wire() -> None:
    read = samples.image(tags={"a": "b"})
    again = ManagedImage.model_validate(read.model_dump(mode="json"))
    assert again == read
    assert again.fingerprint == read.fingerprint
