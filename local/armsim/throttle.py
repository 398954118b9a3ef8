"""How many requests a subscription may send: ARM's token buckets, and Compute's own quotas by operation.

Counted always, because every answer says what is left; refused (429) only where the throttle is `on`. There is one
caller here, so that the limits by caller and by subscription are counted together. Speed divides the refill.
"""

import json
import math
from datetime import timedelta

from local.armsim.errors import ArmError
from local.armsim.limits import Limit, buckets
from local.armsim.operations import stamp
from local.armsim.world import World

_MOST = 20_000  # buckets that are kept


class Throttle:
    """The buckets of one world: name → what is left, and when that was."""

    def __init__(self, world: World, *, on: bool = False) -> None:
        self._world, self.on = world, on
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, method: str, path: str) -> tuple[dict[str, str], ArmError | None]:
        """Count one request: the headers that say what is left, and the refusal where the throttle is on."""
        now = self._world.now().timestamp()
        saved = self.on or method not in ("GET", "HEAD")  # what reads used is worth no transaction unless it counts
        levels = [(limit, bucket, *self._level(limit, bucket, now)) for limit, bucket in buckets(method, path)]
        for limit, _, left, since in levels:
            if self.on and left < 1:
                return {}, self._refusal(limit, left, since, method, path)
        headers: dict[str, str] = {}
        shared = []
        for limit, bucket, left, since in levels:
            rest = max(left - 1, 0)
            self._left[bucket] = (rest, since)
            if saved:
                self._world.changes.note("bucket", bucket)
            if limit.compute:
                shared.append(f"Microsoft.Compute/{limit.name};{int(rest)}")
            elif limit.shown:
                headers[f"x-ms-ratelimit-remaining-{limit.shown}"] = str(int(rest))
        if shared:
            headers["x-ms-ratelimit-remaining-resource"] = ",".join(shared)
        self._forget()
        return headers, None

    def names(self) -> list[str]:
        """Every bucket that was drawn from."""
        return list(self._left)

    def level(self, name: str) -> list[float] | None:
        """What is left in a bucket, and since when, as plain values."""
        found = self._left.get(name)
        return None if found is None else list(found)

    def restore(self, name: str, level: list[float]) -> None:
        """Go on from an earlier `level`."""
        self._left[name] = (float(level[0]), float(level[1]))

    def clear(self) -> None:
        """Fill all buckets."""
        self._left.clear()

    def _level(self, limit: Limit, bucket: str, now: float) -> tuple[float, float]:
        """Tokens in a bucket now, and since when they count."""
        left, since = self._left.get(bucket, (limit.size, now))
        passed = round((now - since) * self._world.speed, 3)
        if limit.whole:
            return (limit.size, now) if passed >= limit.seconds else (left, since)
        return min(limit.size, left + passed * limit.size / limit.seconds), now

    def _forget(self) -> None:
        """Once there are very many buckets, take those of single resources for full again."""
        if len(self._left) > _MOST:
            for name in [name for name in self._left if name.count("/") > 1]:
                del self._left[name]
                self._world.changes.note("bucket", name)

    def _refusal(self, limit: Limit, left: float, since: float, method: str, path: str) -> ArmError:
        world = self._world
        parts = [part for part in path.split("/") if part]
        now = world.now()
        passed = (now.timestamp() - since) * world.speed
        wait = max(1, math.ceil(limit.seconds - passed if limit.whole else (1 - left) * limit.seconds / limit.size))
        headers = world.retry_after(wait)
        if not limit.compute:
            return ArmError(
                429,
                "SubscriptionRequestsThrottled",
                f"Number of requests for subscription '{parts[1]}' and operation '{method}/{_types(parts)}/' exceeded "
                f"the backend storage limit. Please try again after '{wait}' seconds.",
                gateway=True,
                headers=headers,
            )
        measured = {
            "operationGroup": limit.name,
            "startTime": stamp(now - timedelta(seconds=passed if limit.whole else limit.seconds)),
            "endTime": stamp(now),
            "allowedRequestCount": limit.size,
            "measuredRequestCount": limit.size + 1,
        }
        return ArmError(
            429,
            "OperationNotAllowed",
            "The server rejected the request because too many requests have been received for this subscription.",
            details=[{"code": "TooManyRequests", "target": limit.name, "message": json.dumps(measured)}],
            inner={"internalErrorCode": "TooManyRequestsReceived"},
            headers=headers,
        )


def _types(parts: list[str]) -> str:
    """`SUBSCRIPTIONS/RESOURCEGROUPS/PROVIDERS/MICROSOFT.COMPUTE/DISKS`: a path without its names (recorded)."""
    path = [part.upper() for part in parts]
    at = path.index("PROVIDERS") if "PROVIDERS" in path else len(path)
    return "/".join([*path[:at:2], *path[at : at + 2], *path[at + 2 :: 2]])
