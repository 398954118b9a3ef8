"""How the writes of a provider look on the wire, as recorded traffic shows it: `Wire`, a field of each row."""

from dataclasses import dataclass
from typing import Literal

type State = Literal["Creating", "Updating", "Deleting", "Succeeded", "Failed"]


@dataclass(frozen=True, slots=True)
class Wire:
    """How a provider's writes look on the wire: as recorded traffic shows it, one value a family."""

    operations: str
    """Path segment of its operation URLs: `capsOperations`, `operations`; empty: no operation at all."""
    bare: bool = False
    """Operation bodies hold nothing but the status (Network)."""
    notify: bool = False
    """Sends `Azure-AsyncNotification: Enabled`."""
    silent: frozenset[str] = frozenset()
    """Actions that do not."""
    retry_after: float | None = None
    """Retry-After of a PUT or PATCH, in seconds."""
    polls: tuple[float | None, ...] = (None,)
    """Retry-After of InProgress polls, in order; the last one repeats."""
    update_polls: tuple[float | None, ...] = ()
    """The same for actions and for writes to what was there; empty: as `polls`."""
    delete_retry_after: float | None = None
    delete_polls: tuple[float | None, ...] = (None,)
    creating: State = "Creating"
    """State that the body of a creating PUT shows."""
    accepted: bool = False
    """PUT and PATCH answer 202, and both their URLs lead to the resource (disks)."""
    done_at_once: bool = False
    """The PUT's own body already says Succeeded."""
    end_of_monitor: int = 200
