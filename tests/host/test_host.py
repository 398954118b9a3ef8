"""An app comes up, does its work and goes; everything about the host as a whole."""

from pathlib import Path

import httpx
import pytest

from local.clock import ManualClock
from local.host import AppError, Host, MemoryQueues
from tests.host.support import APP, SETTINGS


async def test_an_http_request_starts_an_orchestration_that_runs_to_its_end(
    host: Host, http: httpx.AsyncClient, clock: ManualClock
) -> None:
    before = clock.now()
    answer = await http.post("/api/greetings/World?id=first")
    assert (answer.status_code, answer.text) == (202, "first")
    state = await host.client.wait_for_orchestration_completion("first", timeout=10)
    assert state is not None
    assert state.get_output() == "Hello Hello World"
    assert (clock.now() - before).total_seconds() == 3600


async def test_a_queue_message_starts_an_orchestration_and_is_gone(host: Host, queues: MemoryQueues) -> None:
    await queues.send("names", "Queue")
    [message] = queues.messages("names")
    await host.idle()
    assert queues.messages("names") == []
    assert host.engine.status(message.id) == "Completed"


async def test_one_host_after_the_other_indexes_the_app_afresh(queues: MemoryQueues) -> None:
    for _ in range(2):
        async with Host(APP, SETTINGS, queues=queues) as host:
            assert host.engine.instance_ids() == []


async def test_two_hosts_at_once_are_refused(host: Host, queues: MemoryQueues) -> None:
    with pytest.raises(RuntimeError, match="one at a time"):
        async with Host(APP, SETTINGS, queues=queues):
            pass
    await host.idle()


async def test_an_app_that_cannot_be_loaded_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text("raise ImportError('no such thing')")
    with pytest.raises(AppError, match="no such thing"):
        async with Host(tmp_path, {}):
            pass
    async with Host(APP, SETTINGS, queues=MemoryQueues(ManualClock())):
        pass
