"""The queue trigger: an image event, or the body of a request, becomes a rollout. `wiring.app` registers it.

A message is deleted when the function returns. It comes back after the queue's visibility timeout when the function
raises, until it has been delivered `maxDequeueCount` times (host.json). What can never be understood goes to the
poison queue at once, unchanged, instead of using up its deliveries.
"""

import hashlib
import logging

from azure.durable_functions import DFApp, DurableFunctionsClient
from azure.functions import Out, QueueMessage

from domain.errors import RolloutError
from triggers.intake import Intake
from triggers.logs import say
from triggers.parsing import BODY_FIELDS, Ignored, ImageRequested, Rejected, parse_message
from triggers.starting import NothingToStart, start_rollouts

QUEUE = "%IMAGE_EVENTS_QUEUE%"
CONNECTION = "ImageEvents"

_EVENT_FIELDS = ("specversion", "id", "type", "eventType", "time", "eventTime", "subject", "data")
_OUR_FIELDS = frozenset({"body", "data.operationName", "data.resourceUri", *BODY_FIELDS, *_EVENT_FIELDS})
"""Any other name is the sender's own text."""


def register_queue(app: DFApp, intake: Intake) -> None:
    """Add the function `image_event` to `app`."""

    async def image_event(message: QueueMessage, client: DurableFunctionsClient, poison: Out[str]) -> None:
        body = message.get_body()
        try:
            requested = parse_message(body)
        except Rejected as rejected:
            _reject(rejected, body)
            poison.set(body.decode("utf-8", "replace"))
            return
        if isinstance(requested, Ignored):
            say(logging.INFO, "A message asks for nothing.", reason=requested.reason, event=requested.event_id)
            return
        await _start(requested, message, client, intake)

    bound = app.durable_client_input(client_name="client")(image_event)
    with_poison = app.queue_output(arg_name="poison", queue_name=f"{QUEUE}-poison", connection=CONNECTION)(bound)
    app.queue_trigger(arg_name="message", queue_name=QUEUE, connection=CONNECTION)(with_poison)


def _reject(rejected: Rejected, body: bytes) -> None:
    """Say what is wrong with a message, and nothing of what is in it."""
    say(
        logging.ERROR,
        "A message cannot be understood; it went to the poison queue.",
        field=rejected.field if rejected.field in _OUR_FIELDS else "(unknown)",
        reason=rejected.reason,
        length=len(body),
        digest=hashlib.sha256(body).hexdigest()[:16],
    )


async def _start(
    requested: ImageRequested, message: QueueMessage, client: DurableFunctionsClient, intake: Intake
) -> None:
    image, event = requested.image, requested.started_by.event_id
    if requested.dry_run:
        reason = "is a dry run, whose plan nobody would receive; POST /api/rollouts answers it"
        say(logging.WARNING, "A message asks for nothing.", reason=reason, image=image)
        return
    # A message that is delivered once more must ask for the same; its time of insertion does not change.
    inserted = message.insertion_time
    try:
        results = await start_rollouts(
            requested,
            instances=intake.connect(client),
            read_image=intake.read_image,
            rollouts=intake.rollouts(),
            now=(lambda: inserted) if inserted else intake.now,
            asked=False,
        )
    except NothingToStart as nothing:
        say(logging.INFO, "An image starts no rollout.", reason=nothing.reason, image=image, event=event)
        return
    except RolloutError as error:
        _failed(error, requested, message)
        raise
    for result in results:
        say(
            logging.INFO,
            "A rollout was started." if result.created else "An image starts no rollout.",
            rollout=result.id,
            profile=result.profile,
            reason=result.reason or None,
            image=image,
            event=event,
        )


def _failed(error: RolloutError, requested: ImageRequested, message: QueueMessage) -> None:
    """The message will be delivered again; say why, and for a missing permission, which one."""
    action = error.facts.get("action")
    say(
        logging.WARNING if error.transient else logging.ERROR,
        "A message could not be handled now; the queue delivers it again.",
        code=error.code,
        reason=error.message,
        remedy=error.remedy or None,
        action=str(action) if action else None,
        image=requested.image,
        event=requested.started_by.event_id,
        deliveries=message.dequeue_count,
        correlation=error.correlation_id or None,
    )
