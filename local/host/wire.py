"""Serialized histories: each event of an orchestration's past is encoded once, not once a turn.

An orchestrator is invoked with its whole past. Protobuf messages concatenate, so the past of the last turn
plus the events since is the past of the next. Used by engine.py.
"""

from collections.abc import Sequence

import durabletask.internal.orchestrator_service_pb2 as pb


class Past:
    """The encoded `pastEvents` of one execution, kept up to date by `request`."""

    def __init__(self) -> None:
        self._encoded = bytearray()
        self._count = 0

    def reset(self) -> None:
        """The history was rewritten (a rewind): encode it anew."""
        self._encoded.clear()
        self._count = 0

    def request(
        self,
        instance_id: str,
        execution_id: str,
        history: Sequence[pb.HistoryEvent],
        events: Sequence[pb.HistoryEvent],
    ) -> bytes:
        """The bytes of an OrchestratorRequest for this history and these new events."""
        if len(history) < self._count:
            self.reset()
        if len(history) > self._count:
            added = pb.OrchestratorRequest(pastEvents=history[self._count :])
            self._encoded += added.SerializeToString()
            self._count = len(history)
        rest = pb.OrchestratorRequest(instanceId=instance_id, newEvents=events)
        rest.executionId.value = execution_id
        return bytes(self._encoded + rest.SerializeToString())
