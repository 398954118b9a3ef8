"""The checks: functions over a root folder that yield problems, in words. Their names are what they promise.

Tests run them over the checkout; the mutation test runs them over copies that have a fault, each of which must be a
problem to the check that is there for it.
"""

from collections.abc import Callable, Iterator

from tests.infra.checks import (
    access,
    agreement,
    authentication,
    events,
    hardening,
    names,
    network,
    order,
    package,
    runtime,
    sources,
    values,
    watching,
)
from tests.infra.tree import Tree

type Check = Callable[[Tree], Iterator[str]]

LIGHT: dict[str, Check] = {
    check.__name__: check
    for module in (
        access,
        agreement,
        authentication,
        events,
        hardening,
        names,
        network,
        order,
        package,
        runtime,
        sources,
        values,
        watching,
    )
    for check in module.CHECKS
}
"""Those that need nothing but committed files."""
