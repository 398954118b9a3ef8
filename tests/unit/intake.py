"""Everything around `start_rollouts`, as the tests of it need it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.images import Disk, ManagedImage
from domain.models import ImageFound, ImageRequest, StartedBy
from domain.naming import rollout_id
from domain.rollouts_file import RolloutsFile
from tests.unit.engine import START, FakeEngine
from triggers.parsing import ImageRequested
from triggers.starting import Started, start_rollouts
from wiring.rollouts_file import load_rollouts
from wiring.settings import APP_DIR

SUBSCRIPTION = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
IMAGE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/myResourceGroup/providers/Microsoft.Compute/images/myImage"
EVENT = StartedBy(kind="event", event_id="e-1", event_time="2026-11-24T07:59:58Z")
HTTP = StartedBy(kind="http")


def profiles(groups: list[dict[str, str]] | None = None, **matches: dict[str, str]) -> RolloutsFile:
    """The shipped profile under other names, each for other images. groups: where images may come from."""
    shipped = load_rollouts(APP_DIR / "rollouts.yaml").profiles["web"].model_dump(by_alias=True)
    file: dict[str, Any] = {"profiles": {name: shipped | {"match": m} for name, m in matches.items()}}
    return RolloutsFile.model_validate(file | ({"allowedImageGroups": groups} if groups else {}))


@dataclass
class Intake:
    """Everything around `start_rollouts`, and the image as Azure has it."""

    engine: FakeEngine = field(default_factory=FakeEngine)
    rollouts: RolloutsFile = field(default_factory=lambda: profiles(web={"name": "myImage"}))
    state: str = "Succeeded"
    source: str = "/vm-1"
    location: str = "westcentralus"
    error: Exception | None = None
    now: datetime = START

    async def read_image(self, request: ImageRequest) -> ImageFound:
        if self.error:
            raise self.error
        return ImageFound(image=self.image(request.image))

    def image(self, image_id: str = IMAGE) -> ManagedImage:
        return ManagedImage(
            id=image_id.upper(),
            location=self.location,
            provisioning_state=self.state,
            os_type="Windows",
            os_state="Generalized",
            generation="V1",
            source_vm=self.source,
            os_disk=Disk(source="/disk-1"),
        )

    async def ask(self, asked: bool = True, **wishes: Any) -> list[Started]:
        given: dict[str, Any] = {"image": IMAGE, "started_by": HTTP if asked else EVENT} | wishes
        requested = ImageRequested(**given)
        return await start_rollouts(
            requested,
            instances=self.engine,
            read_image=self.read_image,
            rollouts=self.rollouts,
            now=lambda: self.now,
            asked=asked,
        )

    async def post(self, **wishes: Any) -> Started:
        [started] = await self.ask(**wishes)
        return started

    async def event(self, **wishes: Any) -> Started:
        [started] = await self.ask(asked=False, **wishes)
        return started

    def attempt(self, number: int) -> str:
        return rollout_id("web", IMAGE, self.image().fingerprint, number)

    def input(self, rollout: str) -> dict[str, Any]:
        given: dict[str, Any] = self.engine.held[rollout].input
        return given
