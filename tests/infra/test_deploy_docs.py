"""docs/deploy.md names every parameter with its default, every azd variable, and nothing that is not there."""

import json
import re
from typing import Any

import pytest
import yaml

from tests.architecture.source import ROOT

GUIDE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEMPLATE: dict[str, Any] = json.loads((ROOT / "infra" / "main.json").read_text(encoding="utf-8"))
PARAMETER_FILE = (ROOT / "infra" / "main.bicepparam").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?:`(?P<azd>\w+)`|–) \| `(?P<parameter>\w+)` \| (?P<default>.*?) \|", re.MULTILINE)
ROWS = {row["parameter"]: row for row in ROW.finditer(GUIDE)}
READ = re.compile(r"readEnvironmentVariable\(\s*'(\w+)'")
NOTHING: tuple[Any, ...] = ("", [], {}, None)


def test_every_parameter_of_the_template_is_in_the_table_and_no_other() -> None:
    assert set(ROWS) == set(TEMPLATE["parameters"])


def test_every_azd_variable_of_the_parameter_file_is_in_the_table_and_no_other() -> None:
    assert {row["azd"] for row in ROWS.values() if row["azd"]} == set(READ.findall(PARAMETER_FILE))


@pytest.mark.parametrize("name", TEMPLATE["parameters"])
def test_the_default_is_the_templates(name: str) -> None:
    parameter, shown = TEMPLATE["parameters"][name], ROWS[name]["default"]
    default = parameter.get("defaultValue")
    if isinstance(default, str) and default.startswith("["):
        assert shown.startswith("`"), "computed: the guide says how it is put together"
    elif default in NOTHING:
        assert shown in ("none", "asked for", "from `rollouts.yaml`")
        assert ("defaultValue" in parameter or parameter.get("nullable", False)) is (shown != "asked for")
    else:
        assert shown == f"`{json.dumps(default) if isinstance(default, bool) else default}`"


def test_the_least_azd_is_the_one_that_azure_yaml_asks_for() -> None:
    wanted = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))["requiredVersions"]["azd"]
    least = wanted.removeprefix(">= ")
    assert f"azd {least} or newer" in GUIDE
    assert f"[azd](https://aka.ms/azd) {least} or newer" in README


def test_links_lead_somewhere() -> None:
    headings = {
        re.sub(r"[^\w -]", "", line[3:].lower()).replace(" ", "-") for line in re.findall(r"^## .*", GUIDE, re.M)
    }
    for link in re.findall(r"\]\(([^)]+)\)", GUIDE):
        if link.startswith("#"):
            assert link[1:] in headings, link
        elif not link.startswith("https:"):
            assert (ROOT / "docs" / link.partition("#")[0]).exists(), link


def test_the_hooks_own_variables_are_named() -> None:
    hook = (ROOT / "infra" / "hooks" / "postprovision.py").read_text(encoding="utf-8")
    variables = re.findall(r'number\("(EVENT_\w+)", (\d+),', hook)
    assert len(variables) == 2
    for name, default in variables:
        assert re.search(rf"`{name}`\s*\({default}\)", GUIDE), name


def test_lists_and_objects_may_be_set_to_an_empty_text() -> None:
    """`azd env set NAME ''` is how people take a value back; json('') would stop the deployment."""
    unguarded = set(re.findall(r"json\(readEnvironmentVariable\('(\w+)'", PARAMETER_FILE))
    assert unguarded <= {"INSTANCE_MEMORY_MB"}
