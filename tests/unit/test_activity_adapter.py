"""Where activities meet the wire: plain JSON, our errors as they are, no other error's text."""

import logging
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.errors import SourceBusyError, TerminalError
from domain.images import Disk, ManagedImage
from domain.models import ImageFound, ImageRequest
from domain.steps import READ_IMAGE
from wiring.activities import adapter, bound, guarded

SECRET = "correct-horse-battery"
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def image(image_id: str) -> ImageFound:
    disk = Disk(source="/disk")
    found = ManagedImage(
        id=image_id,
        location="westus",
        provisioning_state="Succeeded",
        os_type="Linux",
        os_state="Generalized",
        generation="V2",
        os_disk=disk,
    )
    return ImageFound(image=found)


async def test_an_activity_takes_and_returns_plain_json_under_its_own_name() -> None:
    async def read_image(request: ImageRequest) -> ImageFound:
        return image(request.image)

    run = adapter(READ_IMAGE, read_image)
    assert getattr(run, "__name__", "") == "read_image"
    answer: Any = await run({"image": "/the/image", "field of a newer writer": 1})
    assert answer["image"]["id"] == "/the/image"
    assert ImageFound.load(answer) == image("/the/image")


async def test_dependencies_are_bound_by_name_and_only_where_they_are_wanted() -> None:
    async def wants_two(request: ImageRequest, *, now: Callable[[], datetime], arm: str) -> str:
        return f"{request.image} {arm} {now():%Y}"

    async def wants_none(request: ImageRequest) -> str:
        return request.image

    given = {"arm": "an-arm", "now": lambda: NOW, "secret": lambda name: SECRET}
    request = ImageRequest(image="/i")
    assert await bound(wants_two, given)(request) == "/i an-arm 2026"
    assert await bound(wants_none, given)(request) == "/i"


async def test_our_errors_cross_as_one_line_of_their_own_class() -> None:
    async def busy(request: ImageRequest) -> ImageFound:
        try:
            raise KeyError(SECRET)
        except KeyError:
            raise SourceBusyError("Busy", "Wait.", retry_after=3) from None

    with pytest.raises(SourceBusyError) as raised:
        await adapter(READ_IMAGE, busy)({"image": "/i"})
    assert "\n" not in str(raised.value)
    assert raised.value.retry_after == 3
    assert SECRET not in "".join(traceback.format_exception(raised.value))


async def test_any_other_error_crosses_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    async def fails(request: ImageRequest) -> ImageFound:
        raise ValueError(f"the password {SECRET} is too weak")

    caplog.set_level(logging.INFO)
    with pytest.raises(TerminalError) as raised:
        await adapter(READ_IMAGE, fails)({"image": "/i"})
    assert raised.value.code == "InternalError"
    assert SECRET not in "".join(traceback.format_exception(raised.value))
    assert SECRET not in caplog.text
    assert "ValueError" in caplog.text
    assert "test_activity_adapter.py" in caplog.text


async def test_what_triggers_call_raises_nothing_but_our_errors_either() -> None:
    async def fails(request: ImageRequest) -> ImageFound:
        raise KeyError(SECRET)

    with pytest.raises(TerminalError) as raised:
        await guarded(READ_IMAGE, fails)(ImageRequest(image="/i"))
    assert SECRET not in "".join(traceback.format_exception(raised.value))


async def test_a_payload_of_the_wrong_shape_is_a_fault_of_ours_and_not_repeated() -> None:
    async def never(request: ImageRequest) -> ImageFound:
        raise AssertionError("was called")

    with pytest.raises(TerminalError) as raised:
        await adapter(READ_IMAGE, never)({"image": [SECRET]})
    assert raised.value.code == "InternalError"
    assert SECRET not in "".join(traceback.format_exception(raised.value))


def test_a_tag_that_looks_like_a_class_stays_a_tag() -> None:
    """The durable library rebuilds classes from such objects unless its strict typing is on."""
    from azure.durable_functions.internal.serialization import DEFAULT_FUNCTIONS_DATA_CONVERTER as CONVERTER

    tags = {"__class__": "Popen", "__module__": "subprocess", "__data__": "ls"}
    sent = {"image": {"tags": tags}}
    assert CONVERTER.deserialize(CONVERTER.serialize(sent)) == sent
