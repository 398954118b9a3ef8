"""Who may import whom, as pyproject.toml says; and what the contracts cannot say."""

import ast
import subprocess
import sys

from tests.architecture.source import PRODUCTION, ROOT, nodes


def test_the_import_contracts_hold() -> None:
    """In a process of its own: import-linter configures logging, which disables every logger that exists."""
    lint = "from importlinter import cli; raise SystemExit(cli.lint_imports(no_cache=True))"
    linted = subprocess.run([sys.executable, "-c", lint], cwd=ROOT, capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout


def test_no_production_module_reaches_into_what_is_not_deployed() -> None:
    """Inside functions too, where the contracts' graph has them, and by name, where it has not."""
    reached = [
        where
        for where, node in nodes((ast.Import, ast.ImportFrom), *PRODUCTION)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
        if name.split(".")[0] in ("local", "cli", "tests", "bench")
    ]
    assert reached == []


def test_the_command_line_takes_nothing_of_azure_but_tokens() -> None:
    """And loads that with the first token only: no other command pays half a second for it."""
    taken = [
        (where.partition(":")[0], name)
        for where, node in nodes((ast.Import, ast.ImportFrom), "cli")
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
        if name.split(".")[0] == "azure"
    ]
    assert set(taken) == {("cli/tokens.py", "azure.identity")}
    loaded = "import sys, cli.main; raise SystemExit(any(name.split('.')[0] == 'azure' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, check=False).returncode == 0


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        where.partition(":")[0]
        for where, node in nodes(ast.Attribute, *PRODUCTION)
        if node.attr in ("environ", "getenv") and isinstance(node.value, ast.Name) and node.value.id == "os"
    }
    assert readers == {"wiring/settings.py"}


def test_production_code_neither_prints_nor_swallows() -> None:
    """A bare except, or one of BaseException, would swallow cancellation too."""
    printed = [where for where, node in nodes(ast.Name, *PRODUCTION) if node.id == "print"]
    bare = [
        where
        for where, node in nodes(ast.ExceptHandler, *PRODUCTION)
        if node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "BaseException")
    ]
    assert (printed, bare) == ([], [])
