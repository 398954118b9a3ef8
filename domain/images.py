"""The managed image: what the pipeline reads of it, and the fingerprint of what it is made of."""

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict

from domain import regions


class Disk(BaseModel):
    """One disk of an image. `source`: id of the managed disk or snapshot, or the blob's URI, lower case."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    lun: int | None = None
    source: str = ""
    size_gb: int | None = None


class ManagedImage(BaseModel):
    """A `Microsoft.Compute/images` resource as it was read.

    `location` is normalized (`westcentralus`). `os_type`: Windows or Linux; `os_state`: Generalized or
    Specialized; `generation`: V1 or V2 (an image without one is V1).
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: str
    location: str
    provisioning_state: str
    os_type: str
    os_state: str
    generation: str
    zone_resilient: bool = False
    source_vm: str = ""
    os_disk: Disk
    data_disks: tuple[Disk, ...] = ()
    tags: dict[str, str] = {}

    @classmethod
    def from_arm(cls, body: dict[str, Any]) -> "ManagedImage":
        """Read ARM's body (api-version 2026-04-01; every older one has the same fields)."""
        properties = body.get("properties") or {}
        storage = properties.get("storageProfile") or {}
        os_disk = storage.get("osDisk") or {}
        return cls(
            id=body["id"],
            location=regions.normalized(body["location"]),
            provisioning_state=properties.get("provisioningState", ""),
            os_type=os_disk.get("osType", ""),
            os_state=os_disk.get("osState", ""),
            generation=properties.get("hyperVGeneration") or "V1",
            zone_resilient=bool(storage.get("zoneResilient", False)),
            source_vm=(properties.get("sourceVirtualMachine") or {}).get("id", "").lower(),
            os_disk=_disk(os_disk),
            data_disks=tuple(sorted(map(_disk, storage.get("dataDisks") or []), key=lambda disk: disk.lun or 0)),
            tags=body.get("tags") or {},
        )

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that change when the image's content may have changed.

        Hashed: location, generation, zone resilience, source VM, the disks' sources with their LUNs, OS type
        and state. Not hashed: sizes (missing while Azure is still creating the image), caching, tags.
        """
        made_of = [
            self.location,
            self.generation.upper(),
            self.zone_resilient,
            self.source_vm,
            self.os_type.lower(),
            self.os_state.lower(),
            self.os_disk.source,
            [[disk.lun, disk.source] for disk in self.data_disks],
        ]
        return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:32]


def _disk(body: dict[str, Any]) -> Disk:
    source = (
        (body.get("managedDisk") or {}).get("id") or (body.get("snapshot") or {}).get("id") or body.get("blobUri") or ""
    )
    return Disk(lun=body.get("lun"), source=source.lower(), size_gb=body.get("diskSizeGB"))
