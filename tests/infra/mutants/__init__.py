"""Seeded faults: each is one edit of one file, and names the check that is there for it.

tests/infra/test_mutants.py applies them to copies. A check that no fault here wakes up may be a check of nothing.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault. `old` occurs in the file once and becomes `new`; `caught_by`: the name of the check.

    shapes: whose snapshots are taken again, where the file is one that the compiler reads.
    """

    name: str
    path: str
    old: str
    new: str
    caught_by: str
    shapes: tuple[str, ...] = ("default",)

    @property
    def compiled(self) -> bool:
        """Whether the fault shows only after the template was compiled again."""
        return self.path.endswith(".bicep") and self.caught_by not in READ_FROM_SOURCE


READ_FROM_SOURCE = frozenset({"nothing_asks_azure_for_a_key", "no_module_comes_from_a_registry"})
"""Checks that read the Bicep files themselves."""
