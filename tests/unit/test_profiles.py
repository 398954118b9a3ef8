"""What the file looks like: closed models, defaults of the example, and the ids that a profile means."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain.profiles import Profile, Targets
from domain.resource_ids import parse
from domain.rollouts_file import RolloutsFile
from tests.unit import samples

OTHER = "00000000-0000-4000-8000-00000000000f"


def test_the_example_means_these_ids() -> None:
    targets = Targets.of(samples.profile(), parse(samples.IMAGE))
    gallery_group = f"/subscriptions/{samples.SUBSCRIPTION}/resourceGroups/myGalleryRG"
    home = f"/subscriptions/{samples.SUBSCRIPTION}/resourceGroups/myVMSSRG"
    gallery = f"{gallery_group}/providers/Microsoft.Compute/galleries/myGallery"
    network = f"{home}/providers/Microsoft.Network"
    assert targets.model_dump() == {
        "gallery_group": gallery_group,
        "gallery": gallery,
        "definition": f"{gallery}/images/myImageDefinition",
        "scale_set_group": home,
        "scale_set": f"{home}/providers/Microsoft.Compute/virtualMachineScaleSets/myScaleSet",
        "virtual_network": f"{network}/virtualNetworks/myVnet",
        "subnet": f"{network}/virtualNetworks/myVnet/subnets/mySubnet",
        "public_ip_address": f"{network}/publicIPAddresses/myPublicIPAddress",
        "load_balancer": f"{network}/loadBalancers/myLoadBalancer",
        "security_group": f"{network}/networkSecurityGroups/myScaleSet",
    }


def test_names_that_are_left_out_are_the_scale_sets() -> None:
    targets = Targets.of(samples.profile(scaleSet__network={}), parse(samples.IMAGE))
    parts = (targets.virtual_network, targets.subnet, targets.public_ip_address, targets.security_group)
    assert {part.rpartition("/")[2] for part in parts} == {"myScaleSet"}
    assert targets.load_balancer.endswith("/myScaleSetLoadBalancer")


def test_gallery_and_scale_set_may_be_in_other_subscriptions() -> None:
    targets = Targets.of(samples.profile(gallery__subscription=OTHER), parse(samples.IMAGE))
    assert OTHER in targets.definition
    assert OTHER not in targets.scale_set
    targets = Targets.of(samples.profile(scaleSet__subscription=OTHER), parse(samples.IMAGE))
    assert OTHER in targets.load_balancer
    assert OTHER not in targets.gallery


def test_defaults_are_the_examples() -> None:
    wanted = samples.profile()
    assert (wanted.version.number, wanted.version.storage_account_type, wanted.version.replication_mode) == (
        "next",
        "Standard_LRS",
        "Full",
    )
    assert not wanted.version.block_deletion_before_end_of_life
    assert (wanted.scale_set.size, wanted.scale_set.capacity) == ("Standard_D2s_v5", 2)
    assert wanted.scale_set.network.address_prefix == "192.168.0.0/16"
    assert wanted.create_resource_groups


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("gallery.nmae", "x", "gallery.nmae"),
        ("version.number", "1.2", "version"),
        ("version.number", "tag:", "version"),
        ("version.floor", "latest", "version"),
        ("version.storageAccountType", "StandardSSD_LRS", "version.storageAccountType"),
        ("version.replicationMode", "Deep", "version.replicationMode"),
        ("scaleSet.network.backendPorts", [0], "scaleSet.network.backendPorts.0"),
        ("scaleSet.adminPasswordSetting", "my secret!", "scaleSet.adminPasswordSetting"),
        ("scaleSet.upgradePolicy.mode", "Sometimes", "scaleSet.upgradePolicy.mode"),
        ("gallery.subscription", "mine", "gallery.subscription"),
    ],
)
def test_what_the_file_must_not_say_is_refused_with_its_path(path: str, value: Any, named: str) -> None:
    with pytest.raises(ValidationError) as caught:
        samples.profile(**{path: value})
    assert [".".join(map(str, error["loc"])) for error in caught.value.errors()] == [named]


@pytest.mark.parametrize(
    ("match", "covered"),
    [
        ({}, True),
        ({"name": "MYIMAGE"}, True),
        ({"name": "my*"}, True),
        ({"name": "my"}, False),
        ({"resourceGroup": "myResourceGrou?"}, True),
        ({"resourceGroup": "other"}, False),
        ({"subscription": samples.SUBSCRIPTION}, True),
        ({"subscription": OTHER}, False),
    ],
)
def test_which_images_a_profile_is_for(match: dict[str, str], covered: bool) -> None:
    wanted = samples.profile(match=match)
    file = RolloutsFile(profiles={"web": wanted})
    assert (file.matching(parse(samples.IMAGE)) == {"web": wanted}) is covered


@pytest.mark.parametrize(
    ("groups", "allowed"),
    [
        ([{"resourceGroup": "MYRESOURCEGROUP"}], True),
        ([{"resourceGroup": "other"}], False),
        ([{"resourceGroup": "myResourceGroup2"}], False),
        ([{"resourceGroup": "myResourceGroup", "subscription": samples.SUBSCRIPTION.upper()}], True),
        ([{"resourceGroup": "myResourceGroup", "subscription": OTHER}], False),
        ([{"resourceGroup": "other"}, {"resourceGroup": "myResourceGroup"}], True),
    ],
)
def test_where_images_may_come_from(groups: list[dict[str, str]], allowed: bool) -> None:
    anywhere = samples.profile(match={"resourceGroup": "*"})
    file = RolloutsFile.model_validate({"allowedImageGroups": groups, "profiles": {"web": anywhere}})
    assert file.allows(parse(samples.IMAGE)) is allowed


@pytest.mark.parametrize(
    ("match", "gets_some"),
    [
        ({}, True),
        ({"resourceGroup": "MYRESOURCE*"}, True),
        ({"resourceGroup": "second", "subscription": "00000000-*"}, True),
        ({"resourceGroup": "second"}, True),
        ({"resourceGroup": "anywhere", "subscription": OTHER}, True),
        ({"resourceGroup": "other"}, False),
        ({"resourceGroup": "second", "subscription": OTHER}, False),
        ({"subscription": OTHER, "resourceGroup": "my*"}, False),
    ],
)
def test_a_profile_that_the_list_leaves_without_images_is_refused(match: dict[str, str], gets_some: bool) -> None:
    """The group and the subscription count; an entry without subscription stands for the group in each."""
    groups = [
        {"resourceGroup": "myResourceGroup", "subscription": samples.SUBSCRIPTION},
        {"resourceGroup": "second", "subscription": samples.SUBSCRIPTION.upper()},
        {"resourceGroup": "anywhere"},
    ]
    profiles = {"web": samples.profile(), "other": samples.profile(match=match)}
    if gets_some:
        RolloutsFile.model_validate({"allowedImageGroups": groups, "profiles": profiles})
        return
    with pytest.raises(ValidationError) as raised:
        RolloutsFile.model_validate({"allowedImageGroups": groups, "profiles": profiles})
    assert [error["loc"] for error in raised.value.errors()] == [("profiles", "other", "match")]


def test_without_a_list_images_may_come_from_anywhere() -> None:
    assert RolloutsFile(profiles={"web": samples.profile()}).allows(parse(samples.IMAGE))


@pytest.mark.parametrize(
    "groups",
    [
        None,
        [],
        ["myResourceGroup"],
        [{}],
        [{"resourceGroup": "my*"}],
        [{"resourceGroup": ""}],
        [{"resourceGroup": "myResourceGroup", "subscription": "*"}],
        [{"resourceGroup": "myResourceGroup", "name": "myImage"}],
    ],
)
def test_a_list_that_does_not_say_exactly_which_groups_is_refused(groups: object) -> None:
    """An emptied list too: it must not come to mean that every image is welcome."""
    with pytest.raises(ValidationError):
        RolloutsFile.model_validate({"allowedImageGroups": groups, "profiles": {"web": samples.profile()}})


def test_a_region_matches_in_either_way_of_writing() -> None:
    match = samples.profile(match={"location": "West Central *"}).match
    assert match.covers_location("westcentralus")
    assert not match.covers_location("westeurope")


def test_a_profile_survives_the_wire() -> None:
    wanted = samples.profile(version__endOfLifeAfter="P180D", definition__recommendedVCPUs={"min": 1, "max": 4})
    assert Profile.model_validate(wanted.model_dump(mode="json", by_alias=True)) == wanted
