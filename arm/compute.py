"""Which call of azure-mgmt-compute serves which resource type: a table, and one function a verb.

Bodies go in and come out as ARM's own JSON; the SDK chooses api-versions, builds URLs and pages lists.
"""

from collections.abc import AsyncIterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure.core import MatchConditions

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineResponse
    from azure.mgmt.compute.aio import ComputeManagementClient

from domain.resource_ids import ResourceId


@dataclass(frozen=True, slots=True)
class _Calls:
    group: str
    listing: str = ""


_TYPES = {
    "microsoft.compute/images": _Calls("images"),
    "microsoft.compute/galleries": _Calls("galleries"),
    "microsoft.compute/galleries/images": _Calls("gallery_images", "list_by_gallery"),
    "microsoft.compute/galleries/images/versions": _Calls("gallery_image_versions", "list_by_gallery_image"),
    "microsoft.compute/virtualmachinescalesets": _Calls("virtual_machine_scale_sets"),
    "microsoft.compute/virtualmachinescalesets/virtualmachines": _Calls("virtual_machine_scale_set_vms", "list"),
}
_ROLLING = "microsoft.compute/virtualmachinescalesets/rollingupgrades"
_WITH_ETAG = "microsoft.compute/virtualmachinescalesets"


def serves(kind: str) -> bool:
    """Whether this module knows the resource type."""
    return kind.lower() in _TYPES or kind.lower() == _ROLLING


def _raw(response: "PipelineResponse[Any, Any]", *_: object) -> Any:
    return response.http_response


async def get(client: "ComputeManagementClient", target: ResourceId, expand: str | None) -> Any:
    """The HTTP response of a GET."""
    if target.type.lower() == _ROLLING:
        upgrades = client.virtual_machine_scale_set_rolling_upgrades
        return await upgrades.get_latest(target.group, target.names[0], cls=_raw)
    calls = getattr(client, _TYPES[target.type.lower()].group)
    extra = {"expand": expand} if expand else {}
    return await calls.get(target.group, *target.names, cls=_raw, **extra)


async def put(
    client: "ComputeManagementClient", target: ResourceId, body: dict[str, Any], only_if_missing: bool
) -> Any:
    """The HTTP response of the initial PUT; nothing is polled."""
    calls = getattr(client, _TYPES[target.type.lower()].group)
    condition = (
        {"etag": "*", "match_condition": MatchConditions.IfMissing}
        if only_if_missing and target.type.lower() == _WITH_ETAG
        else {}
    )
    poller = await calls.begin_create_or_update(target.group, *target.names, body, polling=False, cls=_raw, **condition)
    return await poller.result()


async def patch(client: "ComputeManagementClient", target: ResourceId, body: dict[str, Any], etag: str) -> Any:
    """The HTTP response of the initial PATCH, which carries `If-Match`."""
    calls: Any = client.virtual_machine_scale_sets  # its models are mappings too; plain JSON is what we have
    poller = await calls.begin_update(
        target.group,
        target.name,
        body,
        polling=False,
        cls=_raw,
        etag=etag,
        match_condition=MatchConditions.IfNotModified,
    )
    return await poller.result()


async def collect(client: "ComputeManagementClient", target: ResourceId) -> list[dict[str, Any]]:
    """All items of a collection whose id ends in a type (`names` lacks the last), every page."""
    calls = _TYPES[target.type.lower()]
    pages = getattr(getattr(client, calls.group), calls.listing)(target.group, *target.names)
    return await _bodies(pages)


async def galleries_of_subscription(client: "ComputeManagementClient") -> list[dict[str, Any]]:
    """Every gallery of the client's subscription."""
    return await _bodies(client.galleries.list())


async def _bodies(pages: AsyncIterable[Any]) -> list[dict[str, Any]]:
    """ValueError where an answer is no list of objects, over which the SDK stumbles."""
    try:
        return [item.as_dict() async for item in pages]
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(type(error).__name__) from None
