"""The groups where the app has roles: all that its profiles can lead it to, and no other."""

import copy
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from domain import resource_ids
from domain.profiles import ImageMatch, Targets
from domain.resource_ids import ResourceId, resource_id
from domain.rollouts_file import ImageGroup, RolloutsFile
from tests.infra.roles import expand, rows
from tests.infra.scopes import Group, Groups, groups_of
from tests.infra.tree import ROOT
from tests.unit.samples import profile_data

HOME = "11111111-1111-4111-8111-111111111111"
SECOND = "22222222-2222-4222-8222-222222222222"
THIRD = "aaaaaaaa-3333-4333-8333-333333333333"
KINDS = ("images", "galleries", "scale_sets")


def profile(**changes: dict[str, Any]) -> dict[str, Any]:
    """The example's profile, with members of `match`, `gallery` and `scaleSet` changed."""
    base = profile_data()
    for part, change in changes.items():
        base[part] |= change
    return base


def file(*profiles: dict[str, Any], allowed: Iterable[dict[str, str]] = ()) -> dict[str, Any]:
    """A rollouts file of these profiles."""
    whole: dict[str, Any] = {"profiles": {f"p{number}": one for number, one in enumerate(profiles)}}
    return {**whole, "allowedImageGroups": list(allowed)} if allowed else whole


SHIPPED = yaml.safe_load((ROOT / "rollouts.yaml").read_text(encoding="utf-8"))
TWO = file(
    profile(),
    profile(
        match={"resourceGroup": "bakery"},
        gallery={"resourceGroup": "mygalleryrg"},
        scaleSet={"resourceGroup": "Bakery-VMSS"},
    ),
)
ELSEWHERE = file(profile(match={"subscription": SECOND}, scaleSet={"subscription": THIRD}))
ANYWHERE = file(profile(match={"subscription": "*"}))
SHARED = file(profile(gallery={"resourceGroup": "MYRESOURCEGROUP"}, scaleSet={"resourceGroup": "myresourcegroup"}))
LISTED = file(
    profile(match={"resourceGroup": "*"}),
    profile(match={"resourceGroup": "prod-*"}, gallery={"subscription": THIRD}),
    allowed=[
        {"resourceGroup": "Prod-A"},
        {"resourceGroup": "prod-b", "subscription": SECOND},
        {"resourceGroup": "PROD-A", "subscription": HOME},
    ],
)
FILES = {
    "shipped": SHIPPED,
    "two image groups": TWO,
    "other subscriptions": ELSEWHERE,
    "any subscription": ANYWHERE,
    "one group": SHARED,
    "a list of groups": LISTED,
}


def named(groups: Iterable[Group]) -> set[str]:
    return {group.id.lower() for group in groups}


def kinds(groups: Groups) -> dict[str, set[str]]:
    return {kind: named(getattr(groups, kind)) for kind in KINDS}


def images(document: dict[str, Any]) -> Iterator[ResourceId]:
    """Images wherever a profile or the list could mean one: each subscription with each group that is named."""
    parsed = RolloutsFile.model_validate(document)
    groups = {one.resource_group for one in parsed.allowed_image_groups}
    groups |= {one.match.resource_group for one in parsed.profiles.values() if "*" not in one.match.resource_group}
    names = {one.match.name if "*" not in one.match.name else "image" for one in parsed.profiles.values()}
    # Subscriptions that no scope comes from: those that neither the file names nor the deployment is in.
    told = [one.match.subscription for one in parsed.profiles.values() if "*" not in one.match.subscription]
    told += [one.subscription for one in parsed.allowed_image_groups if one.subscription]
    for subscription in {HOME, *told}:
        for group in {*groups, "elsewhere"}:
            for name in names:
                yield resource_id(subscription, group, "Microsoft.Compute/images", name)


def needed(document: dict[str, Any]) -> dict[str, set[str]]:
    """The groups of all ids that the app computes for the images that it would roll out."""
    parsed = at_home(RolloutsFile.model_validate(document))
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for image in images(document):
        if not parsed.allows(image):
            continue
        for one in parsed.matching(image).values():
            found["images"].add(group_of(str(image)))
            for field, target in Targets.of(one, image):
                kind = "galleries" if field in ("gallery_group", "gallery", "definition") else "scale_sets"
                found[kind].add(group_of(target))
    return found


def at_home(file: RolloutsFile) -> RolloutsFile:
    """The file with the deployment's subscription wherever it does not say whose images are meant: in the list of
    groups, and without one in the profiles. Images of other subscriptions get no role without being named."""
    if allowed := file.allowed_image_groups:
        named = [one.model_copy(update={"subscription": one.subscription or HOME}) for one in allowed]
        return file.model_copy(update={"allowed_image_groups": tuple(named)})
    profiles = {
        name: one.model_copy(update={"match": one.match.model_copy(update={"subscription": HOME})})
        if one.match.subscription == "*"
        else one
        for name, one in file.profiles.items()
    }
    return file.model_copy(update={"profiles": profiles})


def group_of(identifier: str) -> str:
    parsed = resource_ids.parse(identifier)
    return str(resource_ids.group_id(parsed.subscription, parsed.group)).lower()


@pytest.mark.parametrize("name", FILES)
def test_the_groups_are_those_of_every_id_that_a_profile_can_mean(name: str) -> None:
    """No id lies outside, and no group is there that no image leads to."""
    assert kinds(groups_of(FILES[name], HOME)) == needed(FILES[name])


