"""An embedded Azure Functions host, for development, demos and tests: see README.md."""

from local.host.azure_queues import AzureQueues
from local.host.host import Host
from local.host.queues import MemoryQueues, QueueMessage, QueueService
from local.host.worker import AppError

__all__ = ["AppError", "AzureQueues", "Host", "MemoryQueues", "QueueMessage", "QueueService"]
