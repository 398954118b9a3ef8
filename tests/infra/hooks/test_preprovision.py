"""Before azd provisions: groups that are missing are named, with what makes them."""

from pathlib import Path

import pytest
import yaml

from tests.infra.hooks.stage import SUBSCRIPTION, Stage

OTHER = "22222222-2222-2222-2222-222222222222"


def test_nothing_is_in_the_way_where_every_group_exists(stage: Stage) -> None:
    stage.answers({"groups": ["myResourceGroup", "myGalleryRG", "myVMSSRG"]})
    assert stage.run("preprovision").returncode == 0
    assert {call[call.index("--name") + 1] for call in stage.asked()} == {"myResourceGroup", "myGalleryRG", "myVMSSRG"}


def test_a_missing_group_is_named_with_the_command_that_makes_it_where_its_resources_will_be(stage: Stage) -> None:
    stage.answers({"groups": ["myResourceGroup", "myVMSSRG"]})
    ran = stage.run("preprovision")
    assert ran.returncode == 1
    assert f"az group create --subscription {SUBSCRIPTION} --name myGalleryRG --location westcentralus" in ran.stderr
    assert "--name myVMSSRG" not in ran.stderr


def test_a_missing_group_of_images_is_proposed_in_the_region_of_the_deployment(stage: Stage) -> None:
    stage.answers({"groups": ["myGalleryRG", "myVMSSRG"]})
    assert "--name myResourceGroup --location westus3" in stage.run("preprovision").stderr


def test_groups_in_other_subscriptions_are_looked_for_there(stage: Stage) -> None:
    edit(stage.root, {"gallery": {"subscription": OTHER}})
    stage.answers({"groups": ["myResourceGroup", "myGalleryRG", "myVMSSRG"]})
    assert stage.run("preprovision").returncode == 0
    where = {call[call.index("--name") + 1]: call[call.index("--subscription") + 1] for call in stage.asked()}
    assert where == {"myResourceGroup": SUBSCRIPTION, "myGalleryRG": OTHER, "myVMSSRG": SUBSCRIPTION}


def test_the_allow_list_names_the_groups_of_images_where_a_profile_holds_a_wildcard(stage: Stage) -> None:
    edit(stage.root, {"match": {"resourceGroup": "*"}}, [{"resourceGroup": "one"}, {"resourceGroup": "two"}])
    stage.answers({"groups": ["one", "myGalleryRG", "myVMSSRG"]})
    ran = stage.run("preprovision")
    assert "--name two" in ran.stderr
    assert "--name one" not in ran.stderr


def test_a_wildcard_without_the_allow_list_stops_before_azure_is_asked(stage: Stage) -> None:
    edit(stage.root, {"match": {"resourceGroup": "images-*"}})
    ran = stage.run("preprovision")
    assert ran.returncode == 1
    assert "allowedImageGroups" in ran.stderr
    assert stage.asked() == []


def test_a_file_that_cannot_be_used_is_refused_with_its_problems(stage: Stage) -> None:
    edit(stage.root, {"gallery": {"nmae": "x"}})
    ran = stage.run("preprovision")
    assert ran.returncode == 1
    assert "profiles.web.gallery.nmae" in ran.stderr


def test_what_az_complains_of_is_shown(stage: Stage) -> None:
    stage.answers({"error": "ERROR: Please run 'az login' to setup account."})
    ran = stage.run("preprovision")
    assert ran.returncode == 1
    assert "Please run 'az login'" in ran.stderr


@pytest.mark.parametrize(("allowed", "warned"), [("true", False), ("false", True), ("", True)])
def test_a_profile_that_wants_to_make_groups_is_warned_of_unless_that_is_allowed(
    stage: Stage, allowed: str, warned: bool
) -> None:
    stage.answers({"groups": ["myResourceGroup", "myGalleryRG", "myVMSSRG"]})
    ran = stage.run("preprovision", ALLOW_RESOURCE_GROUP_CREATION=allowed)
    assert ran.returncode == 0
    assert ("createResourceGroups" in ran.stdout) is warned


def edit(root: Path, changes: dict[str, dict[str, str]], allowed: list[dict[str, str]] | None = None) -> None:
    """Change parts of the profile in this stage's rollouts.yaml, and give it an allow-list."""
    file = root / "rollouts.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    for part, values in changes.items():
        content["profiles"]["web"][part].update(values)
    if allowed:
        content["allowedImageGroups"] = allowed
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
