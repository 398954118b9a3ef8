"""What only the compiler can say: no diagnostic, the house's format, committed files that are what the sources give."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.infra import bicep
from tests.infra.bicep import MISSING
from tests.infra.checks.access import scope_problems
from tests.infra.checks.compiled import CHECKS
from tests.infra.copies import copy_to
from tests.infra.snapshot import Snapshot
from tests.infra.tree import ROOT, SHAPES, Tree

pytestmark = [pytest.mark.infra, pytest.mark.skipif(bicep.find() is None, reason=MISSING)]

OTHER = "00000000-0000-0000-0000-00000000000b"
THIRD = "00000000-0000-0000-0000-00000000000c"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_promise_of_the_compiler_holds(check: Any) -> None:
    assert list(check(Tree(ROOT))) == []


@pytest.mark.parametrize(
    ("folder", "pattern"),
    [("infra", "**/*.bicep"), ("infra", "*.bicepparam"), (SHAPES, "*.bicepparam")],
    ids=["templates", "parameters", "shapes"],
)
def test_the_linter_says_nothing(folder: str | Path, pattern: str) -> None:
    """Read from its SARIF."""
    assert list(map(str, bicep.lint(ROOT / folder, pattern))) == []


def test_the_linter_is_listened_to(tmp_path: Path) -> None:
    """The control: a parameter that nobody uses is a warning, and no failure of the compiler."""
    (tmp_path / "unused.bicep").write_text("param unused string\n", encoding="utf-8")
    (found,) = bicep.lint(tmp_path, "*.bicep")
    assert (found.code, found.level, found.line) == ("no-unused-params", "warning", 1)
    _, (same,) = bicep.build(tmp_path / "unused.bicep")
    assert same.code == found.code


def profile(**changed: Any) -> dict[str, Any]:
    """The shipped profile with parts of it changed."""
    shipped: dict[str, Any] = yaml.safe_load((ROOT / "rollouts.yaml").read_text(encoding="utf-8"))["profiles"]["web"]
    made = copy.deepcopy(shipped)
    for part, values in changed.items():
        made[part] = {**made[part], **values}
    return made


ROLLOUTS: dict[str, dict[str, Any]] = {
    "two image groups": {
        "profiles": {"one": profile(), "two": profile(match={"resourceGroup": "otherImages", "name": "*"})}
    },
    "other subscriptions": {
        "profiles": {
            "one": profile(match={"subscription": OTHER}),
            "two": profile(gallery={"subscription": OTHER}, scaleSet={"subscription": THIRD}),
        }
    },
    "one group for everything": {
        "profiles": {
            "one": profile(
                match={"resourceGroup": "all"}, gallery={"resourceGroup": "ALL"}, scaleSet={"resourceGroup": "All"}
            )
        }
    },
    "the same groups in other letter case": {
        "profiles": {
            "one": profile(),
            "two": profile(match={"resourceGroup": "MYRESOURCEGROUP"}, gallery={"resourceGroup": "mygalleryrg"}),
        }
    },
    "a list of allowed groups": {
        "allowedImageGroups": [
            {"resourceGroup": "images", "subscription": OTHER},
            {"resourceGroup": "images"},
            {"resourceGroup": "myResourceGroup"},
        ],
        "profiles": {"one": profile(match={"resourceGroup": "*"}), "two": profile()},
    },
    "patterns over the allowed groups": {
        "allowedImageGroups": [
            {"resourceGroup": "images-a", "subscription": OTHER},
            {"resourceGroup": "Images-B"},
            {"resourceGroup": "other", "subscription": THIRD},
        ],
        "profiles": {
            "one": profile(match={"resourceGroup": "images-*", "subscription": OTHER}, gallery={"resourceGroup": "g1"}),
            "two": profile(match={"resourceGroup": "?mages-b"}, gallery={"resourceGroup": "g2"}),
            "three": profile(match={"resourceGroup": "*e*-?"}, gallery={"resourceGroup": "g3"}),
            "four": profile(match={"resourceGroup": "*", "subscription": "*c"}, gallery={"resourceGroup": "g4"}),
        },
    },
}


@pytest.mark.parametrize("name", ROLLOUTS)
def test_roles_cover_every_profile_of_a_rollouts_file_exactly(name: str, tmp_path: Path) -> None:
    """The template's reading of the file and the app's are one."""
    snapshot = deployed_with(tmp_path, ROLLOUTS[name])
    assert list(scope_problems(snapshot, ROLLOUTS[name], Tree(ROOT).roles)) == []


def test_roles_cover_the_whole_subscription_where_the_app_may_create_groups(tmp_path: Path) -> None:
    """A group that is not there yet is no place for a role."""
    document = ROLLOUTS["other subscriptions"]
    snapshot = deployed_with(tmp_path, document, "param allowResourceGroupCreation = true")
    assert list(scope_problems(snapshot, document, Tree(ROOT).roles, group_creation=True)) == []


def test_a_wildcard_is_no_place_for_a_role(tmp_path: Path) -> None:
    """Without a list of allowed groups it is refused, and not turned into something wider."""
    with pytest.raises(bicep.BicepError):
        deployed_with(tmp_path, {"profiles": {"one": profile(match={"resourceGroup": "my*"})}})


def test_a_profile_that_the_list_leaves_without_images_is_told(tmp_path: Path) -> None:
    """An entry without a subscription means the deployment's: a profile of another would silently get no role."""
    listed = [{"resourceGroup": "myResourceGroup"}]
    profiles = {"one": profile(), "two": profile(match={"subscription": OTHER})}
    with pytest.raises(bicep.BicepError, match="none of allowedImageGroups"):
        deployed_with(tmp_path, {"allowedImageGroups": listed, "profiles": profiles})


def deployed_with(folder: Path, rollouts: dict[str, Any], more: str = "") -> Snapshot:
    """The default shape, compiled with another rollouts file."""
    tree = copy_to(folder)
    (folder / "rollouts.yaml").write_text(yaml.safe_dump(rollouts), encoding="utf-8")
    parameters = tree.root / SHAPES / "default.bicepparam"
    parameters.write_text(f"{parameters.read_text(encoding='utf-8')}\n{more}\n", encoding="utf-8")
    return Snapshot(bicep.snapshot(parameters))
