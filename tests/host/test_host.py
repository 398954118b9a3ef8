"""An app comes up, does its work and goes; everything about the host as a whole."""

import os
import random
import re
import sys
from pathlib import Path

import httpx
import pytest

from local.clock import ManualClock
from local.host import AppError, Host, MemoryQueues
from local.host.server import listen
from tests.host.engines import kinds
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


async def test_settings_are_the_environment_while_the_app_runs(
    queues: MemoryQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKHUB_NAME", "from outside")
    monkeypatch.delenv("NAMES_QUEUE", raising=False)
    async with Host(APP, SETTINGS, queues=queues):
        assert os.environ["TASKHUB_NAME"] == "hub"
    assert os.environ["TASKHUB_NAME"] == "from outside"
    assert "NAMES_QUEUE" not in os.environ


async def test_an_app_with_a_binding_that_is_lacking_is_refused(tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text(
        "import azure.functions as func\n"
        "app = func.FunctionApp()\n"
        "@app.blob_trigger(arg_name='blob', path='a/b', connection='Storage')\n"
        "def read(blob: func.InputStream) -> None: ...\n"
    )
    with pytest.raises(AppError, match="'read' uses the binding 'blobTrigger'"):
        async with Host(tmp_path, {}):
            pass


async def test_a_directory_without_an_app_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AppError, match=re.escape(f"no function_app.py with functions in {tmp_path}")):
        async with Host(tmp_path, {}):
            pass


async def test_a_port_that_is_taken_is_reported(host: Host, queues: MemoryQueues) -> None:
    port = int(host.url.rsplit(":", 1)[1])
    with pytest.raises(AppError, match=f"Port {port}"):
        listen(port)


async def test_the_clock_never_runs_ahead_of_what_is_under_way(host: Host, queues: MemoryQueues) -> None:
    """Orchestrations with timers at odd times, with every kind of call between them, lose no second."""
    odd = random.Random(7)
    for number in range(12):
        steps = [odd.randrange(1, 500) for _ in range(3)]
        await host.client.schedule_new_orchestration("walk", input=steps, instance_id=f"walk-{number}")
        await queues.send("names", "somebody")
    await host.idle()
    states = [await host.client.get_orchestration_state(f"walk-{number}") for number in range(12)]
    assert [state and state.get_output() for state in states] == [0.0] * 12
    assert {host.engine.status(instance_id) for instance_id in host.engine.instance_ids()} == {"Completed"}


async def test_an_activity_that_does_not_finish_does_not_hold_up_the_end(
    queues: MemoryQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.host.host.GRACE", 0.05)
    async with Host(APP, SETTINGS, queues=queues) as host:
        for activity in ("hang", "block"):  # one on the loop, one in a thread
            call = {"activity": activity, "input": "x"}
            await host.client.schedule_new_orchestration("call_one", input=call, instance_id=activity)
            await host.wait_until(lambda: "taskScheduled" in kinds(host.engine.history(activity)))  # noqa: B023
        gate = sys.modules["function_app"].gate
    assert host.engine.status("hang") == host.engine.status("block") == "Running"
    gate.set()


async def test_a_failure_of_the_host_itself_reaches_whoever_waits(host: Host) -> None:
    host._pulse.fail(ZeroDivisionError("a fault of the host"))
    with pytest.raises(ZeroDivisionError):
        await host.idle()
    with pytest.raises(ZeroDivisionError):
        await host.wait_until(lambda: False)


async def test_stack_traces_are_kept_only_if_asked(queues: MemoryQueues) -> None:
    async with Host(APP, SETTINGS, queues=queues, keep_stacks=True) as host:
        call = {"activity": "fail", "input": "chained"}
        await host.client.schedule_new_orchestration("describe_failure", input=call, instance_id="x")
        await host.idle()
        state = await host.client.get_orchestration_state("x")
        assert state is not None
        assert "inner secret" in state.get_output()["stack"]
