"""The checks: functions over a root folder that yield problems, in words. Their names are what they promise.

Tests run them over the checkout; the mutation test runs them over copies that have a fault, each of which must be a
problem to the check that is there for it.
"""

from collections.abc import Callable, Iterator
from importlib import import_module

from tests.infra.tree import Tree

type Check = Callable[[Tree], Iterator[str]]

_MODULES = (
    "access",
    "agreement",
    "authentication",
    "events",
    "hardening",
    "names",
    "network",
    "order",
    "package",
    "runtime",
    "sources",
    "values",
    "watching",
)
LIGHT: dict[str, Check] = {
    check.__name__: check for name in _MODULES for check in import_module(f"{__name__}.{name}").CHECKS
}
"""Those that need nothing but committed files."""
