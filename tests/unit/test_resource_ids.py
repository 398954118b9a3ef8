"""ARM ids are taken apart and put together without loss, and nothing that is none is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import resource_ids
from domain.resource_ids import ResourceId, parse, same
from tests.unit.samples import IMAGE, SUBSCRIPTION

NAME = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,20}", fullmatch=True)
PAIRS = st.lists(st.tuples(NAME, NAME), min_size=1, max_size=4)


@given(NAME, NAME, PAIRS)
def test_an_id_reads_back_as_it_was_written(group: str, namespace: str, pairs: list[tuple[str, str]]) -> None:
    kind = "/".join([namespace, *(kind for kind, _ in pairs)])
    made = resource_ids.resource_id(SUBSCRIPTION, group, kind, *(name for _, name in pairs))
    assert parse(str(made)) == made
    assert made.name == pairs[-1][1]
    assert parse(f" {made}/ ") == made


@given(NAME, NAME)
def test_a_child_has_its_parent(kind: str, name: str) -> None:
    gallery = resource_ids.resource_id(SUBSCRIPTION, "rg", "Microsoft.Compute/galleries", "g")
    child = gallery.child(kind, name)
    assert child.parent() == gallery
    assert str(child) == f"{gallery}/{kind}/{name}"


def test_a_resource_group_is_a_resource_too() -> None:
    group = resource_ids.group_id(SUBSCRIPTION, "my.Group")
    assert parse(str(group)) == group
    assert group.name == "my.Group"
    assert str(group) == f"/subscriptions/{SUBSCRIPTION}/resourceGroups/my.Group"


def test_ids_compare_without_case_and_closing_slash() -> None:
    assert same(IMAGE, IMAGE.replace("resourceGroups", "RESOURCEGROUPS").upper() + "/")
    assert not same(IMAGE, f"{IMAGE}2")
    assert same(None, "")


@given(st.sampled_from(["resourceGroups", "resourcegroups", "RESOURCEGROUPS"]))
def test_the_fixed_words_may_be_in_any_case(word: str) -> None:
    read = parse(IMAGE.replace("resourceGroups", word).replace("/subscriptions/", "/SUBSCRIPTIONS/"))
    assert str(read) == IMAGE


BAD = {
    "empty": "",
    "a URL": f"https://example.com{IMAGE}",
    "relative": IMAGE[1:],
    "no GUID": "/subscriptions/mine/resourceGroups/rg",
    "group ends with a dot": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg.",
    "group of dots": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/..",
    "type without a name": IMAGE.rpartition("/")[0],
    "provider alone": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute",
    "query": f"{IMAGE}?api-version=2026-04-01",
    "fragment": f"{IMAGE}#x",
    "way up": f"{IMAGE}/../../other/x/y",
    "name is a dot": IMAGE.replace("myImage", "."),
    "name is two dots": IMAGE.replace("myImage", ".."),
    "escaped slash": IMAGE.replace("myImage", "a%2Fb"),
    "line break in a name": IMAGE.replace("myImage", "my\nImage"),
    "line break at a group's end": IMAGE.replace("myResourceGroup", "rg\n"),
    "line break at a name's end": IMAGE.replace("/images/", "\n/images/"),
    "doubled slash": IMAGE.replace("/images/", "//images/"),
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_is_no_id_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a|names a|does not"):
        parse(text)


@given(st.text(max_size=60))
def test_a_name_is_either_refused_or_kept_in_its_place(name: str) -> None:
    text = IMAGE.replace("myImage", name) if name else f"{IMAGE}/"
    try:
        read = parse(text)
    except ValueError:
        return
    assert isinstance(read, ResourceId)
    assert str(read) == text.strip().rstrip("/")
    assert set(read.name) & set("/?#%\n") == set()
