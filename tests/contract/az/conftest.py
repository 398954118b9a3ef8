"""The served simulator, and azure-cli logged in to it as to a cloud of its own; one of each for the whole suite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.az.cli import Az, started
from tests.contract.running import simulator

HOME = "westus2"
SPEED = "200"


@pytest.fixture(scope="session")
def ready() -> Iterator[dict[str, str]]:
    """The ready line of `python -m local.armsim`, which runs until the tests end."""
    with simulator(SPEED) as line:
        yield line


@pytest.fixture(scope="session")
def az(ready: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Az]:
    """azure-cli with the simulator as its cloud and a service principal logged in."""
    folder: Path = tmp_path_factory.mktemp("az")
    with started(folder, ready["caFile"]) as az:
        az(f"cloud register -n armsim --endpoint-resource-manager {ready['armEndpoint']}")
        az("cloud set -n armsim")
        tenant, client = ready["tenantId"], "6d3f2b54-0f58-4cb0-9a5e-3a0c8f1f7f11"
        az(f"login --service-principal -u {client} -p secret --tenant {tenant}")
        yield az


@pytest.fixture(scope="module")
def group(az: Az, request: pytest.FixtureRequest) -> str:
    """A resource group for the tests of one file, named after it."""
    name: str = request.module.__name__.rpartition(".")[2].removeprefix("test_").replace("_", "-")
    az(f"group create -n {name} -l {HOME}")
    return name
