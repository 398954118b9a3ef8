"""gRPC on loopback for the durable client, which every function with a client binding receives.

Only the client's half of the protocol is served: work goes to the functions by direct calls (dispatch.py).
The server lives on the event loop, so a client that waits costs no thread (F1), and the port is the real
one. Answers as the extension's server (`TaskHubGrpcServer`) gives them.
"""

from collections.abc import AsyncIterator
from typing import Any

import durabletask.internal.orchestrator_service_pb2 as pb
import grpc.aio
from durabletask.internal import orchestrator_service_pb2_grpc as stubs
from durabletask.testing.in_memory_backend import OrchestrationInstance

from local.host.engine import Engine
from local.host.pulse import Pulse
from local.host.work import CONTEXT, TERMINAL, Refused

# A client may send histories and inputs of any size, as the extension lets it.
UNLIMITED = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # A call waits for its turn on the busy loop; the library would cancel it after 30 s, and the app answer 503.
    ("grpc.server_max_unrequested_time_in_server", 600),
]

LOOKS = ("GetInstance", "QueryInstances", "ListInstanceIds", "GetEntity", "QueryEntities")
WRITES = (
    "StartInstance",
    "RewindInstance",
    "RestartInstance",
    "RaiseEvent",
    "TerminateInstance",
    "SuspendInstance",
    "ResumeInstance",
    "PurgeInstances",
    "SignalEntity",
    "CleanEntityStorage",
    "CreateTaskHub",
    "DeleteTaskHub",
)


class Servicer(stubs.TaskHubSidecarServiceServicer):
    """The client's calls, answered by the engine on the event loop."""

    def __init__(self, engine: Engine, pulse: Pulse) -> None:
        self._engine = engine
        self._pulse = pulse
        for name in (*LOOKS, *WRITES):
            setattr(self, name, self._handler(name, silent=name in LOOKS))

    def _handler(self, name: str, *, silent: bool) -> Any:
        method = getattr(self._engine, name)

        async def handle(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            if name == "TerminateInstance":
                request.recursive = False  # the extension takes no notice of it
            with self._pulse.busy(silent=silent):
                try:
                    return method(request, CONTEXT)
                except Refused as refusal:
                    await context.abort(refusal.code, refusal.details)

        return handle

    async def Hello(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The client's ping: empty in, empty out."""
        return request

    async def WaitForInstanceStart(self, request: pb.GetInstanceRequest, context: Any) -> pb.GetInstanceResponse:  # noqa: N802
        """Answers once the orchestration has left Pending; the client's deadline ends the wait."""
        return await self._wait(request, lambda instance: instance.status != pb.ORCHESTRATION_STATUS_PENDING)

    async def WaitForInstanceCompletion(  # noqa: N802
        self, request: pb.GetInstanceRequest, context: Any
    ) -> pb.GetInstanceResponse:
        """Answers once the orchestration is over; the client's deadline ends the wait."""
        return await self._wait(request, lambda instance: instance.status in TERMINAL)

    async def StreamInstanceHistory(  # noqa: N802
        self, request: pb.StreamInstanceHistoryRequest, context: Any
    ) -> AsyncIterator[pb.HistoryChunk]:
        """The committed history, in chunks."""
        try:
            for chunk in self._engine.StreamInstanceHistory(request, CONTEXT):
                yield chunk
        except Refused as refusal:
            await context.abort(refusal.code, refusal.details)

    async def _wait(self, request: pb.GetInstanceRequest, predicate: Any) -> pb.GetInstanceResponse:
        # Not counted as under way: whoever waits is served by the clock moving on.
        instance: OrchestrationInstance = await self._engine.wait_for(request.instanceId, predicate)
        return self._engine._build_instance_response(instance, request.getInputsAndOutputs)


class RpcServer:
    """Serves an engine on a free port of 127.0.0.1."""

    def __init__(self, engine: Engine, pulse: Pulse) -> None:
        self._server = grpc.aio.server(options=UNLIMITED)
        stubs.add_TaskHubSidecarServiceServicer_to_server(Servicer(engine, pulse), self._server)  # type: ignore[no-untyped-call]
        self.url = ""

    async def start(self) -> None:
        """Listen. `url` is known from then on."""
        port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        self.url = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        """Stop listening; calls that still wait after a moment are ended."""
        await self._server.stop(grace=0.1)
