"""What a replay says: one line a difference, and the scores."""

import re
from collections import Counter

from tests.contract.replay.player import Interaction


def score(played: list[Interaction]) -> float:
    """The share of what was replayed that had no difference, in percent."""
    counted = [one for one in played if not one.skipped]
    return 100.0 * sum(not one.differences for one in counted) / len(counted) if counted else 100.0


def differences(played: list[Interaction], kind: str = "") -> list[str]:
    """`recording, index, method, short path, kind, what: expected → got`."""
    return [
        f"{one.recording}, {one.index}, {one.method}, {_short(one.path)}, {each.kind}, "
        f"{each.what}{': ' if each.what else ''}{each.expected} → {each.got}"
        for one in played
        for each in one.differences
        if kind in ("", each.kind)
    ]


def summary(played: list[Interaction]) -> str:
    """Scores by recording, differences by kind, and what was skipped for which reason."""
    lines = [f"{'recording':<70} {'same':>5} {'of':>5} {'%':>6} {'skipped':>8}"]
    for name in [*dict.fromkeys(one.recording for one in played), "all"]:
        own = [one for one in played if name in (one.recording, "all")]
        counted = [one for one in own if not one.skipped]
        same = sum(not one.differences for one in counted)
        lines.append(f"{name:<70} {same:>5} {len(counted):>5} {score(own):>6.1f} {len(own) - len(counted):>8}")
    kinds = Counter(each.kind for one in played for each in one.differences)
    spoilt = {kind: sum(any(each.kind == kind for each in one.differences) for one in played) for kind in kinds}
    lines += [
        "",
        *(f"{kind:<12} {count:>5} differences in {spoilt[kind]} interactions" for kind, count in kinds.most_common()),
    ]
    reasons = Counter(one.skipped for one in played if one.skipped)
    lines += ["", *(f"skipped {count:>4}: {reason}" for reason, count in reasons.most_common())]
    return "\n".join(lines)


def _short(path: str) -> str:
    """A path from its namespace on, or from its group."""
    tail = path.rpartition("/providers/")[2] if "/providers/" in path else re.sub(r"^/subscriptions/[^/]+", "", path)
    return re.sub(r"[A-Za-z0-9]{40,}", "…", tail).removeprefix("Microsoft.")
