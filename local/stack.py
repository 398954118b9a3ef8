"""The whole local stack in one process: Azurite, the ARM simulator and the function app in its host.

The demo, `rollout serve` and tests of the whole use it. The app is the one that Azure would run; what differs
is what its settings name.
"""

import os
import secrets
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from local.arm_client import RESOURCES, ArmClient
from local.armsim import Endpoints, Simulator, serve
from local.armsim.event_sink import queue_sink
from local.azurite import AzuriteError, azurite
from local.host import AppError, AzureQueues, Host
from local.running import StackError
from wiring.rollouts_file import RolloutsFileError, load_rollouts

ROOT = Path(__file__).resolve().parent.parent
QUEUE = "image-events"


class Stack:
    """Everything up while the `async with` block lasts, and nothing left of it afterwards.

    speed: how many times faster than Azure's the simulator's operations run. port: of the app; 0 is a free one.
    rollouts_file: the profiles; the shipped ones are the article's example.
    """

    def __init__(
        self,
        *,
        speed: float = 1.0,
        port: int = 0,
        instant: bool = False,
        rollouts_file: Path = ROOT / "rollouts.yaml",
    ) -> None:
        self._speed = speed
        self._instant = instant
        self._port = port
        self._rollouts_file = rollouts_file
        self._up = AsyncExitStack()
        self.queue = QUEUE
        self.queue_connection: str
        self.simulator: Simulator
        self.endpoints: Endpoints
        self.host: Host

    @property
    def url(self) -> str:
        """Base address of the app's HTTP API."""
        return self.host.url

    @property
    def key(self) -> str:
        """Function key of the app."""
        return self.host.key

    async def __aenter__(self) -> Self:
        """Start all of it, in the order of need. What was started is stopped again if a later part fails.

        StackError where a person can mend what stops it.
        """
        try:
            await self._start()
        except BaseException as error:
            await self._up.aclose()
            if isinstance(error, RolloutsFileError):
                raise StackError(f"{error.message} {error.remedy}") from error
            if isinstance(error, AppError | AzuriteError):
                raise StackError(str(error)) from error
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._up.aclose()

    async def _start(self) -> None:
        enter = self._up.enter_async_context
        self.queue_connection = await enter(azurite())
        sink = await enter(queue_sink(self.queue_connection, self.queue))
        self.simulator = Simulator(speed=self._speed, instant=self._instant, on_event=sink)
        self.endpoints = await enter(serve(self.simulator))
        await self._seed()
        queues = AzureQueues(self.queue_connection)
        self._up.push_async_callback(queues.close)
        self.host = await enter(Host(ROOT, self.settings(), port=self._port, queues=queues))

    async def _seed(self) -> None:
        """What the article takes for granted: the resource group that its image lies in."""
        async with ArmClient(self.endpoints) as arm:
            group = f"{arm.subscription}/resourceGroups/myResourceGroup"
            await arm.put(group, RESOURCES, {"location": "westcentralus"})

    def settings(self) -> dict[str, str]:
        """The app's settings: what local.settings.json or the app's configuration in Azure would hold."""
        ends = self.endpoints
        return {
            "ROLLOUTS_FILE": str(self._rollouts_file),
            "ARM_ENDPOINT": ends.arm_endpoint,
            # A simulator on a port of this machine is no audience of tokens; Azure's own is.
            "ARM_SCOPE": "https://management.azure.com/.default",
            "IMAGE_EVENTS_QUEUE": self.queue,
            "ImageEvents": self.queue_connection,
            "AzureWebJobsStorage": self.queue_connection,
            "TASKHUB_NAME": "GalleryRollout",
            "IDENTITY_ENDPOINT": ends.identity_endpoint,
            "IDENTITY_HEADER": ends.identity_header,
            "SSL_CERT_FILE": ends.ca_file,
            # Whoever is signed in on this machine has no business with the simulator.
            "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
            "NO_PROXY": ",".join(filter(None, [os.environ.get("NO_PROXY"), "localhost,127.0.0.1"])),
            **self._passwords(),
        }

    def _passwords(self) -> dict[str, str]:
        """A password, new each time, for every app setting that a profile names for one."""
        profiles = load_rollouts(self._rollouts_file).profiles.values()
        names = {profile.scale_set.admin_password_setting for profile in profiles}
        return {name: f"Aa1-{secrets.token_urlsafe(24)}" for name in sorted(filter(None, names))}
