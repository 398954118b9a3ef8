"""Event Grid: from the write of an image to the queue, with the topic's own identity, and dead letters kept."""

from collections.abc import Iterator
from typing import Any

from tests.infra.filters import FilterError, passes
from tests.infra.samples import OTHER_EVENTS, written
from tests.infra.snapshot import Resource, Snapshot
from tests.infra.tree import Tree

TOPIC = "Microsoft.EventGrid/systemTopics"
SUBSCRIPTION = "Microsoft.EventGrid/systemTopics/eventSubscriptions"
LONGEST_TRY = {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440}
TOPIC_TYPES = {"resourceGroups": "Microsoft.Resources.ResourceGroups", "": "Microsoft.Resources.Subscriptions"}


def topics_have_an_identity_of_their_own(tree: Tree) -> Iterator[str]:
    """System-assigned: only that is a trusted service for a storage account that has a firewall."""
    for shape, topic in tree.each(TOPIC):
        if topic.body.get("identity", {}).get("type") != "SystemAssigned":
            yield f"{shape}: {topic} has the identity {topic.body.get('identity')}"


def topics_are_of_their_sources_type(tree: Tree) -> Iterator[str]:
    """A group's events and a subscription's are two types of topic; both are global; one topic a source."""
    for shape, snapshot in tree.snapshots.items():
        sources = [topic.properties["source"].lower() for topic in snapshot.of(TOPIC)]
        if len(sources) != len(set(sources)):
            yield f"{shape}: two topics for one source: {sources}"
        for topic in snapshot.of(TOPIC):
            parts = topic.properties["source"].split("/")
            wanted = TOPIC_TYPES.get(parts[3] if len(parts) > 3 else "")
            if topic.properties["topicType"] != wanted or topic.body["location"] != "global":
                yield f"{shape}: {topic}: {topic.properties['topicType']} in {topic.body['location']} for {parts}"
            if topic.id.split("/")[2] != parts[2]:
                yield f"{shape}: {topic} is in another subscription than its source"


def an_existing_topic_is_never_written(tree: Tree) -> Iterator[str]:
    """Its event subscription is made, the topic itself is not: it may be somebody else's."""
    snapshot = tree.snapshots["existing-topic"]
    made = {topic.id.lower() for topic in snapshot.of(TOPIC)}
    shared = {_topic_of(one) for one in snapshot.of(SUBSCRIPTION)} - made
    if not shared:
        yield "existing-topic: no event subscription on a topic that was there before"


def deliveries_use_the_topics_identity(tree: Tree) -> Iterator[str]:
    """To the queue and to the dead letters alike; without `identity` Event Grid would need a shared key."""
    for shape, one in tree.each(SUBSCRIPTION):
        for way in ("deliveryWithResourceIdentity", "deadLetterWithResourceIdentity"):
            found = one.properties.get(way, {}).get("identity")
            if found != {"type": "SystemAssigned"}:
                yield f"{shape}: {one}: {way} has the identity {found}"
        for way in ("destination", "deadLetterDestination"):
            if one.properties.get(way):
                yield f"{shape}: {one}: {way} delivers without an identity"


def deliveries_reach_a_queue_and_a_container_that_are_made(tree: Tree) -> Iterator[str]:
    """The queue, its poison queue and the dead-letter container lie on one account, and all are made in advance."""
    for shape, one in tree.each(SUBSCRIPTION):
        snapshot = tree.snapshots[shape]
        queue = _destination(one, "deliveryWithResourceIdentity", "destination")
        letters = _destination(one, "deadLetterWithResourceIdentity", "deadLetterDestination")
        account, name = queue.get("resourceId", ""), queue.get("queueName", "")
        wanted = [
            f"{account}/queueServices/default/queues/{name}",
            f"{account}/queueServices/default/queues/{name}-poison",
            f"{letters.get('resourceId')}/blobServices/default/containers/{letters.get('blobContainerName')}",
        ]
        for resource_id in wanted:
            if snapshot.named(resource_id) is None:
                yield f"{shape}: {one}: nothing makes {resource_id}"
        if letters.get("resourceId") != account:
            yield f"{shape}: {one}: dead letters go to another account than events"


def deliveries_say_how_long_they_try(tree: Tree) -> Iterator[str]:
    """Attempts and life are stated, and are the most that Event Grid gives."""
    for shape, one in tree.each(SUBSCRIPTION):
        policy = one.properties.get("retryPolicy", {})
        if policy != LONGEST_TRY:
            yield f"{shape}: {one}: the retry policy is {policy}, not {LONGEST_TRY}"
        life = _destination(one, "deliveryWithResourceIdentity", "destination").get("queueMessageTimeToLiveInSeconds")
        if life is None or 0 <= life < 24 * 3600:
            yield f"{shape}: {one}: a message lives {life} seconds in the queue; an outage may be longer"


def the_filter_lets_written_images_through_and_nothing_else(tree: Tree) -> Iterator[str]:
    """In both schemas, evaluated as Event Grid does."""
    for shape, one in tree.each(SUBSCRIPTION):
        source = _source_of(tree.snapshots[shape], one)
        wanted = one.properties.get("filter", {})
        try:
            for schema in ("EventGridSchema", "CloudEventSchemaV1_0"):
                event = written(_an_image_below(source), schema)
                if not passes(wanted, event):
                    yield f"{shape}: {one}: a written image does not pass ({schema})"
                yield from (
                    f"{shape}: {one}: passes, but is {what} ({schema})"
                    for what, changed in OTHER_EVENTS.items()
                    if passes(wanted, changed(event))
                )
        except FilterError as error:
            yield f"{shape}: {one}: {error}"


def the_filter_and_the_parser_name_the_same_things(tree: Tree) -> Iterator[str]:
    """The parser ignores what the filter should not have let through; the two say the same words."""
    image, kind = (tree.constant("triggers/parsing.py", name) for name in ("IMAGE", "WRITTEN"))
    for shape, one in tree.each(SUBSCRIPTION):
        wanted = one.properties.get("filter", {})
        if wanted.get("includedEventTypes") != [kind]:
            yield f"{shape}: {one}: event types {wanted.get('includedEventTypes')}, the parser takes {kind}"
        values = [value for advanced in wanted.get("advancedFilters", ()) for value in advanced.get("values", ())]
        if values != [f"{image}/write"]:
            yield f"{shape}: {one}: operations {values}, the parser takes {image}/write"


def _destination(one: Resource, way: str, what: str) -> dict[str, Any]:
    found: dict[str, Any] = one.properties.get(way, {}).get(what, {}).get("properties", {})
    return found


def _topic_of(subscription: Resource) -> str:
    return subscription.id.lower().rpartition("/eventsubscriptions/")[0]


def _source_of(snapshot: Snapshot, subscription: Resource) -> str:
    """What the topic tells about; of a topic that is not made here, the group that the topic is in."""
    topic = snapshot.named(_topic_of(subscription))
    return str(topic.properties["source"]) if topic else "/".join(subscription.id.split("/")[:5])


def _an_image_below(source: str) -> str:
    group = source if len(source.split("/")) > 3 else f"{source}/resourceGroups/images"
    return f"{group}/providers/Microsoft.Compute/images/myImage"


CHECKS = (
    topics_have_an_identity_of_their_own,
    topics_are_of_their_sources_type,
    an_existing_topic_is_never_written,
    deliveries_use_the_topics_identity,
    deliveries_reach_a_queue_and_a_container_that_are_made,
    deliveries_say_how_long_they_try,
    the_filter_lets_written_images_through_and_nothing_else,
    the_filter_and_the_parser_name_the_same_things,
)
