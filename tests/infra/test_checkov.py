"""checkov finds nothing in any shape but what was looked at and left, each with its reason."""

import json
from pathlib import Path

import pytest

from tests.infra.checkov_scan import PROGRAM, Report, flat, scan, skips
from tests.infra.tree import ROOT, Tree

pytestmark = [
    pytest.mark.infra,
    pytest.mark.skipif(not PROGRAM.exists(), reason="checkov is not installed: make infra-check"),
]
TREE = Tree(ROOT)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """One run over the flat template of every shape."""
    folder = tmp_path_factory.mktemp("flat")
    files: list[Path] = []
    for shape, snapshot in TREE.snapshots.items():
        files.append(folder / f"{shape}.json")
        files[-1].write_text(json.dumps(flat(snapshot)), encoding="utf-8")
    return scan(files)


def test_checkov_sees_every_resource(report: Report) -> None:
    """It passes over what it cannot read, and exits as if all were well."""
    assert report.parsing_errors == 0
    assert report.resources == sum(len(snapshot.resources) for snapshot in TREE.snapshots.values())


def test_checkov_has_an_opinion_on_every_shape(report: Report) -> None:
    assert {shape for shape, passed in report.passed.items() if passed >= 10} == {*TREE.shapes}


def test_checkov_finds_nothing_that_was_not_looked_at(report: Report) -> None:
    reasons = skips()
    found = {
        f"{shape}: {check} {kind} {name}"
        for shape, failed in report.failed.items()
        for check, kind, name in failed
        if kind not in reasons.get(check, {})
    }
    assert found == set()


def test_each_reason_is_still_needed(report: Report) -> None:
    """A skip that nothing meets hides what comes next."""
    met = {(check, kind) for failed in report.failed.values() for check, kind, _ in failed}
    assert {(check, kind) for check, kinds in skips().items() for kind in kinds} <= met


def test_checkov_fails_a_template_that_is_open(tmp_path: Path) -> None:
    """The control: a storage account with a public container host and old TLS is found."""
    account = next(one.body for one in TREE.snapshots["default"].resources if one.type.endswith("/storageAccounts"))
    opened = account | {"properties": account["properties"] | {"minimumTlsVersion": "TLS1_0"}}
    file = tmp_path / "opened.json"
    snapshot = type(TREE.snapshots["default"])({"predictedResources": [opened]})
    file.write_text(json.dumps(flat(snapshot)), encoding="utf-8")
    assert "CKV_AZURE_44" in {check for check, _, _ in scan([file]).failed["opened"]}
