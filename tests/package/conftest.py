"""The package, built once for each provider and unpacked from its zip into an empty place."""

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
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app as it is now: an edit while the packages are built would tell them apart."""
    copy = tmp_path_factory.mktemp("checkout")
    for file in (ROOT / ".funcignore", *deployed(ROOT)):
        place = copy / file.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
    return copy


@pytest.fixture(scope="session")
def archives(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The zip of each provider, built as `make package` builds it."""
    place = tmp_path_factory.mktemp("packages")
    return MappingProxyType({name: build(checkout, place / name, name) for name in STORAGE_PROVIDERS})


@pytest.fixture(scope="session")
def unpacked(archives: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """What is in each zip, unpacked with the time of unpacking on every file, as many tools do."""
    place = tmp_path_factory.mktemp("unpacked")
    for name, archive in archives.items():
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(place / name)
    return MappingProxyType({name: place / name for name in archives})


@pytest.fixture(params=STORAGE_PROVIDERS)
def package(unpacked: Mapping[str, Path], request: pytest.FixtureRequest) -> Path:
    """Each unpacked package in turn."""
    return unpacked[str(request.param)]
