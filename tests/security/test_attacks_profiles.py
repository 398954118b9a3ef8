"""rollouts.yaml as a weapon: whoever may propose a change of it must not stop or take over the app by its text."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.world import rollouts_file
from wiring.rollouts_file import RolloutsFileError, parse_rollouts

SHIPPED = yaml.safe_dump(rollouts_file())


def _laughs(times: int, item: str, more: str) -> str:
    """Ten lines, each of which holds the one before ten times."""
    lines = [f"a0: &a0 {item}"]
    lines += [f"a{n}: &a{n} {more.format(', '.join([f'*a{n - 1}'] * 10))}" for n in range(1, times)]
    return "\n".join(lines) + "\n"


BOMBS: dict[str, str] = {
    "a billion laughs": _laughs(10, "[lol]", "[{}]"),
    "a billion laughs of merged keys": _laughs(10, "{lol: 1}", "{{<<: [{}]}}"),
    "a list that holds itself": "profiles: &a [*a]",
    "a mapping that holds itself": "profiles: &a {web: *a}",
    "lists nested without end": "profiles: " + "[" * 50_000,
    "mappings nested without end": "profiles: " + "{a: " * 20_000,
    "a number of a million digits": "profiles: " + "9" * 1_000_000,
    "a number in base sixty": "profiles: " + "1:" * 400_000 + "1",
    "ten megabytes": "profiles: " + "x" * 10_000_000,
}

TAGS: dict[str, str] = {
    "a call": "profiles: !!python/object/apply:os.system ['touch {0}']",
    "an object": "profiles: !!python/object/new:subprocess.Popen [['touch', '{0}']]",
    "a module": "profiles: !!python/module:this",
    "a name": "profiles: !!python/name:os.system",
    "a tag of nobody's": "profiles: !attacker {{a: b}}",
    "a file": "profiles: !include /etc/passwd",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_yaml_bomb_is_refused_in_no_time(text: str) -> None:
    """Seconds, not hours, and an error that a person can read."""
    began = time.monotonic()
    with pytest.raises(RolloutsFileError) as raised:
        parse_rollouts(text)
    assert time.monotonic() - began < 20
    assert len(str(raised.value)) < 5000


@pytest.mark.parametrize("text", TAGS.values(), ids=TAGS)
def test_a_tag_of_yaml_runs_nothing(tmp_path: Path, text: str) -> None:
    """Plain data or an error."""
    mark = tmp_path / "ran"
    with pytest.raises(RolloutsFileError):
        parse_rollouts(text.format(mark))
    assert not mark.exists()


def test_anchors_that_save_some_typing_are_welcome() -> None:
    """What is refused is growth, not the use of aliases."""
    text = SHIPPED.replace("  web:", "  web: &web", 1) + "  other:\n    <<: *web\n    createResourceGroups: false\n"
    profiles = parse_rollouts(text).profiles
    assert profiles["other"].gallery == profiles["web"].gallery
    assert (profiles["web"].create_resource_groups, profiles["other"].create_resource_groups) == (True, False)


@pytest.mark.parametrize(
    "name", ["../web", "web/..", "/etc", "web\\x", "web\n", "Web", "", "a" * 33, "w\u0435b", "web "]
)
def test_a_profile_is_no_path(name: str) -> None:
    """Its name begins the ids of rollouts, which are parts of addresses."""
    text = yaml.safe_dump({"profiles": {name: rollouts_file()["profiles"]["web"]}})
    with pytest.raises(RolloutsFileError, match="profiles"):
        parse_rollouts(text)


ELSEWHERE: dict[str, dict[str, Any]] = {
    "a gallery": {"gallery": {"subscription": "../../x"}},
    "a scale set": {"scaleSet": {"subscription": "00000000-0000-4000-8000-000000000001/../.."}},
    "a setting with a path": {"scaleSet": {"adminPasswordSetting": "../../etc/passwd"}},
    "a setting with a reference": {"scaleSet": {"adminPasswordSetting": "@Microsoft.KeyVault(SecretUri=x)"}},
    "a port": {"scaleSet": {"network": {"backendPorts": [0]}}},
    "a key of nobody's": {"__class__": "os.system"},
}


@pytest.mark.parametrize("change", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_profile_leads_nowhere_but_to_names(change: dict[str, Any]) -> None:
    """What becomes part of an id or names a setting has a form."""
    with pytest.raises(RolloutsFileError):
        parse_rollouts(yaml.safe_dump(rollouts_file(**change)))
