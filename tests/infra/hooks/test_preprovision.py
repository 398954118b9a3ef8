"""Before azd provisions: groups that are missing are named, with what makes them."""

import json
from pathlib import Path
from typing import Any

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


def test_a_profile_that_the_list_leaves_without_images_stops_it_too(stage: Stage) -> None:
    """An entry that names no subscription means the deployment's."""
    edit(stage.root, {"match": {"subscription": OTHER}}, [{"resourceGroup": "myResourceGroup"}])
    ran = stage.run("preprovision")
    assert ran.returncode == 1
    assert "none of allowedImageGroups" in ran.stderr
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


@pytest.mark.parametrize("answer", [{"error": ""}, {"output": "no answer"}, {"output": ""}, {"output": "\xff"}])
def test_an_az_that_gives_no_answer_is_not_taken_for_one_that_says_no(stage: Stage, answer: dict[str, str]) -> None:
    stage.answers(answer)
    ran = stage.run("preprovision")
    assert ran.returncode == 1
    found = [line for line in ran.stderr.splitlines() if line.startswith("Cannot look for resource group ")]
    assert found
    assert not found[0].endswith(": ")
    assert "do not exist" not in ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_az_that_fails_after_its_answer_is_not_quoted_with_that_answer(stage: Stage) -> None:
    stage.answers({"error": "", "output": "false"})
    assert "Cannot look for resource group myGalleryRG: az ended with 1." in stage.run("preprovision").stderr
    stage.answers({"error": "the cache is locked", "output": "false"})
    assert "Cannot look for resource group myGalleryRG: the cache is locked" in stage.run("preprovision").stderr


def test_what_az_prints_does_not_hang_on_how_a_person_likes_it(stage: Stage) -> None:
    stage.answers({"groups": ["myResourceGroup", "myGalleryRG", "myVMSSRG"]})
    stage.run("preprovision")
    for call in stage.asked():
        assert call[call.index("--output") + 1] == "json"
        assert "--only-show-errors" in call


def test_where_the_app_may_make_groups_only_those_of_images_have_to_exist(stage: Stage) -> None:
    stage.answers({"groups": ["myResourceGroup"]})
    assert stage.run("preprovision", ALLOW_RESOURCE_GROUP_CREATION="true").returncode == 0
    assert stage.run("preprovision", ALLOW_RESOURCE_GROUP_CREATION="false").returncode == 1


def test_a_missing_group_of_images_stops_even_where_the_app_may_make_groups(stage: Stage) -> None:
    stage.answers({"groups": []})
    ran = stage.run("preprovision", ALLOW_RESOURCE_GROUP_CREATION="true")
    assert ran.returncode == 1
    assert "--name myResourceGroup" in ran.stderr
    assert "--name myGalleryRG" not in ran.stderr


@pytest.mark.parametrize(("allowed", "told"), [("true", False), ("false", True), ("", True)])
def test_a_profile_that_may_make_groups_is_told_of_where_this_deployment_does_not_let_it(
    stage: Stage, allowed: str, told: bool
) -> None:
    stage.answers({"groups": ["myResourceGroup", "myGalleryRG", "myVMSSRG"]})
    ran = stage.run("preprovision", ALLOW_RESOURCE_GROUP_CREATION=allowed)
    assert ran.returncode == 0
    assert ("profile(s) web may create resource groups" in ran.stdout) is told


OVERRIDE: dict[str, Any] = {
    "images": [{"subscription": SUBSCRIPTION, "resourceGroup": "one"}],
    "galleries": [{"subscription": OTHER, "resourceGroup": "two"}],
    "scaleSets": [{"subscription": SUBSCRIPTION, "resourceGroup": "three"}],
}


def test_the_override_of_role_scopes_says_which_groups_have_to_exist(stage: Stage) -> None:
    stage.answers({"groups": ["one", "two"]})
    ran = stage.run("preprovision", ROLE_SCOPES_OVERRIDE=json.dumps(OVERRIDE))
    where = {call[call.index("--name") + 1]: call[call.index("--subscription") + 1] for call in stage.asked()}
    assert where == {"one": SUBSCRIPTION, "two": OTHER, "three": SUBSCRIPTION}
    assert ran.returncode == 1
    assert "ROLE_SCOPES_OVERRIDE" in ran.stderr
    assert f"az group create --subscription {SUBSCRIPTION} --name three --location westus3" in ran.stderr


def test_with_the_override_a_profile_may_hold_a_wildcard(stage: Stage) -> None:
    edit(stage.root, {"match": {"resourceGroup": "images-*"}})
    stage.answers({"groups": ["one", "two", "three"]})
    assert stage.run("preprovision", ROLE_SCOPES_OVERRIDE=json.dumps(OVERRIDE)).returncode == 0


@pytest.mark.parametrize(
    "text", ["{", "[]", "1", '{"images": []}', '{"images": [1], "galleries": [], "scaleSets": []}']
)
def test_an_override_of_another_shape_is_refused(stage: Stage, text: str) -> None:
    ran = stage.run("preprovision", ROLE_SCOPES_OVERRIDE=text)
    assert ran.returncode == 1
    assert "ROLE_SCOPES_OVERRIDE has to be JSON" in ran.stderr
    assert stage.asked() == []


@pytest.mark.parametrize("text", ["", "null"])
def test_an_empty_override_is_none(stage: Stage, text: str) -> None:
    stage.answers({"groups": ["myResourceGroup", "myGalleryRG", "myVMSSRG"]})
    assert stage.run("preprovision", ROLE_SCOPES_OVERRIDE=text).returncode == 0


def edit(root: Path, changes: dict[str, dict[str, str]], allowed: list[dict[str, str]] | None = None) -> None:
    """Change parts of the profile in this stage's rollouts.yaml, and give it an allow-list."""
    file = root / "rollouts.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    for part, values in changes.items():
        content["profiles"]["web"][part].update(values)
    if allowed:
        content["allowedImageGroups"] = allowed
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
