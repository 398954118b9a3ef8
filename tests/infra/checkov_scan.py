"""checkov over a flat template made from a snapshot, and what is expected of it.

checkov follows no nested deployments: of the compiled template it sees nothing and is content. A snapshot holds every
resource with its final body, so a template that lists them is what it scans; it is told to look nothing up.
"""

import json
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.infra.snapshot import Snapshot
from tests.infra.tree import ROOT

PROGRAM = ROOT / "build" / "infra-tools" / "bin" / "checkov"
SKIPS = Path(__file__).with_name("checkov-skips.json")
type Finding = tuple[str, str, str]

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


@dataclass(frozen=True, slots=True)
class Report:
    """What checkov says. `failed`: for each template by its name, (check, type, name of the resource)."""

    resources: int
    parsing_errors: int
    passed: dict[str, int]
    failed: dict[str, set[Finding]]


def flat(snapshot: Snapshot) -> dict[str, Any]:
    """A template of one level with the snapshot's resources; names that only Azure can work out become numbers."""
    resources = []
    for number, one in enumerate(snapshot.resources):
        body = {name: value for name, value in one.body.items() if name != "id"}
        if str(body["name"]).startswith("["):
            body["name"] = f"assignment-{number}"
        resources.append(body)
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": resources}


def scan(templates: list[Path]) -> Report:
    """One run over all of them; without `--quiet`, which leaves out what passed."""
    command = [str(PROGRAM), "--framework", "arm", "--skip-download", "--compact", "-o", "json"]
    command += [argument for file in templates for argument in ("-f", str(file))]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False, cwd=templates[0].parent)
    said = json.loads(ran.stdout)
    passed = Counter(Path(one["file_path"]).stem for one in said["results"]["passed_checks"])
    failed: dict[str, set[Finding]] = {file.stem: set() for file in templates}
    for one in said["results"]["failed_checks"]:
        kind, _, name = one["resource"].rpartition(".")
        failed[Path(one["file_path"]).stem].add((one["check_id"], kind, name))
    return Report(said["summary"]["resource_count"], said["summary"]["parsing_errors"], dict(passed), failed)


def skips() -> dict[str, dict[str, str]]:
    """For each check that is not followed, by type of resource: why not."""
    read: dict[str, dict[str, str]] = json.loads(SKIPS.read_text(encoding="utf-8"))
    return read
