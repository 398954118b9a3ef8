"""host.json and app settings, as the host reads them: every option with the real default and limits.

Sources: azure-functions-host (HostJsonFileConfigurationSource), QueuesOptions.cs of azure-sdk-for-net,
DurableTaskOptions.cs of azure-functions-durable-extension. host.py loads them once.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from local.host.worker import AppError


@dataclass(frozen=True)
class QueueOptions:
    """`extensions.queues`: how messages are fetched and what becomes of those that fail."""

    batch_size: int
    new_batch_threshold: int
    max_dequeue_count: int
    visibility_timeout: timedelta
    max_polling_interval: timedelta
    base64: bool

    @classmethod
    def parse(cls, section: Mapping[str, Any], settings: Mapping[str, str]) -> "QueueOptions":
        """Raises AppError that names the option at fault."""
        batch = _whole(section, "batchSize", 16, low=1, high=32)
        # In Development the host looks every two seconds, unless host.json says otherwise.
        development = settings.get("AZURE_FUNCTIONS_ENVIRONMENT", "").lower() == "development"
        polling = _span(section, "maxPollingInterval", "00:00:02" if development else "00:01:00")
        if polling < timedelta(milliseconds=100):
            raise AppError("host.json: queues.maxPollingInterval must be at least 00:00:00.1000000.")
        encoding = str(section.get("messageEncoding", "base64")).lower()
        if encoding not in ("base64", "none"):
            raise AppError(f"host.json: queues.messageEncoding is {encoding!r}, not base64 or none.")
        threshold = batch // 2 * (os.cpu_count() or 1)
        return cls(
            batch_size=batch,
            new_batch_threshold=_whole(section, "newBatchThreshold", threshold, low=0),
            max_dequeue_count=_whole(section, "maxDequeueCount", 5, low=1),
            visibility_timeout=_span(section, "visibilityTimeout", "00:00:00"),
            max_polling_interval=polling,
            base64=encoding == "base64",
        )


@dataclass(frozen=True)
class DurableOptions:
    """`extensions.durableTask`, as far as this engine has a use for it."""

    hub_name: str
    max_orchestrators: int
    max_activities: int

    @classmethod
    def parse(cls, section: Mapping[str, Any], settings: Mapping[str, str]) -> "DurableOptions":
        """Raises AppError that names the option at fault."""
        default = 10 * (os.cpu_count() or 1)
        return cls(
            hub_name=resolve(str(section.get("hubName", "TestHubName")), settings),
            max_orchestrators=_whole(section, "maxConcurrentOrchestratorFunctions", default, low=1),
            max_activities=_whole(section, "maxConcurrentActivityFunctions", default, low=1),
        )


@dataclass(frozen=True)
class HostConfig:
    """What this host takes from host.json; what it does not know it leaves alone."""

    route_prefix: str
    queues: QueueOptions
    durable: DurableOptions

    @classmethod
    def load(cls, app_dir: Path, settings: Mapping[str, str]) -> "HostConfig":
        """Read `app_dir`/host.json; without one, everything has its default."""
        path = app_dir / "host.json"
        document = json.loads(path.read_text()) if path.exists() else {}
        extensions: Mapping[str, Any] = document.get("extensions", {})
        return cls(
            route_prefix=str(extensions.get("http", {}).get("routePrefix", "api")).strip("/"),
            queues=QueueOptions.parse(extensions.get("queues", {}), settings),
            durable=DurableOptions.parse(extensions.get("durableTask", {}), settings),
        )


def resolve(text: str, settings: Mapping[str, str]) -> str:
    """Replace every `%NAME%` by the setting of that name. AppError if there is none."""

    def value(match: re.Match[str]) -> str:
        try:
            return settings[match[1]]
        except KeyError:
            raise AppError(f"'%{match[1]}%' does not resolve: there is no app setting of that name.") from None

    return re.sub(r"%([^%]+)%", value, text)


def _whole(section: Mapping[str, Any], name: str, default: int, *, low: int, high: int | None = None) -> int:
    value = section.get(name, default)
    if not isinstance(value, int) or value < low or (high is not None and value > high):
        limits = f"at least {low}" if high is None else f"{low} to {high}"
        raise AppError(f"host.json: {name} is {value!r}; it must be a whole number, {limits}.")
    return value


def _span(section: Mapping[str, Any], name: str, default: str) -> timedelta:
    """A .NET TimeSpan: `[days.]hours:minutes:seconds[.fraction]`."""
    text = str(section.get(name, default))
    match = re.fullmatch(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2}(?:\.\d{1,7})?)", text)
    if match is None:
        raise AppError(f"host.json: {name} is {text!r}, not a time such as 00:00:30.")
    days, hours, minutes, seconds = match.groups(default="0")
    return timedelta(days=int(days), hours=int(hours), minutes=int(minutes), seconds=float(seconds))
