"""The package, built once for each provider and unpacked from its zip into an empty place."""

import fcntl
import os
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from scripts.funcignore import deployed
from scripts.package import STORAGE_PROVIDERS, build
from tests.architecture.source import ROOT


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `checkout`, `packages` and `unpacked`, made once, however many processes share the tests."""
    own = tmp_path_factory.getbasetemp()
    place = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "package-built"
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            making = place.with_suffix(".making")
            shutil.rmtree(making, ignore_errors=True)
            make(making)
            making.rename(place)
    return place


def make(place: Path) -> None:
    """Build as `make package` does, from a copy of the app: an edit meanwhile would tell the packages apart.

    Everything is unpacked with the time of unpacking on it, as many tools do.
    """
    for file in (ROOT / ".funcignore", *deployed(ROOT)):
        copy = place / "checkout" / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    for name in STORAGE_PROVIDERS:
        archive = build(place / "checkout", place / "packages" / name, name)
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(place / "unpacked" / name)


@pytest.fixture(scope="session")
def checkout(built: Path) -> Path:
    """The app that the packages were built from."""
    return built / "checkout"


@pytest.fixture(scope="session")
def archives(built: Path) -> Mapping[str, Path]:
    """The zip of each provider."""
    return MappingProxyType({name: built / "packages" / f"{name}.zip" for name in STORAGE_PROVIDERS})


@pytest.fixture(scope="session")
def unpacked(built: Path) -> Mapping[str, Path]:
    """What is in each zip, as files."""
    return MappingProxyType({name: built / "unpacked" / name for name in STORAGE_PROVIDERS})


@pytest.fixture(params=STORAGE_PROVIDERS)
def package(unpacked: Mapping[str, Path], request: pytest.FixtureRequest) -> Path:
    """Each unpacked package in turn."""
    return unpacked[str(request.param)]
