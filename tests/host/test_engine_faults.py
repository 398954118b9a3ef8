"""Each mend of the engine: the fault in durabletask's backend, and its absence in ours.

The half that shows the fault fails as soon as an upgrade of durabletask mends it; then ours can go.
The numbers are those of local/host/README.md.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import durabletask.internal.orchestrator_service_pb2 as pb
import grpc
import pytest
from durabletask.internal import orchestrator_service_pb2_grpc as stubs
from durabletask.testing import in_memory_backend

from local.host.mends import MAX_HISTORY
from local.host.pulse import Pulse
from local.host.rpc import RpcServer
from local.host.work import CONTEXT, Refused
from tests.host.engines import TERMINAL, Bare, Mended, Player, again, call, child, done, kinds, timer

HOUR = timedelta(hours=1)


async def test_f1_the_server_tells_its_port_and_waiting_clients_block_nobody() -> None:
    bare = Bare(port=0)
    try:
        assert bare.backend.start().endswith(":0")
        assert bare.backend._server is not None
    finally:
        bare.backend.stop()

    mended = Mended()
    server = RpcServer(mended.engine, Pulse())
    await server.start()
    assert server.url.startswith("http://127.0.0.1:")
    assert not server.url.endswith(":0")
    async with grpc.aio.insecure_channel(server.url.removeprefix("http://")) as channel:
        stub: Any = stubs.TaskHubSidecarServiceStub(channel)  # type: ignore[no-untyped-call]
        waits = [stub.WaitForInstanceCompletion(pb.GetInstanceRequest(instanceId="none")) for _ in range(50)]
        await stub.StartInstance(pb.CreateInstanceRequest(instanceId="a", name="parent"), timeout=5)
        for wait in waits:
            wait.cancel()
    await server.stop()
    assert mended.engine.instance_ids() == ["a"]


def test_f1_ten_waiting_clients_block_the_bare_server() -> None:
    bare = Bare()
    server = grpc.server(ThreadPoolExecutor(max_workers=10))  # type: ignore[no-untyped-call]  # as its start()
    stubs.add_TaskHubSidecarServiceServicer_to_server(bare.backend, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    waiting = threading.Barrier(11)
    original = bare.backend._wait_for_state

    def wait_for_state(*arguments: Any, **options: Any) -> Any:
        waiting.wait(timeout=10)
        return original(*arguments, **options)

    bare.backend._wait_for_state = wait_for_state  # type: ignore[method-assign]
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:  # type: ignore[no-untyped-call]
        stub: Any = stubs.TaskHubSidecarServiceStub(channel)  # type: ignore[no-untyped-call]
        request = pb.GetInstanceRequest(instanceId="none")
        waits = [stub.WaitForInstanceCompletion.future(request, timeout=20) for _ in range(10)]
        waiting.wait(timeout=10)  # all ten threads wait now
        with pytest.raises(grpc.RpcError) as refused:
            stub.StartInstance(pb.CreateInstanceRequest(instanceId="a", name="parent"), timeout=0.3)
        assert refused.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED  # type: ignore[attr-defined]
        for wait in waits:
            wait.cancel()
    server.stop(None)
    bare.backend.reset()  # type: ignore[no-untyped-call]


async def test_f2_timers_take_no_threads() -> None:
    def threads_for_twenty_timers(player: Player) -> int:
        player.start("a")
        before = threading.active_count()
        soon = datetime.now(UTC) + timedelta(seconds=0.5)
        player.turn("a", *(timer(number, soon) for number in range(1, 21)))
        return threading.active_count() - before

    assert threads_for_twenty_timers(Bare()) == 20
    assert threads_for_twenty_timers(Mended()) == 0


async def test_f3_a_timer_dies_with_the_instance_that_set_it() -> None:
    def replace_an_instance_that_has_a_timer(player: Player, due: datetime) -> None:
        player.start("a")
        player.turn("a", timer(1, due), done())
        policy = pb.OrchestrationIdReusePolicy(replaceableStatus=TERMINAL)
        player.start("a", orchestrationIdReusePolicy=policy)
        player.turn("a", call(1))

    bare = Bare()
    others = set(threading.enumerate())
    replace_an_instance_that_has_a_timer(bare, datetime.now(UTC) + timedelta(seconds=0.2))
    for thread in set(threading.enumerate()) - others:
        thread.join(timeout=10)
    assert "timerFired" in kinds(bare.turn("a"))

    mended = Mended()
    replace_an_instance_that_has_a_timer(mended, mended.clock.now() + HOUR)
    mended.clock.advance(7200)
    assert mended.turn("a") is None


async def test_f3_a_timer_dies_with_its_execution_when_it_continues_as_new() -> None:
    mended = Mended()
    mended.start("a")
    mended.turn("a", timer(1, mended.clock.now() + HOUR), again())
    mended.turn("a", call(1))
    mended.clock.advance(7200)
    assert mended.turn("a") is None

    bare = Bare()
    others = set(threading.enumerate())
    bare.start("a")
    bare.turn("a", timer(1, datetime.now(UTC) + timedelta(seconds=0.2)), again())
    bare.turn("a", call(1))
    for thread in set(threading.enumerate()) - others:
        thread.join(timeout=10)
    assert "timerFired" in kinds(bare.turn("a"))


async def test_f3_an_answer_to_an_execution_that_is_over_is_dropped() -> None:
    mended = Mended()
    mended.start("a")
    mended.turn("a", call(1))
    late = mended.activity()
    assert late is not None
    mended.engine.RaiseEvent(pb.RaiseEventRequest(instanceId="a", name="go"), CONTEXT)
    mended.turn("a", again())
    mended.turn("a", call(1))
    mended.engine.complete_activity(late, "1")
    assert mended.turn("a") is None


async def test_f4_a_delayed_start_is_delayed() -> None:
    bare = Bare()
    bare.start("a", start_in=HOUR)
    assert bare.turn("a") is not None

    mended = Mended()
    mended.start("a", start_in=HOUR)
    mended.engine.RaiseEvent(pb.RaiseEventRequest(instanceId="a", name="early"), CONTEXT)
    assert mended.turn("a") is None
    mended.clock.move_to(datetime(2100, 1, 1, 1, tzinfo=UTC))
    assert kinds(mended.turn("a")) == ["orchestratorStarted", "executionStarted", "eventRaised"]


async def test_f5_a_finished_id_can_start_again() -> None:
    def start_twice(player: Player, **fields: Any) -> str:
        player.start("a")
        player.turn("a", done())
        try:
            player.start("a", **fields)
        except Refused as refusal:
            return refusal.code.name
        return "started"

    replace_nothing = pb.OrchestrationIdReusePolicy()
    assert start_twice(Bare()) == "ALREADY_EXISTS"
    assert start_twice(Mended()) == "started"
    assert start_twice(Mended(), orchestrationIdReusePolicy=replace_nothing) == "ALREADY_EXISTS"


async def test_f5_a_running_id_cannot() -> None:
    mended = Mended()
    mended.start("a")
    mended.turn("a", call(1))
    with pytest.raises(Refused) as refused:
        mended.start("a")
    assert refused.value.code is grpc.StatusCode.ALREADY_EXISTS


async def test_f6_a_parent_waits_for_its_child_however_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[float | None] = []
    asked = threading.Event()

    class Impatient(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            limits.append(timeout)
            asked.set()
            return False  # as if that time had passed

    def impatient(predicate: Any) -> in_memory_backend.StateWaiter:
        return waiter(predicate=predicate, event=Impatient())

    waiter = in_memory_backend.StateWaiter
    monkeypatch.setattr(in_memory_backend, "StateWaiter", impatient)
    bare = Bare()
    bare.start("a")
    bare.turn("a", child(1, "b"))
    assert asked.wait(timeout=10)
    assert limits == [30.0]
    bare.turn("b", done())
    assert bare.turn("a") is None

    mended = Mended()
    mended.start("a")
    mended.turn("a", child(1, "b"))
    mended.turn("b", timer(1, mended.clock.now() + 6 * HOUR))
    mended.clock.advance(6 * 3600)
    mended.turn("b", done())
    assert kinds(mended.turn("a")) == ["orchestratorStarted", "subOrchestrationInstanceCompleted"]


async def test_f6_a_child_knows_its_parent_also_after_continuing_as_new() -> None:
    def parents(player: Player) -> list[str]:
        player.start("a")
        player.turn("a", child(1, "b"))
        turns = [player.turn("b", again()), player.turn("b", done())]
        return [
            event.executionStarted.parentInstance.orchestrationInstance.instanceId
            for turn in turns
            for event in turn or ()
            if event.HasField("executionStarted")
        ]

    assert parents(Bare()) == ["", ""]
    assert parents(Mended()) == ["a", "a"]


async def test_f7_recursive_termination_reaches_the_children() -> None:
    def terminated(player: Player) -> list[str]:
        player.start("a")
        player.turn("a", child(1, "b"))
        player.turn("b", call(1))
        player.activity()
        player.backend.TerminateInstance(pb.TerminateRequest(instanceId="a", recursive=True), CONTEXT)
        return [
            instance_id
            for instance_id, instance in player.backend._instances.items()
            if "executionTerminated" in kinds(instance.pending_events)
        ]

    assert terminated(Bare()) == ["a"]
    assert terminated(Mended()) == ["a", "b"]


async def test_f8_a_failure_without_a_message_is_a_failure() -> None:
    def outcome(player: Player) -> str:
        player.start("a")
        player.turn("a", call(1))
        player.fail(player.activity(), pb.TaskFailureDetails(errorType="ValueError"))
        return kinds(player.turn("a"))[-1]

    assert outcome(Bare()) == "taskCompleted"
    assert outcome(Mended()) == "taskFailed"


async def test_f9_an_abandoned_activity_is_given_out_again() -> None:
    def given_out_again(player: Player) -> bool:
        player.start("a")
        player.turn("a", call(1))
        player.abandon(player.activity())
        return player.activity() is not None

    assert not given_out_again(Bare())
    assert given_out_again(Mended())


async def test_f10_a_long_history_does_not_strand_its_orchestration() -> None:
    bare = Bare(max_history_size=1)
    bare.start("a")
    with pytest.raises(Refused, match="exceed maximum history size"):
        bare.turn("a", done())
    assert bare.backend._instances["a"].status == pb.ORCHESTRATION_STATUS_PENDING

    assert Mended().backend._max_history_size == MAX_HISTORY == 1_000_000


async def test_f11_every_event_has_its_time() -> None:
    def years(player: Player) -> set[int]:
        player.start("a")
        player.turn("a", call(1))
        player.fail(player.activity(), pb.TaskFailureDetails(errorType="E", errorMessage="m"))
        player.turn("a", done())
        return {event.timestamp.ToDatetime().year for event in player.backend._instances["a"].history}

    assert 1970 in years(Bare())
    assert years(Mended()) == {2026}


async def test_f11_each_execution_has_an_id_and_keeps_the_tags() -> None:
    def starts(player: Player) -> list[tuple[str, dict[str, str]]]:
        player.start("a", tags={"team": "images"})
        events = [*(player.turn("a", again()) or ()), *(player.turn("a", done()) or ())]
        found = [event.executionStarted for event in events if event.HasField("executionStarted")]
        return [(start.orchestrationInstance.executionId.value, dict(start.tags)) for start in found]

    assert starts(Bare()) == [("", {"team": "images"}), ("", {})]
    first, second = starts(Mended())
    assert first[1] == second[1] == {"team": "images"}
    assert first[0] != second[0]
    assert "" not in (first[0], second[0])


async def test_f12_a_query_tells_when_an_orchestration_ended() -> None:
    def completed_in(player: Player) -> int:
        player.start("a")
        player.turn("a", done())
        [state] = player.backend.QueryInstances(pb.QueryInstancesRequest(), CONTEXT).orchestrationState
        return int(state.completedTimestamp.ToDatetime().year)

    assert completed_in(Bare()) == 1970
    assert completed_in(Mended()) == 2026
