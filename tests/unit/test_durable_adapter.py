"""The adapter over the durable client: what the SDK says, in our words; what it raises, as ours."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import grpc
import pytest
from azure.durable_functions import DurableFunctionsClient
from durabletask.client import OrchestrationQuery, OrchestrationState, OrchestrationStatus
from durabletask.task import FailureDetails

from domain.errors import TransientError
from triggers.durable import DurableInstances

NAIVE = datetime(2026, 11, 24, 8, 0)  # noqa: DTZ001 - the SDK gives UTC without saying so


def failure(code: grpc.StatusCode) -> grpc.aio.AioRpcError:
    """What the SDK's channel raises."""
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), details="text of the engine")


def state(status: OrchestrationStatus = OrchestrationStatus.RUNNING, **more: Any) -> OrchestrationState:
    given: dict[str, Any] = {
        "serialized_input": None,
        "serialized_output": None,
        "serialized_custom_status": None,
        "failure_details": None,
    }
    return OrchestrationState("web-1", "rollout", status, NAIVE, NAIVE, **(given | more))


@dataclass
class Client:
    """The SDK's client, as far as the adapter calls it. It stands in because no engine fails on demand."""

    states: list[OrchestrationState] = field(default_factory=list)
    error: grpc.StatusCode | None = None
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def _note(self, *call: Any) -> None:
        self.calls.append(call)
        if self.error:
            raise failure(self.error)

    async def get_orchestration_state(self, instance_id: str) -> OrchestrationState | None:
        self._note("get", instance_id)
        return next(iter(self.states), None)

    async def get_all_orchestration_states(self, query: OrchestrationQuery) -> list[OrchestrationState]:
        self._note("find", query)
        return self.states

    async def schedule_new_orchestration(self, name: str, **more: Any) -> str:
        self._note("start", name, more)
        return str(more["instance_id"])

    async def raise_orchestration_event(self, instance_id: str, event: str, *, data: Any) -> None:
        self._note("raise", instance_id, event, data)


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def instances(client: Client) -> DurableInstances:
    return DurableInstances(cast("DurableFunctionsClient", client))


async def test_an_instance_is_plain_data_with_aware_times(client: Client, instances: DurableInstances) -> None:
    looks_like_a_class = '{"tags": {"__class__": "Popen", "__module__": "subprocess", "__data__": "ls"}}'
    client.states = [
        state(
            OrchestrationStatus.FAILED,
            serialized_input=looks_like_a_class,
            serialized_custom_status='{"outcome": "Failed"}',
            failure_details=FailureDetails("the message", "TerminalError", None),
        )
    ]
    found = await instances.get("web-1")
    assert found is not None
    assert found.created == found.updated == NAIVE.replace(tzinfo=UTC)
    assert found.input == {"tags": {"__class__": "Popen", "__module__": "subprocess", "__data__": "ls"}}
    assert found.custom_status == {"outcome": "Failed"}
    assert (found.runtime, found.over, found.failure) == ("Failed", True, "the message")
    client.states = []
    assert await instances.get("web-1") is None


@pytest.mark.parametrize("status", list(OrchestrationStatus))
async def test_every_state_of_the_sdk_has_a_word(
    client: Client, instances: DurableInstances, status: OrchestrationStatus
) -> None:
    client.states = [state(status)]
    [found] = await instances.find()
    over = {OrchestrationStatus.COMPLETED, OrchestrationStatus.FAILED, OrchestrationStatus.TERMINATED}
    assert found.over == (status in over)


async def test_running_means_whatever_is_not_over(client: Client, instances: DurableInstances) -> None:
    await instances.find(prefix="web-", runtime=["Running"], payloads=False)
    [(_, query)] = client.calls
    assert query.runtime_status == [
        OrchestrationStatus.RUNNING,
        OrchestrationStatus.SUSPENDED,
        OrchestrationStatus.CONTINUED_AS_NEW,
    ]
    assert (query.instance_id_prefix, query.fetch_inputs_and_outputs) == ("web-", False)


async def test_a_start_replaces_nothing(client: Client, instances: DurableInstances) -> None:
    assert await instances.start("rollout", "web-1", {"a": 1})
    [(_, name, more)] = client.calls
    assert (name, more["instance_id"], more["input"]) == ("rollout", "web-1", {"a": 1})
    assert list(more["reuse_id_policy"].replaceableStatus) == []


async def test_an_id_that_exists_already_is_no_error(client: Client, instances: DurableInstances) -> None:
    client.error = grpc.StatusCode.ALREADY_EXISTS
    assert not await instances.start("rollout", "web-1", {})


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED])
async def test_an_engine_that_cannot_be_asked_is_transient(
    client: Client, instances: DurableInstances, code: grpc.StatusCode
) -> None:
    client.error = code
    for call in (
        instances.get("web-1"),
        instances.find(),
        instances.start("rollout", "web-1", {}),
        instances.raise_event("web-1", "cancel"),
    ):
        with pytest.raises(TransientError) as raised:
            await call
        assert code.name in raised.value.message
        assert "text of the engine" not in str(raised.value)
    assert len(client.calls) == 4
