"""Durations as Azure writes them, in ISO 8601."""

from datetime import timedelta


def parse_duration(value: str) -> float:
    """Seconds of an ISO 8601 duration of hours, minutes and seconds; 0 for anything else."""
    total, number = timedelta(), ""
    for char in value.upper().removeprefix("PT"):
        if char.isdigit() or char == ".":
            number += char
            continue
        unit = {"H": "hours", "M": "minutes", "S": "seconds"}.get(char)
        if unit is None or not number:
            return 0.0
        total += timedelta(**{unit: float(number)})
        number = ""
    return total.total_seconds()
