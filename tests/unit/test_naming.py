"""Names and ids are computed, fit where they go, and never meet by accident."""

import re

from hypothesis import given
from hypothesis import strategies as st

from domain import naming, resource_ids
from tests.unit.samples import IMAGE, SUBSCRIPTION

PROFILE = st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True)
ATTEMPT = st.integers(1, 999)
FINGERPRINT = st.from_regex(r"[0-9a-f]{32}", fullmatch=True)


@given(PROFILE, st.text(max_size=300), FINGERPRINT, ATTEMPT)
def test_a_rollouts_id_and_its_childrens_fit_the_engine(profile: str, image: str, print_: str, attempt: int) -> None:
    rollout = naming.rollout_id(profile, image, print_, attempt)
    for identifier in (rollout, *(naming.child_id(rollout, child) for child in naming.CHILDREN)):
        assert re.fullmatch(r"[a-z0-9-]{1,60}", identifier)
    assert naming.attempt_of(rollout) == attempt
    assert rollout.startswith(naming.rollout_stem(profile, image, print_))


@given(FINGERPRINT, FINGERPRINT)
def test_the_id_changes_with_the_content_and_not_with_the_case_of_the_image(one: str, other: str) -> None:
    id_ = naming.rollout_id("web", IMAGE, one, 1)
    assert naming.rollout_id("web", IMAGE.upper(), one, 1) == id_
    assert (naming.rollout_id("web", IMAGE, other, 1) == id_) == (one == other)
    assert naming.rollout_id("api", IMAGE, one, 1) != id_


def test_parts_of_a_hash_do_not_run_together() -> None:
    assert naming.short_hash("ab", "c") != naming.short_hash("a", "bc")


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}", fullmatch=True))
def test_a_dns_label_is_one_that_azure_takes(name: str) -> None:
    scale_set = resource_ids.resource_id(SUBSCRIPTION, "rg", "Microsoft.Compute/virtualMachineScaleSets", name)
    label = naming.dns_label(scale_set)
    assert re.fullmatch(r"[a-z][a-z0-9-]{1,61}[a-z0-9]", label)
    elsewhere = resource_ids.resource_id(SUBSCRIPTION, "rg2", "Microsoft.Compute/virtualMachineScaleSets", name)
    assert naming.dns_label(elsewhere) != label


def test_definitions_that_differ_in_case_share_their_numbers() -> None:
    assert naming.numbers_key("/Galleries/G/images/D") == naming.numbers_key("/galleries/g/images/d")
    assert naming.numbers_key("/galleries/g/images/d") != naming.numbers_key("/galleries/g/images/e")


def test_the_computer_name_prefix_leaves_room_for_azures_six_characters() -> None:
    assert naming.computer_name_prefix("myScaleSetOfNote") == "myScaleSe"
