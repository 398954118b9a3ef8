"""What orchestrations, entities and clients may count on, through the worker library and the engine."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import httpx
import pytest
from azure.durable_functions import DurableFunctionsClient
from durabletask.client import OrchestrationQuery, OrchestrationState, OrchestrationStatus
from durabletask.entities import EntityInstanceId
from durabletask.internal.orchestrator_service_pb2 import OrchestrationIdReusePolicy

from local.clock import ManualClock
from local.host import Host
from tests.host.engines import kinds


@pytest.fixture
def client(host: Host) -> DurableFunctionsClient:
    return host.client


async def run(host: Host, name: str, given: Any, instance_id: str = "x") -> OrchestrationState:
    """Start an orchestration and run everything to rest."""
    await host.client.schedule_new_orchestration(name, input=given, instance_id=instance_id)
    await host.idle()
    state = await host.client.get_orchestration_state(instance_id)
    assert state is not None
    return state


async def test_fan_out_and_in(host: Host) -> None:
    state = await run(host, "fan_out", ["A", "B", "C"])
    assert state.get_output() == ["Hello A", "Hello B", "Hello C"]


async def test_of_an_activitys_failure_only_type_and_first_line_arrive(host: Host) -> None:
    state = await run(host, "describe_failure", {"activity": "fail", "input": "first: line\nsecond"})
    assert state.get_output() == {
        "type": "ValueError",
        "message": "first: line",
        "stack": None,
        "inner": False,
    }
    chained = await run(host, "describe_failure", {"activity": "fail", "input": "chained"}, "y")
    assert chained.get_output() == {"type": "LookupError", "message": "outer", "stack": None, "inner": False}


async def test_an_activity_that_fails_without_a_message_has_failed(host: Host) -> None:
    state = await run(host, "describe_failure", {"activity": "fail", "input": ""})
    assert state.get_output()["type"] == "ValueError"


async def test_an_unknown_activity_fails_its_caller(host: Host) -> None:
    state = await run(host, "describe_failure", {"activity": "nothing", "input": 1})
    assert "'nothing' doesn't exist" in state.get_output()["message"]


async def test_an_unknown_orchestrator_fails(host: Host) -> None:
    state = await run(host, "nothing", 1)
    assert state.runtime_status is OrchestrationStatus.FAILED
    assert state.failure_details is not None
    assert "'nothing' doesn't exist" in state.failure_details.message


async def test_retries_of_the_sdk_wait_on_the_clock(host: Host, clock: ManualClock) -> None:
    before = clock.now()
    state = await run(host, "retry", "always")
    assert state.runtime_status is OrchestrationStatus.FAILED
    assert clock.now() - before == timedelta(minutes=2)


async def test_an_event_beats_a_timer(host: Host, client: DurableFunctionsClient, clock: ManualClock) -> None:
    host.auto_advance = False
    await client.schedule_new_orchestration("race", input=6, instance_id="x")
    await client.raise_orchestration_event("x", "GO", data="now")
    await host.idle()
    state = await client.get_orchestration_state("x")
    assert state is not None
    assert state.get_output() == "now"
    # The timer that lost died with the instance: nothing pulls the clock ahead.
    host.auto_advance = True
    await host.idle()
    assert clock.now() < datetime(2026, 11, 24, 9, tzinfo=UTC)


async def test_a_timer_beats_no_event(host: Host) -> None:
    assert (await run(host, "race", 6)).get_output() == "too late"


async def test_events_before_the_wait_are_kept_and_time_is_the_clocks(
    host: Host, client: DurableFunctionsClient
) -> None:
    host.auto_advance = False
    await client.schedule_new_orchestration("late_wait", input=6, instance_id="x")
    await client.raise_orchestration_event("x", "go", data=1)
    host.auto_advance = True
    state = await client.wait_for_orchestration_completion("x", timeout=10)
    assert state is not None
    assert state.get_output() == [1, "2026-11-24T14:00:00"]
    assert state.created_at == datetime(2026, 11, 24, 8)  # noqa: DTZ001 - the client's times are naive UTC
    assert state.last_updated_at == datetime(2026, 11, 24, 14)  # noqa: DTZ001


async def test_nothing_moves_the_clock_without_auto_advance(host: Host, clock: ManualClock) -> None:
    host.auto_advance = False
    await host.client.schedule_new_orchestration("greet", input="X", instance_id="x")
    await host.idle()
    assert clock.now() == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert host.engine.status("x") == "Running"
    clock.advance(3599)
    await host.idle()
    assert host.engine.status("x") == "Running"
    clock.advance(1)
    await host.idle()
    assert host.engine.status("x") == "Completed"


async def test_a_child_that_continues_as_new_answers_its_parent_and_gets_its_events(host: Host) -> None:
    state = await run(host, "parent", "the-child")
    assert state.get_output() == {"event": "from the parent", "parent": "x"}
    assert kinds(host.engine.history("x")).count("subOrchestrationInstanceCompleted") == 1
    assert len(host.engine.history("the-child")) < 12
    child = await host.client.get_orchestration_state("the-child")
    assert child is not None
    assert child.get_custom_status() == {"round": 40}


async def test_a_childs_failure_reaches_its_parent_as_it_was(host: Host) -> None:
    state = await run(host, "failing_parent", "the reason")
    assert state.get_output() == ["builtins.ValueError", "the reason"]


async def test_a_terminated_child_fails_its_parents_call(host: Host, client: DurableFunctionsClient) -> None:
    host.auto_advance = False
    await client.schedule_new_orchestration("failing_parent", input="never", instance_id="x")
    await host.wait_until(lambda: "the-child" in host.engine.instance_ids())
    await client.terminate_orchestration("the-child", output="stopped")
    await host.idle()
    state = await client.get_orchestration_state("x")
    assert state is not None
    assert state.get_output()[0] == "Terminated"


@pytest.mark.parametrize(("size", "status"), [(8190, "Running"), (8191, "Failed")])
async def test_a_custom_status_over_16_kb_of_utf16_fails_the_orchestration(host: Host, size: int, status: str) -> None:
    state = await run(host, "with_status", size)  # the JSON adds two quotes
    assert host.engine.status("x") == status
    if state.failure_details is not None:
        assert "16384" in state.failure_details.message


async def test_terminate_leaves_children_alone_even_if_asked(host: Host, client: DurableFunctionsClient) -> None:
    host.auto_advance = False
    await client.schedule_new_orchestration("failing_parent", input="m", instance_id="x")
    await host.wait_until(lambda: "the-child" in host.engine.instance_ids())
    await client.terminate_orchestration("x", recursive=True)
    await host.idle()
    assert (host.engine.status("x"), host.engine.status("the-child")) == ("Terminated", "Running")


async def test_what_is_over_refuses_events_and_termination(host: Host, client: DurableFunctionsClient) -> None:
    await run(host, "greet", "X")
    with pytest.raises(grpc.aio.AioRpcError) as event:
        await client.raise_orchestration_event("x", "go")
    assert event.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    with pytest.raises(grpc.aio.AioRpcError) as termination:
        await client.terminate_orchestration("x")
    assert termination.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    with pytest.raises(grpc.aio.AioRpcError) as missing:
        await client.terminate_orchestration("nobody")
    assert missing.value.code() is grpc.StatusCode.NOT_FOUND


async def test_suspended_orchestrations_wait_and_keep_their_events(host: Host, client: DurableFunctionsClient) -> None:
    host.auto_advance = False
    await client.schedule_new_orchestration("race", input=6, instance_id="x")
    await client.suspend_orchestration("x")
    await host.idle()
    assert host.engine.status("x") == "Suspended"
    await client.raise_orchestration_event("x", "go", data=7)
    await host.idle()
    assert host.engine.status("x") == "Suspended"
    await client.resume_orchestration("x")
    await host.idle()
    state = await client.get_orchestration_state("x")
    assert state is not None
    assert state.get_output() == 7


async def test_a_reuse_policy_is_honoured(host: Host, client: DurableFunctionsClient) -> None:
    await run(host, "greet", "X")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await client.schedule_new_orchestration(
            "greet", input="Y", instance_id="x", reuse_id_policy=OrchestrationIdReusePolicy()
        )
    assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS
    again = await run(host, "greet", "Y")
    assert again.get_output() == "Hello Hello Y"


async def test_a_start_at_a_time_waits_for_it(host: Host, clock: ManualClock) -> None:
    due = clock.now() + timedelta(hours=5)
    await host.client.schedule_new_orchestration("greet", input="X", instance_id="x", start_at=due)
    await host.client.wait_for_orchestration_start("x", timeout=10)
    assert clock.now() >= due


async def test_queries_page_and_filter_and_purge_forgets(host: Host, client: DurableFunctionsClient) -> None:
    for number in range(7):
        await client.schedule_new_orchestration(
            "call_one", input={"activity": "hello", "input": "X"}, instance_id=f"a-{number}"
        )
    await client.schedule_new_orchestration("fan_out", input=["X"], instance_id="b-0")
    await host.idle()
    everything = await client.get_all_orchestration_states(OrchestrationQuery(max_instance_count=3))
    assert [state.instance_id for state in everything] == [f"a-{number}" for number in range(7)] + ["b-0"]
    completed = OrchestrationQuery(runtime_status=[OrchestrationStatus.COMPLETED])
    assert len(await client.get_all_orchestration_states(completed)) == 8
    assert (await client.purge_orchestration("b-0")).deleted_instance_count == 1
    assert await client.get_orchestration_state("b-0") is None
    assert host.engine.purge(["a-0", "a-1"]) == 2
    assert host.engine.purge() == 5
    assert host.engine.instance_ids() == []
    with pytest.raises(LookupError, match="a-0"):
        host.engine.history("a-0")


async def test_rewind_runs_the_failed_activity_again(host: Host, client: DurableFunctionsClient) -> None:
    await run(host, "call_one", {"activity": "fail", "input": "m"})
    assert host.engine.status("x") == "Failed"
    await client.rewind_orchestration("x")
    await host.idle()
    assert host.engine.status("x") == "Failed"
    assert kinds(host.engine.history("x")).count("executionRewound") == 1


async def test_the_client_reads_the_history(host: Host, client: DurableFunctionsClient) -> None:
    await run(host, "greet", "X")
    history = await client.get_orchestration_history("x")
    assert len(history) == len(host.engine.history("x"))
    assert {event.timestamp.year for event in history} == {2026}


async def test_an_entity_serialises_its_callers(host: Host, client: DurableFunctionsClient) -> None:
    for number in range(3):
        await client.schedule_new_orchestration("count", input="k", instance_id=f"c-{number}")
    await host.idle()
    states = [await client.get_orchestration_state(f"c-{number}") for number in range(3)]
    numbers = sorted(state.get_output() % 100 for state in states if state is not None)
    assert numbers == [1, 2, 3]
    entity = await client.get_entity(EntityInstanceId("counter", "k"))
    assert entity is not None
    assert entity.get_state(int) == 303


async def test_an_entity_is_signalled_now_and_later(
    host: Host, client: DurableFunctionsClient, clock: ManualClock
) -> None:
    entity = EntityInstanceId("counter", "k")
    host.auto_advance = False
    await client.signal_entity(entity, "add", 5)
    await client.signal_entity(entity, "add", 7, signal_time=clock.now() + timedelta(hours=1))
    await host.idle()
    now = await client.get_entity(entity)
    host.auto_advance = True
    await host.idle()
    later = await client.get_entity(entity)
    assert now is not None
    assert later is not None
    assert (now.get_state(int), later.get_state(int)) == (5, 12)


async def test_an_entitys_failure_reaches_its_caller_and_changes_nothing(
    host: Host, client: DurableFunctionsClient
) -> None:
    await client.signal_entity(EntityInstanceId("counter", "k"), "add", 5)
    state = await run(host, "break_entity", "k")
    assert "boom" in state.get_output()
    entity = await client.get_entity(EntityInstanceId("counter", "k"))
    assert entity is not None
    assert entity.get_state(int) == 5


async def test_a_blocking_activity_holds_up_nobody(host: Host, client: DurableFunctionsClient) -> None:
    gate = sys.modules["function_app"].gate
    for number in range(8):
        await client.schedule_new_orchestration(
            "call_one", input={"activity": "block", "input": "X"}, instance_id=f"slow-{number}"
        )
    await client.schedule_new_orchestration("fan_out", input=["X"], instance_id="quick")
    await host.wait_until(lambda: host.engine.status("quick") == "Completed", timeout=10)
    assert host.engine.status("slow-0") == "Running"
    gate.set()
    await host.idle()
    assert host.engine.status("slow-7") == "Completed"


async def test_a_synchronous_client_waits_without_blocking_the_host(host: Host, http: httpx.AsyncClient) -> None:
    host.auto_advance = False
    await host.client.schedule_new_orchestration("greet", input="X", instance_id="x")
    waiting = asyncio.create_task(http.get("/api/waits/x"))
    await host.wait_until(lambda: host.engine.status("x") == "Running")
    await host.client.terminate_orchestration("x")
    assert (await waiting).text == "TERMINATED"


async def test_wait_until_takes_an_awaitable_and_gives_up_in_time(host: Host) -> None:
    async def finished() -> bool:
        state = await host.client.get_orchestration_state("x")
        return state is not None and state.runtime_status is OrchestrationStatus.COMPLETED

    await host.client.schedule_new_orchestration("greet", input="X", instance_id="x")
    await host.wait_until(finished)
    with pytest.raises(TimeoutError):
        await host.wait_until(lambda: False, timeout=0.05)
