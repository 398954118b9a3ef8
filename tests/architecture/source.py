"""The project's own source, parsed once. Used by the architecture tests."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = ("domain", "arm", "activities", "orchestrators", "triggers", "wiring")


@cache
def parsed(*folders: str) -> dict[str, ast.Module]:
    """Module by path, such as `triggers/http.py`, of the given folders; function_app.py goes with `wiring`."""
    files = [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]
    if "wiring" in folders:
        files.append(ROOT / "function_app.py")
    assert files
    return {str(file.relative_to(ROOT)): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def nodes(kind: type[ast.AST] | tuple[type[ast.AST], ...], *folders: str) -> Iterator[tuple[str, Any]]:
    """Every node of a kind, or of several, with `path:line`."""
    for path, module in parsed(*folders).items():
        for node in ast.walk(module):
            if isinstance(node, kind):
                yield f"{path}:{getattr(node, 'lineno', 0)}", node
