"""Before azd packs: the package is built, and azd packs it whole, bytecode included.

azd's own rules are applied to what the hook leaves behind, in a folder with a file of each kind that the package holds.
"""

import json
from pathlib import Path

import pytest

from tests.infra.azd_packing import packed
from tests.infra.hooks.stage import Stage

FILES = [
    "function_app.py",
    "host.json",
    "domain/__pycache__/models.cpython-313.pyc",
    ".python_packages/lib/site-packages/yaml/__init__.py",
    ".python_packages/lib/site-packages/yaml/__pycache__/__init__.cpython-313.pyc",
    ".python_packages/lib/site-packages/grpc/_cython/cygrpc.cpython-313-x86_64-linux-gnu.so",
]
# stands in for scripts/package.py, which downloads what it packs; notes how it was called
BUILDER = """
import json, pathlib, sys
root = pathlib.Path("build/package")
for name in {files}:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).touch()
pathlib.Path("called").write_text(json.dumps(sys.argv[1:]))
sys.exit({code})
"""


@pytest.fixture
def built(stage: Stage) -> Path:
    """The package as the hook leaves it."""
    prepare(stage)
    ran = stage.run("prepackage")
    assert ran.returncode == 0, ran.stderr
    return stage.root / "build" / "package"


def test_azd_packs_every_file_of_the_package(built: Path) -> None:
    assert packed(built) == set(FILES)


def test_left_alone_azd_would_drop_the_bytecode(built: Path) -> None:
    """Why the hook writes an ignore file; should this rule of azd's ever go, so may the file."""
    (built / ".funcignore").unlink()
    assert packed(built) == {name for name in FILES if "__pycache__" not in name}


def test_settings_of_a_machine_are_never_packed(built: Path) -> None:
    (built / "local.settings.json").touch()
    (built / ".azure").mkdir()
    (built / ".azure" / "config.json").touch()
    assert packed(built) == set(FILES)


@pytest.mark.parametrize(
    ("values", "provider"),
    [({}, "durableTaskScheduler"), ({"DURABLE_PROVIDER": "azureStorage"}, "azureStorage")],
)
def test_the_package_is_built_for_the_provider_of_the_environment(
    stage: Stage, values: dict[str, str], provider: str
) -> None:
    prepare(stage)
    stage.run("prepackage", **values)
    assert json.loads((stage.root / "called").read_text()) == ["--provider", provider]


def test_azd_stops_where_the_package_was_not_built(stage: Stage) -> None:
    prepare(stage, code=1)
    assert stage.run("prepackage").returncode == 1


def prepare(stage: Stage, code: int = 0) -> None:
    """Put the builder where the hook looks for it."""
    (stage.root / "scripts").mkdir()
    (stage.root / "scripts" / "package.py").write_text(BUILDER.format(files=FILES, code=code))
