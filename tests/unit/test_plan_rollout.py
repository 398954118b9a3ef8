"""The plan says beforehand what a rollout would do, in few reads and no write."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.plan_rollout import plan_rollout
from domain import naming, planning, rules
from domain.errors import AccessDeniedError, TransientError
from domain.models import RolloutPlan, StepRequest
from domain.planning import World
from domain.resource_ids import parse
from tests.fakes import FakeArm
from tests.unit import samples

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
STEPS = [
    "create_resource_group",
    "create_resource_group",
    "create_gallery",
    "define_image",
    "publish_version",
    "create_virtual_network",
    "create_public_ip_address",
    "create_security_group",
    "create_load_balancer",
    "create_scale_set",
]


async def planned(asked: StepRequest, arm: FakeArm) -> RolloutPlan:
    plan = await plan_rollout(asked, arm=arm, now=lambda: NOW)
    assert arm.writes == []
    return plan


def actions(plan: RolloutPlan) -> dict[str, str]:
    return {step.step: step.action for step in plan.steps}


def detail(plan: RolloutPlan, step: str) -> str:
    return next(item.detail for item in plan.steps if item.step == step)


def groups(asked: StepRequest) -> list[samples.Body]:
    return [samples.group_body(asked.targets.gallery_group), samples.group_body(asked.targets.scale_set_group)]


def rolled_out(asked: StepRequest, *versions: samples.Body, runs: str = "1.0.0") -> list[samples.Body]:
    """A world in which everything exists, with the scale set on version `runs`."""
    gallery = [samples.gallery_body(asked), samples.definition_body(asked), *versions]
    return [*groups(asked), *gallery, samples.scale_set_body(asked, runs)]


def network(asked: StepRequest) -> list[samples.Body]:
    bodies = (
        samples.virtual_network_body,
        samples.public_ip_body,
        samples.security_group_body,
        samples.load_balancer_body,
    )
    return [body(asked) for body in bodies]


async def test_in_an_empty_world_everything_is_created_and_three_reads_are_enough() -> None:
    asked, arm = samples.request(), FakeArm()
    plan = await planned(asked, arm)
    assert [step.step for step in plan.steps] == STEPS
    assert {step.action for step in plan.steps} == {"create"}
    assert plan.version == "1.0.0"
    assert not plan.scale_set_exists
    assert plan.violations == ()
    assert len(arm.reads) == 3


async def test_one_resource_group_for_both_is_read_and_created_once() -> None:
    asked, arm = samples.request(samples.profile(scaleSet__resourceGroup="mygalleryrg")), FakeArm()
    plan = await planned(asked, arm)
    assert [step.step for step in plan.steps] == STEPS[1:]
    assert len(arm.reads) == 2


async def test_a_second_rollout_of_the_same_image_adopts_everything_in_six_reads() -> None:
    asked = samples.request()
    arm = FakeArm(*rolled_out(asked, samples.version_body(asked, "1.0.0")))
    plan = await planned(asked, arm)
    assert {step.action for step in plan.steps} == {"adopt"}
    assert plan.version == "1.0.0"
    assert plan.scale_set_exists
    assert len(arm.reads) == 6
    assert arm.most_at_once == 2
    assert plan.warnings == ()


async def test_the_next_image_gets_the_next_number_and_moves_the_scale_set() -> None:
    asked = samples.request()
    arm = FakeArm(*rolled_out(asked, samples.version_body(asked, "1.0.0", fingerprint="0" * 32)))
    plan = await planned(asked, arm)
    assert plan.version == "1.0.1"
    assert actions(plan)["publish_version"] == "create"
    assert actions(plan)["move_scale_set"] == "move"
    assert "From 1.0.0 to 1.0.1" in detail(plan, "move_scale_set")
    assert any("all 2 instances down at once" in warning for warning in plan.warnings)
    assert any("goes along" in warning for warning in plan.warnings)
    assert not any("virtualnetworks" in read for read in arm.reads)


async def test_a_manual_scale_set_is_moved_with_a_word_on_its_instances() -> None:
    asked = samples.request()
    bodies = rolled_out(asked, samples.version_body(asked, "1.0.0", fingerprint="0" * 32))
    samples.changed(bodies[-1], "properties.upgradePolicy.mode", "Manual")
    plan = await planned(asked, FakeArm(*bodies))
    assert any("Manual" in warning for warning in plan.warnings)
    assert not any("at once" in warning for warning in plan.warnings)


async def test_a_scale_set_that_runs_a_newer_version_is_left_alone() -> None:
    asked = samples.request()
    versions = [samples.version_body(asked, "1.0.0"), samples.version_body(asked, "1.0.1", fingerprint="0" * 32)]
    plan = await planned(asked, FakeArm(*rolled_out(asked, *versions, runs="1.0.1")))
    assert plan.version == "1.0.0"
    assert actions(plan)["move_scale_set"] == "skip"
    assert plan.violations == ()


async def test_numbers_count_versions_in_any_state_and_by_number() -> None:
    asked = samples.request()
    versions = [samples.version_body(asked, number, fingerprint="0" * 32) for number in ("1.0.9", "1.0.10")]
    samples.changed(versions[1], "properties.provisioningState", "Deleting")
    plan = await planned(asked, FakeArm(*rolled_out(asked, *versions, runs="1.0.9")))
    assert plan.version == "1.0.11"


@pytest.mark.parametrize(("number", "tags"), [("2.0.0", {}), ("tag:Release", {"release": "2.0.0"})])
async def test_a_number_that_another_image_holds_is_refused(number: str, tags: dict[str, str]) -> None:
    asked = samples.request(samples.profile(version__number=number), samples.image(tags=tags))
    versions = [samples.version_body(asked, "2.0.0", fingerprint="0" * 32)]
    plan = await planned(asked, FakeArm(*rolled_out(asked, *versions, runs="2.0.0")))
    assert [violation.rule for violation in plan.violations] == ["R4"]
    assert actions(plan)["publish_version"] == "refuse"


async def test_a_fixed_number_under_deletion_is_waited_for() -> None:
    asked = samples.request(samples.profile(version__number="2.0.0"))
    leaving = samples.version_body(asked, "2.0.0")
    samples.changed(leaving, "properties.provisioningState", "Deleting")
    plan = await planned(asked, FakeArm(*rolled_out(asked, leaving)))
    assert actions(plan)["publish_version"] == "wait"


async def test_this_very_image_under_another_number_is_adopted_with_a_warning() -> None:
    asked = samples.request(samples.profile(version__number="2.0.0"))
    plan = await planned(asked, FakeArm(*rolled_out(asked, samples.version_body(asked, "1.0.0"))))
    assert plan.version == "1.0.0"
    assert any("2.0.0" in warning for warning in plan.warnings)


async def test_a_missing_tag_leaves_no_number_and_one_violation() -> None:
    asked = samples.request(samples.profile(version__number="tag:release"))
    plan = await planned(asked, FakeArm(*rolled_out(asked)))
    assert plan.version is None
    assert [(v.rule, v.field) for v in plan.violations] == [("R4", "image.tags.release")]


async def test_used_up_numbers_are_a_violation() -> None:
    asked = samples.request()
    largest = f"{2**31 - 1}.{2**31 - 1}.{2**31 - 1}"
    plan = await planned(asked, FakeArm(*rolled_out(asked, samples.version_body(asked, largest, fingerprint="0" * 32))))
    assert plan.version is None
    assert [violation.rule for violation in plan.violations] == ["R4"]


async def test_a_repetition_adopts_its_own_version_only() -> None:
    asked = samples.request(again="a")
    arm = FakeArm(*rolled_out(asked, samples.version_body(asked, "1.0.0")))
    assert (await planned(asked, arm)).version == "1.0.1"
    mine = samples.version_body(asked, "1.0.1", **{naming.TAG_AGAIN: "a"})
    arm.resources[mine["id"].lower()] = mine
    assert (await planned(asked, arm)).version == "1.0.1"


async def test_target_regions_that_a_version_of_ours_lacks_are_added() -> None:
    three = [*samples.profile_data()["version"]["targetRegions"], {"name": "West Europe"}]
    asked = samples.request(samples.profile(version__targetRegions=three))
    version = samples.version_body(asked, "1.0.0")
    plan = await planned(asked, FakeArm(*rolled_out(asked, version)))
    assert actions(plan)["publish_version"] == "adopt"
    assert detail(plan, "publish_version") == "Target regions are added: westeurope."
    del version["tags"][naming.TAG_PROFILE]
    plan = await planned(asked, FakeArm(*rolled_out(asked, version)))
    assert [(v.rule, v.field) for v in plan.violations] == [("match", "version.targetRegions")]


async def test_a_version_that_is_being_made_of_the_image_is_waited_for() -> None:
    asked = samples.request(again="a")
    busy = samples.changed(samples.version_body(asked, "1.0.0"), "properties.provisioningState", "Creating")
    plan = await planned(asked, FakeArm(*rolled_out(asked, busy)))
    assert actions(plan)["publish_version"] == "wait"


async def test_a_gallery_name_that_is_taken_elsewhere_in_the_subscription_is_refused() -> None:
    asked = samples.request()
    other = samples.gallery_body(asked)
    other["id"] = other["id"].replace("myGalleryRG", "otherRG")
    other["name"] = "MYGALLERY"
    plan = await planned(asked, FakeArm(other))
    assert [(v.rule, v.field) for v in plan.violations] == [("R1b", "gallery.name")]
    assert actions(plan)["create_gallery"] == "refuse"
    assert len([step for step in plan.steps if step.step == "create_gallery"]) == 1


def test_a_gallery_that_shows_up_in_the_list_first_does_not_take_its_own_name() -> None:
    asked = samples.request()
    own = samples.gallery_body(asked)
    own["id"] = own["id"].replace("myGalleryRG", "MYGALLERYRG")  # as Azure lists galleries
    assert planning.draw(asked, World(galleries=(own,)), []).violations == ()


async def test_publisher_offer_and_sku_of_another_definition_are_refused() -> None:
    asked = samples.request()
    other = samples.definition_body(asked)
    other["id"], other["name"] = f"{asked.targets.gallery}/images/other", "other"
    samples.changed(other, "properties.identifier.sku", "MYSKU")
    plan = await planned(asked, FakeArm(*groups(asked), samples.gallery_body(asked), other))
    assert [(v.rule, v.field) for v in plan.violations] == [("R3b", "definition")]


async def test_a_missing_group_that_may_not_be_created_is_refused() -> None:
    asked = samples.request(samples.profile(createResourceGroups=False))
    plan = await planned(asked, FakeArm(samples.group_body(asked.targets.gallery_group)))
    assert [(v.rule, v.field) for v in plan.violations] == [("resourceGroup", "scaleSet.resourceGroup")]


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("properties.orchestrationMode", "Flexible", "scaleSet.orchestrationMode"),
        (
            "properties.upgradePolicy.automaticOSUpgradePolicy",
            {"enableAutomaticOSUpgrade": True},
            "scaleSet.upgradePolicy.automaticOSUpgradePolicy.enableAutomaticOSUpgrade",
        ),
        (
            "properties.virtualMachineProfile.storageProfile.imageReference",
            {"publisher": "Canonical", "offer": "ubuntu", "sku": "server", "version": "latest"},
            "scaleSet.virtualMachineProfile.storageProfile.imageReference",
        ),
    ],
)
async def test_a_scale_set_that_cannot_be_moved_is_refused(path: str, value: Any, field: str) -> None:
    asked = samples.request()
    bodies = rolled_out(asked, samples.version_body(asked, "1.0.0"))
    samples.changed(bodies[-1], path, value)
    plan = await planned(asked, FakeArm(*bodies))
    assert [(v.rule, v.field) for v in plan.violations] == [("match", field)]
    assert actions(plan)["move_scale_set"] == "refuse"
    assert plan.violations[0].remedy


async def test_an_existing_network_is_compared_and_adopted() -> None:
    asked = samples.request()
    arm = FakeArm(*groups(asked), *network(asked))
    plan = await planned(asked, arm)
    assert plan.violations == ()
    parts = [step for step in plan.steps if "network" in step.resource.lower()]
    assert [step.step for step in parts] == [*STEPS[5:6], "create_subnet", *STEPS[6:9]]
    assert {step.action for step in parts} == {"adopt"}


async def test_a_subnet_without_room_is_refused() -> None:
    asked = samples.request(samples.profile(scaleSet__capacity=20))
    bodies = [*groups(asked), *network(asked)]
    samples.changed(bodies[2], "properties.subnets.0.properties.addressPrefix", "192.168.9.0/28")
    plan = await planned(asked, FakeArm(*bodies))
    assert [(v.rule, v.field, v.value) for v in plan.violations] == [
        ("R25", "scaleSet.network.subnet", "192.168.9.0/28")
    ]


async def test_a_scale_set_that_is_being_deleted_is_waited_for_and_gets_its_network() -> None:
    asked = samples.request()
    leaving = samples.scale_set_body(asked, "1.0.0")
    samples.changed(leaving, "properties.provisioningState", "Deleting")
    plan = await planned(asked, FakeArm(*groups(asked), leaving))
    assert not plan.scale_set_exists
    assert actions(plan)["create_scale_set"] == "wait"
    assert actions(plan)["create_load_balancer"] == "create"


async def test_a_failed_resource_is_made_again_if_it_is_ours_and_refused_otherwise() -> None:
    asked = samples.request()
    gallery = samples.changed(samples.gallery_body(asked), "properties.provisioningState", "Failed")
    plan = await planned(asked, FakeArm(*groups(asked), gallery))
    assert actions(plan)["create_gallery"] == "create"
    gallery["tags"] = {}
    plan = await planned(asked, FakeArm(*groups(asked), gallery))
    assert [(v.rule, v.field) for v in plan.violations] == [("failed", "gallery")]


async def test_all_violations_come_at_once() -> None:
    asked = samples.request(samples.profile(definition__publisher="bad.", scaleSet__capacity=2000))
    gallery = {**samples.gallery_body(asked), "location": "westeurope"}
    plan = await planned(asked, FakeArm(*groups(asked), gallery))
    assert [violation.rule for violation in plan.violations] == ["R3", "R21", "R25", "match"]


async def test_what_may_not_be_read_is_said_to_be_unchecked() -> None:
    asked = samples.request()
    listing = f"/subscriptions/{samples.SUBSCRIPTION}/providers/Microsoft.Compute/galleries"
    denied = [asked.targets.gallery_group, listing, asked.targets.load_balancer]
    plan = await planned(asked, FakeArm(*groups(asked), denied=denied))
    assert [text.split(" ")[0] for text in plan.unchecked][:3] == denied
    assert actions(plan)["create_resource_group"] == "adopt"
    assert plan.violations == ()


@pytest.mark.parametrize("necessary", ["gallery", "definition", "scale_set"])
async def test_what_must_be_read_and_may_not_be_is_an_error_of_ours(necessary: str) -> None:
    asked = samples.request()
    arm = FakeArm(*rolled_out(asked), denied=[getattr(asked.targets, necessary)])
    with pytest.raises(AccessDeniedError) as caught:
        await planned(asked, arm)
    assert caught.value.resource == getattr(asked.targets, necessary)


async def test_trouble_in_one_of_several_reads_comes_out_as_itself() -> None:
    asked = samples.request()
    busy = TransientError("TooManyRequests", "Later.", retry_after=7)
    with pytest.raises(TransientError) as caught:
        await planned(asked, FakeArm(failing={asked.targets.scale_set_group: busy}))
    assert caught.value.retry_after == 7


async def test_an_end_of_life_that_passed_does_not_stop_a_definition_that_exists() -> None:
    asked = samples.request(samples.profile(definition__endOfLife="2026-01-01"))
    assert [v.rule for v in (await planned(asked, FakeArm())).violations] == ["R7"]
    plan = await planned(asked, FakeArm(*rolled_out(asked, samples.version_body(asked, "1.0.0"))))
    assert plan.violations == ()
    assert any("endOfLife" in warning for warning in plan.warnings)


async def test_the_plan_says_what_the_images_body_cannot_tell() -> None:
    wanted = samples.profile(version__storageAccountType="Standard_ZRS")
    image = samples.image(properties__storageProfile__osDisk__diskSizeGB=None)
    plan = await planned(samples.request(wanted, image), FakeArm())
    said = " ".join(plan.unchecked)
    for word in (
        "architecture",
        "purchase plan",
        "ephemeral",
        "ultra",
        "size of the image",
        "zone-redundant",
        "password",
    ):
        assert word in said


async def test_few_replicas_for_many_instances_are_warned_of() -> None:
    plan = await planned(samples.request(samples.profile(scaleSet__capacity=100)), FakeArm())
    assert any("about 5 are advised" in warning for warning in plan.warnings)


NAMES = st.one_of(st.sampled_from(["web", "Web1", "a/b", "a b", "..", "x."]), st.text(max_size=12))


@given(NAMES, NAMES, NAMES, NAMES, NAMES)
def test_whatever_the_names_are_the_plan_asks_only_for_ids_that_can_be(
    gallery: str, definition: str, group: str, scale_set: str, vnet: str
) -> None:
    wanted = samples.profile(
        gallery__name=gallery,
        definition__name=definition,
        gallery__resourceGroup=group,
        scaleSet__name=scale_set,
        scaleSet__network__virtualNetwork=vnet,
    )
    arm = FakeArm()
    plan = asyncio.run(planned(samples.request(wanted), arm))
    if rules.namable(plan.violations):
        for read in arm.reads:
            assert read.endswith("microsoft.compute/galleries") or parse(read)
    else:
        assert arm.reads == []
        assert plan.steps == ()
