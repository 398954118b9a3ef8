"""Every activity that makes sure of a resource: adopts what matches, refuses what cannot, never writes over it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from activities.create_gallery import create_gallery
from activities.create_load_balancer import create_load_balancer
from activities.create_public_ip_address import create_public_ip_address
from activities.create_resource_group import create_resource_group
from activities.create_scale_set import create_scale_set
from activities.create_security_group import create_security_group
from activities.create_subnet import create_subnet
from activities.create_virtual_network import create_virtual_network
from activities.define_image import define_image
from activities.move_scale_set import move_scale_set
from activities.publish_version import publish_version
from domain import naming
from domain.errors import MismatchError, TerminalError
from domain.models import GroupRequest, Outcome, StepRequest
from tests.fakes import FakeArm
from tests.unit import samples
from tests.unit.samples import Body

Make = Callable[..., Awaitable[Outcome]]


def version_body(asked: StepRequest) -> Body:
    return samples.version_body(asked, "1.0.0")


def scale_set_body(asked: StepRequest) -> Body:
    return {**samples.scale_set_body(asked, "1.0.0"), "etag": '"1"'}


KINDS: dict[str, tuple[Make, Callable[[StepRequest], Body]]] = {
    "gallery": (create_gallery, samples.gallery_body),
    "definition": (define_image, samples.definition_body),
    "version": (publish_version, version_body),
    "virtual network": (create_virtual_network, samples.virtual_network_body),
    "public IP": (create_public_ip_address, samples.public_ip_body),
    "load balancer": (create_load_balancer, samples.load_balancer_body),
    "security group": (create_security_group, samples.security_group_body),
    "scale set": (move_scale_set, scale_set_body),
}

MUST_MATCH: list[tuple[str, str, Any, str]] = [
    ("gallery", "location", "westeurope", "location"),
    ("definition", "location", "westeurope", "location"),
    ("definition", "properties.osType", "Linux", "osType"),
    ("definition", "properties.osState", "Specialized", "osState"),
    ("definition", "properties.hyperVGeneration", "V2", "hyperVGeneration"),
    ("definition", "properties.architecture", "Arm64", "architecture"),
    ("definition", "properties.identifier.publisher", "other", "identifier.publisher"),
    ("definition", "properties.identifier.offer", "other", "identifier.offer"),
    ("definition", "properties.identifier.sku", "other", "identifier.sku"),
    (
        "definition",
        "properties.features",
        [{"name": "SecurityType", "value": "TrustedLaunch"}],
        "features.SecurityType",
    ),
    ("definition", "properties.purchasePlan", {"name": "n", "publisher": "p", "product": "q"}, "purchasePlan.name"),
    ("version", "location", "westeurope", "location"),
    ("version", "properties.publishingProfile.storageAccountType", "Premium_LRS", "storageAccountType"),
    ("version", "properties.publishingProfile.replicationMode", "Shallow", "replicationMode"),
    ("virtual network", "location", "westeurope", "location"),
    ("public IP", "location", "westeurope", "location"),
    ("public IP", "sku.name", "Basic", "sku.name"),
    ("public IP", "properties.publicIPAllocationMethod", "Dynamic", "publicIPAllocationMethod"),
    ("public IP", "properties.ipConfiguration", {"id": "/another/ipConfigurations/x"}, "ipConfiguration"),
    ("load balancer", "location", "westeurope", "location"),
    ("load balancer", "sku.name", "Basic", "sku.name"),
    ("load balancer", "properties.frontendIPConfigurations", [], "frontendIPConfigurations"),
    ("load balancer", "properties.backendAddressPools", [], "backendAddressPools"),
    ("load balancer", "properties.probes", [], "probes"),
    ("load balancer", "properties.loadBalancingRules", [], "loadBalancingRules"),
    ("security group", "location", "westeurope", "location"),
    ("security group", "properties.securityRules", [], "securityRules"),
    ("scale set", "location", "westeurope", "location"),
    ("scale set", "properties.orchestrationMode", "Flexible", "orchestrationMode"),
    ("scale set", "properties.virtualMachineProfile.storageProfile.osDisk.osType", "Linux", "osDisk.osType"),
    ("scale set", "properties.virtualMachineProfile.storageProfile.imageReference", {"id": "/x"}, "imageReference"),
    (
        "scale set",
        "properties.upgradePolicy.automaticOSUpgradePolicy",
        {"enableAutomaticOSUpgrade": True},
        "enableAutomaticOSUpgrade",
    ),
]


async def made(kind: str, arm: FakeArm, asked: StepRequest | None = None) -> Outcome:
    """What the activity of this kind answers."""
    request = (asked or samples.request()).model_copy(update={"number": "1.0.0"})
    return await KINDS[kind][0](request, arm=arm)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_matches_is_adopted_without_a_write(kind: str) -> None:
    arm = FakeArm(KINDS[kind][1](samples.request()))
    outcome = await made(kind, arm)
    assert outcome.action in ("adopted", "current")
    assert (arm.writes, outcome.operation, outcome.notes) == ([], None, ())


@pytest.mark.parametrize(("kind", "path", "value", "named"), MUST_MATCH, ids=lambda value: str(value)[:50])
async def test_what_cannot_match_is_refused_with_property_found_and_wanted(
    kind: str, path: str, value: Any, named: str
) -> None:
    body = samples.changed(KINDS[kind][1](samples.request()), path, value)
    arm = FakeArm(body)
    with pytest.raises(MismatchError) as raised:
        await made(kind, arm)
    error = raised.value
    assert named in error.facts["property"]
    assert error.facts["found"] in error.message
    assert error.facts["wanted"] in error.message
    assert error.resource == body["id"]
    assert error.remedy
    assert arm.writes == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "scale set"])
@pytest.mark.parametrize("state", ["Failed", "Canceled"])
async def test_what_failed_and_is_ours_is_put_again(kind: str, state: str) -> None:
    body = samples.changed(KINDS[kind][1](samples.request()), "properties.provisioningState", state)
    arm = FakeArm(body)
    assert (await made(kind, arm)).action == "repaired"
    assert arm.writes == [body["id"].lower()]


async def test_a_scale_set_that_failed_and_is_ours_is_patched_again_and_never_put() -> None:
    body = samples.changed(scale_set_body(samples.request()), "properties.provisioningState", "Failed")
    body["tags"]["owner"] = "web team"
    arm = FakeArm(body)
    assert (await made("scale set", arm)).action == "repaired"
    assert arm.resources[body["id"].lower()]["tags"]["owner"] == "web team"


@pytest.mark.parametrize("kind", KINDS)
async def test_what_failed_and_is_not_ours_is_refused(kind: str) -> None:
    body = samples.changed(KINDS[kind][1](samples.request()), "properties.provisioningState", "Failed")
    body["tags"][naming.TAG_PROFILE] = "another"
    if kind == "scale set":  # it would have to be moved
        body["properties"]["virtualMachineProfile"]["storageProfile"]["imageReference"]["id"] = version_body(
            samples.request()
        )["id"].replace("1.0.0", "0.9.0")
    arm = FakeArm(body)
    with pytest.raises(TerminalError) as raised:
        await made(kind, arm)
    assert (raised.value.code, arm.writes) == ("ResourceFailed", [])
    assert raised.value.remedy


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "scale set"])
@pytest.mark.parametrize("state", ["Creating", "Updating", "Migrating", "InProgress"])
async def test_what_others_are_changing_is_waited_for(kind: str, state: str) -> None:
    arm = FakeArm(samples.changed(KINDS[kind][1](samples.request()), "properties.provisioningState", state))
    outcome = await made(kind, arm)
    assert (outcome.action, outcome.operation.kind if outcome.operation else "") == ("waiting", "resource")
    assert arm.writes == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("version", "scale set")])
async def test_what_is_being_deleted_is_waited_for_until_it_is_gone(kind: str) -> None:
    arm = FakeArm(samples.changed(KINDS[kind][1](samples.request()), "properties.provisioningState", "Deleting"))
    outcome = await made(kind, arm)
    assert (outcome.action, outcome.operation.kind if outcome.operation else "") == ("waiting", "gone")
    assert arm.writes == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "scale set"])
async def test_what_is_created_carries_the_profiles_tag_and_the_owners_tags_from_birth(kind: str) -> None:
    asked = samples.request(samples.profile(tags={"costCentre": "42"}))
    arm = FakeArm()
    outcome = await made(kind, arm, asked)
    assert outcome.action == "created"
    [body] = arm.resources.values()
    assert body["tags"][naming.TAG_PROFILE] == "web"
    assert body["tags"]["costCentre"] == "42"


async def test_a_scale_set_is_created_with_the_profiles_tag() -> None:
    arm = FakeArm()
    asked = samples.request().model_copy(update={"number": "1.0.0"})
    await create_scale_set(asked, arm=arm, secret=lambda _: "Some-Secret-9f3c")
    assert arm.resources[asked.targets.scale_set.lower()]["tags"][naming.TAG_PROFILE] == "web"


LEFT: list[tuple[str, str, Any, str]] = [
    ("gallery", "properties.description", "Mine", "description"),
    ("definition", "properties.description", "Mine", "description"),
    ("definition", "properties.eula", "https://example.com/eula", "eula"),
    ("version", "properties.publishingProfile.excludeFromLatest", True, "excludeFromLatest"),
    ("version", "properties.safetyProfile.blockDeletionBeforeEndOfLife", True, "blockDeletionBeforeEndOfLife"),
    ("virtual network", "properties.addressSpace.addressPrefixes", ["192.168.0.0/20"], "addressPrefixes"),
    ("scale set", "sku.capacity", 7, "sku.capacity"),
    ("scale set", "sku.name", "Standard_D4s_v5", "sku.name"),
    ("scale set", "properties.upgradePolicy.mode", "Manual", "upgradePolicy.mode"),
]


@pytest.mark.parametrize(("kind", "path", "value", "named"), LEFT, ids=lambda value: str(value)[:50])
async def test_what_else_differs_is_left_as_it_is_and_told(kind: str, path: str, value: Any, named: str) -> None:
    arm = FakeArm(samples.changed(KINDS[kind][1](samples.request()), path, value))
    outcome = await made(kind, arm)
    assert outcome.action in ("adopted", "current")
    assert any(named in note for note in outcome.notes)
    assert arm.writes == []


def group(which: str, **profile: Any) -> GroupRequest:
    return GroupRequest(**dict(samples.request(samples.profile(**profile))), group=which)  # type: ignore[arg-type]


async def test_a_resource_group_is_put_only_where_there_is_none() -> None:
    asked = group("gallery")
    arm = FakeArm(samples.group_body(asked.targets.gallery_group))
    assert (await create_resource_group(asked, arm=arm)).action == "adopted"
    assert arm.writes == []
    assert (await create_resource_group(group("scaleSet"), arm=arm)).action == "created"
    assert arm.resources[asked.targets.scale_set_group.lower()]["location"] == "southcentralus"


async def test_no_resource_group_is_put_where_the_profile_forbids_it() -> None:
    arm = FakeArm()
    with pytest.raises(TerminalError) as raised:
        await create_resource_group(group("gallery", createResourceGroups=False), arm=arm)
    assert (raised.value.code, arm.writes) == ("ResourceGroupNotFound", [])


async def test_a_missing_subnet_is_put_as_a_child_and_the_others_stay() -> None:
    asked = samples.request()
    network = samples.virtual_network_body(asked)
    theirs = {"name": "theirs", "properties": {"addressPrefix": "192.168.7.0/24"}}
    network["properties"]["subnets"] = [theirs]
    arm = FakeArm(network)
    assert (await create_virtual_network(asked, arm=arm)).action == "adopted"
    assert (await create_subnet(asked, arm=arm)).action == "created"
    assert arm.writes == [asked.targets.subnet.lower()]
    assert arm.resources[asked.targets.virtual_network.lower()]["properties"]["subnets"] == [theirs]


async def test_a_subnet_that_exists_is_adopted_whatever_its_prefix() -> None:
    asked = samples.request()
    body = {"id": asked.targets.subnet, "properties": {"addressPrefix": "10.9.0.0/24"}}
    arm = FakeArm(body)
    outcome = await create_subnet(asked, arm=arm)
    assert (outcome.action, arm.writes) == ("adopted", [])
    assert outcome.notes == ("addressPrefix stays 10.9.0.0/24; the profile says 192.168.1.0/24.",)
