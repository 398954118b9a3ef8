"""Binds activities to their dependencies and adapts them to what the durable library can register.

An activity takes and returns models and raises `RolloutError`; the wire knows plain JSON and one line of text.
This is the only place that crosses over, so no other can put a secret or a class on the wire.
"""

import functools
import inspect
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from domain.errors import RolloutError, TerminalError
from domain.steps import Step

log = logging.getLogger("gallery_rollout.activities")

type Activity = Callable[[Any], Awaitable[Any]]
"""Takes and returns the models of its step."""


def bound(function: Callable[..., Awaitable[Any]], dependencies: Mapping[str, Any]) -> Activity:
    """The activity with each keyword argument bound that its signature has and `dependencies` holds."""
    names = inspect.signature(function).parameters
    return functools.partial(function, **{name: dependencies[name] for name in dependencies if name in names})


def guarded(step: Step[Any, Any], activity: Activity) -> Activity:
    """The activity, raising nothing but our errors; any other is logged without its text, and becomes a terminal one.

    Triggers call activities like this directly.
    """

    async def call(request: Any) -> Any:
        try:
            return await activity(request)
        except RolloutError as error:
            raise error from None
        except Exception as error:  # noqa: BLE001 - whatever it is, its text may hold anything and must not travel
            log.error("Activity %s failed: %s at %s", step.name, type(error).__name__, frames(error))
            raise TerminalError(
                "InternalError",
                f"The step {step.name} failed in a way the pipeline does not know ({type(error).__name__}).",
                remedy="Look at the function app's log at this time, then start the rollout again.",
            ) from None

    return call


def adapter(step: Step[Any, Any], activity: Activity) -> Callable[[object], Awaitable[object]]:
    """The function to register: plain JSON in and out, guarded.

    Its annotations hold no generic: the worker refuses those when it loads the app.
    """

    async def from_wire_to_wire(payload: object) -> object:
        result = await activity(step.takes.load(payload))
        return result.dump()

    call = guarded(step, from_wire_to_wire)

    async def run(payload: object) -> object:
        answer: object = await call(payload)
        return answer

    run.__name__ = run.__qualname__ = step.name
    return run


def frames(error: BaseException) -> str:
    """Where an error came from, outermost first, without its text: `pipeline.py:88 send > …`."""
    found = traceback.extract_tb(error.__traceback__)
    return " > ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in found)
