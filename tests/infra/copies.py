"""Copies of what the checks look at, in a folder of their own, where a file may be changed."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from tests.infra import bicep
from tests.infra.tree import ROOT, SHAPES, Tree

PARTS = (
    ".funcignore",
    ".python-version",
    "activities",
    "arm",
    "azure.yaml",
    "domain",
    "function_app.py",
    "host.json",
    "pyproject.toml",
    "requirements.in",
    "requirements.txt",
    "rollouts.yaml",
    "infra",
    "orchestrators",
    "scripts",
    "tests/infra/golden",
    "tests/infra/operations",
    "tests/infra/shapes",
    "tests/world.py",
    "triggers",
    "wiring",
)
NO_LINTER = {"analyzers": {"core": {"enabled": False}}}
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc")


def copy_to(folder: Path) -> Tree:
    """The parts of the checkout that checks read, below `folder`."""
    for part in PARTS:
        source, target = ROOT / part, folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=_LEFT_OUT, dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target)
    return Tree(folder)


def edit(tree: Tree, path: str, old: str, new: str) -> None:
    """Replace a text that occurs in the file once; a text that is gone would be a change that changes nothing."""
    text = tree.text(path)
    assert text.count(old) == 1, f"{path} holds {old!r} {text.count(old)} times"
    (tree.root / path).write_text(text.replace(old, new), encoding="utf-8")


def compile_again(tree: Tree, shapes: Iterable[str], *, linted: bool = True) -> Tree:
    """The tree with the template and these snapshots as its sources give; BicepError where they do not compile.

    linted: without the linter, a fault is left to whatever else may find it.
    """
    if not linted:
        (tree.root / "infra/bicepconfig.json").write_text(json.dumps(NO_LINTER), encoding="utf-8")
    compiled, diagnostics = bicep.build(tree.root / "infra/main.bicep")
    if compiled is None:
        raise bicep.BicepError("; ".join(str(one) for one in diagnostics if one.level == "error"))
    (tree.root / "infra/main.json").write_text(json.dumps(compiled), encoding="utf-8")
    for shape in shapes:
        taken = bicep.snapshot(tree.root / SHAPES / f"{shape}.bicepparam")
        (tree.root / SHAPES / f"{shape}.snapshot.json").write_text(json.dumps(taken), encoding="utf-8")
    return Tree(tree.root)
