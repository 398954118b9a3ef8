"""The groups that the hook looks for are those that roles are assigned at."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.source import ROOT
from tests.infra.hooks.stage import SUBSCRIPTION, Stage
from tests.infra.scopes import groups_of

OTHER = "22222222-2222-2222-2222-222222222222"
SHIPPED = yaml.safe_load((ROOT / "rollouts.yaml").read_text(encoding="utf-8"))
ALLOWED = [
    {"resourceGroup": "images-a"},
    {"resourceGroup": "images-b", "subscription": OTHER},
    {"resourceGroup": "unmatched"},
]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"match": {"subscription": OTHER}},
        {"gallery": {"subscription": OTHER}},
        {"scaleSet": {"subscription": OTHER}},
        {"match": {"resourceGroup": "images-*"}, "allowed": ALLOWED},
        {"match": {"resourceGroup": "*", "subscription": OTHER}, "allowed": ALLOWED},
    ],
)
def test_they_are_the_groups_of_the_role_assignments(stage: Stage, changes: dict[str, Any]) -> None:
    document = changed(changes)
    (stage.root / "rollouts.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    wanted = {group.id.lower() for group in groups_of(document, SUBSCRIPTION).every}
    assert listed(stage.root) == wanted


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """The shipped file with other values in its profile, and an allow-list."""
    document: dict[str, Any] = json.loads(json.dumps(SHIPPED))
    for part, values in changes.items():
        if part == "allowed":
            document["allowedImageGroups"] = values
        else:
            document["profiles"]["web"][part].update(values)
    return document


def listed(root: Path) -> set[str]:
    """The ids of the groups that the hook finds in this folder's rollouts.yaml."""
    ran = subprocess.run(
        [sys.executable, "-m", "infra.hooks.groups", SUBSCRIPTION],
        cwd=root,
        text=True,
        capture_output=True,
        check=True,
    )
    found = json.loads(ran.stdout)["groups"]
    return {f"/subscriptions/{group['subscription']}/resourceGroups/{group['name']}".lower() for group in found}
