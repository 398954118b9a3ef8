"""What the engine gives out and takes back, and how it refuses. Used by engine.py, dispatch.py and rpc.py."""

from dataclasses import dataclass
from typing import Any, NoReturn

import durabletask.internal.orchestrator_service_pb2 as pb
import grpc
from durabletask.testing.in_memory_backend import ActivityWorkItem

TERMINAL = (
    pb.ORCHESTRATION_STATUS_COMPLETED,
    pb.ORCHESTRATION_STATUS_FAILED,
    pb.ORCHESTRATION_STATUS_TERMINATED,
)


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """A client's call is answered with a gRPC status."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(details)
        self.code = code
        self.details = details


class _Context:
    """Stands in for gRPC's ServicerContext: the backend only ever aborts on it."""

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        raise Refused(code, details)


CONTEXT: Any = _Context()


@dataclass
class Activity(ActivityWorkItem):
    """An activity call, bound to the execution that scheduled it."""

    execution_id: str = ""


@dataclass(frozen=True)
class OrchestratorWork:
    """One turn of an orchestration: `request` is the serialized OrchestratorRequest."""

    instance_id: str
    name: str
    token: str
    request: bytes


@dataclass(frozen=True)
class EntityWork:
    """One batch of operations for an entity: `request` is the serialized EntityBatchRequest."""

    instance_id: str
    token: str
    request: bytes
    operations: list[pb.OperationInfo]
