"""A root folder as the checks see it: the checkout, or a copy with a fault in it. Everything is read once, and as text.

Nothing of the root is imported: a copy's code must not run in place of the checkout's.
"""

import ast
import json
import re
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.infra.snapshot import Resource, Snapshot
from tests.infra.template import Template

ROOT = Path(__file__).resolve().parents[2]
SHAPES = Path("tests/infra/shapes")
SITE = "Microsoft.Web/sites"
_LINES = re.MULTILINE | re.DOTALL


class Tree:
    """Templates, snapshots, roles and the code that must agree with them, below one root."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root

    def text(self, path: str | Path) -> str:
        """A file of the root."""
        return (self.root / path).read_text(encoding="utf-8")

    def json(self, path: str | Path) -> Any:
        """A JSON file of the root."""
        return json.loads(self.text(path))

    @cached_property
    def sources(self) -> dict[str, str]:
        """Every Bicep file of infra/, by its path."""
        files = sorted((self.root / "infra").rglob("*.bicep*"))
        return {str(file.relative_to(self.root)): file.read_text(encoding="utf-8") for file in files if file.is_file()}

    @cached_property
    def template(self) -> Template:
        """The compiled main.bicep."""
        return Template(self.json("infra/main.json"))

    @cached_property
    def shapes(self) -> tuple[str, ...]:
        """The names of the shapes that have a parameter file."""
        return tuple(sorted(file.stem for file in (self.root / SHAPES).glob("*.bicepparam")))

    @cached_property
    def snapshots(self) -> dict[str, Snapshot]:
        """The snapshot of every shape."""
        return {shape: Snapshot(self.json(SHAPES / f"{shape}.snapshot.json")) for shape in self.shapes}

    def given(self, shape: str) -> dict[str, str]:
        """What the parameter file of a shape says, by parameter, as it is written there."""
        found = re.findall(r"^param (\w+) = (.*?)\n(?=^param |\Z)", self.text(SHAPES / f"{shape}.bicepparam"), _LINES)
        return {name: value.strip() for name, value in found}

    @cached_property
    def roles(self) -> list[dict[str, Any]]:
        """The rows of roles.json."""
        rows: list[dict[str, Any]] = self.json("infra/roles.json")
        return rows

    def each(self, kind: str) -> list[tuple[str, Resource]]:
        """Every resource of a type in every shape, with the shape's name."""
        return [(shape, one) for shape, snapshot in self.snapshots.items() for one in snapshot.of(kind)]

    def settings(self, shape: str) -> dict[str, str]:
        """The app settings of a shape, by name."""
        (site,) = self.snapshots[shape].of(SITE)
        return {one["name"]: one["value"] for one in site.properties["siteConfig"]["appSettings"]}

    def module(self, path: str) -> ast.Module:
        """A Python file of the root, parsed."""
        return ast.parse(self.text(path))

    def constant(self, path: str, name: str) -> Any:
        """The value of a module's constant, written out in its source."""
        for node in self.module(path).body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                    return ast.literal_eval(node.value)
        raise LookupError(f"{path} has no constant {name}")
