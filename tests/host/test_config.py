"""host.json: real defaults, real limits, and an error that names the option."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local.host import AzureQueues
from local.host.config import HostConfig, resolve
from local.host.worker import AppError

CONNECTION = "DefaultEndpointsProtocol=https;AccountName=mine;AccountKey=aGk=;EndpointSuffix=core.windows.net"


def load(tmp_path: Path, extensions: dict[str, Any], **settings: str) -> HostConfig:
    (tmp_path / "host.json").write_text(json.dumps({"version": "2.0", "extensions": extensions}))
    return HostConfig.load(tmp_path, settings)


def test_without_host_json_everything_has_azures_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    config = HostConfig.load(tmp_path, {})
    assert config.route_prefix == "api"
    assert config.queues.batch_size == 16
    assert config.queues.new_batch_threshold == 16
    assert config.queues.max_dequeue_count == 5
    assert config.queues.visibility_timeout == timedelta(0)
    assert config.queues.max_polling_interval == timedelta(minutes=1)
    assert config.queues.base64
    assert config.durable.max_activities == 20


def test_in_development_polling_is_quick_unless_configured(tmp_path: Path) -> None:
    development = {"AZURE_FUNCTIONS_ENVIRONMENT": "Development"}
    assert load(tmp_path, {}, **development).queues.max_polling_interval == timedelta(seconds=2)
    configured = load(tmp_path, {"queues": {"maxPollingInterval": "1.00:00:05.5"}}, **development)
    assert configured.queues.max_polling_interval == timedelta(days=1, seconds=5.5)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("batchSize", 33),
        ("batchSize", "8"),
        ("newBatchThreshold", -1),
        ("maxDequeueCount", 0),
        ("visibilityTimeout", "30"),
        ("maxPollingInterval", "00:00:00.05"),
        ("messageEncoding", "utf-8"),
    ],
)
def test_a_value_out_of_bounds_is_refused_by_name(tmp_path: Path, option: str, value: object) -> None:
    with pytest.raises(AppError, match=option):
        load(tmp_path, {"queues": {option: value}})


def test_names_between_percent_signs_are_settings(tmp_path: Path) -> None:
    assert load(tmp_path, {"durableTask": {"hubName": "%HUB%"}}, HUB="mine").durable.hub_name == "mine"
    assert resolve("a-%X%-%Y%", {"X": "1", "Y": "2"}) == "a-1-2"
    with pytest.raises(AppError, match="%Z%"):
        resolve("%Z%", {})


@pytest.mark.parametrize(
    ("name", "settings", "account"),
    [
        ("ImageEvents", {"ImageEvents": "UseDevelopmentStorage=true"}, "devstoreaccount1"),
        ("", {"AzureWebJobsStorage": CONNECTION}, "mine"),
        ("ImageEvents", {"AzureWebJobsImageEvents": CONNECTION}, "mine"),
        ("ImageEvents", {"ImageEvents__queueServiceUri": "https://yours.queue.core.windows.net"}, "yours"),
    ],
)
async def test_a_connection_is_a_string_or_an_address(name: str, settings: dict[str, str], account: str) -> None:
    queues = AzureQueues.from_setting(name, settings)
    assert queues.account == account
    await queues.close()
