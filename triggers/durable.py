"""What the triggers need of the durable engine, and nothing more of its client.

The triggers know `Instances`; `DurableInstances` is the adapter over the SDK's client, the only place outside
`wiring` that imports it. A change of SDK version stays here. Tests use a fake of `Instances`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

import grpc
from azure.durable_functions import DurableFunctionsClient
from durabletask.client import OrchestrationQuery, OrchestrationState, OrchestrationStatus
from durabletask.internal.orchestrator_service_pb2 import OrchestrationIdReusePolicy

from domain.errors import TransientError

type Runtime = Literal["Pending", "Running", "Completed", "Failed", "Terminated"]
"""What the engine says of an instance; suspended and continued-as-new ones are running."""

OVER: frozenset[Runtime] = frozenset({"Completed", "Failed", "Terminated"})

_PAGE = 100
"""Instances an answer of the engine: with inputs and statuses, more could exceed what gRPC lets through."""

_RUNTIME: dict[OrchestrationStatus, Runtime] = {
    OrchestrationStatus.PENDING: "Pending",
    OrchestrationStatus.RUNNING: "Running",
    OrchestrationStatus.SUSPENDED: "Running",
    OrchestrationStatus.CONTINUED_AS_NEW: "Running",
    OrchestrationStatus.COMPLETED: "Completed",
    OrchestrationStatus.FAILED: "Failed",
    OrchestrationStatus.TERMINATED: "Terminated",
}


@dataclass(frozen=True, slots=True)
class Instance:
    """An orchestration instance as the engine shows it. `failure`: the failure's message, "" if there is none.

    `created`, `updated`: aware, UTC. `input`, `custom_status`: plain JSON data, None where the engine has none.
    """

    id: str
    name: str
    runtime: Runtime
    created: datetime
    updated: datetime
    input: Any = None
    custom_status: Any = None
    failure: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.runtime in OVER


class Instances(Protocol):
    """The engine's instances. Every method raises TransientError where the engine cannot be asked."""

    async def get(self, instance_id: str) -> Instance | None:
        """One instance with its input and status, or None."""
        ...

    async def find(
        self,
        *,
        prefix: str = "",
        runtime: Sequence[Runtime] = (),
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        payloads: bool = True,
    ) -> list[Instance]:
        """Instances by the start of their ids, state and time of creation, in no particular order.

        `created_from` is inclusive, `created_to` is not. No runtime means every one. payloads: whether inputs and
        custom statuses are wanted; without, an engine may leave them out.
        """
        ...

    async def start(self, name: str, instance_id: str, payload: dict[str, Any]) -> bool:
        """Start an orchestration, replacing nothing. False where the id exists already."""
        ...

    async def raise_event(self, instance_id: str, event: str, data: dict[str, str] | None = None) -> None:
        """Send an external event, with `data` if it says more than its name."""
        ...


class DurableInstances:
    """`Instances` over the durable client that a trigger's binding gives."""

    def __init__(self, client: DurableFunctionsClient) -> None:
        self._client = client

    async def get(self, instance_id: str) -> Instance | None:
        """See Instances."""
        try:
            state = await self._client.get_orchestration_state(instance_id)
        except grpc.aio.AioRpcError as error:
            raise _unreachable(error) from None
        return _instance(state) if state else None

    async def find(
        self,
        *,
        prefix: str = "",
        runtime: Sequence[Runtime] = (),
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        payloads: bool = True,
    ) -> list[Instance]:
        """See Instances."""
        query = OrchestrationQuery(
            created_time_from=created_from,
            created_time_to=created_to,
            runtime_status=[status for status, shown in _RUNTIME.items() if shown in runtime] or None,
            max_instance_count=_PAGE,
            fetch_inputs_and_outputs=payloads,
            instance_id_prefix=prefix or None,
        )
        try:
            states = await self._client.get_all_orchestration_states(query)
        except grpc.aio.AioRpcError as error:
            raise _unreachable(error) from None
        return [_instance(state) for state in states]

    async def start(self, name: str, instance_id: str, payload: dict[str, Any]) -> bool:
        """See Instances."""
        # An empty policy replaces no instance in any state. Without one, the extension starts finished ids anew.
        policy = OrchestrationIdReusePolicy(replaceableStatus=[])
        try:
            await self._client.schedule_new_orchestration(
                name, input=payload, instance_id=instance_id, reuse_id_policy=policy
            )
        except grpc.aio.AioRpcError as error:
            if error.code() == grpc.StatusCode.ALREADY_EXISTS:
                return False
            raise _unreachable(error) from None
        return True

    async def raise_event(self, instance_id: str, event: str, data: dict[str, str] | None = None) -> None:
        """See Instances."""
        try:
            await self._client.raise_orchestration_event(instance_id, event, data=data)
        except grpc.aio.AioRpcError as error:
            raise _unreachable(error) from None


def _unreachable(error: grpc.aio.AioRpcError) -> TransientError:
    return TransientError(
        "DurableEngineUnavailable",
        f"The durable engine answered {error.code().name}.",
        remedy="Try again; if it lasts, look at the function app's log and at its storage or scheduler.",
        retry_after=5.0,
    )


def _instance(state: OrchestrationState) -> Instance:
    return Instance(
        id=state.instance_id,
        name=state.name,
        runtime=_RUNTIME[state.runtime_status],
        created=state.created_at.replace(tzinfo=UTC),
        updated=state.last_updated_at.replace(tzinfo=UTC),
        input=_data(state.serialized_input),
        custom_status=_data(state.serialized_custom_status),
        failure=state.failure_details.message if state.failure_details else "",
    )


def _data(text: str | None) -> Any:
    """JSON as it is: the SDK's own accessors would rebuild classes from what looks like one."""
    return json.loads(text) if text else None
