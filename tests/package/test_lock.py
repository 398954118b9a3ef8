"""requirements.txt is what runs in Azure: all of requirements.in's, locked, and nothing that only developers need."""

import re
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.source import ROOT


def required(name: str) -> dict[str, Requirement]:
    """The requirements of a file by name, continued lines joined, options and comments left out."""
    text = re.sub(r"\\\n", " ", (ROOT / name).read_text(encoding="utf-8"))
    lines = [re.sub(r"\s--hash=\S+|(^|\s)#.*", "", line).strip() for line in text.splitlines()]
    found = [Requirement(line) for line in lines if line and not line.startswith("-")]
    return {canonicalize_name(one.name): one for one in found}


def pin(requirement: Requirement) -> str:
    """The one version that a locked requirement allows."""
    (only,) = requirement.specifier
    assert only.operator == "=="
    assert not only.version.endswith("*")
    return only.version


def test_the_lock_satisfies_requirements_in() -> None:
    locked = required("requirements.txt")
    for name, wanted in required("requirements.in").items():
        assert wanted.specifier.contains(pin(locked[name]), prereleases=True), name


def test_every_locked_package_is_pinned_and_has_a_hash() -> None:
    entries = re.split(r"^(?=[A-Za-z0-9])", Path(ROOT / "requirements.txt").read_text(encoding="utf-8"), flags=re.M)
    packages = [entry for entry in entries if re.match(r"[A-Za-z0-9]", entry)]
    assert len(packages) == len(required("requirements.txt"))
    assert all("--hash=sha256:" in entry for entry in packages)
    assert all(pin(one) for one in required("requirements.txt").values())


def test_no_package_of_developers_is_in_it() -> None:
    assert not set(required("requirements-dev.in")) & set(required("requirements.txt"))


def test_developers_run_the_same_versions() -> None:
    theirs = required("requirements-dev.txt")
    assert {name: pin(theirs[name]) for name in required("requirements.txt")} == {
        name: pin(one) for name, one in required("requirements.txt").items()
    }


def test_no_package_is_for_some_machines_only() -> None:
    # pip would judge such a condition by the machine that packages, not by the one that runs the app
    markers = [str(one.marker) for one in required("requirements.txt").values() if one.marker]
    assert not [text for text in markers if re.search(r"sys_platform|platform_(system|machine|release)|os_name", text)]
