"""What is in the package, file by file: the app, its locked libraries for Azure, their bytecode, and nothing else."""

import importlib.util
import json
import re
import zipfile
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.funcignore import deployed
from scripts.package import FILES, FOLDERS, STORAGE_PROVIDERS
from scripts.vendor import PLATFORMS, SITE_PACKAGES
from tests.architecture.source import ROOT

pytestmark = pytest.mark.infra

UNCHECKED_HASH = 0b01  # PEP 552: the flags of bytecode that is valid whatever its source


def app_part(package: Path) -> set[str]:
    """Its files that are not libraries, bytecode left out."""
    every = (file.relative_to(package) for file in package.rglob("*") if file.is_file())
    return {file.as_posix() for file in every if file.suffix != ".pyc" and file.parts[0] != SITE_PACKAGES.parts[0]}


def test_the_app_is_there_as_it_is_in_the_checkout_and_nothing_else_is(package: Path, checkout: Path) -> None:
    assert {entry.name for entry in package.iterdir()} == {*FOLDERS, *FILES, ".python_packages", "__pycache__"}
    assert app_part(package) == {file.relative_to(checkout).as_posix() for file in deployed(checkout)}
    differ = [name for name in app_part(package) if (package / name).read_bytes() != (checkout / name).read_bytes()]
    assert differ == ["host.json"]


def test_each_package_holds_the_block_of_its_provider(unpacked: Mapping[str, Path]) -> None:
    for name, package in unpacked.items():
        host = json.loads((package / "host.json").read_text(encoding="utf-8"))
        assert host["extensions"]["durableTask"]["storageProvider"] == STORAGE_PROVIDERS[name]


def test_two_builds_differ_in_host_json_alone(archives: Mapping[str, Path]) -> None:
    one, two = (
        {
            entry.filename: (entry.CRC, entry.date_time, entry.external_attr)
            for entry in zipfile.ZipFile(file).infolist()
        }
        for file in archives.values()
    )
    assert list(one) == list(two)
    assert [name for name in one if one[name] != two[name]] == ["host.json"]


def test_the_libraries_are_those_of_the_lock(package: Path) -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    locked = [Requirement(line.split("\\")[0]) for line in re.findall(r"^[A-Za-z0-9].*", text, re.MULTILINE)]
    found = distributions(path=[str(package / SITE_PACKAGES)])
    assert {canonicalize_name(one.metadata["Name"]): one.version for one in found} == {
        canonicalize_name(one.name): next(iter(one.specifier)).version for one in locked
    }


def test_every_library_is_for_the_machines_of_azure(package: Path) -> None:
    tags = set()
    for file in (package / SITE_PACKAGES).glob("*.dist-info/WHEEL"):
        ours = re.findall(r"^Tag: ([^-]+)-([^-]+)-(.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
        assert any(
            (platform == "any" or platform in PLATFORMS) and abi in ("none", "abi3", "cp313")
            for _, abi, platform in ours
        ), file
        tags |= {platform for _, _, platform in ours}
    assert len(tags) > 1
    compiled = list(package.rglob("*.so"))
    assert compiled
    assert all(file.read_bytes()[:20].endswith(b"\x03\x00\x3e\x00") for file in compiled)  # ELF: shared, x86-64


def test_every_source_has_bytecode_of_python_3_13_that_stays_valid(package: Path) -> None:
    sources = list(package.rglob("*.py"))
    assert len(sources) > 1000
    for source in sources:
        cached = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
        head = cached.read_bytes()[:8]
        assert head[:4] == importlib.util.MAGIC_NUMBER
        assert int.from_bytes(head[4:], "little") == UNCHECKED_HASH, cached


def test_bytecode_names_no_folder_of_the_machine_that_packed_it(package: Path, archives: Mapping[str, Path]) -> None:
    places = [str(next(iter(archives.values())).parent).encode(), str(ROOT).encode()]
    assert not [file for file in package.rglob("*.pyc") if any(place in file.read_bytes() for place in places)]


def test_nothing_of_development_and_no_secret_is_in_it(package: Path) -> None:
    names = {file.relative_to(package).as_posix() for file in package.rglob("*")}
    for kind in (
        r"(^|/)tests?(/|$)",
        r"^local(/|\.)",
        r"^(cli|infra|docs|scripts|bench)/",
        r"(^|/)\.(env|git|azure)(/|$)",
    ):
        assert not [name for name in names if re.search(kind, name)], kind
    keys = {name for name in names if re.search(r"\.(pem|key|pfx|p12)$", name)}
    assert {Path(name).name for name in keys} <= {"cacert.pem", "roots.pem"}  # certificate authorities, all public