@pytest.mark.parametrize("name", FILES)
def test_a_group_is_there_once_however_it_is_written(name: str) -> None:
    groups = groups_of(FILES[name], HOME)
    for kind in KINDS:
        assert len(getattr(groups, kind)) == len(named(getattr(groups, kind)))
    assert len(groups.every) == len(named(groups.every))
    assert len(groups.subscriptions) == len(set(groups.subscriptions))


def test_the_shipped_file_needs_its_three_groups() -> None:
    base = f"/subscriptions/{HOME}/resourcegroups"
    assert kinds(groups_of(SHIPPED, HOME)) == {
        "images": {f"{base}/myresourcegroup"},
        "galleries": {f"{base}/mygalleryrg"},
        "scale_sets": {f"{base}/myvmssrg"},
    }


def test_what_names_no_subscription_is_in_the_images_own() -> None:
    groups = groups_of(ELSEWHERE, HOME)
    assert {one.subscription for one in groups.images} == {SECOND}
    assert {one.subscription for one in groups.galleries} == {SECOND}
    assert {one.subscription for one in groups.scale_sets} == {THIRD}
    assert set(groups.subscriptions) == {SECOND, THIRD}


def test_a_gallery_follows_its_images_into_each_of_their_subscriptions() -> None:
    groups = groups_of(LISTED, HOME)
    assert {one.subscription for one in groups.images} == {HOME, SECOND}
    assert {one.subscription for one in groups.galleries} == {HOME, SECOND, THIRD}
    assert {one.subscription for one in groups.scale_sets} == {HOME, SECOND}


def test_a_group_that_the_list_names_is_read_although_no_profile_is_for_it() -> None:
    unused = file(profile(match={"resourceGroup": "a"}), allowed=[{"resourceGroup": "a"}, {"resourceGroup": "b"}])
    groups = groups_of(unused, HOME)
    assert {one.name for one in groups.images} == {"a", "b"}
    assert {one.name for one in groups.galleries} == {"myGalleryRG"}


@pytest.mark.parametrize("match", [{"resourceGroup": "*"}, {"resourceGroup": "prod-?"}, {"subscription": "1111*"}])
def test_a_wildcard_is_no_place_for_a_role(match: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"profiles\.p0\.match\..*allowedImageGroups"):
        groups_of(file(profile(match=match)), HOME)


GROUP_NAMES = st.sampled_from(["one", "ONE", "two", "three"])
SUBSCRIPTIONS = st.sampled_from([HOME, SECOND, THIRD, THIRD.upper()])


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """A file of up to three profiles, with and without a list of image groups, which has one for each profile."""
    allowed = draw(
        st.lists(
            st.fixed_dictionaries({"resourceGroup": GROUP_NAMES}, optional={"subscription": SUBSCRIPTIONS}), max_size=3
        )
    )
    parts = st.fixed_dictionaries({"resourceGroup": GROUP_NAMES}, optional={"subscription": SUBSCRIPTIONS})
    profiles = [
        profile(match=draw(parts), gallery=draw(parts), scaleSet=draw(parts))
        for _ in range(draw(st.integers(min_value=1, max_value=3)))
    ]
    for match in [one["match"] for one in profiles] if allowed else ():
        if not any(ImageGroup.model_validate(one).meets(ImageMatch.model_validate(match)) for one in allowed):
            allowed.append({name: value for name, value in match.items() if name != "name"})
    return file(*profiles, allowed=allowed)


@given(files())
def test_whatever_the_file_the_groups_of_galleries_and_scale_sets_are_exactly_those_needed(
    document: dict[str, Any],
) -> None:
    """Of images, a list may name more than its profiles are for; nothing else does."""
    before = copy.deepcopy(document)
    found, wanted = kinds(groups_of(document, HOME)), needed(document)
    assert document == before
    assert found["galleries"] == wanted["galleries"]
    assert found["scale_sets"] == wanted["scale_sets"]
    assert found["images"] >= wanted["images"]
    if "allowedImageGroups" not in document:
        assert found["images"] == wanted["images"]


def test_each_row_holds_at_each_group_of_its_kind() -> None:
    placed = [(one["name"], one["scope"].lower()) for one in expand(rows(), groups_of(TWO, HOME))]
    base = f"/subscriptions/{HOME}"
    assert len(placed) == len(set(placed))
    assert {scope for name, scope in placed if name == "image reader"} == {
        f"{base}/resourcegroups/myresourcegroup",
        f"{base}/resourcegroups/bakery",
    }
    assert {scope for name, scope in placed if name == "gallery publisher"} == {f"{base}/resourcegroups/mygalleryrg"}
    assert {scope for name, scope in placed if name == "network maker"} == {
        f"{base}/resourcegroups/myvmssrg",
        f"{base}/resourcegroups/bakery-vmss",
    }
    assert {scope for name, scope in placed if name == "operation reader"} == {base}
    assert len({scope for name, scope in placed if name == "group reader"}) == 5
    assert not {name for name, _ in placed} & {"group maker", "event queue host"}


def test_who_may_make_groups_may_work_in_them() -> None:
    """A role cannot be given in a group that is not there yet."""
    placed = expand(rows(), groups_of(TWO, HOME), group_creation=True)
    assert {one["scope"] for one in placed if one["name"] != "image reader"} == {f"/subscriptions/{HOME}"}
    assert "group maker" in {one["name"] for one in placed}
