"""azd packs what was built and drops nothing of it: its own rules, applied to the real package after the hook ran."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.infra.azd_packing import packed
from tests.infra.hooks.stage import build as stage_of

pytestmark = pytest.mark.infra
# stands in for scripts/package.py: puts the package there that was built for these tests already
BUILDER = """
import shutil
shutil.copytree({package!r}, "build/package")
"""


def test_azds_zip_holds_every_file_of_the_package_bytecode_included(
    archives: Mapping[str, Path], unpacked: Mapping[str, Path], tmp_path: Path
) -> None:
    stage = stage_of(tmp_path)
    (stage.root / "scripts").mkdir()
    package = unpacked["durableTaskScheduler"]
    (stage.root / "scripts" / "package.py").write_text(BUILDER.format(package=str(package)))
    assert stage.run("prepackage").returncode == 0

    with zipfile.ZipFile(archives["durableTaskScheduler"]) as archive:
        wanted = {name for name in archive.namelist() if not name.endswith("/")}
    assert packed(stage.root / "build" / "package") == wanted
    assert any(name.endswith(".pyc") for name in wanted)
    assert any(name.startswith(".python_packages/lib/site-packages/") for name in wanted)
