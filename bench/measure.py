"""What a benchmark hands back: measures, each with its raw samples, and a bound where one was set."""

import statistics
from dataclasses import dataclass, field
from typing import Any, Literal

DIGITS = 4


@dataclass(frozen=True)
class Bound:
    """What the median should be: at most, or at least, a value."""

    kind: Literal["at most", "at least"]
    value: float

    def holds(self, measured: float) -> bool:
        """Whether it is met."""
        return measured <= self.value if self.kind == "at most" else measured >= self.value


@dataclass(frozen=True)
class Measure:
    """One number, measured several times. details: whatever explains it, plain JSON."""

    name: str
    unit: str
    samples: list[float]
    bound: Bound | None = None
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """The median of the samples."""
        return statistics.median(self.samples)

    @property
    def met(self) -> bool | None:
        """Whether the bound is met; None without one."""
        return None if self.bound is None else self.bound.holds(self.median)

    def to_json(self) -> dict[str, Any]:
        """As build/bench.json has it."""
        bound = None if self.bound is None else {self.bound.kind: self.bound.value}
        return {
            "name": self.name,
            "unit": self.unit,
            "median": round(self.median, DIGITS),
            "bound": bound,
            "met": self.met,
            "samples": [round(sample, DIGITS) for sample in self.samples],
            "note": self.note,
            "details": self.details,
        }


def medians(rows: list[dict[str, float]]) -> dict[str, float]:
    """The median of each field over rows of the same fields."""
    return {name: round(statistics.median(row[name] for row in rows), DIGITS) for name in rows[0]}
