"""What takes the compiler: no diagnostic, the house's format, and committed files that are what the sources give."""

from collections.abc import Iterator
from typing import Any

from tests.infra import bicep
from tests.infra.tree import SHAPES, Tree

GENERATOR = "_generator"


def sources_compile_without_a_diagnostic(tree: Tree) -> Iterator[str]:
    """Warnings and the linter's rules included, in every file; the compiler itself is content with warnings."""
    for path in tree.sources:
        if path.endswith(".bicep"):
            _, diagnostics = bicep.build(tree.root / path)
            yield from map(str, diagnostics)


def sources_are_formatted(tree: Tree) -> Iterator[str]:
    """`bicep format` leaves each file as it is."""
    for path, text in tree.sources.items():
        if bicep.formatted(tree.root / path) != text:
            yield f"{path} is not as `bicep format` writes it"


def the_compiled_template_is_that_of_the_sources(tree: Tree) -> Iterator[str]:
    """infra/main.json, apart from the stamp of the compiler's version."""
    compiled, diagnostics = bicep.build(tree.root / "infra/main.bicep")
    if compiled is None:
        yield from map(str, diagnostics)
    elif unstamped(compiled) != unstamped(tree.template.content):
        yield "infra/main.json is not what infra/main.bicep compiles to: make infra"


def snapshots_are_those_of_the_sources(tree: Tree) -> Iterator[str]:
    """The committed snapshot of each shape is what the compiler takes today."""
    for shape, committed in tree.snapshots.items():
        taken = bicep.snapshot(tree.root / SHAPES / f"{shape}.bicepparam")
        if taken != committed.content:
            yield f"{SHAPES}/{shape}.snapshot.json is not what the sources give: make infra"


def unstamped(value: Any) -> Any:
    """A compiled template without the compiler's stamps."""
    if isinstance(value, dict):
        return {name: unstamped(held) for name, held in value.items() if name != GENERATOR}
    return [unstamped(held) for held in value] if isinstance(value, list) else value


CHECKS = (
    sources_compile_without_a_diagnostic,
    sources_are_formatted,
    the_compiled_template_is_that_of_the_sources,
    snapshots_are_those_of_the_sources,
)
